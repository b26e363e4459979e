//! The checks of the hub's role. Each is a function of the expected and the observed state.

mod context;
mod policies;
mod restore;
mod role;
mod stack;

pub(super) use context::CheckContext;
pub(super) use role::wrong_account;

use super::expected::Expected;
use super::observed::Observed;
use super::outcome::Outcome;
use super::report::{Check, CheckCode};
use jiff::Timestamp;

type CheckFn = fn(&CheckContext<'_>) -> Outcome;

/// Every report contains all of these checks, in this order. Each module lists its own.
const CHECKS: [&[(CheckCode, CheckFn)]; 3] = [role::CHECKS, stack::CHECKS, policies::CHECKS];

/// The codes of the checks, in report order.
pub fn codes() -> impl Iterator<Item = CheckCode> {
    CHECKS.into_iter().flatten().map(|(code, _)| *code)
}

/// Runs all checks, in order.
pub(super) fn run_checks(context: &CheckContext<'_>) -> Vec<Check> {
    let partition = context.expected.stack_id.partition();
    let each = CHECKS.into_iter().flatten();
    each.map(|(code, check)| check(context).named(*code, partition))
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
