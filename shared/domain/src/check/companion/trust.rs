//! Whom a companion role's trust policy admits, and that the hub is never among them.

use super::context::CompanionContext;
use crate::check::outcome::Outcome;
use crate::companion::DeployedRole;
use crate::companion::expected::{ExpectedRole, Trusted};
use crate::iam::trust::{Admitted, Audience, Breadth, TrustPolicy};
use crate::remedy::Remedy;
use crate::remedy::command::Command;

const UNREADABLE: &str = "The role's trust policy can't be read.";

/// Whether those can assume the role who were chosen.
pub(super) fn trust_missing(context: &CompanionContext<'_>) -> Option<Outcome> {
    let (role, expected) = context.both()?;
    let restore = || restore_trust(context.deployed, expected);
    let Ok(policy) = TrustPolicy::parse(&role.trust_policy) else {
        return Some(Outcome::inconclusive(UNREADABLE, restore()));
    };
    let admitted = expected.admitted();
    let left_out = policy.left_out(&Audience {
        hub: context.account.hub,
        admitted: &admitted,
    });
    let left_out: Vec<String> = left_out.iter().map(in_words).collect();
    if left_out.is_empty() {
        let all = expected.trusted.iter().map(Trusted::in_words);
        let all = all.collect::<Vec<_>>().join(" and ");
        let message = format!("The trust policy lets in {all}.");
        return Some(Outcome::passed(message));
    }
    let who = left_out.join(" and ");
    let message = format!(
        "The trust policy does not let in {who}: who may use a role is its trust policy's business, not its permissions'."
    );
    Some(Outcome::failed(message, restore()).with("missing", left_out))
}

/// Whether nobody else can. What can't be read is not proven narrow.
pub(super) fn trust_too_broad(context: &CompanionContext<'_>) -> Option<Outcome> {
    let (role, expected) = context.both()?;
    let restore = || restore_trust(context.deployed, expected);
    let Ok(policy) = TrustPolicy::parse(&role.trust_policy) else {
        return Some(Outcome::failed(UNREADABLE, restore()));
    };
    let admitted = expected.admitted();
    let beyond = policy.broader_than(&Audience {
        hub: context.account.hub,
        admitted: &admitted,
    });
    // The hub has a check of its own.
    let others = beyond.iter().filter(|one| !matches!(one, Breadth::Hub(_)));
    let others: Vec<String> = others.map(ToString::to_string).collect();
    if others.is_empty() {
        return Some(Outcome::passed("It lets in nobody else."));
    }
    let message = format!(
        "The trust policy lets in more than was chosen: {}.",
        others.join(", ")
    );
    Some(Outcome::failed(message, restore()).with("beyond", others))
}

fn restore_trust(deployed: &DeployedRole, expected: &ExpectedRole) -> Remedy {
    Remedy::RestoreTrust(Command::SetTrust {
        role: deployed.role_arn.name().to_owned(),
        document: expected.trust_policy(),
        stack: None,
    })
}

fn in_words(admitted: &Admitted<'_>) -> String {
    match admitted {
        Admitted::Service { name, .. } => (*name).to_owned(),
        Admitted::Account { id, .. } => format!("the AWS account {id}"),
        Admitted::Hub { .. } => "the hub".to_owned(),
    }
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
        return Some(Outcome::inconclusive(UNREADABLE, remedy));
    };
    let nobody = Audience { hub, admitted: &[] };
    let trusted = policy.broader_than(&nobody);
    if !trusted.contains(&Breadth::Hub(hub.clone())) {
        let message = "The hub's AWS account can't use this role.";
        return Some(Outcome::passed(message));
    }
    let message = format!(
        "The trust policy allows the hub's AWS account {hub}. The hub has a role of its own, with an external ID; it must not be able to use any other."
    );
    Some(Outcome::failed(message, remedy).with("trusts", policy.ways_in()))
}

/// Whether the role lies where the hub's policies allow AssumeRole.
pub(super) fn path_of_hub(context: &CompanionContext<'_>) -> Option<Outcome> {
    context.role()?;
    if !context.deployed.role_arn.is_under_rolecall() {
        let message = "The hub's policies do not reach the role's path.";
        return Some(Outcome::passed(message));
    }
    let message = "The role lies under /rolecall/, the path of the roles that the hub may assume.";
    Some(Outcome::failed(message, Remedy::RewriteParameter))
}

pub(super) fn trusts_own_account(context: &CompanionContext<'_>) -> Option<Outcome> {
    let (_, expected) = context.both()?;
    let mut accounts = expected.trusted.iter().filter_map(|trusted| match trusted {
        Trusted::Account { id, .. } => Some(id),
        Trusted::Service { .. } => None,
    });
    let id = accounts.next()?;
    if id != expected.own_account() {
        let message = "The bastion is another account than this one.";
        return Some(Outcome::passed(message));
    }
    let message = format!(
        "The bastion {id} is this very account: whoever is in it needs no role to switch to."
    );
    Some(Outcome::failed(message, Remedy::ChooseBastion))
}
