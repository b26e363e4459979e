//! The stored records: their private state and valid transitions.

pub mod account;
pub mod attempt;
pub mod evidence;
pub mod evidence_log;
mod expected;
pub mod group;
pub mod orphan;
pub mod refusal;
pub mod registration;
mod version;
