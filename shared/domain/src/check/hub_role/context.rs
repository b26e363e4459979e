//! The input of the hub role's checks.

use crate::check::drift::{Drift, NotCompared};
use crate::check::expected::Expected;
use crate::check::observed::{Observed, Read, StackFacts};
use crate::check::outcome::Outcome;
use crate::messages::{CheckMessage, ReadTarget};
use crate::remedy::Remedy;
use jiff::Timestamp;

/// All input of a check.
pub(in crate::check) struct CheckContext<'a> {
    pub(in crate::check) expected: &'a Expected,
    pub(in crate::check) observed: &'a Observed,
    /// How the role's permissions differ from its template's, if they were read.
    pub(in crate::check) drift: Option<Result<Drift, NotCompared>>,
    pub(in crate::check) now: Timestamp,
}

pub(in crate::check) fn stack_facts<'a>(context: &CheckContext<'a>) -> Option<&'a StackFacts> {
    context.observed.stack.as_ref().and_then(Read::seen)
}

/// The outcome of a check whose input could not be read.
pub(in crate::check) fn unread<T>(read: Option<&Read<T>>, what: ReadTarget) -> Outcome {
    match read {
        None => Outcome::skipped(&CheckMessage::HubRoleNotAssumed),
        Some(Read::Denied(denial)) => {
            let action = denial.action;
            Outcome::skipped(&CheckMessage::CanNotRead { what, action })
        }
        Some(Read::Throttled) => Outcome::skipped(&CheckMessage::ReadThrottled { what }),
        // IAM and CloudFormation are eventually consistent: the resource may appear soon.
        Some(Read::NotFound) => {
            Outcome::inconclusive(&CheckMessage::ReadNotFound { what }, Remedy::TryAgain)
        }
        Some(Read::Unreachable) => {
            Outcome::inconclusive(&CheckMessage::ReadUnanswered { what }, Remedy::TryAgain)
        }
        Some(Read::Seen(_)) => Outcome::skipped(&CheckMessage::NothingToCompare { what }),
    }
}
