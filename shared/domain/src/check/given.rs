//! Managed policies of a customer's own that their stack gives its roles. A customer may put another
//! version of one in force, and nothing about the role or the stack changes: the hub remembers which
//! version it saw first.

use super::expected::Expected;
use super::observed::{ManagedPolicy, Observed, Read};
use crate::companion::expected::ExpectedRole;
use crate::remedy::command::Command;
use std::collections::{BTreeMap, BTreeSet};

/// Versions by the policy's ARN.
pub type Versions = BTreeMap<String, String>;

/// Whether a managed policy is a customer's own: AWS changes its own ones for everyone.
pub fn is_customers(arn: &str) -> bool {
    !arn.contains(":iam::aws:")
}

/// The versions that count as given from now on: those that were known, as long as the stack gives
/// the policy, and what was seen of a policy for the first time.
pub fn remembered(expected: &Expected, observed: &Observed) -> Versions {
    let known = &expected.known_policies;
    let Some(stack) = observed.stack.as_ref().and_then(Read::seen) else {
        return known.clone();
    };
    let mut given: BTreeSet<&String> = stack.managed_policy_arns.iter().collect();
    let companions = observed.companions.as_deref().unwrap_or_default();
    let chosen = companions
        .iter()
        .map(|(deployed, _)| ExpectedRole::of(deployed).map(|intended| intended.managed));
    let chosen: Vec<BTreeSet<String>> = chosen.map(Option::unwrap_or_default).collect();
    given.extend(chosen.iter().flatten());
    let seen = companions.iter().flat_map(|(_, seen)| &seen.given);
    let seen: BTreeMap<&String, &ManagedPolicy> =
        observed.given_policies.iter().chain(seen).collect();
    let version = |arn: &String| {
        let seen = seen.get(arn).map(|policy| &policy.version);
        known.get(arn).or(seen).cloned()
    };
    let versions = given
        .into_iter()
        .filter_map(|arn| Some((arn.clone(), version(arn)?)));
    versions.collect()
}

/// Those of which another version is in force than was given.
pub fn changed<'a>(
    known: &'a Versions,
    seen: &'a BTreeMap<String, ManagedPolicy>,
) -> BTreeMap<&'a str, &'a ManagedPolicy> {
    let other = |(arn, policy): &(&String, &ManagedPolicy)| {
        known
            .get(*arn)
            .is_some_and(|known| *known != policy.version)
    };
    let changed = seen.iter().filter(other);
    changed
        .map(|(arn, policy)| (arn.as_str(), policy))
        .collect()
}

/// The command that puts the version in force again that was given. None where the policy itself is
/// another one under the same name.
pub fn restore(known: &Versions, arn: &str, now: &ManagedPolicy) -> Option<Command> {
    let (policy, version) = known.get(arn)?.split_once(' ')?;
    let (current, _) = now.version.split_once(' ')?;
    (policy == current).then(|| Command::SetDefaultVersion {
        arn: arn.to_owned(),
        version: version.to_owned(),
    })
}
