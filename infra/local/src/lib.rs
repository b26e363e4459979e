//! The local hub, as a library: the program and the integration tests use the
//! same parts.

pub mod aws;
pub mod bus;
pub mod client;
pub mod customer;
pub mod demo;
pub mod deploy;
pub mod emulator;
pub mod http;
pub mod hub;
pub mod hub_file;
pub mod interrupt;
pub mod lifecycle;
pub mod link;
pub mod logs;
pub mod onboarding;
pub mod package;
pub mod paths;
mod process;
pub mod progress;
pub mod replay;
pub mod s3;
pub mod signed;
pub mod stacks;
pub mod tenants;
pub mod wait;
