//! Verification: one list of small, named checks over what was expected and what was observed.
//!
//! [`observe`] says what can be seen, [`checks`] decides, [`trust_policy`] reads who may assume
//! a role, [`drift`] compares its permissions with its template's. The functions gather; nothing here calls AWS.

pub mod checks;
pub mod drift;
pub mod glance;
pub mod observe;
mod redact;
pub mod report;
pub mod template_policy;
pub mod trust_policy;

pub use checks::verify;
pub use observe::{
    AssumeOutcome, Denial, Expected, Granted, Observed, Read, RoleFacts, StackFacts, StackStatus,
    Trigger,
};
pub use report::{Check, CheckCode, CheckStatus, Report, Verdict};
