//! The companion role's permissions, compared with its options.

use super::CheckFn;
use super::context::{CompanionContext, seen};
use crate::aws::MANAGED_POLICIES_PER_ROLE;
use crate::check::given::{changed, restore};
use crate::check::outcome::Outcome;
use crate::check::report::CheckCode;
use crate::companion::expected::ExpectedRole;
use crate::iam::PolicyDocument;
use crate::iam::grants::{allowed_actions, grants_at_least, missing_from};
use crate::iam::work::Work;
use crate::messages::{CompanionMessage, Names};
use crate::remedy::command::Command;
use crate::remedy::{Remedy, Room};
use std::collections::{BTreeMap, BTreeSet};

/// The maximum number of commands to print. The next check reports the remaining policies.
const MAX_COMMANDS: usize = 20;

pub(super) const CHECKS: &[(CheckCode, CheckFn)] = &[
    (CheckCode::PolicyMissing, policy_missing),
    (CheckCode::PolicyExtra, policy_extra),
    (CheckCode::PolicyChanged, policy_changed),
];

type Policies<'a> = (&'a BTreeSet<String>, &'a BTreeMap<String, String>);

/// Returns the role's policies, or the outcome of a check that needed them.
fn policies<'a>(context: &'a CompanionContext<'_>) -> Result<Policies<'a>, Box<Outcome>> {
    let observed = context.observed;
    Ok((seen(&observed.attached)?, seen(&observed.inline)?))
}

fn policy_missing(context: &CompanionContext<'_>) -> Option<Outcome> {
    let (_, expected) = context.both()?;
    let (attached, inline) = match policies(context) {
        Ok(policies) => policies,
        Err(unread) => return Some(*unread),
    };
    let managed: Vec<&String> = expected.managed.difference(attached).collect();
    let text = |name: &String| inline.get(name).map(String::as_str);
    let lacking = expected
        .inline
        .iter()
        .filter(|(name, wanted)| !grants_at_least(text(name), wanted));
    let written: Vec<&String> = lacking.map(|(name, _)| name).collect();
    if managed.is_empty() && written.is_empty() {
        return Some(Outcome::passed(&CompanionMessage::AllPolicies));
    }
    let missing: Vec<&String> = managed.iter().chain(&written).copied().collect();
    let policies = named(&missing);
    let role = || context.role_name();
    let gone = &context.observed.gone;
    let (gone, managed): (Vec<&String>, Vec<&String>) =
        managed.into_iter().partition(|arn| gone.contains(*arn));
    let lacking = (attached.len() + managed.len()).saturating_sub(MANAGED_POLICIES_PER_ROLE);
    let extra = context.observed.further.iter();
    let extra = extra.filter(|(arn, text)| {
        attached.contains(*arn) && !expected.managed.contains(*arn) && allows_more(text, None)
    });
    let extra: Vec<&String> = extra.map(|(arn, _)| arn).take(lacking).collect();
    let detach = extra.iter().map(|arn| Command::DetachPolicy {
        role: role(),
        arn: (*arn).clone(),
    });
    let attach = managed.iter().map(|arn| Command::AttachPolicy {
        role: role(),
        arn: (*arn).clone(),
    });
    let write = written
        .iter()
        .filter_map(|name| put_inline(context, name, expected));
    let commands = detach.chain(attach).chain(write);
    let existing: Vec<&String> = managed.iter().chain(&written).copied().collect();
    let remedy = Remedy::AttachPolicies {
        named: named(&existing),
        gone: named(&gone),
        room: Room::of(lacking, extra.len()),
        commands: commands.take(MAX_COMMANDS).collect(),
    };
    let outcome = Outcome::failed(&CompanionMessage::PolicyMissing { policies }, remedy);
    Some(outcome.with("missing", missing.into_iter().cloned()))
}

/// The policies' names, shortened.
fn named(names_or_arns: &[&String]) -> Names {
    let names = names_or_arns.iter().map(|one| short(one).to_owned());
    Names(names.collect())
}

/// The command that writes one of the expected inline policies.
fn put_inline(
    context: &CompanionContext<'_>,
    name: &str,
    expected: &ExpectedRole,
) -> Option<Command> {
    Some(Command::PutInlinePolicy {
        role: context.role_name(),
        name: name.to_owned(),
        document: expected.inline.get(name)?.clone(),
    })
}

