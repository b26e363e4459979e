//! Properties of the role other than its trust policy and permissions.

use super::CheckFn;
use super::context::{CompanionContext, seen};
use crate::check::observed::Read;
use crate::check::outcome::Outcome;
use crate::check::report::CheckCode;
use crate::messages::{CompanionMessage, Seconds};
use crate::remedy::Remedy;

pub(super) const CHECKS: &[(CheckCode, CheckFn)] = &[
    (CheckCode::BoundaryMissing, boundary_missing),
    (CheckCode::InstanceProfile, instance_profile),
    (CheckCode::SessionLength, session_length),
];

fn boundary_missing(context: &CompanionContext<'_>) -> Option<Outcome> {
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

fn instance_profile(context: &CompanionContext<'_>) -> Option<Outcome> {
    let (_, expected) = context.both()?;
    if !expected.instance_profile {
        return None;
    }
    let deployed = context.deployed;
    let read = &context.observed.instance_profile;
    let (Some(profile), Some(read)) = (&deployed.instance_profile_arn, read) else {
        let message = CompanionMessage::ProfileNotReported;
        return Some(Outcome::failed(&message, Remedy::MakeRoleAgain));
    };
    let name = profile.name().to_owned();
    if *read == Read::NotFound {
        let message = CompanionMessage::ProfileDeleted { profile: name };
        return Some(Outcome::failed(&message, Remedy::MakeRoleAgain));
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

fn session_length(context: &CompanionContext<'_>) -> Option<Outcome> {
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
