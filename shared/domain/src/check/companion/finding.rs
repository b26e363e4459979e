//! How a check of a companion role is written down.

use crate::check::observed::Read;
use crate::check::report::{CheckStatus, RoleCheck, RoleCheckCode};
use crate::remedy::{Reader, Remedy};
use std::collections::BTreeMap;

/// A customer can attach much; a report is kept, and shown with its account.
const MOST_EVIDENCE: usize = 20;

impl RoleCheck {
    pub(super) fn new(
        code: RoleCheckCode,
        status: CheckStatus,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            status,
            message: message.into(),
            remedy: None,
            command: None,
            evidence: BTreeMap::new(),
        }
    }

    pub(super) fn passed(code: RoleCheckCode, message: impl Into<String>) -> Self {
        Self::new(code, CheckStatus::Passed, message)
    }

    pub(super) fn failed(code: RoleCheckCode, message: impl Into<String>) -> Self {
        Self::new(code, CheckStatus::Failed, message)
    }

    pub(super) fn step(self, remedy: &Remedy) -> Self {
        Self {
            remedy: Some(remedy.sentence(Reader::User)),
            command: remedy.command(),
            ..self
        }
    }

    pub(super) fn with(mut self, name: &str, values: impl IntoIterator<Item = String>) -> Self {
        let values: Vec<String> = values.into_iter().take(MOST_EVIDENCE).collect();
        if !values.is_empty() {
            self.evidence.insert(name.to_owned(), values);
        }
        self
    }

    /// What stood in the way of looking, if anything did.
    pub(super) fn unseen<T>(code: RoleCheckCode, read: &Read<T>) -> Option<Self> {
        let inconclusive = |message: String| Self::new(code, CheckStatus::Inconclusive, message);
        match read {
            Read::Seen(_) => None,
            Read::Denied(denial) => {
                let action = denial.action;
                let message = format!("The hub's role may not call {action} for this role.");
                Some(inconclusive(message).step(&Remedy::RestoreHubRole))
            }
            Read::NotFound => Some(Self::new(
                code,
                CheckStatus::Skipped,
                "The role is not there.",
            )),
            Read::Throttled => {
                Some(inconclusive("AWS throttled the hub.".to_owned()).step(&Remedy::TryAgain))
            }
            Read::Unreachable => {
                Some(inconclusive("AWS gave no usable answer.".to_owned()).step(&Remedy::TryAgain))
            }
        }
    }
}
