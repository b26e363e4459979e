//! The checks of the hub's role. Each is a function of the expected and the observed state.

mod context;
mod policies;
mod restore;
mod role;
mod stack;

pub(super) use context::CheckContext;

use super::expected::Expected;
use super::observed::Observed;
use super::outcome::Outcome;
use super::report::{Check, CheckCode};
use jiff::Timestamp;

type CheckFn = fn(&CheckContext<'_>) -> Outcome;

/// Every report contains all of these checks, in this order.
const CHECKS: &[(CheckCode, CheckFn)] = &[
    (CheckCode::ArnMismatch, role::arn_mismatch),
    (CheckCode::ExternalIdMismatch, role::external_id_mismatch),
    (CheckCode::RoleUnassumable, role::role_unassumable),
    (CheckCode::RolePropagating, role::role_propagating),
    (
        CheckCode::ExternalIdNotEnforced,
        role::external_id_not_enforced,
    ),
    (CheckCode::StsRegionDisabled, role::sts_region_disabled),
    (CheckCode::Throttled, role::throttled),
    (CheckCode::AccountSuspended, role::account_suspended),
    (CheckCode::RoleRecreated, role::role_recreated),
    (CheckCode::StackNotFound, stack::stack_not_found),
    (
        CheckCode::StackUnexpectedState,
        stack::stack_unexpected_state,
    ),
    (CheckCode::RoleNotInStack, stack::role_not_in_stack),
    (CheckCode::TrustTooBroad, policies::trust_too_broad),
    (CheckCode::PermissionsMissing, policies::permissions_missing),
    (CheckCode::PermissionsExtra, policies::permissions_extra),
    (CheckCode::BoundaryMissing, policies::boundary_missing),
    (CheckCode::TemplateOutdated, policies::template_outdated),
];

/// Runs all checks, in order.
pub(super) fn run_checks(context: &CheckContext<'_>) -> Vec<Check> {
    let each = CHECKS.iter();
    each.map(|(code, check)| check(context).named(*code))
        .collect()
}

/// Runs the checks that need no AWS call. STS is called only if they pass.
pub fn is_worth_probing(expected: &Expected) -> bool {
    let observed = Observed::default();
    let context = CheckContext {
        expected,
        observed: &observed,
        drift: None,
        now: Timestamp::UNIX_EPOCH,
    };
    !role::arn_mismatch(&context).has_failed() && !role::external_id_mismatch(&context).has_failed()
}
