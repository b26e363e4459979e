//! The ledger of leftover stacks: each stays until it is proven gone or a person dismisses it.

use crate::aws::{ExternalId, RoleArn, StackId};
use crate::evidence::{Assessment, EvidenceKind, OrphanReason, Trail};
use crate::ids::{AccountId, RegistrationId, StackEntryId};
use crate::settings::{STALE_AFTER, Settings};
use crate::text::Tenant;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackEntry {
    pub stack_entry_id: StackEntryId,
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
    pub status: StackEntryStatus,
    pub evidence: Trail,
    pub opened_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum StackEntryStatus {
    Orphaned { reason: OrphanReason },
    Deleting,
    Gone,
    Dismissed,
}

impl StackEntryStatus {
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

impl From<Assessment> for StackEntryStatus {
    fn from(assessment: Assessment) -> Self {
        match assessment {
            Assessment::Orphaned(reason) => Self::Orphaned { reason },
            Assessment::Deleting => Self::Deleting,
            Assessment::Gone => Self::Gone,
        }
    }
}

impl StackEntry {
    /// Whether more is to be found out about it.
    pub fn is_open(&self) -> bool {
        matches!(
            self.status,
            StackEntryStatus::Orphaned { .. } | StackEntryStatus::Deleting
        )
    }

    /// Open for so long that somebody should look. A flag, not an end.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        self.is_open() && now.duration_since(self.opened_at) >= STALE_AFTER
    }

    /// Whether a sign of deletion can come without anybody forwarding events.
    pub fn proof_is_available(&self) -> bool {
        self.role_arn.is_some() && (self.logical_resource_id.is_some() || self.evidence.has_sign())
    }

    /// The entry after something was seen; none when it was no news. A dismissed entry stays so:
    /// a person's word ends the search, what is seen later is only kept.
    pub fn seeing(&self, kind: EvidenceKind, now: Timestamp, settings: &Settings) -> Option<Self> {
        self.seeing_at(kind, now, now, settings)
    }

    /// The same for what happened at another time than now.
    pub fn seeing_at(
        &self,
        kind: EvidenceKind,
        at: Timestamp,
        now: Timestamp,
        settings: &Settings,
    ) -> Option<Self> {
        let mut evidence = self.evidence.clone();
        let news = evidence.add(kind, at, settings);
        let status = match self.status {
            StackEntryStatus::Dismissed => StackEntryStatus::Dismissed,
            _ => evidence.assess(now, settings).into(),
        };
        (news || status != self.status).then(|| Self {
            status,
            evidence,
            ..self.next()
        })
    }

    pub fn dismissed(
        &self,
        who: String,
        reason: String,
        now: Timestamp,
        settings: &Settings,
    ) -> Option<Self> {
        let mut evidence = self.evidence.clone();
        evidence.add(EvidenceKind::DismissedBy { who, reason }, now, settings);
        self.is_open().then(|| Self {
            status: StackEntryStatus::Dismissed,
            evidence,
            ..self.next()
        })
    }

    fn next(&self) -> Self {
        Self {
            version: self.version + 1,
            ..self.clone()
        }
    }
}
