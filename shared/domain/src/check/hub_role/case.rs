//! What a check may look at, and what it found.

use crate::check::drift::{Drift, NotCompared};
use crate::check::expected::Expected;
use crate::check::observed::{Observed, Read, StackFacts};
use crate::check::report::CheckStatus;
use crate::remedy::Remedy;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// All that a check may look at.
pub(in crate::check) struct Case<'a> {
    pub(in crate::check) expected: &'a Expected,
    pub(in crate::check) observed: &'a Observed,
    /// How the role's permissions differ from its template's, where they were read.
    pub(in crate::check) drift: Option<Result<Drift, NotCompared>>,
    pub(in crate::check) now: Timestamp,
}

/// A customer can write much into a role; a report is kept, and shown with its account.
const MOST_EVIDENCE: usize = 50;

/// What one check found.
pub(in crate::check) struct Finding {
    pub(in crate::check) status: CheckStatus,
    pub(in crate::check) message: String,
    pub(in crate::check) remedy: Option<Remedy>,
    pub(in crate::check) evidence: BTreeMap<String, Vec<String>>,
}

impl Finding {
    fn new(status: CheckStatus, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            remedy: None,
            evidence: BTreeMap::new(),
        }
    }

    pub(super) fn passed(message: impl Into<String>) -> Self {
        Self::new(CheckStatus::Passed, message)
    }

    pub(super) fn failed(message: impl Into<String>, remedy: Remedy) -> Self {
        Self {
            remedy: Some(remedy),
            ..Self::new(CheckStatus::Failed, message)
        }
    }

    pub(super) fn warning(message: impl Into<String>, remedy: Remedy) -> Self {
        Self {
            remedy: Some(remedy),
            ..Self::new(CheckStatus::Warning, message)
        }
    }

    pub(super) fn inconclusive(message: impl Into<String>, remedy: Remedy) -> Self {
        Self {
            remedy: Some(remedy),
            ..Self::new(CheckStatus::Inconclusive, message)
        }
    }

    pub(super) fn skipped(message: impl Into<String>) -> Self {
        Self::new(CheckStatus::Skipped, message)
    }

    /// Evidence, if there is any; of very much, the beginning.
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
}

pub(in crate::check) const NOT_LOOKED: &str = "Not looked at, because the role could not be used.";

pub(in crate::check) fn stack_facts<'a>(case: &Case<'a>) -> Option<&'a StackFacts> {
    case.observed.stack.as_ref().and_then(Read::seen)
}

/// What to say where a read gave nothing to judge.
pub(in crate::check) fn unread<T>(read: Option<&Read<T>>, what: &str) -> Finding {
    match read {
        None => Finding::skipped(NOT_LOOKED),
        Some(Read::Denied(denial)) => {
            let action = denial.action;
            Finding::skipped(format!("{what} can't be read: the role lacks {action}."))
        }
        Some(Read::Throttled) => Finding::skipped(format!("{what} could not be read: throttled.")),
        // What IAM or CloudFormation does not know yet may be known in a moment.
        Some(Read::NotFound) => {
            Finding::inconclusive(format!("{what} was not found."), Remedy::TryAgain)
        }
        Some(Read::Unreachable) => Finding::inconclusive(
            format!("{what} could not be read: no usable answer."),
            Remedy::TryAgain,
        ),
        Some(Read::Seen(_)) => Finding::skipped(format!(
            "{what} was read, but not what it is compared with."
        )),
    }
}
