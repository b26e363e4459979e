//! Compares a companion role as it is with what was chosen about it: who gets in, what it may do,
//! what else has to be there. Every finding names the step that is missing and what does it.

mod finding;
mod policies;
pub mod proof;
mod trust;

use super::observed::{Read, RoleFacts, Seen};
use super::report::{CheckStatus, Inspection, RoleCheck, RoleCheckCode, Verdict};
use crate::aws::{AwsAccountId, StackId};
use crate::companion::expected::Intended;
use crate::companion::options::Options;
use crate::companion::{CompanionRole, Kind, MadeRole};
use crate::ids::AccountId;
use crate::remedy::command::{Command, Parameter};
use crate::remedy::{Remedy, parameters};
use policies::{policy_changed, policy_extra, policy_missing};
use std::collections::BTreeMap;
use trust::{path_of_hub, trust_checks, trusts_hub, trusts_own_account};

/// What else is known of the role's account.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// The hub's own account: no companion role is for it.
    pub hub: &'a AwsAccountId,
    /// Which versions of the customer's own policies the hub saw first, by ARN.
    pub known: &'a BTreeMap<String, String>,
    /// The permissions boundary that the stack gives all its roles.
    pub boundary: Option<&'a str>,
    /// The stack that makes the role, where it can be updated.
    pub stack: Option<&'a StackId>,
    /// The tenant's other accounts that have such a role in the same AWS account.
    pub alike: &'a [AccountId],
}

/// Compares the role with what its stack's parameter asks for.
pub fn inspect(made: &MadeRole, seen: &Seen, around: &Around<'_>) -> Inspection {
    if let Some(missing) = not_the_stacks(made, seen, around) {
        return Inspection {
            kind: made.kind,
            role_arn: made.role_arn.clone(),
            verdict: Verdict::of(std::iter::once(missing.status)),
            checks: vec![missing],
        };
    }
    let mut checks = vec![role_missing(made, seen, around)];
    if let Read::Seen(role) = &seen.role {
        checks.push(trusts_hub(made, role, around.hub));
        checks.push(path_of_hub(made));
    }
    match (&seen.role, Intended::of(made)) {
        (Read::Seen(role), Some(intended)) => {
            checks.extend(trust_checks(made, &intended, role, around.hub));
            checks.push(policy_missing(made, &intended, seen));
            checks.push(policy_extra(made, &intended, seen));
            checks.extend(policy_changed(seen, around.known));
            checks.extend(boundary_missing(made, role, around));
            checks.extend(instance_profile(made, &intended, seen, around));
            checks.extend(session_length(made, &intended, role));
            checks.extend(trusts_own_account(&intended));
        }
        (Read::Seen(_), None) => checks.push(unreadable(made)),
        _ => {}
    }
    if made.kind.one_per_account {
        checks.push(not_alone(around.alike));
    }
    Inspection {
        kind: made.kind,
        role_arn: made.role_arn.clone(),
        verdict: Verdict::of(checks.iter().map(|check| check.status)),
        checks,
    }
}

/// Another role than the stack's: nothing is said about it that somebody could act on.
fn not_the_stacks(made: &MadeRole, seen: &Seen, around: &Around<'_>) -> Option<RoleCheck> {
    const CODE: RoleCheckCode = RoleCheckCode::RoleMissing;
    seen.role.seen()?;
    let name = made.role_arn.name();
    if made.is_lost {
        let message = format!("The role {name} was deleted, and another role has its name now.");
        return Some(RoleCheck::failed(CODE, message).step(&make_again(made, around)));
    }
    (!made.was_seen()).then(|| {
        let message = format!(
            "The stack reported the role {name}, but the hub has not found it among the stack's resources as the stack's parameters have it."
        );
        RoleCheck::new(CODE, CheckStatus::Inconclusive, message).step(&Remedy::TryAgainInAMinute)
    })
}

fn role_missing(made: &MadeRole, seen: &Seen, around: &Around<'_>) -> RoleCheck {
    const CODE: RoleCheckCode = RoleCheckCode::RoleMissing;
    if seen.role == Read::NotFound {
        let message = format!("The role {} is not there any more.", made.role_arn.name());
        return RoleCheck::failed(CODE, message).step(&make_again(made, around));
    }
    RoleCheck::unseen(CODE, &seen.role)
        .unwrap_or_else(|| RoleCheck::passed(CODE, "The role is there."))
}

/// Updates that leave the stack as it is but for this role.
fn make_again(made: &MadeRole, around: &Around<'_>) -> Remedy {
    let (Some(stack), Some(options)) = (around.stack, &made.options) else {
        return Remedy::RewriteParameter;
    };
    let update = |value: String| {
        let others = Kind::companions().map(|kind| {
            let name = kind.logical_id.to_owned();
            if kind == made.kind {
                Parameter::Set(name, value.clone())
            } else {
                Parameter::Kept(name)
            }
        });
        Command::UpdateStack {
            stack: stack.clone(),
            template: None,
            parameters: parameters(others),
        }
    };
    let with = options.to_parameter(made.kind, made.role_arn.partition());
    Remedy::MakeRoleAgain(vec![
        update(Options::no_role(&made.kind)),
        Command::AwaitUpdate {
            stack: stack.clone(),
        },
        update(with),
        Command::AwaitUpdate {
            stack: stack.clone(),
        },
    ])
}

