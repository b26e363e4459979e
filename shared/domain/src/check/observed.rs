//! What was observed of a stack and its role.

use crate::aws::{AwsAccountId, RoleUniqueId};
use crate::companion::options::Options;
use crate::companion::{DeployedRole, Kind};
use crate::iam::denial::{AccessDenied, PolicyKind};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What was seen; `None` where it was not looked at.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    pub assume: Option<AssumeOutcome>,
    pub assume_without_external_id: Option<AssumeOutcome>,
    pub assume_with_wrong_external_id: Option<AssumeOutcome>,
    pub stack: Option<Read<StackFacts>>,
    /// Names of the roles that the stack made.
    pub stack_roles: Option<Read<BTreeSet<String>>>,
    pub role: Option<Read<RoleFacts>>,
    pub attached_policies: Option<Read<BTreeSet<String>>>,
    /// Attached policies that the stack did not give, where the role may read them: texts by ARN.
    pub further_policies: BTreeMap<String, String>,
    /// Attached policies of the customer's own that the stack gave, by ARN.
    pub given_policies: BTreeMap<String, ManagedPolicy>,
    /// The documents by name.
    pub inline_policies: Option<Read<BTreeMap<String, String>>>,
    /// The text of the role's permissions boundary, where a read was refused and the role may read it.
    pub boundary: Option<String>,
    /// The roles that the stack has made beside it, and what was seen of each. None where the
    /// stack was not looked at.
    pub companions: Option<Vec<(DeployedRole, ObservedRole)>>,
}

/// A managed policy as it is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedPolicy {
    /// The policy's unique id and the version's, such as `ANPA... v2`. A version never changes.
    pub version: String,
    pub document: String,
}

impl Observed {
    /// Whether the versions that the hub saw first are needed: to compare with them, or to keep them
    /// where nothing was seen.
    pub fn needs_known_policies(&self) -> bool {
        let companions = self.companions.iter().flatten();
        let mut given = companions.map(|(_, seen)| &seen.given);
        self.stack.as_ref().and_then(Read::seen).is_none()
            || !self.given_policies.is_empty()
            || given.any(|given| !given.is_empty())
    }

    /// The roles that a settled stack showed beside the hub's own.
    pub fn deployed_roles(&self) -> Option<Vec<DeployedRole>> {
        let stack = self.stack.as_ref().and_then(Read::seen)?;
        stack.status.is_settled().then(|| self.companion_roles())
    }

    /// The roles that were looked at, with what is known of each now.
    pub fn companion_roles(&self) -> Vec<DeployedRole> {
        let companions = self.companions.iter().flatten();
        companions.map(|(deployed, _)| deployed.clone()).collect()
    }
}

/// What STS said to one AssumeRole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssumeOutcome {
    Granted(Granted),
    /// AccessDenied. STS does not tell why.
    Refused,
    /// AccessDenied, and STS names a policy that is not the role's: this says nothing about the role.
    Forbidden(Denial),
    RegionDisabled,
    Throttled,
    /// No usable answer: a time-out, a broken connection, a server error.
    Unreachable,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    pub account: AwsAccountId,
    pub role_unique_id: RoleUniqueId,
}

/// What a read through the assumed role came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read<T> {
    Seen(T),
    /// The role may not.
    Denied(Denial),
    NotFound,
    Throttled,
    Unreachable,
}

impl<T> Read<T> {
    pub fn seen(&self) -> Option<&T> {
        match self {
            Self::Seen(value) => Some(value),
            _ => None,
        }
    }

    /// Why nothing was seen, as the answer to a wider question. What was seen of a part only is
    /// no usable answer to it.
    pub fn unseen<U>(self) -> Read<U> {
        match self {
            Self::Denied(denial) => Read::Denied(denial),
            Self::NotFound => Read::NotFound,
            Self::Throttled => Read::Throttled,
            Self::Seen(_) | Self::Unreachable => Read::Unreachable,
        }
    }
}

/// A refused call, and what AWS said decided it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The action that was refused.
    pub action: &'static str,
    pub by: Option<PolicyKind>,
    /// A statement denies it, rather than none allows it.
    pub explicit: bool,
    /// The policy's ARN.
    pub policy: Option<String>,
}

impl Denial {
    pub fn told(action: &'static str, message: &str) -> Self {
        let AccessDenied {
            by,
            explicit,
            policy,
            ..
        } = AccessDenied::read(message);
        Self {
            action,
            by,
            explicit,
            policy,
        }
    }
}

