//! Compares a companion role with its options: who can assume it, its permissions, and the
//! resources it needs. Each failed check names the missing step and the command that applies it.

mod choice;
mod context;
mod existence;
mod policies;
pub mod proof;
mod role;
mod trust;

pub use choice::not_as_chosen;
pub use context::AccountFacts;

use super::observed::ObservedRole;
use super::outcome::Outcome;
use super::report::{CheckCode, CompanionReport, Verdict};
use crate::companion::DeployedRole;
use crate::companion::expected::ExpectedRole;
use context::CompanionContext;

/// `None` if the check does not apply to the role, or if there is nothing to compare.
type CheckFn = fn(&CompanionContext<'_>) -> Option<Outcome>;

/// The checks, in report order. Each module lists its own.
const CHECKS: [&[(CheckCode, CheckFn)]; 5] = [
    existence::CHECKS,
    trust::CHECKS,
    policies::CHECKS,
    role::CHECKS,
    choice::CHECKS,
];

/// The codes of the checks, in report order.
pub fn codes() -> impl Iterator<Item = CheckCode> {
    CHECKS.into_iter().flatten().map(|(code, _)| *code)
}

/// Compares the role with its stack's parameter.
pub fn check_role(
    deployed: &DeployedRole,
    observed: &ObservedRole,
    account: &AccountFacts<'_>,
) -> CompanionReport {
    let context = CompanionContext {
        deployed,
        observed,
        account,
        expected: ExpectedRole::of(deployed),
    };
    let partition = deployed.role_arn.partition();
    let checks = match existence::not_the_stacks_role(&context) {
        Some(outcome) => vec![outcome.named(CheckCode::RoleMissing, partition)],
        None => {
            let each = CHECKS.into_iter().flatten();
            each.filter_map(|(code, check)| Some(check(&context)?.named(*code, partition)))
                .collect()
        }
    };
    CompanionReport {
        kind: deployed.kind,
        role_arn: deployed.role_arn.clone(),
        verdict: Verdict::of(checks.iter().map(|check| check.status)),
        checks,
    }
}
