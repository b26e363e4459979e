//! Whom a companion role's trust policy admits, and that the hub is never among them.

use super::context::CompanionContext;
use crate::check::outcome::Outcome;
use crate::companion::DeployedRole;
use crate::companion::expected::{ExpectedRole, Trusted};
use crate::iam::trust::{Audience, Breadth, TrustPolicy};
use crate::messages::{CompanionMessage, Language, Message, Series, Trusts};
use crate::remedy::Remedy;
use crate::remedy::command::Command;

const UNREADABLE: CompanionMessage = CompanionMessage::TrustUnreadable;

/// Whether those can assume the role who were chosen.
pub(super) fn trust_missing(context: &CompanionContext<'_>) -> Option<Outcome> {
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

/// Whether nobody else can. What can't be read is not proven narrow.
pub(super) fn trust_too_broad(context: &CompanionContext<'_>) -> Option<Outcome> {
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
    // The hub has a check of its own.
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

/// As evidence has them.
fn facts(principals: &[Trusts]) -> Vec<String> {
    let each = principals.iter();
    each.map(|one| one.text(Language::English)).collect()
}

/// Whether the role could be assumed by anyone of the hub's account, whatever its stack asks for.
pub(super) fn trusts_hub(context: &CompanionContext<'_>) -> Option<Outcome> {
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

/// Whether the role lies where the hub's policies allow AssumeRole.
pub(super) fn path_of_hub(context: &CompanionContext<'_>) -> Option<Outcome> {
    context.role()?;
    if !context.deployed.role_arn.is_under_rolecall() {
        return Some(Outcome::passed(&CompanionMessage::PathOutsideHub));
    }
    let message = CompanionMessage::PathOfHub;
    Some(Outcome::failed(&message, Remedy::RewriteParameter))
}

pub(super) fn trusts_own_account(context: &CompanionContext<'_>) -> Option<Outcome> {
    let (_, expected) = context.both()?;
    let mut accounts = expected.trusted.iter().filter_map(|trusted| match trusted {
        Trusted::Account { id, .. } => Some(id),
        Trusted::Service { .. } => None,
    });
    let id = accounts.next()?;
    if id != expected.own_account() {
        return Some(Outcome::passed(&CompanionMessage::SourceAccountDiffers));
    }
    let account = id.to_string();
    let message = CompanionMessage::SourceAccountIsOwn { account };
    Some(Outcome::failed(&message, Remedy::ChooseBastion))
}
