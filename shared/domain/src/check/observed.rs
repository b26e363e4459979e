//! The observed state of a stack and its role.

use crate::aws::{AwsAccountId, Nested, RoleUniqueId, SeenStack, StackId};
use crate::companion::options::Options;
use crate::companion::{DeployedRole, Kind};
use crate::iam::denial::{AccessDenied, PolicyKind};
use crate::link::template::{TemplateId, TemplateVersion};
use crate::remedy::command::Command;
use crate::remedy::{continue_rollback, failed_resources, roll_back};
use crate::template::Template;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Observations; `None` where nothing was read.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    pub assume: Option<AssumeOutcome>,
    pub assume_without_external_id: Option<AssumeOutcome>,
    pub assume_with_wrong_external_id: Option<AssumeOutcome>,
    pub stack: Option<Read<StackFacts>>,
    /// Names of the roles that the stack created.
    pub stack_roles: Option<Read<BTreeSet<String>>>,
    pub role: Option<Read<RoleFacts>>,
    pub attached_policies: Option<Read<BTreeSet<String>>>,
    /// Documents of attached policies that the stack did not attach, by ARN, if the role may read
    /// them.
    pub further_policies: BTreeMap<String, String>,
    /// Attached customer-managed policies that the stack attached, by ARN.
    pub given_policies: BTreeMap<String, ManagedPolicy>,
    /// Policies that the stack should attach, are not attached, and no longer exist.
    pub gone_policies: BTreeSet<String>,
    /// Policies whose remembered version no longer exists, because IAM keeps only five.
    pub gone_versions: BTreeSet<String>,
    /// Documents by name.
    pub inline_policies: Option<Read<BTreeMap<String, String>>>,
    /// The document of the role's permissions boundary, if a read was denied and the role may read
    /// it.
    pub boundary: Option<String>,
    /// The stack's companion roles and what was observed of each. `None` if the stack was not read.
    pub companions: Option<Vec<(DeployedRole, ObservedRole)>>,
}

/// A managed policy's default version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedPolicy {
    /// The policy's unique ID and the version, such as `ANPA... v2`. A version is immutable.
    pub version: String,
    pub document: String,
}

impl Observed {
    /// Whether the remembered policy versions are needed: to compare them, or to keep them if
    /// nothing was observed.
    pub fn needs_known_policies(&self) -> bool {
        let companions = self.companions.iter().flatten();
        let mut given = companions.map(|(_, seen)| &seen.given);
        self.stack.as_ref().and_then(Read::seen).is_none()
            || !self.given_policies.is_empty()
            || given.any(|given| !given.is_empty())
    }

    /// The stack, if it was read and is settled. `template` is the record of the template that it
    /// reports.
    pub fn settled_stack(&self, template: Option<&Template>) -> Option<SettledStack> {
        let stack = self.stack.as_ref().and_then(Read::seen)?;
        let template_id = stack.template_id.clone();
        let own = template.filter(|it| template_id.as_ref() == Some(&it.id()));
        stack.status.is_settled().then(|| SettledStack {
            deployed_roles: self.companion_roles(),
            template_version: own.map(|template| template.version.clone()),
            template_id,
        })
    }

    /// The companion roles that were checked, with their current state.
    pub fn companion_roles(&self) -> Vec<DeployedRole> {
        let companions = self.companions.iter().flatten();
        companions.map(|(deployed, _)| deployed.clone()).collect()
    }
}

/// The result of one AssumeRole call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssumeOutcome {
    Granted(Granted),
    /// AccessDenied. STS gives no reason.
    Refused,
    /// AccessDenied caused by a policy of the customer's organization; it proves nothing about the
    /// role.
    Forbidden(Denial),
    /// AccessDenied caused by a policy of the hub's own account, which says nothing about the role.
    HubDenied(Denial),
    RegionDisabled,
    Throttled,
    /// No usable response: a timeout, a broken connection, or a server error.
    Unreachable,
}

impl AssumeOutcome {
    /// Interprets an AccessDenied. The hub is the caller, so AWS evaluates the hub's own policies
    /// first. Only the role's trust policy and an RCP are on the role's side.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>
    pub fn of_denial(denial: Denial) -> Self {
        match denial.by {
            None | Some(PolicyKind::RoleTrust | PolicyKind::ResourceBased) => Self::Refused,
            Some(PolicyKind::ResourceControl) => Self::Forbidden(denial),
            Some(
                PolicyKind::IdentityBased
                | PolicyKind::PermissionsBoundary
                | PolicyKind::ServiceControl
                | PolicyKind::Session
                | PolicyKind::VpcEndpoint,
            ) => Self::HubDenied(denial),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    pub account: AwsAccountId,
    pub role_unique_id: RoleUniqueId,
}

/// The result of a read through the assumed role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read<T> {
    Seen(T),
    /// The role is not allowed to make the call.
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

    /// Converts the reason for a missing value into the result of a broader read. A partial value
    /// counts as no usable response.
    pub fn unseen<U>(self) -> Read<U> {
        match self {
            Self::Denied(denial) => Read::Denied(denial),
            Self::NotFound => Read::NotFound,
            Self::Throttled => Read::Throttled,
            Self::Seen(_) | Self::Unreachable => Read::Unreachable,
        }
    }
}

/// A denied call, and the policy that AWS named as the cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The denied action.
    pub action: &'static str,
    pub by: Option<PolicyKind>,
    /// Whether a statement denies the action explicitly, rather than no statement allowing it.
    pub explicit: bool,
    /// The policy's ARN.
    pub policy: Option<String>,
}