/// One that AWS did not explain.
impl From<&'static str> for Denial {
    fn from(action: &'static str) -> Self {
        Self::told(action, "")
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackFacts {
    pub status: StackStatus,
    pub status_reason: Option<String>,
    /// Termination protection: CloudFormation refuses to delete the stack before it is removed.
    pub protected: bool,
    /// Whether the stack's own parameter holds the registration's external ID.
    pub external_id_matches: Option<bool>,
    /// The parameter; empty when none was asked for.
    pub boundary_arn: Option<String>,
    pub managed_policy_arns: BTreeSet<String>,
    /// The companion roles that its own parameters ask for; none for options that can't be read.
    pub asked_roles: Vec<(Kind, Option<Options>)>,
    /// By its parameters and outputs.
    pub deployed_roles: Vec<DeployedRole>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleFacts {
    pub unique_id: RoleUniqueId,
    /// The trust policy, decoded.
    pub trust_policy: String,
    pub boundary_arn: Option<String>,
    /// The longest session, where IAM told it.
    pub max_session_seconds: Option<u32>,
}

macro_rules! stack_statuses {
    ($($variant:ident = $name:literal,)*) => {
        /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html>
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum StackStatus {
            $(#[serde(rename = $name)] $variant,)*
            /// One that CloudFormation has and this list does not.
            #[serde(rename = "UNKNOWN", other)]
            Unknown,
        }

        impl StackStatus {
            pub fn parse(text: &str) -> Self {
                match text { $($name => Self::$variant,)* _ => Self::Unknown }
            }

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* Self::Unknown => "UNKNOWN" }
            }
        }
    };
}

stack_statuses! {
    CreateInProgress = "CREATE_IN_PROGRESS",
    CreateComplete = "CREATE_COMPLETE",
    CreateFailed = "CREATE_FAILED",
    DeleteInProgress = "DELETE_IN_PROGRESS",
    DeleteComplete = "DELETE_COMPLETE",
    DeleteFailed = "DELETE_FAILED",
    ImportInProgress = "IMPORT_IN_PROGRESS",
    ImportComplete = "IMPORT_COMPLETE",
    ReviewInProgress = "REVIEW_IN_PROGRESS",
    RollbackInProgress = "ROLLBACK_IN_PROGRESS",
    RollbackComplete = "ROLLBACK_COMPLETE",
    RollbackFailed = "ROLLBACK_FAILED",
    UpdateInProgress = "UPDATE_IN_PROGRESS",
    UpdateComplete = "UPDATE_COMPLETE",
    UpdateCleanup = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
    UpdateFailed = "UPDATE_FAILED",
    UpdateRollbackInProgress = "UPDATE_ROLLBACK_IN_PROGRESS",
    UpdateRollbackComplete = "UPDATE_ROLLBACK_COMPLETE",
    UpdateRollbackCleanup = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
    UpdateRollbackFailed = "UPDATE_ROLLBACK_FAILED",
}

impl StackStatus {
    /// Being made or changed: its parameters may be ahead of its resources.
    pub fn is_changing(self) -> bool {
        self.as_str().ends_with("_IN_PROGRESS")
    }

    /// In use, and not just being changed: its outputs are what its resources are.
    pub fn is_settled(self) -> bool {
        let failed = matches!(self, Self::UpdateFailed | Self::UpdateRollbackFailed);
        self.is_living() && !self.is_changing() && !failed
    }

    /// A stack in use, or being made or changed: not one that is going or was rolled back.
    pub fn is_living(self) -> bool {
        use StackStatus as S;
        match self {
            S::CreateInProgress | S::CreateComplete | S::ImportInProgress | S::ImportComplete => {
                true
            }
            S::UpdateInProgress | S::UpdateComplete | S::UpdateCleanup | S::UpdateFailed => true,
            S::UpdateRollbackInProgress | S::UpdateRollbackComplete => true,
            S::UpdateRollbackCleanup | S::UpdateRollbackFailed => true,
            S::DeleteInProgress | S::DeleteComplete | S::DeleteFailed => false,
            S::RollbackInProgress | S::RollbackComplete | S::RollbackFailed => false,
            S::CreateFailed | S::ReviewInProgress | S::Unknown => false,
        }
    }
}

/// What was seen of the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedRole {
    pub role: Read<RoleFacts>,
    /// ARNs.
    pub attached: Read<BTreeSet<String>>,
    /// Documents by name.
    pub inline: Read<BTreeMap<String, String>>,
    /// The names of the roles in it; none where the kind has no instance profile.
    pub instance_profile: Option<Read<BTreeSet<String>>>,
    /// The texts of attached policies that were not chosen, where the hub's role may read them.
    pub further: BTreeMap<String, String>,
    /// Attached policies of the customer's own that were chosen, by ARN.
    pub given: BTreeMap<String, ManagedPolicy>,
}
