//! Whom a companion role's trust policy admits, and that the hub is never among them.

use crate::aws::AwsAccountId;
use crate::check::observed::RoleFacts;
use crate::check::report::{CheckStatus, RoleCheck, RoleCheckCode};
use crate::companion::MadeRole;
use crate::companion::expected::{Intended, Trusted};
use crate::iam::trust::{Admitted, Audience, Breadth, TrustPolicy};
use crate::remedy::Remedy;
use crate::remedy::command::Command;

const UNREADABLE: &str = "The role's trust policy can't be read.";

/// Whether those get in who were chosen, and nobody else.
pub(super) fn trust_checks(
    made: &MadeRole,
    intended: &Intended,
    role: &RoleFacts,
    hub: &AwsAccountId,
) -> [RoleCheck; 2] {
    use RoleCheckCode::{TrustMissing, TrustTooBroad};
    let restore = || restore_trust(made, intended);
    let Ok(policy) = TrustPolicy::parse(&role.trust_policy) else {
        let unread = |code, status| RoleCheck::new(code, status, UNREADABLE).step(&restore());
        // What can't be read is not proven narrow.
        return [
            unread(TrustMissing, CheckStatus::Inconclusive),
            unread(TrustTooBroad, CheckStatus::Failed),
        ];
    };
    let admitted = intended.admitted();
    let audience = Audience {
        hub,
        admitted: &admitted,
    };
    let left_out = policy.left_out(&audience);
    let left_out: Vec<String> = left_out.iter().map(in_words).collect();
    let missing = if left_out.is_empty() {
        let all = intended.let_in.iter().map(Trusted::in_words);
        let all = all.collect::<Vec<_>>().join(" and ");
        RoleCheck::passed(TrustMissing, format!("The trust policy lets in {all}."))
    } else {
        let who = left_out.join(" and ");
        let message = format!(
            "The trust policy does not let in {who}: who may use a role is its trust policy's business, not its permissions'."
        );
        RoleCheck::failed(TrustMissing, message)
            .step(&restore())
            .with("missing", left_out)
    };
    let beyond = policy.broader_than(&audience);
    // The hub has a check of its own.
    let others = beyond.iter().filter(|one| !matches!(one, Breadth::Hub(_)));
    let others: Vec<String> = others.map(ToString::to_string).collect();
    let broad = if others.is_empty() {
        RoleCheck::passed(TrustTooBroad, "It lets in nobody else.")
    } else {
        let message = format!(
            "The trust policy lets in more than was chosen: {}.",
            others.join(", ")
        );
        RoleCheck::failed(TrustTooBroad, message)
            .step(&restore())
            .with("beyond", others)
    };
    [missing, broad]
}

fn restore_trust(made: &MadeRole, intended: &Intended) -> Remedy {
    Remedy::RestoreTrust(Command::SetTrust {
        role: made.role_arn.name().to_owned(),
        document: intended.trust_policy(),
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
pub(super) fn trusts_hub(made: &MadeRole, role: &RoleFacts, hub: &AwsAccountId) -> RoleCheck {
    const CODE: RoleCheckCode = RoleCheckCode::TrustsHub;
    let intended = Intended::of(made);
    let remedy = match &intended {
        Some(intended) if !intended.trusts(hub) => restore_trust(made, intended),
        Some(_) => Remedy::ChooseBastion,
        None => Remedy::RewriteParameter,
    };
    let Ok(policy) = TrustPolicy::parse(&role.trust_policy) else {
        return RoleCheck::new(CODE, CheckStatus::Inconclusive, UNREADABLE).step(&remedy);
    };
    let nobody = Audience { hub, admitted: &[] };
    let trusted = policy.broader_than(&nobody);
    if !trusted.contains(&Breadth::Hub(hub.clone())) {
        return RoleCheck::passed(CODE, "The hub's AWS account can't use this role.");
    }
    let message = format!(
        "The trust policy allows the hub's AWS account {hub}. The hub has a role of its own, with an external ID; it must not be able to use any other."
    );
    RoleCheck::failed(CODE, message)
        .step(&remedy)
        .with("trusts", policy.ways_in())
}

/// Whether the role lies where the hub's policies allow AssumeRole.
pub(super) fn path_of_hub(made: &MadeRole) -> RoleCheck {
    const CODE: RoleCheckCode = RoleCheckCode::PathOfHub;
    if !made.role_arn.is_under_rolecall() {
        return RoleCheck::passed(CODE, "The hub's policies do not reach the role's path.");
    }
    let message = "The role lies under /rolecall/, the path of the roles that the hub may assume.";
    RoleCheck::failed(CODE, message).step(&Remedy::RewriteParameter)
}

pub(super) fn trusts_own_account(intended: &Intended) -> Option<RoleCheck> {
    const CODE: RoleCheckCode = RoleCheckCode::TrustsOwnAccount;
    let mut accounts = intended.let_in.iter().filter_map(|trusted| match trusted {
        Trusted::Account { id, .. } => Some(id),
        Trusted::Service { .. } => None,
    });
    let id = accounts.next()?;
    if id != intended.own_account() {
        return Some(RoleCheck::passed(
            CODE,
            "The bastion is another account than this one.",
        ));
    }
    let message = format!(
        "The bastion {id} is this very account: whoever is in it needs no role to switch to."
    );
    Some(RoleCheck::failed(CODE, message).step(&Remedy::ChooseBastion))
}
