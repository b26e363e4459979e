//! The checks. Each is a function over what was expected and what was observed.

mod policies;
mod restore;
mod role;
mod stack;

use super::drift::{Drift, NotCompared, drift};
use super::given::remembered;
use super::observe::{Expected, Observed, Read, StackFacts};
use super::redact::{redact, redact_inspection};
use super::report::{Check, CheckCode, CheckStatus, Report};
use crate::companion::MadeRole;
use crate::companion::inspect::{Around, Inspection, inspect};
use crate::remedy::{Reader, Remedy};
use crate::template::TemplatePermissions;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// All that a check may look at.
struct Case<'a> {
    expected: &'a Expected,
    observed: &'a Observed,
    /// How the role's permissions differ from its template's, where they were read.
    drift: Option<Result<Drift, NotCompared>>,
    now: Timestamp,
}

/// A customer can write much into a role; a report is kept, and shown with its account.
const MOST_EVIDENCE: usize = 50;

/// What one check found.
struct Finding {
    status: CheckStatus,
    message: String,
    remedy: Option<Remedy>,
    evidence: BTreeMap<String, Vec<String>>,
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

    fn passed(message: impl Into<String>) -> Self {
        Self::new(CheckStatus::Passed, message)
    }

    fn failed(message: impl Into<String>, remedy: Remedy) -> Self {
        Self {
            remedy: Some(remedy),
            ..Self::new(CheckStatus::Failed, message)
        }
    }

    fn warning(message: impl Into<String>, remedy: Remedy) -> Self {
        Self {
            remedy: Some(remedy),
            ..Self::new(CheckStatus::Warning, message)
        }
    }

    fn inconclusive(message: impl Into<String>, remedy: Remedy) -> Self {
        Self {
            remedy: Some(remedy),
            ..Self::new(CheckStatus::Inconclusive, message)
        }
    }

    fn skipped(message: impl Into<String>) -> Self {
        Self::new(CheckStatus::Skipped, message)
    }

    /// Evidence, if there is any; of very much, the beginning.
    fn with(mut self, name: &str, values: impl IntoIterator<Item = String>) -> Self {
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

type CheckFn = fn(&Case<'_>) -> Finding;

/// Every report names every one of these, in this order.
const CHECKS: &[(CheckCode, CheckFn)] = &[
    (CheckCode::ArnMismatch, role::arn_mismatch),
    (CheckCode::ExternalIdMismatch, role::external_id_mismatch),
    (CheckCode::RoleUnassumable, role::role_unassumable),
    (CheckCode::RolePropagating, role::role_propagating),
    (
        CheckCode::ExternalIdNotEnforced,
        role::external_id_not_enforced,
    ),
    (CheckCode::StsRegionDisabled, role::sts_region_disabled),
    (CheckCode::Throttled, role::throttled),
    (CheckCode::AccountSuspended, role::account_suspended),
    (CheckCode::RoleRecreated, role::role_recreated),
    (CheckCode::StackNotFound, stack::stack_not_found),
    (
        CheckCode::StackUnexpectedState,
        stack::stack_unexpected_state,
    ),
    (CheckCode::RoleNotInStack, stack::role_not_in_stack),
    (CheckCode::TrustTooBroad, policies::trust_too_broad),
    (CheckCode::PermissionsMissing, policies::permissions_missing),
    (CheckCode::PermissionsExtra, policies::permissions_extra),
    (CheckCode::BoundaryMissing, policies::boundary_missing),
    (CheckCode::TemplateOutdated, policies::template_outdated),
];

/// Judges what was observed.
pub fn verify(expected: &Expected, observed: &Observed, now: Timestamp) -> Report {
    let case = Case {
        expected,
        observed,
        drift: drift_of(expected, observed),
        now,
    };
    let named = |(code, check): &(CheckCode, CheckFn)| {
        let Finding {
            status,
            message,
            remedy,
            evidence,
        } = check(&case);
        Check {
            code: *code,
            status,
            message,
            remedy: remedy.as_ref().map(|it| it.sentence(Reader::User)),
            remedy_for_customer: remedy.as_ref().map(|it| it.sentence(Reader::Customer)),
            command: remedy.as_ref().and_then(Remedy::command),
            evidence,
        }
    };
    let mut checks: Vec<Check> = CHECKS.iter().map(named).collect();
    redact(&mut checks, &expected.external_id);
    Report {
        companion_roles: inspections(expected, observed),
        given_policies: remembered(expected, observed),
        ..Report::new(now, checks)
    }
}

fn inspections(expected: &Expected, observed: &Observed) -> Vec<Inspection> {
    let stack = observed.stack.as_ref().and_then(Read::seen);
    let boundary = stack.and_then(|stack| stack.boundary_arn.clone());
    let each = observed.companions.iter().flatten().map(|(made, seen)| {
        let alike = expected.alike.iter().filter(|(kind, _)| *kind == made.kind);
        let alike: Vec<_> = alike.map(|(_, account)| account.clone()).collect();
        let around = Around {
            hub: &expected.hub.account,
            known: &expected.known_policies,
            boundary: boundary.as_deref(),
            stack: Some(&expected.stack_id),
            alike: &alike,
        };
        let mut inspection = inspect(made, seen, &around);
        redact_inspection(&mut inspection, &expected.external_id);
        inspection
    });
    each.collect()
}

/// A role's further policies may be too odd or too many to compare; those that its template makes
/// are compared all the same.
fn drift_of(expected: &Expected, observed: &Observed) -> Option<Result<Drift, NotCompared>> {
    let stack = observed.stack.as_ref().and_then(Read::seen)?;
    let inline = observed.inline_policies.as_ref().and_then(Read::seen)?;
    let made = observed.companions.iter().flatten();
    let made: Vec<&MadeRole> = made.map(|(made, _)| made).collect();
    let compare = |inline: &BTreeMap<String, String>| drift(expected, stack, &made, inline);
    Some(match compare(inline) {
        Err(NotCompared::AnotherPolicy(error)) => {
            let own = inline.iter().filter(|(name, _)| is_own(name));
            let own = own
                .map(|(name, text)| (name.clone(), text.clone()))
                .collect();
            match compare(&own) {
                Ok(drift) if drift.missing.is_empty() => Err(NotCompared::AnotherPolicy(error)),
                Err(NotCompared::AnotherPolicy(error)) => Err(NotCompared::OwnPolicy(error)),
                compared => compared,
            }
        }
        compared => compared,
    })
}

fn is_own(policy: &str) -> bool {
    TemplatePermissions::POLICY_NAMES.contains(&policy)
}

/// What can be judged before STS is called. Only a case that passes is worth a call.
pub fn is_worth_probing(expected: &Expected) -> bool {
    let observed = Observed::default();
    let case = Case {
        expected,
        observed: &observed,
        drift: None,
        now: Timestamp::UNIX_EPOCH,
    };
    [role::arn_mismatch(&case), role::external_id_mismatch(&case)]
        .iter()
        .all(|finding| finding.status != CheckStatus::Failed)
}

const NOT_LOOKED: &str = "Not looked at, because the role could not be used.";

fn stack_facts<'a>(case: &Case<'a>) -> Option<&'a StackFacts> {
    case.observed.stack.as_ref().and_then(Read::seen)
}

/// What to say where a read gave nothing to judge.
fn unread<T>(read: Option<&Read<T>>, what: &str) -> Finding {
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
