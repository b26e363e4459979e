//! The hub's HTTP API (`infra/openapi.yaml`) as typed calls.
//!
//! [`calls`] has one function for each operation. It returns a [`Call`]: the request, and the type of
//! its answer. With the feature `http`, a [`HubClient`] sends calls; without it, the caller sends the
//! request as it likes.

pub mod calls;
#[cfg(feature = "http")]
mod client;
#[cfg(feature = "http")]
pub mod http;
mod link;
mod model;
mod request;

#[cfg(feature = "http")]
pub use client::{Answered, CallError, HubClient};
pub use link::{InvalidLink, QuickCreateLink};
pub use model::{
    Account, AuditEntry, Check, Deregistered, FieldError, Group, NewRegistration, OrphanedStack,
    Page, Problem, Registration, Report,
};
pub use request::{Body, Call, Repeat, Request};
