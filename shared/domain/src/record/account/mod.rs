//! A connected AWS account. Its state is private and changes only through the transitions in `state`. A
//! transition that is invalid in the current state returns `None`, so it can never be stored.

mod stack;
mod state;

pub use stack::ReportedRole;
pub use state::{AccountState, DeregistrationCause};

use super::evidence::Evidence;
use super::registration::Registration;
use super::version::versioned;
use crate::access::ProfileName;
use crate::aws::{AwsAccountId, ExternalId, Role, StackId};
use crate::companion::{DeployedRole, RequestedRole};
use crate::ids::{AccountId, GroupId, OrphanedStackId, RegistrationId};
use crate::link::page_token::Page;
use crate::link::template::{TemplateId, TemplateVersion};
use crate::messages::Localized;
use crate::settings::STALE_AFTER;
use crate::text::{Name, Tenant};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub account_id: AccountId,
    pub tenant: Tenant,
    pub version: u64,
    pub group_id: GroupId,
    pub registration_id: RegistrationId,
    pub name: Name,
    state: AccountState,
    pub aws_account_id: AwsAccountId,
    pub role: Role,
    /// The role before the last replacement. An update that is rolled back restores it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_role: Option<Role>,
    /// A role that an update reported and that is not verified yet. Every check tries it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported_role: Option<ReportedRole>,
    /// The time at which the last processed update was sent. Messages can arrive out of order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported_at: Option<Timestamp>,
    pub external_id: ExternalId,
    pub stack_id: StackId,
    /// The logical ID of the custom resource; `None` for a stack without a callback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logical_resource_id: Option<String>,
    pub template_version: TemplateVersion,
    /// The template that the stack reported.
    pub template_id: TemplateId,
    pub allow_duplicate: bool,
    /// The requested access profiles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requested_access: Vec<ProfileName>,
    /// The requested companion roles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub companion_roles: Vec<RequestedRole>,
    /// The companion roles that the stack has created.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deployed_roles: Vec<DeployedRole>,
    /// How the stack's template differs from the current one, as the last full check read them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    template_difference: Option<Localized>,
    pub registered_at: Timestamp,
    /// The number of the link to the customer's page. Only the latest link is valid.
    #[serde(default, skip_serializing_if = "is_first")]
    pub customer_link: u32,
    /// The closure of the AWS account as AWS Organizations reported it, unless later evidence
    /// contradicts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    closed: Option<Evidence>,
    /// When CloudFormation deleted the stack's preflight resource, although the account is connected.
    /// An update that drops the resource does so too, so only a rejection of the role proves more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    preflight_deleted_at: Option<Timestamp>,
}

/// A verified stack that is about to become an account.
#[derive(Debug, Clone)]
pub struct NewAccount {
    pub account_id: AccountId,
    pub role: Role,
    pub stack_id: StackId,
    /// `None` if there was no callback.
    pub logical_resource_id: Option<String>,
    pub template_version: TemplateVersion,
    pub template_id: TemplateId,
    pub deployed_roles: Vec<DeployedRole>,
    pub name: Option<Name>,
}

versioned!(Account);

fn is_first(link: &u32) -> bool {
    *link == 0
}

impl Account {
    /// Creates the account of a verified stack, with the registration's settings.
    pub(crate) fn registered(
        registration: &Registration,
        candidate: NewAccount,
        now: Timestamp,
    ) -> Self {
        let aws_account_id = candidate.stack_id.account().clone();
        let name = candidate.name.or_else(|| registration.account_name.clone());
        Self {
            account_id: candidate.account_id,
            tenant: registration.tenant.clone(),
            version: 1,
            group_id: registration.group_id.clone(),
            registration_id: registration.registration_id.clone(),
            name: name.unwrap_or_else(|| Name::from(&aws_account_id)),
            state: AccountState::Active,
            aws_account_id,
            role: candidate.role,
            previous_role: None,
            reported_role: None,
            reported_at: None,
            external_id: registration.external_id.clone(),
            stack_id: candidate.stack_id,
            logical_resource_id: candidate.logical_resource_id,
            template_version: candidate.template_version,
            template_id: candidate.template_id,
            allow_duplicate: registration.allow_duplicate,
            requested_access: registration.access.clone(),
            companion_roles: registration.companion_roles.clone(),
            deployed_roles: candidate.deployed_roles,
            template_difference: None,
            registered_at: now,
            customer_link: 0,
            closed: None,
            preflight_deleted_at: None,
        }
    }

