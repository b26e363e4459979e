//! `rolecall-admin`: the commands for a hub's operator.

// Text of any language can't be cut at a number of bytes.
#![cfg_attr(not(test), warn(clippy::string_slice))]
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
