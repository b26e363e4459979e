//! Parses and evaluates IAM policies the way AWS does, and parses AWS's access denied messages.

pub mod condition;
pub mod denial;
pub mod encoded_message;
mod error;
pub mod grants;
pub mod identity_policy;
pub mod pattern;
pub mod policy;
pub mod simulation;
pub mod trust;
pub mod work;

pub use error::PolicyError;
pub use policy::{Action, Effect, PolicyDocument, Principal, Scope, Statement, percent_decode};
