//! The state of an account, and the transitions between its states.

use super::Account;
use crate::ids::OrphanedStackId;
use crate::record::evidence::{Evidence, EvidenceKind};
use crate::record::evidence_log::EvidenceLog;
use crate::settings::Settings;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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

impl Account {
    /// A check failed, or the stack announced its deletion.
    pub fn needs_attention(&self) -> bool {
        match self.state {
            AccountState::Unhealthy | AccountState::Disconnected { .. } => true,
            AccountState::Active | AccountState::Deregistered { .. } => false,
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

    /// CloudFormation deleted the preflight resource of a connected account's stack. `None` if this
    /// was known.
    pub fn marked_preflight_deleted(&self, at: Timestamp) -> Option<Self> {
        (self.is_connected() && self.preflight_deleted_at.is_none()).then(|| Self {
            preflight_deleted_at: Some(at),
            ..self.next()
        })
    }

    fn with_state(&self, state: AccountState) -> Self {
        Self {
            state,
            ..self.next()
        }
    }
}
