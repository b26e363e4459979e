//! What was seen of a stack that may be on its way out.

use crate::check::{AssumeOutcome, Observed, Read, StackStatus};
use crate::settings::CLOSED_ACCOUNT_RETENTION;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One thing that was seen, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    #[serde(flatten)]
    pub kind: EvidenceKind,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EvidenceKind {
    /// The account was deregistered: nobody needs the stack.
    Deregistered { cause: String },
    /// CloudFormation told the hub that it deletes the stack's custom resource.
    DeleteCallback,
    /// The role answered, and the stack was read through it (without a status: could not be read).
    StackStatus {
        #[serde(skip_serializing_if = "Option::is_none", default)]
        status: Option<StackStatus>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        reason: Option<String>,
        /// Termination protection.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        protected: bool,
    },
    /// AWS's own event on the stack's status. It says nothing about the role.
    StackEvent {
        status: StackStatus,
        /// CloudFormation's, such as which resources it could not delete.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        reason: Option<String>,
    },
    /// AssumeRole with the right external ID was refused.
    RoleUnassumable,
    /// The organisation says that the customer's AWS account was closed.
    AccountClosed {
        /// Not only suspended until AWS deletes what it holds: that is done.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        permanently: bool,
    },
    /// A person decided not to wait for proof.
    DismissedBy { who: String, reason: String },
}

impl Evidence {
    /// Whether it says that nothing of the AWS account is left by now.
    pub fn ends_the_account(&self, now: Timestamp) -> bool {
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
    /// The stack's status that it tells.
    pub(super) fn stack_status(&self) -> Option<StackStatus> {
        match self {
            Self::StackStatus { status, .. } => *status,
            Self::StackEvent { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Whether the organisation told of the AWS account's end.
    pub fn is_closing(&self) -> bool {
        matches!(self, Self::AccountClosed { .. })
    }

    /// What an observation shows of a stack on its way out: its status through the role, or the
    /// role's silence. None where AWS gave no usable answer, which says nothing about either.
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
                })
            }
            _ => None,
        }
    }
}

/// A stack's reason as it is kept: what the customer's account says is cut, and a terminal finds
/// nothing in it to act on.
pub fn reason_of(text: &str) -> Option<String> {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let kept: String = plain.take(LONGEST_REASON).collect();
    let kept = kept.trim();
    (!kept.is_empty()).then(|| kept.to_owned())
}

const LONGEST_REASON: usize = 1024;
