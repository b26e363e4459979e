//! Judges what was observed of a stack, its role and its companion roles.

use super::companion::{Around, inspect};
use super::drift::{Drift, NotCompared, drift};
use super::expected::Expected;
use super::given::remembered;
use super::hub_role::{self, Case};
use super::observed::{Observed, Read};
use super::redact::{redact, redact_inspection};
use super::report::{Check, Inspection, Report};
use crate::companion::MadeRole;
use crate::link::template::TemplatePermissions;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Judges what was observed.
pub fn verify(expected: &Expected, observed: &Observed, now: Timestamp) -> Report {
    let case = Case {
        expected,
        observed,
        drift: drift_of(expected, observed),
        now,
    };
    let mut checks: Vec<Check> = hub_role::judge(&case);
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