impl Denial {
    pub fn from_message(action: &'static str, message: &str) -> Self {
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

/// A denial that AWS did not explain.
impl From<&'static str> for Denial {
    fn from(action: &'static str) -> Self {
        Self::from_message(action, "")
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackFacts {
    pub status: StackStatus,
    pub status_reason: Option<String>,
    /// Termination protection: CloudFormation rejects deletion until it is disabled.
    pub protected: bool,
    pub nested: Option<Nested>,
    /// Whether the stack's parameter contains the registration's external ID.
    pub external_id_matches: Option<bool>,
    /// The stack's boundary parameter; `None` if it is empty.
    pub boundary_arn: Option<String>,
    /// The template according to the stack's output.
    pub template_id: Option<TemplateId>,
    /// The managed policies that the template attaches to the hub's role.
    pub managed_policy_arns: BTreeSet<String>,
    /// The companion roles that the template creates.
    pub asked_roles: Vec<(Kind, Option<Options>)>,
    /// The companion roles according to the stack's outputs, with the template's options.
    pub deployed_roles: Vec<DeployedRole>,
}

impl StackFacts {
    /// The stack, with the permissions that its template gives its roles, which a stack does not report itself.
    #[must_use]
    pub fn of_template(self, template: Option<&Template>) -> Self {
        let Some(template) = template else {
            return self;
        };
        let deployed = self.deployed_roles.into_iter();
        let asked = template.companion_roles.iter();
        Self {
            managed_policy_arns: template.managed_policies().into_iter().cloned().collect(),
            asked_roles: asked
                .map(|role| (role.kind, Some(role.options.clone())))
                .collect(),
            deployed_roles: deployed
                .map(|role| {
                    let options = template.options_of(role.kind);
                    role.with_options(options)
                })
                .collect(),
            ..self
        }
    }

    pub fn seen(&self) -> SeenStack {
        SeenStack {
            protected: self.protected,
            nested: self.nested.clone(),
        }
    }

    /// The commands that CloudFormation requires before an update of this stack.
    pub fn before_update(&self, id: &StackId) -> Vec<Command> {
        match self.status {
            StackStatus::UpdateFailed => {
                let root = self.nested.as_ref().map_or(id, |nested| &nested.root);
                roll_back(root.clone())
            }
            StackStatus::UpdateRollbackFailed => {
                continue_rollback(id, self.nested.as_ref(), &self.failed())
            }
            _ => Vec::new(),
        }
    }

    /// The logical IDs of the resources that the failed operation names.
    pub fn failed(&self) -> Vec<String> {
        failed_resources(self.status_reason.as_deref().unwrap_or_default())
    }
}

/// What a check read of a stack that is not being changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledStack {
    pub deployed_roles: Vec<DeployedRole>,
    /// The template that the stack reports.
    pub template_id: Option<TemplateId>,
    /// Its version, if the hub has a record of it.
    pub template_version: Option<TemplateVersion>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleFacts {
    pub unique_id: RoleUniqueId,
    /// The trust policy, URL-decoded.
    pub trust_policy: String,
    pub boundary_arn: Option<String>,
    /// The maximum session duration, if IAM returned it.
    pub max_session_seconds: Option<u32>,
}

macro_rules! stack_statuses {
    ($($variant:ident = $name:literal,)*) => {
        /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html>
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum StackStatus {
            $(#[serde(rename = $name)] $variant,)*
            /// A status that this version does not know. It proves nothing.
            #[serde(rename = "UNKNOWN", other)]
            Unknown,
        }

        impl StackStatus {
            /// All known statuses.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

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
    ImportRollbackInProgress = "IMPORT_ROLLBACK_IN_PROGRESS",
    ImportRollbackComplete = "IMPORT_ROLLBACK_COMPLETE",
    ImportRollbackFailed = "IMPORT_ROLLBACK_FAILED",
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
    /// Being created or changed: the parameters may be ahead of the resources.
    pub fn is_changing(self) -> bool {
        self.as_str().ends_with("_IN_PROGRESS")
    }

    /// In use and not being changed: the outputs match the resources.
    pub fn is_settled(self) -> bool {
        self.is_living() && !self.is_changing() && !self.needs_rollback()
    }

    /// Whether an update failed and CloudFormation accepts no other update until it is rolled back.
    pub fn needs_rollback(self) -> bool {
        matches!(self, Self::UpdateFailed | Self::UpdateRollbackFailed)
    }

    /// In use, or being created or changed; not being deleted, and not rolled back. A failed import
    /// leaves the existing resources and outputs as they were.
    pub fn is_living(self) -> bool {
        use StackStatus as S;
        match self {
            S::CreateInProgress | S::CreateComplete | S::ImportInProgress | S::ImportComplete => {
                true
            }
            S::ImportRollbackInProgress | S::ImportRollbackComplete | S::ImportRollbackFailed => {
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

/// What was observed of the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedRole {
    pub role: Read<RoleFacts>,
    /// Policy ARNs.
    pub attached: Read<BTreeSet<String>>,
    /// Documents by name.
    pub inline: Read<BTreeMap<String, String>>,
    /// Names of the roles in the instance profile; `None` if the kind has no instance profile.
    pub instance_profile: Option<Read<BTreeSet<String>>>,
    /// Documents of attached policies that were not chosen, if the hub's role may read them.
    pub further: BTreeMap<String, String>,
    /// Attached customer-managed policies that were chosen, by ARN.
    pub given: BTreeMap<String, ManagedPolicy>,
    /// Chosen policies that are not attached and no longer exist.
    pub gone: BTreeSet<String>,
}
