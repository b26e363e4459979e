//! What happens: each transition returns the [`Change`](crate::change::Change) that it takes.

pub mod check;
pub mod deregister;
pub mod orphan;
pub mod register;
