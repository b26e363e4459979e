//! What a verification comes to: every check by name, and one verdict.

use crate::aws::RoleArn;
use crate::companion::Kind;
use crate::messages::{
    CheckReference, Detail, FailedTitle, Localized, Message, OpenTitle, PassedTitle,
};
use crate::remedy::{Reader, Remedy};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The name of the evidence that a stack has termination protection.
pub const STACK_PROTECTED: &str = "stack_protected";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub verdict: Verdict,
    pub checked_at: Timestamp,
    pub checks: Vec<Check>,
    /// How the roles beside the hub's own are. They have no part in the verdict.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub companion_roles: Vec<CompanionReport>,
    /// Which versions of the customer's own policies the hub saw first, by ARN.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub given_policies: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Passed,
    Failed,
    Inconclusive,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub code: CheckCode,
    pub status: CheckStatus,
    /// What was found and what it means, for a reader who does not know IAM.
    pub message: Localized,
    /// What a user of the tenant does about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Localized>,
    /// The same for who creates the stack. It is needed for one answer only.
    #[serde(skip)]
    pub remedy_for_customer: Option<Localized>,
    /// What does it, to paste into a shell with the AWS CLI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Facts by name; never a token or an external ID.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub evidence: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    Passed,
    Failed,
    Warning,
    Inconclusive,
    Skipped,
}

macro_rules! check_codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal,)*) => {
        /// A check's stable name. The hub's role and companion roles share the ones that ask the same.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum CheckCode { $($(#[$doc])* $variant,)* }

        impl CheckCode {
            pub const ALL: &'static [CheckCode] = &[$(CheckCode::$variant,)*];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The title that is true when the check passes.
            pub fn passed_title(self) -> Localized {
                match self { $(Self::$variant => PassedTitle::$variant.localized(),)* }
            }

            /// The title that is true when it fails or warns.
            pub fn failed_title(self) -> Localized {
                match self { $(Self::$variant => FailedTitle::$variant.localized(),)* }
            }

            /// What the check is for, and what to do when it fails.
            pub fn reference(self) -> CheckReference {
                match self { $(Self::$variant => CheckReference::$variant,)* }
            }
        }
    };
}

check_codes! {
    ArnMismatch = "arn_mismatch",
    ExternalIdMismatch = "external_id_mismatch",
    RoleUnassumable = "role_unassumable",
    RolePropagating = "role_propagating",
    ExternalIdNotEnforced = "external_id_not_enforced",
    StsRegionDisabled = "sts_region_disabled",
    Throttled = "throttled",
    AccountSuspended = "account_suspended",
    RoleRecreated = "role_recreated",
    StackNotFound = "stack_not_found",
    StackUnexpectedState = "stack_unexpected_state",
    RoleNotInStack = "role_not_in_stack",
    TrustTooBroad = "trust_too_broad",
    PermissionsMissing = "permissions_missing",
    PermissionsExtra = "permissions_extra",
    BoundaryMissing = "boundary_missing",
    TemplateOutdated = "template_outdated",
    RoleMissing = "role_missing",
    TrustMissing = "trust_missing",
    PolicyMissing = "policy_missing",
    PolicyExtra = "policy_extra",
    PolicyChanged = "policy_changed",
    InstanceProfile = "instance_profile",
    SessionLength = "session_length",
    NotAsChosen = "not_as_chosen",
    TrustsOwnAccount = "trusts_own_account",
    TrustsHub = "trusts_hub",
    PathOfHub = "path_of_hub",
    NotAlone = "not_alone",
}

impl Verdict {
    /// A failure outweighs what could not be found out, and that outweighs what passed.
    pub fn of(statuses: impl Iterator<Item = CheckStatus> + Clone) -> Self {
        let any = |status| statuses.clone().any(|one| one == status);
        if any(CheckStatus::Failed) {
            Self::Failed
        } else if any(CheckStatus::Inconclusive) {
            Self::Inconclusive
        } else {
            Self::Passed
        }
    }
}

impl Report {
    pub fn new(checked_at: Timestamp, checks: Vec<Check>) -> Self {
        Self {
            verdict: Verdict::of(checks.iter().map(|check| check.status)),
            checked_at,
            checks,
            companion_roles: Vec::new(),
            given_policies: BTreeMap::new(),
        }
    }

    /// For a refusal that no check led to.
    pub fn failed_without_checks(checked_at: Timestamp) -> Self {
        Self {
            verdict: Verdict::Failed,
            checked_at,
            checks: Vec::new(),
            companion_roles: Vec::new(),
            given_policies: BTreeMap::new(),
        }
    }

    /// For a verification that did not come to an end in time.
    pub fn out_of_time(checked_at: Timestamp) -> Self {
        let check = Check {
            code: CheckCode::RoleUnassumable,
            status: CheckStatus::Inconclusive,
            message: Detail::AwsTimedOut.localized(),
            remedy: Some(Remedy::TryAgain.instruction(Reader::User)),
            remedy_for_customer: None,
            command: None,
            evidence: BTreeMap::new(),
        };
        Self::new(checked_at, vec![check])
    }

    /// The check that decided the verdict: the first of its kind.
    pub fn decisive(&self) -> Option<&Check> {
        let wanted = match self.verdict {
            Verdict::Passed => return None,
            Verdict::Failed => CheckStatus::Failed,
            Verdict::Inconclusive => CheckStatus::Inconclusive,
        };
        self.checks.iter().find(|check| check.status == wanted)
    }

    /// Whether the stack was seen to have termination protection.
    pub fn stack_is_protected(&self) -> bool {
        let mut checks = self.checks.iter();
        checks.any(|check| check.evidence.contains_key(STACK_PROTECTED))
    }

    pub fn status_of(&self, code: CheckCode) -> Option<CheckStatus> {
        self.checks
            .iter()
            .find(|check| check.code == code)
            .map(|check| check.status)
    }
}

impl Check {
    /// The title that is true of what the check found.
    pub fn title(&self) -> Localized {
        let title = self.code.passed_title();
        match self.status {
            CheckStatus::Passed => title,
            CheckStatus::Failed | CheckStatus::Warning => self.code.failed_title(),
            CheckStatus::Inconclusive => OpenTitle::Inconclusive { title }.localized(),
            CheckStatus::Skipped => OpenTitle::Skipped { title }.localized(),
        }
    }
}

/// What the checks of one companion role came to. It says nothing about the hub's access.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanionReport {
    pub kind: Kind,
    pub role_arn: RoleArn,
    pub verdict: Verdict,
    pub checks: Vec<Check>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_has_one_name_everywhere() {
        for code in CheckCode::ALL {
            let json = serde_json::to_string(code).expect("serializes");
            assert_eq!(json, format!("\"{}\"", code.as_str()));
        }
    }
}
