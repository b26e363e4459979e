//! What is kept: each record's private state, and the steps that it can take.

pub mod account;
pub mod evidence;
pub mod evidence_log;
mod expected;
pub mod group;
pub mod orphan;
pub mod refusal;
pub mod registration;
mod version;
