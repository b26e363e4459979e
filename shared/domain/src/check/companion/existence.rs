//! Whether the role exists and is the stack's.

use super::CheckFn;
use super::context::{CompanionContext, seen};
use crate::check::observed::{Read, RoleFacts};
use crate::check::outcome::Outcome;
use crate::check::report::CheckCode;
use crate::companion::Kind;
use crate::companion::options::Options;
use crate::messages::CompanionMessage;
use crate::remedy::command::{Command, Parameter};
use crate::remedy::{Remedy, parameters};

pub(super) const CHECKS: &[(CheckCode, CheckFn)] = &[(CheckCode::RoleMissing, role_missing)];

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

fn role_missing(context: &CompanionContext<'_>) -> Option<Outcome> {
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
pub(super) fn recreate_role(context: &CompanionContext<'_>) -> Remedy {
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
    let updates = [
        update(Options::no_role(&deployed.kind)),
        Command::AwaitUpdate {
            stack: stack.clone(),
        },
        update(with),
        Command::AwaitUpdate {
            stack: stack.clone(),
        },
    ];
    let first = context.account.before_update.iter().cloned();
    Remedy::MakeRoleAgain(first.chain(updates).collect())
}
