//! Roles that an onboarding stack makes beside the hub's own. [`catalog`] describes the kinds,
//! [`request`] and [`options`] read what was chosen, [`expected`] says what the role should be like
//! then.

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
pub use role::{DeployedRole, RequestedRole, parameters};
