//! Who can assume a companion role. The hub must never be able to.

use super::CheckFn;
use super::context::CompanionContext;
use crate::check::outcome::Outcome;
use crate::check::report::CheckCode;
use crate::companion::DeployedRole;
use crate::companion::expected::ExpectedRole;
use crate::iam::trust::{Audience, Breadth, TrustPolicy};
use crate::messages::{CompanionMessage, Language, Message, Series, Trusts};
use crate::remedy::Remedy;
use crate::remedy::command::Command;

const UNREADABLE: CompanionMessage = CompanionMessage::TrustUnreadable;

pub(super) const CHECKS: &[(CheckCode, CheckFn)] = &[
    (CheckCode::TrustsHub, trusts_hub),
    (CheckCode::PathOfHub, path_of_hub),
    (CheckCode::TrustMissing, trust_missing),
    (CheckCode::TrustTooBroad, trust_too_broad),
];

/// Whether all chosen principals can assume the role.
fn trust_missing(context: &CompanionContext<'_>) -> Option<Outcome> {
    let (role, expected) = context.both()?;
    let restore = || restore_trust(context.deployed, expected);
    let Ok(policy) = TrustPolicy::parse(&role.trust_policy) else {
        return Some(Outcome::inconclusive(&UNREADABLE, restore()));
    };
    let admitted = expected.admitted();
    let left_out = policy.left_out(&Audience {
        hub: context.account.hub,
        admitted: &admitted,
    });
    if left_out.is_empty() {
        let principals = Series(admitted.iter().map(Trusts::from).collect());
        let message = CompanionMessage::TrustAllows { principals };
        return Some(Outcome::passed(&message));
    }
    let left_out: Vec<Trusts> = left_out.iter().map(Trusts::from).collect();
    let missing = facts(&left_out);
    let principals = Series(left_out);
    let message = CompanionMessage::TrustDoesNotAllow { principals };
    Some(Outcome::failed(&message, restore()).with("missing", missing))
}

/// Whether only the chosen principals can. An unreadable policy counts as too broad.
fn trust_too_broad(context: &CompanionContext<'_>) -> Option<Outcome> {
    let (role, expected) = context.both()?;
    let restore = || restore_trust(context.deployed, expected);
    let Ok(policy) = TrustPolicy::parse(&role.trust_policy) else {
        return Some(Outcome::failed(&UNREADABLE, restore()));
    };
    let admitted = expected.admitted();
    let beyond = policy.broader_than(&Audience {
        hub: context.account.hub,
        admitted: &admitted,
    });
    // Trust in the hub has a separate check.
    let others = beyond.iter().filter(|one| !matches!(one, Breadth::Hub(_)));
    let others: Vec<Trusts> = others.map(Trusts::from).collect();
    if others.is_empty() {
        return Some(Outcome::passed(&CompanionMessage::TrustAllowsNoOther));
    }
    let beyond = facts(&others);
    let principals = Series(others);
    let message = CompanionMessage::TrustAllowsMore { principals };
    Some(Outcome::failed(&message, restore()).with("beyond", beyond))
}

fn restore_trust(deployed: &DeployedRole, expected: &ExpectedRole) -> Remedy {
    Remedy::RestoreTrust(Command::SetTrust {
        role: deployed.role_arn.name().to_owned(),
        document: expected.trust_policy(),
        stack: None,
    })
}

/// The principals as evidence.
fn facts(principals: &[Trusts]) -> Vec<String> {
    let each = principals.iter();
    each.map(|one| one.text(Language::English)).collect()
}

/// Whether principals of the hub's account could assume the role, regardless of the stack's
/// parameters.
fn trusts_hub(context: &CompanionContext<'_>) -> Option<Outcome> {
    let role = context.role()?;
    let hub = context.account.hub;
    let remedy = match &context.expected {
        Some(expected) if !expected.trusts(hub) => restore_trust(context.deployed, expected),
        Some(_) => Remedy::ChooseBastion,
        None => Remedy::RewriteParameter,
    };
    let Ok(policy) = TrustPolicy::parse(&role.trust_policy) else {
        return Some(Outcome::inconclusive(&UNREADABLE, remedy));
    };
    let nobody = Audience { hub, admitted: &[] };
    let trusted = policy.broader_than(&nobody);
    if !trusted.contains(&Breadth::Hub(hub.clone())) {
        return Some(Outcome::passed(&CompanionMessage::HubNotTrusted));
    }
    let account = hub.to_string();
    let message = CompanionMessage::HubTrusted { account };
    Some(Outcome::failed(&message, remedy).with("trusts", policy.ways_in()))
}

/// Whether the role is on the path on which the hub's policies allow AssumeRole.
fn path_of_hub(context: &CompanionContext<'_>) -> Option<Outcome> {
    context.role()?;
    if !context.deployed.role_arn.is_under_rolecall() {
        return Some(Outcome::passed(&CompanionMessage::PathOutsideHub));
    }
    let message = CompanionMessage::PathOfHub;
    Some(Outcome::failed(&message, Remedy::RewriteParameter))
}
