//! Evidence about a stack that may be on its way to deletion.

use crate::aws::Nested;
use crate::check::{AssumeOutcome, Observed, Read, StackStatus};
use crate::settings::CLOSED_ACCOUNT_RETENTION;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One observation and its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    #[serde(flatten)]
    pub kind: EvidenceKind,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EvidenceKind {
    /// The account was deregistered, so the stack is no longer needed.
    Deregistered {
        cause: String,
        /// Termination protection, when the stack was last read.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        protected: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nested: Option<Nested>,
    },
    /// CloudFormation notified the hub that it is deleting the stack's custom resource.
    DeleteCallback,
    /// CloudFormation notified the hub that it is deleting the stack's preflight resource. It deletes
    /// that resource last, so it has tried to delete the role before.
    PreflightDeleted,
    /// The role was assumed, and the stack was read through it (no status: the stack could not be
    /// read).
    StackStatus {
        #[serde(skip_serializing_if = "Option::is_none", default)]
        status: Option<StackStatus>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        reason: Option<String>,
        /// Termination protection.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        protected: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nested: Option<Nested>,
    },
    /// An AWS event about the stack's status. It proves nothing about the role.
    StackEvent {
        status: StackStatus,
        /// CloudFormation's reason, such as the resources that it could not delete.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        reason: Option<String>,
    },
    /// AssumeRole with the correct external ID was rejected.
    RoleUnassumable,
    /// AWS Organizations reported that the customer's AWS account was closed.
    AccountClosed {
        /// AWS has deleted the account's contents; without this, the account is only suspended.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        permanently: bool,
    },
    /// A person dismissed the orphaned stack without proof.
    DismissedBy { who: String, reason: String },
}

impl Evidence {
    /// Whether nothing in the AWS account exists anymore.
    pub fn proves_account_deleted(&self, now: Timestamp) -> bool {
        match self.kind {
            EvidenceKind::AccountClosed { permanently: true } => true,
            EvidenceKind::AccountClosed { permanently: false } => {
                now.duration_since(self.at) >= CLOSED_ACCOUNT_RETENTION
            }
            _ => false,
        }
    }
}

impl EvidenceKind {
    /// The stack status in this evidence.
    pub(super) fn stack_status(&self) -> Option<StackStatus> {
        match self {
            Self::StackStatus { status, .. } => *status,
            Self::StackEvent { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Whether the stack was read through its role, which had accepted the external ID.
    pub fn is_reading(&self) -> bool {
        matches!(
            self,
            Self::StackStatus {
                status: Some(_),
                ..
            }
        )
    }

    /// Whether AWS Organizations reported the account as closed.
    pub fn is_closing(&self) -> bool {
        matches!(self, Self::AccountClosed { .. })
    }

    /// The evidence in an observation: the stack's status, or the rejection of the role. `None` if
    /// AWS returned no usable response, which proves neither.
    pub fn of(observed: &Observed) -> Option<Self> {
        match &observed.assume {
            Some(AssumeOutcome::Refused) => Some(Self::RoleUnassumable),
            Some(AssumeOutcome::Granted(_)) => {
                let facts = observed.stack.as_ref().and_then(Read::seen);
                Some(Self::StackStatus {
                    status: facts.map(|facts| facts.status),
                    reason: facts
                        .and_then(|facts| facts.status_reason.as_deref().and_then(reason_of)),
                    protected: facts.is_some_and(|facts| facts.protected),
                    nested: facts.and_then(|facts| facts.nested.clone()),
                })
            }
            _ => None,
        }
    }
}

/// Prepares a stack's reason for storage: truncates it, because it comes from the customer's
/// account, and removes control characters that a terminal could interpret.
pub fn reason_of(text: &str) -> Option<String> {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let kept: String = plain.take(LONGEST_REASON).collect();
    let kept = kept.trim();
    (!kept.is_empty()).then(|| kept.to_owned())
}

const LONGEST_REASON: usize = 1024;
