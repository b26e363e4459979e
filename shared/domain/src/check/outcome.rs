//! The result of one check, for all kinds of roles. The list that contains the check supplies its
//! code.

use super::report::{Check, CheckCode, CheckStatus};
use crate::aws::Partition;
use crate::messages::{Localized, Message};
use crate::remedy::{Reader, Remedy};
use std::collections::BTreeMap;

/// A role can contain a lot of text, and reports are stored and shown with the account.
const MAX_EVIDENCE: usize = 50;

/// A check's result, without its code.
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

    /// Adds evidence, truncated to a maximum number of values; empty evidence is omitted.
    #[must_use]
    pub(super) fn with(mut self, name: &str, values: impl IntoIterator<Item = String>) -> Self {
        let mut values: Vec<String> = values.into_iter().collect();
        if values.len() > MAX_EVIDENCE {
            let more = values.len() - MAX_EVIDENCE;
            values.truncate(MAX_EVIDENCE);
            values.push(format!("and {more} more"));
        }
        if !values.is_empty() {
            self.evidence.insert(name.to_owned(), values);
        }
        self
    }

    /// Adds a sentence.
    #[must_use]
    pub(super) fn also(self, message: &impl Message) -> Self {
        let message = self.message.then(message);
        Self { message, ..self }
    }

    /// Adds a second finding: as a warning if nothing else is wrong, otherwise as an additional
    /// sentence.
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

    /// Converts the outcome into the report's form.
    pub(super) fn named(self, code: CheckCode, partition: Partition) -> Check {
        let remedy = self.remedy.as_ref();
        Check {
            code,
            status: self.status,
            message: self.message,
            remedy: remedy.map(|it| it.instruction(Reader::User)),
            remedy_for_customer: remedy.map(|it| it.instruction(Reader::Customer)),
            remedy_for_connected_customer: remedy
                .map(|it| it.instruction(Reader::ConnectedCustomer)),
            command: remedy.and_then(|it| it.command(partition)),
            evidence: self.evidence,
        }
    }
}
