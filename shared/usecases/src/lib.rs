//! What happens in a hub. One file is one use case: a function that reads through an [`Env`], lets
//! the domain decide, and commits. Functions decode an event, call one of them, and answer.
//!
//! | use case | when |
//! |---|---|
//! | [`register()`] | a stack's Create, or a pasted line, asks to connect its account |
//! | [`update_role()`] | a stack's Update reports its role |
//! | [`stack_deleted()`] | a stack's Delete says that it is being deleted |
//! | [`stack_event()`] | EventBridge reports a stack's status |
//! | [`check_account()`], [`check_account_when_due`] | a person asks, or the schedule does |
//! | [`deregister()`] | a tenant deregisters an account |
//! | [`check_orphan`], [`check_orphan_now`], [`add_observation`] | evidence on an orphaned stack |
//! | [`expire_registration()`] | a registration's time is over |
//! | [`organization_event()`] | AWS Organizations reports that an AWS account was closed or left |
//!
//! They share [`inspect`](mod@inspect) (reads a role and its stack), [`propagation`] (waits for IAM),
//! [`on_record`] (what is known of a stack), [`schedule`] (when it is checked next), [`template_cache`] and [`retry`] (decides again).

pub mod check_account;
pub mod deregister;
mod env;
mod error;
pub mod expire_registration;
mod inspect;
pub mod on_record;
pub mod organization_event;
mod propagation;
pub mod register;
pub mod retry;
mod schedule;
pub mod stack_deleted;
pub mod stack_event;
pub mod template_cache;
pub mod track_orphan;
pub mod update_role;

pub use check_account::{check_account, check_account_when_due};
pub use deregister::deregister;
pub use env::{Env, Environment};
pub use error::UseCaseError;
pub use expire_registration::expire_registration;
pub use organization_event::organization_event;
pub use register::register;
pub use stack_deleted::stack_deleted;
pub use stack_event::stack_event;
pub use template_cache::TemplateCache;
pub use track_orphan::{add_observation, check_orphan, check_orphan_now};
pub use update_role::update_role;

/// Customers' accounts that one invocation works on at once. A check is up to nine calls at once,
/// nearly all of it waiting; with more, calls would wait for a small function's share of a
/// processor for so long that they time out.
pub const CHECKS_AT_ONCE: usize = 32;
