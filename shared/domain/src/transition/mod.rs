//! State transitions. Each returns the [`Change`](crate::change::Change) to commit.

mod account;
pub mod check;
pub mod deregister;
pub mod disconnect;
pub mod orphan;
pub mod register;
