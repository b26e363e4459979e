//! A connected AWS account. Its state is private and changes only through the transitions below. A
//! transition that is invalid in the current state returns `None`, so it can never be stored.

use super::evidence::{Evidence, EvidenceKind};
use super::evidence_log::EvidenceLog;
use super::registration::Registration;
use super::version::versioned;
use crate::aws::{AwsAccountId, ExternalId, Role, RoleArn, StackId};
use crate::companion::{DeployedRole, RequestedRole};
use crate::ids::{AccountId, GroupId, OrphanedStackId, RegistrationId};
use crate::link::template::TemplateVersion;
use crate::settings::{STALE_AFTER, Settings};
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
    pub allow_duplicate: bool,
    /// The requested companion roles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub companion_roles: Vec<RequestedRole>,
    /// The companion roles that the stack has created.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deployed_roles: Vec<DeployedRole>,
    pub registered_at: Timestamp,
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
    pub deployed_roles: Vec<DeployedRole>,
    pub name: Option<Name>,
}

/// The contents of an update's callback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedRole {
    pub role_arn: RoleArn,
    pub template_version: TemplateVersion,
    /// The companion roles that the stack has created.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deployed_roles: Vec<DeployedRole>,
    /// When the update was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum AccountState {
    Active,
    /// Its checks fail; the report contains the reasons.
    Unhealthy,
    /// Its stack announced its deletion. It is tracked like an orphaned stack until the outcome is
    /// known.
    Disconnected {
        since: Timestamp,
        evidence: EvidenceLog,
    },
    Deregistered {
        at: Timestamp,
        cause: DeregistrationCause,
        orphaned_stack_id: OrphanedStackId,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeregistrationCause {
    /// A user requested it.
    Requested,
    /// The deletion of the stack is proven.
    StackGone,
}

impl AccountState {
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Unhealthy => "unhealthy",
            Self::Disconnected { .. } => "disconnected",
            Self::Deregistered { .. } => "deregistered",
        }
    }
}

