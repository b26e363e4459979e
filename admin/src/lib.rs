//! `rolecall-admin`: what the operator of a hub runs. The program carries the onboarding templates
//! inside, so that it needs no source tree. The local hub publishes with the same code.

// The retries make one deep future.
#![recursion_limit = "256"]

pub mod args;
pub mod aws;
mod credentials;
pub mod error;
pub mod exit;
pub mod hub_stack;
pub mod publish;
pub mod replay;
pub mod s3;
pub mod signed;
pub mod template;
