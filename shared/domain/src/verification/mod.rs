//! Verification: one list of small, named checks over what was expected and what was observed.
//!
//! [`observe`] says what can be seen, [`checks`] decides, [`drift`] compares a role's permissions with
//! its template's. The functions gather; nothing here calls AWS.

pub mod checks;
pub mod drift;
pub mod given;
pub mod glance;
pub mod observe;
mod redact;
pub mod report;
pub mod template_policy;

pub use checks::verify;
pub use observe::{
    AssumeOutcome, Denial, Expected, Granted, ManagedPolicy, Observed, Read, RoleFacts, StackFacts,
    StackStatus, Trigger,
};
pub use report::{Check, CheckCode, CheckStatus, Report, Verdict};
