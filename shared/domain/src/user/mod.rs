//! The people of a tenant: what each of them may do, and what their tokens say about them.

pub mod claims;
pub mod role;

pub use claims::ClaimSettings;
pub use role::Role;
