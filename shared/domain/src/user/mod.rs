//! The users of a tenant: their roles, and the claims in their tokens.

pub mod claims;
pub mod role;

pub use claims::ClaimSettings;
pub use role::Role;
