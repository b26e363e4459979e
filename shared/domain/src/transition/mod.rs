//! State transitions. Each returns the [`Change`](crate::change::Change) to commit.

pub mod check;
pub mod deregister;
pub mod orphan;
pub mod register;
