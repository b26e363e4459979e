//! Orphaned stacks. Each stays on record until it is proven gone or a person dismisses it. The
//! status is private: only evidence and dismissal change it.

use super::evidence::{Evidence, EvidenceKind};
use super::evidence_log::{Assessment, EvidenceLog, OrphanReason};
use super::version::versioned;
use crate::aws::{ExternalId, RoleArn, SeenStack, StackId};
use crate::check::StackStatus;
use crate::ids::{AccountId, OrphanedStackId, RegistrationId};
use crate::remedy::{Remedy, StackToDelete, failed_resources};
use crate::settings::{STALE_AFTER, Settings};
use crate::text::{Actor, Tenant};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrphanedStack {
    pub orphaned_stack_id: OrphanedStackId,
    pub tenant: Tenant,
    pub version: u64,
    pub registration_id: RegistrationId,
    /// `None` for a stack that never became an account.
    pub account_id: Option<AccountId>,
    pub stack_id: StackId,
    /// `None` if a rejected stack reported no role in its own account.
    pub role_arn: Option<RoleArn>,
    pub external_id: ExternalId,
    /// The custom resource through which the stack reports its deletion, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logical_resource_id: Option<String>,
    status: OrphanedStackStatus,
    evidence: EvidenceLog,
    pub opened_at: Timestamp,
}

/// The initial data of an orphaned stack.
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
    /// The evidence collected so far.
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
    /// Creates the first version, with the status that follows from the evidence.
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

    /// Whether its outcome is still unknown.
    pub fn is_open(&self) -> bool {
        matches!(
            self.status,
            OrphanedStackStatus::Orphaned { .. } | OrphanedStackStatus::Deleting
        )
    }

    /// Whether the stack is known to belong to this registration: it became an account, or it was
    /// read through a role that accepted the registration's external ID. Until then, anyone with a
    /// token could have named someone else's stack, so AWS's own events about it don't apply.
    pub fn belongs_to_registration(&self) -> bool {
        self.account_id.is_some() || self.evidence.was_read()
    }

    /// Whether it counts against the tenant's limit of [`MOST_UNPROVEN_STACKS`].
    ///
    /// [`MOST_UNPROVEN_STACKS`]: crate::settings::MOST_UNPROVEN_STACKS
    pub fn is_unproven(&self) -> bool {
        self.is_open() && !self.belongs_to_registration()
    }

    /// Ends a record that nothing has proven for as long as it takes to become stale, unless `seen`
    /// proves it now.
    pub fn or_lapsed(&self, seen: Option<EvidenceKind>, now: Timestamp) -> Option<EvidenceKind> {
        let proves = seen.as_ref().is_some_and(EvidenceKind::is_reading);
        if self.is_unproven() && self.is_stale(now) && !proves {
            return Some(EvidenceKind::DismissedBy {
                who: Actor::Hub.to_string(),
                reason: "nothing has proven that the stack exists".to_owned(),
            });
        }
        seen
    }

    /// Open for so long that a person should review it. This is only a flag.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        self.is_open() && now.duration_since(self.opened_at) >= STALE_AFTER
    }

    /// Whether a deletion signal can arrive without event forwarding.
    pub fn proof_is_available(&self) -> bool {
        let has_signal = self.logical_resource_id.is_some() || self.evidence.has_deletion_signal();
        (self.role_arn.is_some() && has_signal) || self.evidence.reports_closure()
    }

    /// The stack when it was last read. What the account knew at its deregistration counts until then.
    pub fn seen(&self) -> SeenStack {
        let mut latest = self.evidence.iter().rev();
        let read = latest.find_map(|seen| match &seen.kind {
            EvidenceKind::StackStatus {
                status: Some(_),
                protected,
                nested,
                ..
            } => Some((protected, nested)),
            _ => None,
        });
        let known = || {
            let mut all = self.evidence.iter();
            all.find_map(|seen| match &seen.kind {
                EvidenceKind::Deregistered {
                    protected, nested, ..
                } => Some((protected, nested)),
                _ => None,
            })
        };
        let seen = read.or_else(known).map(|(protected, nested)| SeenStack {
            protected: *protected,
            nested: nested.clone(),
        });
        seen.unwrap_or_default()
    }

    /// The remaining steps; `None` if there are none.
    pub fn remedy(&self) -> Option<Remedy> {
        let stack = || StackToDelete::new(self.stack_id.clone(), self.seen());
        match self.status {
            OrphanedStackStatus::Gone | OrphanedStackStatus::Dismissed => None,
            OrphanedStackStatus::Deleting => Some(Remedy::AwaitDeletion),
            OrphanedStackStatus::Orphaned { reason } => Some(match (reason, &self.role_arn) {
                (OrphanReason::RoleRetained, Some(role)) => Remedy::DeleteRole(role.clone()),
                (OrphanReason::DeleteFailed, role) => Remedy::FinishDeletion {
                    stack: stack(),
                    role: role.clone(),
                    failed: failed_resources(self.failure().unwrap_or_default()),
                },
                _ => Remedy::DeleteStack(stack()),
            }),
        }
    }

    /// CloudFormation's reason for the latest failed deletion.
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

    /// Returns the record after new evidence, or after time alone changed its status; `None` if
    /// nothing changed. A dismissal is final: later evidence is stored but has no effect.
    pub fn with_evidence(
        &self,
        seen: Option<Evidence>,
        now: Timestamp,
        settings: &Settings,
    ) -> Option<Self> {
        let is_dismissal = |seen: &Evidence| matches!(seen.kind, EvidenceKind::DismissedBy { .. });
        let dismisses = seen.as_ref().is_some_and(is_dismissal);
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
