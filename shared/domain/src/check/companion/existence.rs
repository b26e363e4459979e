//! Whether the role exists and is the stack's.

use super::CheckFn;
use super::context::{CompanionContext, seen};
use crate::check::observed::{Read, RoleFacts};
use crate::check::outcome::Outcome;
use crate::check::report::CheckCode;
use crate::messages::CompanionMessage;
use crate::remedy::Remedy;

pub(super) const CHECKS: &[(CheckCode, CheckFn)] = &[(CheckCode::RoleMissing, role_missing)];

/// The role is not the stack's. No other check runs, because its result would not be actionable.
pub(super) fn not_the_stacks_role(context: &CompanionContext<'_>) -> Option<Outcome> {
    let deployed = context.deployed;
    context.role()?;
    let role = context.role_name();
    if deployed.is_lost {
        let message = CompanionMessage::NameReused { role };
        return Some(Outcome::failed(&message, Remedy::MakeRoleAgain));
    }
    (!deployed.was_seen()).then(|| {
        let message = CompanionMessage::NotFoundInStack { role };
        Outcome::inconclusive(&message, Remedy::TryAgainInAMinute)
    })
}

fn role_missing(context: &CompanionContext<'_>) -> Option<Outcome> {
    let read = &context.observed.role;
    if *read == Read::NotFound {
        let role = context.role_name();
        let message = CompanionMessage::RoleDeleted { role };
        return Some(Outcome::failed(&message, Remedy::MakeRoleAgain));
    }
    let there = |_: &RoleFacts| Outcome::passed(&CompanionMessage::RoleExists);
    Some(seen(read).map_or_else(|outcome| *outcome, there))
}