    pub fn state(&self) -> &AccountState {
        &self.state
    }

    /// How the stack's template differs from the current one, as the last full check read them.
    pub fn template_difference(&self) -> Option<&Localized> {
        self.template_difference.as_ref()
    }

    /// The closure of the AWS account as AWS Organizations reported it.
    pub fn closed(&self) -> Option<&Evidence> {
        self.closed.as_ref()
    }

    /// The latest closure report of AWS Organizations. For a disconnected account, it is part of
    /// the evidence.
    pub fn closure_evidence(&self) -> Option<&Evidence> {
        let is_closing = |seen: &&Evidence| seen.kind.is_closing();
        let seen = match &self.state {
            AccountState::Disconnected { evidence, .. } => evidence.iter().rev().find(is_closing),
            _ => None,
        };
        seen.or(self.closed.as_ref())
    }

    /// When CloudFormation last deleted the stack's preflight resource.
    pub fn preflight_deleted_at(&self) -> Option<Timestamp> {
        match &self.state {
            AccountState::Disconnected { evidence, .. } => evidence.preflight_deleted_at(),
            _ => self.preflight_deleted_at,
        }
    }

    /// Disconnected for so long that a person should review it.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        match self.state {
            AccountState::Disconnected { since, .. } => now.duration_since(since) >= STALE_AFTER,
            _ => false,
        }
    }

    /// Whether the account counts toward the limit of one connection per AWS account and tenant.
    pub fn is_connected(&self) -> bool {
        matches!(self.state, AccountState::Active | AccountState::Unhealthy)
    }

    pub fn is_deregistered(&self) -> bool {
        matches!(self.state, AccountState::Deregistered { .. })
    }

    /// The account's orphaned stack, once it has one.
    pub fn orphaned_stack_id(&self) -> Option<&OrphanedStackId> {
        match &self.state {
            AccountState::Deregistered {
                orphaned_stack_id, ..
            } => Some(orphaned_stack_id),
            _ => None,
        }
    }

    /// The customer's page.
    pub fn page(&self) -> Page {
        Page::Customer {
            account_id: self.account_id.clone(),
            link: self.customer_link,
        }
    }

    /// Replaces the link to the customer's page. Earlier links stop working.
    #[must_use]
    pub fn with_new_customer_link(&self) -> Self {
        Self {
            customer_link: self.customer_link.saturating_add(1),
            ..self.next()
        }
    }

    /// Records a new choice of access profiles.
    pub fn with_requested_access(&self, access: &[ProfileName]) -> Option<Self> {
        let same = self.requested_access == access;
        (!same && !self.is_deregistered()).then(|| Self {
            requested_access: access.to_vec(),
            ..self.next()
        })
    }

    /// Records a new choice of companion roles.
    pub fn with_requested_roles(&self, companion_roles: &[RequestedRole]) -> Option<Self> {
        let same = self.companion_roles == companion_roles;
        (!same && !self.is_deregistered()).then(|| Self {
            companion_roles: companion_roles.to_vec(),
            ..self.next()
        })
    }

    #[must_use]
    pub fn edited(&self, name: Option<Name>, group_id: Option<GroupId>) -> Self {
        Self {
            name: name.unwrap_or_else(|| self.name.clone()),
            group_id: group_id.unwrap_or_else(|| self.group_id.clone()),
            ..self.next()
        }
    }
}
