//! The role itself: whether it exists, and its properties other than trust and policies.

use super::context::{CompanionContext, seen};
use crate::check::observed::{Read, RoleFacts};
use crate::check::outcome::Outcome;
use crate::check::report::{Check, CheckCode};
use crate::companion::options::Options;
use crate::companion::{DeployedRole, Kind, RequestedRole};
use crate::messages::{CompanionMessage, Seconds};
use crate::remedy::command::{Command, Parameter};
use crate::remedy::{Remedy, parameters};

/// The role is not the stack's. No other check runs, because its result would not be actionable.
pub(super) fn not_the_stacks_role(context: &CompanionContext<'_>) -> Option<Outcome> {
    let deployed = context.deployed;
    context.role()?;
    let role = context.role_name();
    if deployed.is_lost {
        let message = CompanionMessage::NameReused { role };
        return Some(Outcome::failed(&message, recreate_role(context)));
    }
    (!deployed.was_seen()).then(|| {
        let message = CompanionMessage::NotFoundInStack { role };
        Outcome::inconclusive(&message, Remedy::TryAgainInAMinute)
    })
}

pub(super) fn role_missing(context: &CompanionContext<'_>) -> Option<Outcome> {
    let read = &context.observed.role;
    if *read == Read::NotFound {
        let role = context.role_name();
        let message = CompanionMessage::RoleDeleted { role };
        return Some(Outcome::failed(&message, recreate_role(context)));
    }
    let there = |_: &RoleFacts| Outcome::passed(&CompanionMessage::RoleExists);
    Some(seen(read).map_or_else(|outcome| *outcome, there))
}

/// Two updates that remove this role from the stack and add it again, keeping everything else.
fn recreate_role(context: &CompanionContext<'_>) -> Remedy {
    let deployed = context.deployed;
    let (Some(stack), Some(options)) = (context.account.stack, &deployed.options) else {
        return Remedy::RewriteParameter;
    };
    let update = |value: String| {
        let others = Kind::companions().map(|kind| {
            let name = kind.logical_id.to_owned();
            if kind == deployed.kind {
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
    let with = options.to_parameter(deployed.kind, deployed.role_arn.partition());
    Remedy::MakeRoleAgain(vec![
        update(Options::no_role(&deployed.kind)),
        Command::AwaitUpdate {
            stack: stack.clone(),
        },
        update(with),
        Command::AwaitUpdate {
            stack: stack.clone(),
        },
    ])
}

/// The options in force are unknown, so the role can't be compared.
pub(super) fn unreadable(context: &CompanionContext<'_>) -> Option<Outcome> {
    context.role().filter(|_| context.expected.is_none())?;
    let parameter = context.deployed.kind.logical_id;
    let message = CompanionMessage::ParameterUnreadable { parameter };
    Some(Outcome::inconclusive(&message, Remedy::RewriteParameter))
}

pub(super) fn boundary_missing(context: &CompanionContext<'_>) -> Option<Outcome> {
    let (role, _) = context.both()?;
    let boundary = context.account.boundary?;
    if role.boundary_arn.as_deref() == Some(boundary) {
        return Some(Outcome::passed(&CompanionMessage::BoundaryAsInStack));
    }
    let message = CompanionMessage::BoundaryMissing;
    let remedy = Remedy::RestoreBoundary {
        role: context.deployed.role_arn.clone(),
        arn: boundary.to_owned(),
    };
    Some(Outcome::failed(&message, remedy).with("boundary", [boundary.to_owned()]))
}

pub(super) fn instance_profile(context: &CompanionContext<'_>) -> Option<Outcome> {
    let (_, expected) = context.both()?;
    if !expected.instance_profile {
        return None;
    }
    let deployed = context.deployed;
    let read = &context.observed.instance_profile;
    let (Some(profile), Some(read)) = (&deployed.instance_profile_arn, read) else {
        let message = CompanionMessage::ProfileNotReported;
        return Some(Outcome::failed(&message, recreate_role(context)));
    };
    let name = profile.name().to_owned();
    if *read == Read::NotFound {
        let message = CompanionMessage::ProfileDeleted { profile: name };
        return Some(Outcome::failed(&message, recreate_role(context)));
    }
    let roles = match seen(read) {
        Ok(roles) => roles,
        Err(outcome) => return Some(*outcome),
    };
    let own = deployed.role_arn.name();
    let others: Vec<String> = roles.iter().filter(|role| *role != own).cloned().collect();
    let has_own = others.len() < roles.len();
    let fill = |others: Vec<String>| Remedy::FillProfile {
        profile: profile.clone(),
        role: deployed.role_arn.clone(),
        others,
    };
    Some(match (has_own, others.is_empty()) {
        (true, true) => Outcome::passed(&CompanionMessage::ProfileHasRole),
        (true, false) => Outcome::failed(
            &CompanionMessage::ProfileHasOtherRoleToo { profile: name },
            Remedy::EmptyProfile {
                profile: profile.clone(),
                others,
            },
        ),
        (false, true) => Outcome::failed(
            &CompanionMessage::ProfileEmpty { profile: name },
            fill(others),
        ),
        (false, false) => Outcome::failed(
            &CompanionMessage::ProfileHasOtherRole { profile: name },
            fill(others),
        ),
    })
}

pub(super) fn session_length(context: &CompanionContext<'_>) -> Option<Outcome> {
    let (role, expected) = context.both()?;
    let (chosen, actual) = (expected.session_seconds?, role.max_session_seconds?);
    if chosen == actual {
        let seconds = Seconds(actual);
        return Some(Outcome::passed(&CompanionMessage::SessionLength {
            seconds,
        }));
    }
    let message = CompanionMessage::SessionLengthDiffers {
        seconds: Seconds(actual),
        requested: Seconds(chosen),
    };
    let remedy = Remedy::RestoreSessionLength {
        role: context.deployed.role_arn.clone(),
        seconds: chosen,
    };
    Some(Outcome::failed(&message, remedy))
}

/// Compares the stack's deployed options with the requested options. It reads no role, so it always
/// reflects the current request.
pub fn not_as_chosen(deployed: &DeployedRole, chosen: Option<&RequestedRole>) -> Option<Check> {
    let options = deployed.options.as_ref()?;
    let differs = |message| Outcome::warning(&message, Remedy::UpdateOrChoose);
    let outcome = match chosen {
        None => differs(CompanionMessage::NotRequested),
        Some(chosen) if chosen.options != *options => differs(CompanionMessage::OtherOptions),
        Some(_) => Outcome::passed(&CompanionMessage::AsRequested),
    };
    Some(outcome.named(CheckCode::NotAsChosen))
}

pub(super) fn not_alone(context: &CompanionContext<'_>) -> Option<Outcome> {
    if !context.deployed.kind.one_per_account {
        return None;
    }
    let duplicates = context.account.duplicates;
    if duplicates.is_empty() {
        return Some(Outcome::passed(&CompanionMessage::OnlyOne));
    }
    let outcome = Outcome::warning(&CompanionMessage::NotOnlyOne, Remedy::KeepOne);
    Some(outcome.with("accounts", duplicates.iter().map(ToString::to_string)))
}