fn unreadable(made: &MadeRole) -> RoleCheck {
    let message = format!(
        "The stack's parameter {} is not in the form that a link gives it, so nothing can be compared with it.",
        made.kind.logical_id
    );
    RoleCheck::new(
        RoleCheckCode::NotAsChosen,
        CheckStatus::Inconclusive,
        message,
    )
    .step(&Remedy::RewriteParameter)
}

fn boundary_missing(made: &MadeRole, role: &RoleFacts, around: &Around<'_>) -> Option<RoleCheck> {
    const CODE: RoleCheckCode = RoleCheckCode::BoundaryMissing;
    let boundary = around.boundary?;
    if role.boundary_arn.as_deref() == Some(boundary) {
        return Some(RoleCheck::passed(
            CODE,
            "The role has the stack's permissions boundary.",
        ));
    }
    let message = "The role lacks the permissions boundary that the stack gives its roles.";
    let remedy = Remedy::RestoreBoundary {
        role: made.role_arn.clone(),
        arn: boundary.to_owned(),
    };
    let check = RoleCheck::failed(CODE, message).step(&remedy);
    Some(check.with("boundary", [boundary.to_owned()]))
}

fn instance_profile(
    made: &MadeRole,
    intended: &Intended,
    seen: &Seen,
    around: &Around<'_>,
) -> Option<RoleCheck> {
    const CODE: RoleCheckCode = RoleCheckCode::InstanceProfile;
    if !intended.instance_profile {
        return None;
    }
    let (Some(profile), Some(read)) = (&made.instance_profile_arn, &seen.instance_profile) else {
        let message = "The stack tells of no instance profile: EC2 takes a role only inside one.";
        return Some(RoleCheck::failed(CODE, message).step(&make_again(made, around)));
    };
    let name = profile.name();
    if *read == Read::NotFound {
        let message = format!(
            "The instance profile {name} is not there any more: EC2 takes a role only inside one."
        );
        return Some(RoleCheck::failed(CODE, message).step(&make_again(made, around)));
    }
    let Read::Seen(roles) = read else {
        return RoleCheck::unseen(CODE, read);
    };
    let own = made.role_arn.name();
    let others: Vec<String> = roles.iter().filter(|role| *role != own).cloned().collect();
    let has_own = others.len() < roles.len();
    let fill = Remedy::FillProfile {
        profile: profile.clone(),
        role: made.role_arn.clone(),
        others: others.clone(),
    };
    Some(match (has_own, others.as_slice()) {
        (true, []) => RoleCheck::passed(CODE, "The instance profile has exactly this one role."),
        (true, _) => RoleCheck::failed(CODE, format!("The instance profile {name} has another role as well."))
            .step(&Remedy::EmptyProfile { profile: profile.clone(), others }),
        (false, []) => RoleCheck::failed(CODE, format!("The instance profile {name} has no role, so an instance gets no credentials from it."))
            .step(&fill),
        (false, _) => RoleCheck::failed(CODE, format!("The instance profile {name} has another role than this one."))
            .step(&fill),
    })
}

fn session_length(made: &MadeRole, intended: &Intended, role: &RoleFacts) -> Option<RoleCheck> {
    const CODE: RoleCheckCode = RoleCheckCode::SessionLength;
    let (chosen, actual) = (intended.session_seconds?, role.max_session_seconds?);
    if chosen == actual {
        return Some(RoleCheck::passed(
            CODE,
            format!("A session may last {chosen} seconds."),
        ));
    }
    let message = format!("A session may last {actual} seconds; {chosen} were chosen.");
    let remedy = Remedy::RestoreSessionLength {
        role: made.role_arn.clone(),
        seconds: chosen,
    };
    Some(RoleCheck::failed(CODE, message).step(&remedy))
}

/// Compares what the stack has made with what people chose. It needs no look at the role, so it is
/// always told as it is now.
pub fn not_as_chosen(made: &MadeRole, chosen: Option<&CompanionRole>) -> Option<RoleCheck> {
    const CODE: RoleCheckCode = RoleCheckCode::NotAsChosen;
    let options = made.options.as_ref()?;
    let differs = |message: &str| {
        let check = RoleCheck::new(CODE, CheckStatus::Warning, message);
        Some(check.step(&Remedy::UpdateOrChoose))
    };
    match chosen {
        None => differs("The stack has made this role and nobody chose it here."),
        Some(chosen) if chosen.options != *options => {
            differs("The stack has made this role with other options than were chosen here.")
        }
        Some(_) => Some(RoleCheck::passed(
            CODE,
            "The stack has made it as it was chosen.",
        )),
    }
}

fn not_alone(alike: &[AccountId]) -> RoleCheck {
    const CODE: RoleCheckCode = RoleCheckCode::NotAlone;
    if alike.is_empty() {
        return RoleCheck::passed(
            CODE,
            "No other account of yours has made such a role in this AWS account.",
        );
    }
    let message =
        "Another account of yours has made such a role in this AWS account; it needs only one.";
    RoleCheck::new(CODE, CheckStatus::Warning, message)
        .step(&Remedy::KeepOne)
        .with("accounts", alike.iter().map(ToString::to_string))
}
