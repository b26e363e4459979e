//! The hub's HTTP API (`infra/openapi.yaml`) as typed calls.
//!
//! [`calls`] contains one function per operation. Each returns a [`Call`]: the request and the type
//! of its response. With the feature `http`, a [`HubClient`] sends calls; without it, the caller
//! sends the request itself. With the feature `signer`, requests to the operator's API are signed with
//! AWS credentials. [`Exit`] has the exit codes of both programs.

// Text of any language can't be cut at a number of bytes.
#![cfg_attr(not(test), warn(clippy::string_slice))]

pub mod calls;
#[cfg(feature = "http")]
mod client;
mod exit;
#[cfg(feature = "http")]
pub mod http;
mod link;
mod model;
pub mod operator;
mod request;
#[cfg(feature = "signer")]
pub mod signer;

#[cfg(feature = "http")]
pub use client::{Answered, CallError, HubClient};
pub use exit::Exit;
pub use link::{InvalidLink, QuickCreateLink};
pub use model::{
    Account, AuditEntry, Check, Deregistered, Exported, FieldError, Group, Me, NewRegistration,
    Omitted, OrphanedStack, Page, Problem, Registration, Report,
};
pub use request::{Body, Call, Repeat, Request};
