//! Customer-managed policies that the stack attaches to its roles. The customer can change a
//! policy's default version without changing the role or the stack, so the hub remembers the
//! version it observed first.

use super::expected::Expected;
use super::observed::{ManagedPolicy, Observed, Read};
use crate::companion::expected::ExpectedRole;
use crate::remedy::command::Command;
use std::collections::{BTreeMap, BTreeSet};

/// Policy versions by the policy's ARN.
pub type Versions = BTreeMap<String, String>;

/// Whether a managed policy is customer-managed. AWS updates its own policies for everyone.
pub fn is_customers(arn: &str) -> bool {
    !arn.contains(":iam::aws:")
}

/// The versions to remember: known ones while the stack still attaches the policy, and newly
/// observed ones.
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

/// Policies whose default version is not the remembered one.
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

/// The remembered versions, by ARN, of policies that have another default version now.
pub fn former_versions<'a>(
    expected: &'a Expected,
    observed: &'a Observed,
) -> BTreeMap<&'a str, &'a str> {
    let known = &expected.known_policies;
    let companions = observed.companions.iter().flatten();
    let given = companions.map(|(_, seen)| &seen.given);
    let given = [&observed.given_policies].into_iter().chain(given);
    let changed = given.flat_map(|seen| changed(known, seen));
    let former = changed.filter_map(|(arn, now)| Some((arn, former_version(known, arn, now)?)));
    former.collect()
}

/// The remembered version. `None` if the policy was re-created under the same name.
fn former_version<'a>(known: &'a Versions, arn: &str, now: &ManagedPolicy) -> Option<&'a str> {
    let (policy, version) = known.get(arn)?.split_once(' ')?;
    let (current, _) = now.version.split_once(' ')?;
    (policy == current).then_some(version)
}

/// The command that restores the remembered version. `None` if it no longer exists.
pub fn restore(
    known: &Versions,
    gone: &BTreeSet<String>,
    arn: &str,
    now: &ManagedPolicy,
) -> Option<Command> {
    let version = former_version(known, arn, now).filter(|_| !gone.contains(arn))?;
    Some(Command::SetDefaultVersion {
        arn: arn.to_owned(),
        version: version.to_owned(),
    })
}