versioned!(Account);

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
            allow_duplicate: registration.allow_duplicate,
            companion_roles: registration.companion_roles.clone(),
            deployed_roles: candidate.deployed_roles,
            registered_at: now,
            closed: None,
            preflight_deleted_at: None,
        }
    }

    pub fn state(&self) -> &AccountState {
        &self.state
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

    /// CloudFormation deleted the preflight resource of a connected account's stack. `None` if this
    /// was known.
    pub fn marked_preflight_deleted(&self, at: Timestamp) -> Option<Self> {
        (self.is_connected() && self.preflight_deleted_at.is_none()).then(|| Self {
            preflight_deleted_at: Some(at),
            ..self.next()
        })
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

    pub fn turned_unhealthy(&self) -> Option<Self> {
        (self.state == AccountState::Active).then(|| self.with_state(AccountState::Unhealthy))
    }

    /// The account's checks pass. Announcements of its end become void if the checks still pass
    /// after `deleting_recheck`: the stack was kept, or the AWS account was reinstated.
    ///
    /// `began` is when the check began, which says nothing about what happened later.
    pub fn passed(&self, began: Timestamp, now: Timestamp, settings: &Settings) -> Option<Self> {
        let later = self.preflight_deleted_at.filter(|at| *at > began);
        let late = |since: Timestamp| now.duration_since(since) >= settings.deleting_recheck;
        let closed = self.closure_evidence().filter(|closed| !late(closed.at));
        let news = match self.state {
            AccountState::Active => {
                closed != self.closed.as_ref() || later != self.preflight_deleted_at
            }
            AccountState::Unhealthy => true,
            AccountState::Disconnected { since, .. } => late(since),
            AccountState::Deregistered { .. } => false,
        };
        news.then(|| Self {
            closed: closed.cloned(),
            preflight_deleted_at: later,
            ..self.with_state(AccountState::Active)
        })
    }

    /// AWS Organizations reported the AWS account as closed. The orphaned stack inherits the
    /// evidence.
    pub fn marked_closed(&self, closed: Evidence) -> Option<Self> {
        let known = self.closed.as_ref().is_some_and(|known| {
            known.kind == closed.kind
                || known.kind == (EvidenceKind::AccountClosed { permanently: true })
        });
        (self.is_connected() && !known).then(|| Self {
            closed: Some(closed),
            ..self.next()
        })
    }

    pub fn disconnected(&self, since: Timestamp, evidence: EvidenceLog) -> Option<Self> {
        self.is_connected().then(|| Self {
            preflight_deleted_at: None,
            ..self.with_state(AccountState::Disconnected { since, evidence })
        })
    }

    /// New evidence about a disconnected account's stack.
    pub fn with_evidence(&self, evidence: EvidenceLog) -> Option<Self> {
        match &self.state {
            AccountState::Disconnected { since, .. } => {
                Some(self.with_state(AccountState::Disconnected {
                    since: *since,
                    evidence,
                }))
            }
            _ => None,
        }
    }

    pub fn deregistered(
        &self,
        at: Timestamp,
        cause: DeregistrationCause,
        orphaned_stack_id: OrphanedStackId,
    ) -> Option<Self> {
        let state = AccountState::Deregistered {
            at,
            cause,
            orphaned_stack_id,
        };
        (!self.is_deregistered()).then(|| self.with_state(state))
    }

    /// Whether a later update than this one was already processed.
    pub fn has_newer_report_than(&self, reported: &ReportedRole) -> bool {
        reported.reported_at < self.reported_at && reported.reported_at.is_some()
    }

    /// Records a verified role that an update reported; `None` if nothing changed. The previous
    /// role is kept, because the update may be rolled back.
    pub fn with_role(&self, role: Role, reported: &ReportedRole) -> Option<Self> {
        let same = role == self.role
            && reported.template_version == self.template_version
            && reported.deployed_roles == self.deployed_roles
            && self.reported_role.is_none()
            && !self.is_newer(reported);
        if same || self.is_deregistered() {
            return None;
        }
        let swapped = (role != self.role).then(|| self.role.clone());
        let previous_role = swapped.or_else(|| self.previous_role.clone());
        Some(Self {
            role,
            previous_role,
            reported_role: None,
            reported_at: reported.reported_at.max(self.reported_at),
            template_version: reported.template_version.clone(),
            deployed_roles: reported.deployed_roles.clone(),
            ..self.next()
        })
    }

    /// Records a reported role that could not be verified. The account's own role is already
    /// recorded, and earlier reports are superseded.
    pub fn with_unverified_role(&self, reported: &ReportedRole) -> Option<Self> {
        let other = (reported.role_arn != self.role.arn).then(|| reported.clone());
        // Companion roles reported together with an unverified role belong to that role.
        let deployed_roles = match &other {
            Some(_) => &self.deployed_roles,
            None => &reported.deployed_roles,
        };
        let known = self.reported_role == other
            && *deployed_roles == self.deployed_roles
            && !self.is_newer(reported);
        (!known && !self.is_deregistered()).then(|| Self {
            reported_role: other,
            deployed_roles: deployed_roles.clone(),
            reported_at: reported.reported_at.max(self.reported_at),
            ..self.next()
        })
    }

    /// Whether the update is later than all processed ones.
    fn is_newer(&self, reported: &ReportedRole) -> bool {
        reported.reported_at > self.reported_at
    }

    /// The stack turned out to have a custom resource: its output was pasted before the callback
    /// arrived.
    pub fn with_custom_resource(&self, logical_resource_id: &str) -> Option<Self> {
        self.logical_resource_id.is_none().then(|| Self {
            logical_resource_id: Some(logical_resource_id.to_owned()),
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

    /// The stack has different companion roles than the record.
    pub fn with_deployed_roles(&self, deployed_roles: &[DeployedRole]) -> Option<Self> {
        let same = self.deployed_roles == deployed_roles;
        (!same && self.is_connected()).then(|| Self {
            deployed_roles: deployed_roles.to_vec(),
            ..self.next()
        })
    }

    /// Whether the stack has created a role for EC2 instances.
    pub fn has_instances(&self) -> bool {
        let mut made = self.seen_roles();
        made.any(|made| made.instance_profile_arn.is_some())
    }

    /// Whether the stack's observed roles match the requested ones.
    pub fn matches_request(&self) -> bool {
        let as_made = |role: &RequestedRole| {
            let mut made = self.seen_roles();
            made.any(|one| one.kind == role.kind && one.options.as_ref() == Some(&role.options))
        };
        self.deployed_roles.len() == self.companion_roles.len()
            && self.companion_roles.iter().all(as_made)
    }

    /// The stack's roles that the hub has observed. No others are ever shown to people.
    pub fn seen_roles(&self) -> impl Iterator<Item = &DeployedRole> {
        self.deployed_roles.iter().filter(|made| made.was_seen())
    }

    #[must_use]
    pub fn edited(&self, name: Option<Name>, group_id: Option<GroupId>) -> Self {
        Self {
            name: name.unwrap_or_else(|| self.name.clone()),
            group_id: group_id.unwrap_or_else(|| self.group_id.clone()),
            ..self.next()
        }
    }

    fn with_state(&self, state: AccountState) -> Self {
        Self {
            state,
            ..self.next()
        }
    }
}