fn policy_extra(context: &CompanionContext<'_>) -> Option<Outcome> {
    let (_, expected) = context.both()?;
    let (attached, inline) = match policies(context) {
        Ok(policies) => policies,
        Err(unread) => return Some(*unread),
    };
    // Policies that only deny are left in place.
    let gives = |text: Option<&String>| text.is_none_or(|text| allows_more(text, None));
    let unchosen = attached.difference(&expected.managed);
    let managed: Vec<&String> = unchosen
        .filter(|arn| gives(context.observed.further.get(*arn)))
        .collect();
    let own = |name: &String| expected.inline.get(name);
    let unexpected = inline
        .iter()
        .filter(|(name, text)| own(name).is_none() && gives(Some(text)));
    let unexpected: Vec<&String> = unexpected.map(|(name, _)| name).collect();
    let wider = inline
        .iter()
        .filter(|(name, text)| own(name).is_some_and(|chosen| allows_more(text, Some(chosen))));
    let wider: Vec<&String> = wider.map(|(name, _)| name).collect();
    let extra: Vec<&String> = managed
        .iter()
        .chain(&unexpected)
        .chain(&wider)
        .copied()
        .collect();
    if extra.is_empty() {
        return Some(Outcome::passed(&CompanionMessage::NoExtraPolicies));
    }
    // Policies that the hub could not read may contain denials; a person must review them.
    let readable = managed
        .iter()
        .filter(|arn| context.observed.further.contains_key(**arn));
    let role = || context.role_name();
    let detach = readable.map(|arn| Command::DetachPolicy {
        role: role(),
        arn: (*arn).clone(),
    });
    let delete = unexpected.iter().map(|name| Command::DeleteInlinePolicy {
        role: role(),
        name: (*name).clone(),
    });
    let write = wider
        .iter()
        .filter_map(|name| put_inline(context, name, expected));
    let commands = detach
        .chain(delete)
        .chain(write)
        .take(MAX_COMMANDS)
        .collect();
    let policies = named(&extra);
    let message = CompanionMessage::PolicyExtra { policies };
    let outcome = Outcome::failed(&message, Remedy::RemovePolicies(commands));
    Some(outcome.with("extra", extra.into_iter().cloned()))
}

/// Detects that a customer-managed policy has a different default version than when it was chosen.
/// Applies only to roles with such policies.
fn policy_changed(context: &CompanionContext<'_>) -> Option<Outcome> {
    context.both()?;
    let (given, known) = (&context.observed.given, context.account.known_policies);
    if given.is_empty() {
        return None;
    }
    let changed = changed(known, given);
    if changed.is_empty() {
        return Some(Outcome::passed(&CompanionMessage::PolicyVersionsKept));
    }
    let names: Vec<String> = changed.keys().map(|arn| (*arn).to_owned()).collect();
    let documents = changed.values().map(|policy| policy.document.as_str());
    let actions: BTreeSet<String> = documents.flat_map(allowed_actions).collect();
    let gone = context.account.gone_versions;
    let restored = changed
        .iter()
        .map(|(arn, now)| restore(known, gone, arn, now));
    let restored = restored.collect::<Option<Vec<Command>>>();
    let policies = named(&names.iter().collect::<Vec<_>>());
    let message = CompanionMessage::PolicyVersionChanged { policies };
    let remedy = Remedy::RestoreVersions(restored.unwrap_or_default());
    let outcome = Outcome::warning(&message, remedy);
    Some(outcome.with("changed", names).with("allows", actions))
}

/// Whether the document allows more than was chosen. Unreadable documents count as allowing more.
fn allows_more(document: &str, chosen: Option<&serde_json::Value>) -> bool {
    let chosen = chosen.map(|chosen| PolicyDocument::parse(&chosen.to_string()));
    let (Ok(document), Ok(chosen)) = (PolicyDocument::parse(document), chosen.transpose()) else {
        return true;
    };
    let chosen: Vec<PolicyDocument> = chosen.into_iter().collect();
    let more = missing_from(&chosen, &[document], &mut Work::default());
    more.map_or(true, |more| !more.is_empty())
}

/// A policy's name.
fn short(name_or_arn: &str) -> &str {
    name_or_arn.rsplit('/').next().unwrap_or(name_or_arn)
}
