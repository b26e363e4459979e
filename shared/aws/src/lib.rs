//! What the domain's ports are on AWS. Each file is one neighbour:
//!
//! - [`clients`] - the SDK's clients, and all that decides how fast they start and when they give up
//! - [`config`] - what a function is told through its environment
//! - [`tls`] - the root certificates that connections trust
//! - [`host`] - the clock and the source of randomness
//! - [`customers`] - the customers' accounts: STS, CloudFormation and IAM, seen through their role
//! - [`table`] - everything that is kept: one DynamoDB table
//! - [`token_key`] - the hub's keys for registration tokens: Secrets Manager
//! - [`queue`] - account checks handed over, and what could not be done: SQS
//! - [`bus`] - the events that others listen to: EventBridge
//! - [`reply`] - CloudFormation's response URL
//! - [`telemetry`] - the log
//!
//! [`failure`] says, for all of them, what an SDK error comes to.

pub mod bus;
pub mod clients;
pub mod config;
pub mod customers;
pub mod failure;
pub mod host;
pub mod queue;
pub mod reply;
pub mod table;
pub mod telemetry;
pub mod tls;
pub mod token_key;
