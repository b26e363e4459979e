//! The checks compare expected with observed state and report findings.
//!
//! [`hub_role`] contains the checks of the hub's role, [`companion`] those of companion roles;
//! [`drift`] compares a role's permissions with its template's. The functions gather the
//! observations; nothing here calls AWS.

pub mod companion;
pub mod drift;
mod expected;
pub mod given;
mod hub_role;
mod observed;
mod outcome;
pub mod preflight;
pub mod quick;
mod redact;
mod report;
pub mod template_policy;
mod verify;

pub use expected::{CurrentTemplate, Expected, Hub, Source, Trigger};
pub use hub_role::{codes as hub_role_codes, is_worth_probing};
pub use observed::{
    AssumeOutcome, Denial, Granted, ManagedPolicy, Observed, ObservedRole, Read, RoleFacts,
    SettledStack, StackFacts, StackStatus,
};
pub use report::{
    Check, CheckCode, CheckStatus, CompanionReport, Report, TemplateComparison, Verdict,
};
pub use verify::verify;
