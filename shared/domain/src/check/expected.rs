//! What is expected of a stack and its role.

use super::observed::{Read, StackFacts};
use crate::aws::{AwsAccountId, ExternalId, Region, RoleArn, RoleUniqueId, StackId};
use crate::companion::{DeployedRole, Kind};
use crate::ids::AccountId;
use crate::link::template::{PublishedTemplate, TemplatePermissions, TemplateVersion};
use crate::text::Tenant;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// What the hub knows before it looks.
#[derive(Debug, Clone)]
pub struct Expected {
    pub tenant: Tenant,
    pub role_arn: RoleArn,
    pub stack_id: StackId,
    pub external_id: ExternalId,
    pub trigger: Trigger,
    /// When this stack was first heard of, where its role may still be propagating.
    pub received_at: Option<Timestamp>,
    /// Whether the external ID that the stack reported is the registration's.
    pub reported_external_id_matches: Option<bool>,
    /// Only this AWS account may answer.
    pub pinned_account: Option<AwsAccountId>,
    pub recorded_role: Option<RoleUniqueId>,
    /// Whether the organisation says that the AWS account was closed.
    pub account_closed: bool,
    pub template_version: TemplateVersion,
    /// What that version and the current one give the role, where that is on record.
    pub permissions: Vec<TemplatePermissions>,
    pub current_template: Option<PublishedTemplate>,
    /// Those that the stack has made, as far as the hub was told.
    pub deployed_roles: Vec<DeployedRole>,
    /// Those on the account's record.
    pub recorded_roles: Vec<DeployedRole>,
    /// The tenant's other accounts that are the same AWS account and have such a role.
    pub alike: Vec<(Kind, AccountId)>,
    pub hub: Hub,
    /// The account whose last report is compared with, once there is one.
    pub account_id: Option<AccountId>,
    /// Which versions of the customer's own policies the hub saw first, by ARN.
    pub known_policies: BTreeMap<String, String>,
}

impl Expected {
    /// The roles that the stack has made by now: a callback tells them, and later the stack itself,
    /// unless it is just being changed.
    pub fn deployed_roles_now(&self, stack: &Read<StackFacts>) -> Vec<DeployedRole> {
        match (stack, self.source(stack)) {
            (Read::Seen(stack), Source::Stack) => stack.deployed_roles.clone(),
            _ => self.deployed_roles.clone(),
        }
    }

    /// Whose word the list of companion roles is.
    pub fn source(&self, stack: &Read<StackFacts>) -> Source {
        match (self.trigger, stack) {
            (Trigger::Create | Trigger::Update, _) => Source::Callback,
            (_, Read::Seen(stack)) if stack.status.is_settled() => Source::Stack,
            _ => Source::Record,
        }
    }
}

/// What a customer's trust policy should let in, and what is never a customer.
#[derive(Debug, Clone)]
pub struct Hub {
    pub account: AwsAccountId,
    /// Where the hub calls STS.
    pub region: Region,
    pub allow_own_account: bool,
    /// Patterns that `aws:PrincipalArn` may be held to.
    pub trusted_principals: Vec<String>,
}

/// Why a verification is made: it decides which states of the stack are in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    Create,
    Update,
    Paste,
    OnDemand,
    Scheduled,
}

/// Where the list of roles comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A callback said so. With it a stack may bring another role under a known ARN.
    Callback,
    /// It is what the account's record has, because the stack is just being changed.
    Record,
    /// The parameters and outputs of a settled stack.
    Stack,
}
