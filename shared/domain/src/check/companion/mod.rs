//! Compares a companion role with its options: who can assume it, its permissions, and the
//! resources it needs. Each failed check names the missing step and the command that applies it.

mod context;
mod policies;
pub mod proof;
mod role;
mod trust;

pub use context::AccountFacts;
pub use role::not_as_chosen;

use super::observed::ObservedRole;
use super::outcome::Outcome;
use super::report::{CheckCode, CompanionReport, Verdict};
use crate::companion::DeployedRole;
use crate::companion::expected::ExpectedRole;
use context::CompanionContext;

/// `None` if the check does not apply to the role, or if there is nothing to compare.
type CheckFn = fn(&CompanionContext<'_>) -> Option<Outcome>;

/// The checks, in report order.
const CHECKS: &[(CheckCode, CheckFn)] = &[
    (CheckCode::RoleMissing, role::role_missing),
    (CheckCode::TrustsHub, trust::trusts_hub),
    (CheckCode::PathOfHub, trust::path_of_hub),
    (CheckCode::TrustMissing, trust::trust_missing),
    (CheckCode::TrustTooBroad, trust::trust_too_broad),
    (CheckCode::PolicyMissing, policies::policy_missing),
    (CheckCode::PolicyExtra, policies::policy_extra),
    (CheckCode::PolicyChanged, policies::policy_changed),
    (CheckCode::BoundaryMissing, role::boundary_missing),
    (CheckCode::InstanceProfile, role::instance_profile),
    (CheckCode::SessionLength, role::session_length),
    (CheckCode::TrustsOwnAccount, trust::trusts_own_account),
    (CheckCode::NotAsChosen, role::unreadable),
    (CheckCode::NotAlone, role::not_alone),
];

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
    let checks = match role::not_the_stacks_role(&context) {
        Some(outcome) => vec![outcome.named(CheckCode::RoleMissing)],
        None => {
            let each = CHECKS.iter();
            each.filter_map(|(code, check)| Some(check(&context)?.named(*code)))
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
