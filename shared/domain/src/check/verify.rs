//! Evaluates the observations of a stack, its role and its companion roles.

use super::companion::{AccountFacts, check_role};
use super::drift::{Drift, NotCompared, drift};
use super::expected::Expected;
use super::given::remembered;
use super::hub_role::{self, CheckContext};
use super::observed::{Observed, Read};
use super::redact::redact;
use super::report::{CheckCode, CheckStatus, CompanionReport, Report};
use crate::companion::DeployedRole;
use crate::template::Template;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Evaluates the observations and returns the report.
pub fn verify(expected: &Expected, observed: &Observed, now: Timestamp) -> Report {
    let context = CheckContext {
        expected,
        observed,
        drift: drift_of(expected, observed),
        now,
    };
    let mut checks = hub_role::run_checks(&context);
    redact(&mut checks, &expected.external_id);
    let template = expected.template.as_ref();
    let is_outdated = checks.iter().any(|check| {
        check.code == CheckCode::TemplateOutdated && check.status == CheckStatus::Warning
    });
    let current = expected.current.as_ref().filter(|_| is_outdated);
    Report {
        access: template.map(Template::access),
        update: current.map(|current| Box::new(current.template.clone())),
        companion_roles: companion_reports(expected, observed),
        given_policies: remembered(expected, observed),
        stack: match observed.stack.as_ref().and_then(Read::seen) {
            Some(stack) => stack.seen(),
            None => expected.known_stack.clone(),
        },
        ..Report::new(now, checks)
    }
}

fn companion_reports(expected: &Expected, observed: &Observed) -> Vec<CompanionReport> {
    let stack = observed.stack.as_ref().and_then(Read::seen);
    let boundary = stack.and_then(|stack| stack.boundary_arn.clone());
    let before_update = stack.map(|stack| stack.before_update(&expected.stack_id));
    let before_update = before_update.unwrap_or_default();
    let each = observed.companions.iter().flatten();
    each.map(|(deployed, seen)| {
        let duplicates = expected.duplicates.iter();
        let duplicates = duplicates.filter(|(kind, _)| *kind == deployed.kind);
        let duplicates: Vec<_> = duplicates.map(|(_, account)| account.clone()).collect();
        let facts = AccountFacts {
            hub: &expected.hub.account,
            known_policies: &expected.known_policies,
            gone_versions: &observed.gone_versions,
            boundary: boundary.as_deref(),
            stack: Some(&expected.stack_id),
            before_update: &before_update,
            duplicates: &duplicates,
        };
        let mut report = check_role(deployed, seen, &facts);
        redact(&mut report.checks, &expected.external_id);
        report
    })
    .collect()
}

/// The role's other policies may be too unusual or too many to compare. The template's own policies
/// are compared regardless.
fn drift_of(expected: &Expected, observed: &Observed) -> Option<Result<Drift, NotCompared>> {
    let stack = observed.stack.as_ref().and_then(Read::seen)?;
    let inline = observed.inline_policies.as_ref().and_then(Read::seen)?;
    let deployed = observed.companions.iter().flatten();
    let deployed: Vec<&DeployedRole> = deployed.map(|(deployed, _)| deployed).collect();
    let compare = |inline: &BTreeMap<String, String>| drift(expected, stack, &deployed, inline);
    Some(match compare(inline) {
        Err(NotCompared::AnotherPolicy(error)) => {
            let names = expected.own_policies();
            let own = inline.iter().filter(|(name, _)| names.contains(name));
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
