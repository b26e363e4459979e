//! What the operator's API needs.

pub mod caller;
