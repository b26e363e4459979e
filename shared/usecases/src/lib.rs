//! The use cases of a hub, one per file. Each is a function that reads through an [`Env`], calls
//! the domain for a decision, and commits the change. Lambda functions decode an event, call a use
//! case, and respond.
//!
//! | use case | trigger |
//! |---|---|
//! | [`start_stack()`] | a stack's preflight asks whether the stack may create its resources |
//! | [`register()`] | a stack's Create, or a pasted output, requests to connect its account |
//! | [`update_role()`] | a stack's Update reports its role |
//! | [`stack_deleted()`] | a stack's Delete reports its deletion |
//! | [`preflight_deleted()`] | a stack's preflight resource is deleted, after all others |
//! | [`stack_event()`] | EventBridge reports a stack's status |
//! | [`authenticate_workload()`] | a workload requests credentials with its token |
//! | [`check_account()`], [`check_account_when_due`] | a user's request, or the schedule |
//! | [`count_checks()`] | checks are done, and count toward the tenant's usage |
//! | [`deregister()`] | a tenant deregisters an account |
//! | [`issue_credentials()`] | a service requests credentials for an account |
//! | [`check_orphan`], [`check_orphan_now`], [`add_observation`] | evidence about an orphaned stack |
//! | [`expire_registration()`] | a registration has expired |
//! | [`begin_sign_in()`], [`finish_sign_in()`] | a user signs in to the console |
//! | [`current_session()`] | a signed-in user requests a page |
//! | [`end_session()`] | a user signs out |
//! | [`organization_event()`] | AWS Organizations reports that an AWS account was closed or left |
//!
//! Shared modules: [`inspect`](mod@inspect) reads a role and its stack, [`propagation`] waits for
//! IAM, [`on_record`] finds a stack's records, [`schedule`] plans the next check,
//! [`template_cache`] caches the offering and templates, and [`retry`] repeats decisions.

// Text of any language can't be cut at a number of bytes.
#![cfg_attr(not(test), warn(clippy::string_slice))]

pub mod authenticate_workload;
pub mod begin_sign_in;
pub mod check_account;
mod commit;
pub mod count_checks;
pub mod current_session;
pub mod deregister;
pub mod end_session;
mod env;
mod error;
pub mod expire_registration;
pub mod finish_sign_in;
mod inspect;
pub mod issue_credentials;
pub mod on_record;
pub mod organization_event;
pub mod preflight_deleted;
mod propagation;
pub mod register;
pub mod retry;
mod schedule;
pub mod sign_in;
pub mod stack_deleted;
pub mod stack_event;
pub mod start_stack;
pub mod template_cache;
pub mod track_orphan;
pub mod update_role;

pub use authenticate_workload::{WorkloadError, authenticate_workload};
pub use begin_sign_in::begin_sign_in;
pub use check_account::{check_account, check_account_when_due};
pub use count_checks::count_checks;
pub use current_session::current_session;
pub use deregister::deregister;
pub use end_session::end_session;
pub use env::{Env, Environment};
pub use error::UseCaseError;
pub use expire_registration::expire_registration;
pub use finish_sign_in::finish_sign_in;
pub use issue_credentials::issue_credentials;
pub use organization_event::organization_event;
pub use preflight_deleted::preflight_deleted;
pub use register::register;
pub use stack_deleted::stack_deleted;
pub use stack_event::stack_event;
pub use start_stack::start_stack;
pub use template_cache::TemplateCache;
pub use track_orphan::{add_observation, check_orphan, check_orphan_now};
pub use update_role::update_role;

/// The number of customer accounts that one invocation processes concurrently. A check makes up to
/// nine concurrent calls and mostly waits. With more, calls would time out while they wait for a
/// small function's share of the CPU.
pub const CHECKS_AT_ONCE: usize = 32;
