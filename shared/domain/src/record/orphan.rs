//! Orphaned stacks: each stays on record until it is proven gone or a person dismisses it. Its
//! status is private: only what was seen, and a person's word, change it.

use super::evidence::{Evidence, EvidenceKind};
use super::evidence_log::{Assessment, EvidenceLog, OrphanReason};
use super::version::versioned;
use crate::aws::{ExternalId, RoleArn, StackId};
use crate::check::StackStatus;
use crate::ids::{AccountId, OrphanedStackId, RegistrationId};
use crate::remedy::{Remedy, failed_resources};
use crate::settings::{STALE_AFTER, Settings};
use crate::text::Tenant;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrphanedStack {
    pub orphaned_stack_id: OrphanedStackId,
    pub tenant: Tenant,
    pub version: u64,
    pub registration_id: RegistrationId,
    /// None for a stack that never became an account.
    pub account_id: Option<AccountId>,
    pub stack_id: StackId,
    /// None where a refused stack named no role of its own account.
    pub role_arn: Option<RoleArn>,
    pub external_id: ExternalId,
    /// The custom resource through which the stack tells the hub of its deletion, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logical_resource_id: Option<String>,
    status: OrphanedStackStatus,
    evidence: EvidenceLog,
    pub opened_at: Timestamp,
}

/// What is recorded of a stack when it becomes orphaned.
#[derive(Debug, Clone)]
pub struct NewOrphanedStack {
    pub orphaned_stack_id: OrphanedStackId,
    pub tenant: Tenant,
    pub registration_id: RegistrationId,
    pub account_id: Option<AccountId>,
    pub stack_id: StackId,
    pub role_arn: Option<RoleArn>,
    pub external_id: ExternalId,
    pub logical_resource_id: Option<String>,
    /// What was seen of it so far.
    pub evidence: EvidenceLog,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum OrphanedStackStatus {
    Orphaned { reason: OrphanReason },
    Deleting,
    Gone,
    Dismissed,
}

impl OrphanedStackStatus {
    pub const NAMES: [&'static str; 4] = ["orphaned", "deleting", "gone", "dismissed"];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Orphaned { .. } => "orphaned",
            Self::Deleting => "deleting",
            Self::Gone => "gone",
            Self::Dismissed => "dismissed",
        }
    }
}

impl From<Assessment> for OrphanedStackStatus {
    fn from(assessment: Assessment) -> Self {
        match assessment {
            Assessment::Orphaned(reason) => Self::Orphaned { reason },
            Assessment::Deleting => Self::Deleting,
            Assessment::Gone => Self::Gone,
        }
    }
}

versioned!(OrphanedStack);

impl OrphanedStack {
    /// The first version: its status is what the evidence amounts to.
    pub fn open(new: NewOrphanedStack, now: Timestamp, settings: &Settings) -> Self {
        let has_role = new.role_arn.is_some();
        Self {
            orphaned_stack_id: new.orphaned_stack_id,
            tenant: new.tenant,
            version: 1,
            registration_id: new.registration_id,
            account_id: new.account_id,
            stack_id: new.stack_id,
            role_arn: new.role_arn,
            external_id: new.external_id,
            logical_resource_id: new.logical_resource_id,
            status: new.evidence.assess(has_role, now, settings).into(),
            evidence: new.evidence,
            opened_at: now,
        }
    }

    pub fn status(&self) -> OrphanedStackStatus {
        self.status
    }

    pub fn evidence(&self) -> &EvidenceLog {
        &self.evidence
    }

    /// Whether more is to be found out about it.
    pub fn is_open(&self) -> bool {
        matches!(
            self.status,
            OrphanedStackStatus::Orphaned { .. } | OrphanedStackStatus::Deleting
        )
    }

    /// Open for so long that somebody should look. A flag, not an end.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        self.is_open() && now.duration_since(self.opened_at) >= STALE_AFTER
    }

    /// Whether a signal of deletion can come without anybody forwarding events.
    pub fn proof_is_available(&self) -> bool {
        let heard = self.logical_resource_id.is_some() || self.evidence.has_deletion_signal();
        (self.role_arn.is_some() && heard) || self.evidence.tells_of_closing()
    }

    /// Whether the stack had termination protection when it was last read.
    pub fn is_protected(&self) -> bool {
        let mut latest = self.evidence.iter().rev();
        let read = latest.find_map(|seen| match &seen.kind {
            EvidenceKind::StackStatus {
                status: Some(_),
                protected,
                ..
            } => Some(*protected),
            _ => None,
        });
        read.unwrap_or(false)
    }

    /// What is left to do about it; nothing where it is over. `protected` is what an account's last
    /// check saw of a stack that was not read since.
    pub fn remedy(&self, protected: bool) -> Option<Remedy> {
        let stack = self.stack_id.clone();
        let protected = protected || self.is_protected();
        match self.status {
            OrphanedStackStatus::Gone | OrphanedStackStatus::Dismissed => None,
            OrphanedStackStatus::Deleting => Some(Remedy::AwaitDeletion),
            OrphanedStackStatus::Orphaned { reason } => Some(match (reason, &self.role_arn) {
                (OrphanReason::RoleRetained, Some(role)) => Remedy::DeleteRole(role.clone()),
                (OrphanReason::DeleteFailed, role) => Remedy::FinishDeletion {
                    stack,
                    role: role.clone(),
                    failed: failed_resources(self.failure().unwrap_or_default()),
                    protected,
                },
                _ => Remedy::DeleteStack { stack, protected },
            }),
        }
    }

    /// CloudFormation's reason of the latest deletion that failed.
    fn failure(&self) -> Option<&str> {
        let mut latest = self.evidence.iter().rev();
        latest.find_map(|seen| match &seen.kind {
            EvidenceKind::StackStatus {
                status: Some(StackStatus::DeleteFailed),
                reason,
                ..
            }
            | EvidenceKind::StackEvent {
                status: StackStatus::DeleteFailed,
                reason,
            } => reason.as_deref(),
            _ => None,
        })
    }

    /// The record after something was seen, or after time alone made a difference; none when it was
    /// no news. A person's word ends the search; what is seen later is only kept.
    pub fn with_evidence(
        &self,
        seen: Option<Evidence>,
        now: Timestamp,
        settings: &Settings,
    ) -> Option<Self> {
        let word = |seen: &Evidence| matches!(seen.kind, EvidenceKind::DismissedBy { .. });
        let dismisses = seen.as_ref().is_some_and(word);
        if dismisses && !self.is_open() {
            return None;
        }
        let mut evidence = self.evidence.clone();
        let news = seen.is_some_and(|seen| evidence.add(seen.kind, seen.at, settings));
        let status = if dismisses || self.status == OrphanedStackStatus::Dismissed {
            OrphanedStackStatus::Dismissed
        } else {
            let has_role = self.role_arn.is_some();
            evidence.assess(has_role, now, settings).into()
        };
        (news || status != self.status).then(|| Self {
            status,
            evidence,
            ..self.next()
        })
    }
}
