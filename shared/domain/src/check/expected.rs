//! The expected state of a stack and its role.

use super::observed::{Read, StackFacts};
use crate::aws::{AwsAccountId, ExternalId, Region, RoleArn, RoleUniqueId, SeenStack, StackId};
use crate::companion::{DeployedRole, Kind};
use crate::ids::AccountId;
use crate::link::template::{PublishedTemplate, TemplateId};
use crate::template::{SELF_INSPECTION, Template};
use crate::text::Tenant;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// What the hub knows before a check.
#[derive(Debug, Clone)]
pub struct Expected {
    pub tenant: Tenant,
    pub role_arn: RoleArn,
    pub stack_id: StackId,
    pub external_id: ExternalId,
    pub trigger: Trigger,
    /// When the hub first received a request from this stack, if its role may still be propagating.
    pub received_at: Option<Timestamp>,
    /// Whether the external ID that the stack reported is the registration's.
    pub reported_external_id_matches: Option<bool>,
    /// The only AWS account that the registration accepts.
    pub pinned_account: Option<AwsAccountId>,
    pub recorded_role: Option<RoleUniqueId>,
    /// Whether AWS Organizations reported that the account was closed.
    pub account_closed: bool,
    /// The template that the stack reported.
    pub template_id: TemplateId,
    /// The record of that template, if the hub has one.
    pub template: Option<Template>,
    /// The template that an update of the stack would use now.
    pub current: Option<CurrentTemplate>,
    /// Companion roles that the stack has created, as reported to the hub.
    pub deployed_roles: Vec<DeployedRole>,
    /// Companion roles on the account's record.
    pub recorded_roles: Vec<DeployedRole>,
    /// Other accounts of the tenant that connect the same AWS account and have a companion role,
    /// with its kind.
    pub duplicates: Vec<(Kind, AccountId)>,
    pub hub: Hub,
    /// The account whose last report this one is compared with; `None` before it is registered.
    pub account_id: Option<AccountId>,
    /// The versions of customer-managed policies that the hub observed first, by ARN.
    pub known_policies: BTreeMap<String, String>,
    /// The stack as last read, for a report about a stack that can't be read.
    pub known_stack: SeenStack,
}

/// The template with what the operator and the tenant ask for now.
#[derive(Debug, Clone)]
pub struct CurrentTemplate {
    pub template: Template,
    pub published: PublishedTemplate,
}

impl Expected {
    /// The names of the inline policies that the template defines.
    pub fn own_policies(&self) -> Vec<String> {
        match &self.template {
            Some(template) => template.policy_names(),
            None => vec![SELF_INSPECTION.to_owned()],
        }
    }

    /// The roles that the stack has created so far: as reported by a callback, or read from the
    /// stack itself unless it is being updated.
    pub fn deployed_roles_now(&self, stack: &Read<StackFacts>) -> Vec<DeployedRole> {
        match (stack, self.source(stack)) {
            (Read::Seen(stack), Source::Stack) => stack.deployed_roles.clone(),
            _ => self.deployed_roles.clone(),
        }
    }

    /// The source of the list of companion roles.
    pub fn source(&self, stack: &Read<StackFacts>) -> Source {
        match (self.trigger, stack) {
            (Trigger::Create | Trigger::Update, _) => Source::Callback,
            (_, Read::Seen(stack)) if stack.status.is_settled() => Source::Stack,
            _ => Source::Record,
        }
    }
}

/// What a customer's trust policy must allow, and which account is never a customer.
#[derive(Debug, Clone)]
pub struct Hub {
    pub account: AwsAccountId,
    /// The Region in which the hub calls STS.
    pub region: Region,
    pub allow_own_account: bool,
    /// The ARN patterns that the trust policy's `aws:PrincipalArn` condition may list.
    pub trusted_principals: Vec<String>,
}

/// What triggered a verification; determines which stack states are acceptable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    Create,
    Update,
    Paste,
    OnDemand,
    Scheduled,
}

/// The source of the list of companion roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A callback. It may report a different role under a known ARN.
    Callback,
    /// The account's record, because the stack is being updated.
    Record,
    /// The parameters and outputs of a settled stack.
    Stack,
}
