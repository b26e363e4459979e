//! What is kept: each record's private state, and the steps that it can take.

pub mod account;
pub mod evidence;
pub mod evidence_log;
pub mod group;
pub mod orphan;
pub mod refusal;
pub mod registration;
