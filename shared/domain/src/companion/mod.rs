//! Companion roles: roles that an onboarding stack creates in addition to the hub's own.
//! [`catalog`] describes the kinds, [`request`] and [`options`] parse the chosen options, and
//! [`expected`] derives the resulting role.

pub mod catalog;
pub mod expected;
mod kind;
pub mod options;
mod request;
mod role;
pub mod spec;
pub mod value;

pub use kind::Kind;
pub use request::read_all;
pub use role::{DeployedRole, RequestedRole};
