//! `rolecall-admin`: the commands for a hub's operator.

// The retries compile to one deeply nested future.
#![recursion_limit = "256"]

pub mod args;
pub mod aws;
mod credentials;
pub mod error;
pub mod exit;
pub mod files;
pub mod hub_stack;
pub mod publish;
pub mod replay;
pub mod s3;
mod session_proof;
pub mod signed;
pub mod users;
