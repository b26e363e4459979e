//! What one check came to. All checks are written in these terms, whichever role they are about; the
//! list that a check is in names it.

use super::report::{Check, CheckCode, CheckStatus};
use crate::messages::{Localized, Message};
use crate::remedy::{Reader, Remedy};
use std::collections::BTreeMap;

/// A customer can write much into a role; a report is kept, and shown with its account.
const MOST_EVIDENCE: usize = 50;

/// A check without its name yet.
pub(super) struct Outcome {
    status: CheckStatus,
    message: Localized,
    remedy: Option<Remedy>,
    evidence: BTreeMap<String, Vec<String>>,
}

impl Outcome {
    fn new(status: CheckStatus, message: &impl Message, remedy: Option<Remedy>) -> Self {
        Self {
            status,
            message: message.localized(),
            remedy,
            evidence: BTreeMap::new(),
        }
    }

    pub(super) fn passed(message: &impl Message) -> Self {
        Self::new(CheckStatus::Passed, message, None)
    }

    pub(super) fn failed(message: &impl Message, remedy: Remedy) -> Self {
        Self::new(CheckStatus::Failed, message, Some(remedy))
    }

    pub(super) fn warning(message: &impl Message, remedy: Remedy) -> Self {
        Self::new(CheckStatus::Warning, message, Some(remedy))
    }

    pub(super) fn inconclusive(message: &impl Message, remedy: Remedy) -> Self {
        Self::new(CheckStatus::Inconclusive, message, Some(remedy))
    }

    pub(super) fn skipped(message: &impl Message) -> Self {
        Self::new(CheckStatus::Skipped, message, None)
    }

    /// Evidence, if there is any; of very much, the beginning.
    #[must_use]
    pub(super) fn with(mut self, name: &str, values: impl IntoIterator<Item = String>) -> Self {
        let mut values: Vec<String> = values.into_iter().collect();
        if values.len() > MOST_EVIDENCE {
            let more = values.len() - MOST_EVIDENCE;
            values.truncate(MOST_EVIDENCE);
            values.push(format!("and {more} more"));
        }
        if !values.is_empty() {
            self.evidence.insert(name.to_owned(), values);
        }
        self
    }

    /// The same with a second finding: a warning of its own where nothing else is wrong, one more
    /// sentence otherwise.
    pub(super) fn or_also_warn(self, message: &impl Message, remedy: Remedy) -> Self {
        match self.status {
            CheckStatus::Passed | CheckStatus::Skipped => Self::warning(message, remedy),
            _ => Self {
                message: self.message.then(message),
                ..self
            },
        }
    }

    pub(super) fn has_failed(&self) -> bool {
        self.status == CheckStatus::Failed
    }

    /// The check as reports have it.
    pub(super) fn named(self, code: CheckCode) -> Check {
        let remedy = self.remedy.as_ref();
        Check {
            code,
            status: self.status,
            message: self.message,
            remedy: remedy.map(|it| it.instruction(Reader::User)),
            remedy_for_customer: remedy.map(|it| it.instruction(Reader::Customer)),
            command: remedy.and_then(Remedy::command),
            evidence: self.evidence,
        }
    }
}
