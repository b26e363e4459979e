//! Implements the domain's ports on AWS. Each module adapts one service or concern:
//!
//! - [`clients`] - the SDK's clients, their startup time and timeouts
//! - [`config`] - a function's environment variables
//! - [`tls`] - the root certificates that connections trust
//! - [`host`] - the clock and the random source
//! - [`customers`] - customers' accounts: STS, CloudFormation and IAM, through the customer's role
//! - [`table`] - all stored data: one DynamoDB table
//! - [`token_key`] - the hub's keys for registration tokens: Secrets Manager
//! - [`queue`] - due account checks, and the dead-letter queues: SQS
//! - [`bus`] - events for other systems: EventBridge
//! - [`reply`] - CloudFormation's response URL
//! - [`bucket`] - the bucket of onboarding templates: S3
//! - [`issuer_keys`] - the keys of OIDC issuers, and signatures of workloads' tokens
//! - [`sessions`], [`sealer`], [`sign_in`], [`client_secret`] - the console's sessions: their table, their
//!   encryption, the issuer at which people sign in, and the secret of the console's client there
//! - [`telemetry`] - the log
//!
//! [`failure`] classifies SDK errors for all of them. [`signed`] signs requests without an SDK client.

// Text of any language can't be cut at a number of bytes.
#![cfg_attr(not(test), warn(clippy::string_slice))]

pub mod bucket;
pub mod bus;
pub mod client_secret;
pub mod clients;
pub mod config;
pub mod customers;
pub mod failure;
pub mod host;
pub mod issuer_keys;
pub mod queue;
pub mod reply;
pub mod sealer;
pub mod sessions;
pub mod sign_in;
pub mod signed;
pub mod table;
pub mod telemetry;
pub mod tls;
pub mod token_key;
