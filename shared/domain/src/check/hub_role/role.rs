//! What AssumeRole tells.

use super::case::{Case, Finding, NOT_LOOKED, stack_facts};
use super::restore;
use crate::check::expected::Expected;
use crate::check::observed::{AssumeOutcome, Read};
use crate::remedy::Remedy;
use crate::settings::PROPAGATION;

pub(super) fn arn_mismatch(case: &Case<'_>) -> Finding {
    let Expected {
        role_arn: role,
        stack_id: stack,
        hub,
        pinned_account,
        ..
    } = case.expected;
    let accounts = || [role.account().to_string(), stack.account().to_string()];
    let finding = |message: &str, remedy: Remedy| {
        Finding::failed(message, remedy).with("accounts", accounts())
    };
    if role.account() != stack.account() || role.partition() != stack.partition() {
        return finding(
            "The role and the stack are not in the same AWS account.",
            restore::recreate(case),
        );
    }
    if !role.is_under_rolecall() {
        return finding(
            "The role's path is not under /rolecall/, so the hub may not assume it.",
            restore::recreate(case),
        );
    }
    if role.account() == &hub.account && !hub.allow_own_account {
        return finding(
            "The stack was created in the hub's own AWS account.",
            Remedy::CreateInAccount(None),
        );
    }
    if pinned_account
        .as_ref()
        .is_some_and(|pinned| pinned != role.account())
    {
        return finding(
            "The stack was created in another AWS account than the one that this registration names.",
            Remedy::CreateInAccount(pinned_account.clone()),
        );
    }
    if let Some(AssumeOutcome::Granted(granted)) = &case.observed.assume
        && &granted.account != role.account()
    {
        return finding(
            "AssumeRole led to another AWS account than the role's ARN names.",
            restore::recreate(case),
        );
    }
    Finding::passed("The role and the stack are in the same AWS account.")
        .with("account", [role.account().to_string()])
}

pub(super) fn external_id_mismatch(case: &Case<'_>) -> Finding {
    let in_stack = stack_facts(case).and_then(|stack| stack.external_id_matches);
    let matches = [case.expected.reported_external_id_matches, in_stack];
    if matches.contains(&Some(false)) {
        Finding::failed(
            "The stack's external ID is not the one that this registration was given.",
            restore::external_id(case),
        )
    } else if matches.contains(&Some(true)) {
        Finding::passed("The stack carries this registration's external ID.")
    } else {
        Finding::skipped("The stack's external ID could not be read.")
    }
}

/// Whether a refusal may only mean that IAM has not caught up yet.
pub(super) fn may_be_propagating(case: &Case<'_>) -> bool {
    case.expected
        .heard_at
        .is_some_and(|heard_at| case.now.duration_since(heard_at) < PROPAGATION)
}

pub(super) fn role_unassumable(case: &Case<'_>) -> Finding {
    match &case.observed.assume {
        None => Finding::skipped("Not tried, because an earlier check failed."),
        Some(AssumeOutcome::Granted(granted)) => {
            Finding::passed("The hub can assume the role with this registration's external ID.")
                .with("role_unique_id", [granted.role_unique_id.to_string()])
        }
        Some(AssumeOutcome::Refused) if may_be_propagating(case) => {
            Finding::skipped("Refused so far; the stack is too young to tell why.")
        }
        Some(AssumeOutcome::Refused) if case.expected.account_closed => {
            Finding::skipped("Refused; the check account_suspended says why.")
        }
        Some(AssumeOutcome::Refused) => Finding::failed(
            "AWS refuses to let the hub assume the role. From outside, these causes can't be told \
             apart; the most likely comes first: the role or its stack was deleted; the role's \
             trust policy was changed; a policy of the organisation (SCP or RCP) forbids it; the \
             AWS account is suspended.",
            Remedy::FindRole(restore::trust(case)),
        )
        .with(
            "likely_causes",
            [
                "role_deleted",
                "trust_policy_changed",
                "organization_policy",
                "account_suspended",
            ]
            .map(String::from),
        ),
        Some(AssumeOutcome::Unreachable) => {
            Finding::inconclusive("AWS STS gave no usable answer.", Remedy::TryAgain)
        }
        Some(AssumeOutcome::Forbidden(denial)) => restore::forbidden(denial),
        Some(AssumeOutcome::RegionDisabled | AssumeOutcome::Throttled) => {
            Finding::skipped("Not known; another check tells why.")
        }
    }
}

pub(super) fn role_propagating(case: &Case<'_>) -> Finding {
    match &case.observed.assume {
        Some(AssumeOutcome::Refused) if may_be_propagating(case) => Finding::inconclusive(
            "AWS is still rejecting the role. New roles can take up to a minute to propagate.",
            Remedy::TryAgainInAMinute,
        ),
        _ => Finding::passed("The role is not waiting for IAM to catch up."),
    }
}

pub(super) fn external_id_not_enforced(case: &Case<'_>) -> Finding {
    let probes = [
        (
            "without_external_id",
            &case.observed.assume_without_external_id,
        ),
        (
            "with_wrong_external_id",
            &case.observed.assume_with_wrong_external_id,
        ),
    ];
    let granted: Vec<String> = probes
        .iter()
        .filter(|(_, probe)| matches!(probe, Some(AssumeOutcome::Granted(_))))
        .map(|(name, _)| (*name).to_owned())
        .collect();
    if !granted.is_empty() {
        return Finding::failed(
            "The role can be assumed without the right external ID, so anybody who can make the \
             hub try this role could use it.",
            Remedy::RestoreTrust(restore::trust(case)),
        )
        .with("assumed", granted);
    }
    match probes.map(|(_, probe)| probe.as_ref()) {
        [Some(AssumeOutcome::Refused), Some(AssumeOutcome::Refused)] => {
            Finding::passed("AWS refuses the role without an external ID and with a wrong one.")
                .with("refused", probes.map(|(name, _)| name.to_owned()))
        }
        [None, None] => Finding::skipped(NOT_LOOKED),
        _ => Finding::inconclusive(
            "It could not be proven that AWS refuses the role without the right external ID: a \
             probe was throttled, had no answer, or was refused for another reason.",
            Remedy::TryAgain,
        ),
    }
}

pub(super) fn sts_region_disabled(case: &Case<'_>) -> Finding {
    let region = &case.expected.hub.region;
    match &case.observed.assume {
        Some(AssumeOutcome::RegionDisabled) => Finding::failed(
            format!(
                "AWS STS is not active in {region} for the AWS account. The hub calls STS in that Region."
            ),
            Remedy::ActivateSts(region.clone()),
        ),
        Some(_) => Finding::passed("AWS STS is active for the AWS account."),
        None => Finding::skipped(NOT_LOOKED),
    }
}

pub(super) fn throttled(case: &Case<'_>) -> Finding {
    let observed = case.observed;
    let read = matches!(observed.stack, Some(Read::Throttled))
        || matches!(observed.stack_roles, Some(Read::Throttled))
        || matches!(observed.role, Some(Read::Throttled))
        || matches!(observed.attached_policies, Some(Read::Throttled))
        || matches!(observed.inline_policies, Some(Read::Throttled));
    if observed.assume == Some(AssumeOutcome::Throttled) || read {
        Finding::inconclusive(
            "AWS throttled a call, so not everything could be checked.",
            Remedy::TryAgain,
        )
    } else {
        Finding::passed("No call was throttled.")
    }
}

/// Only the organisation can tell; no check from outside can.
pub(super) fn account_suspended(case: &Case<'_>) -> Finding {
    if !case.expected.account_closed {
        return Finding::skipped(
            "Nothing from the organisation says that the AWS account is suspended.",
        );
    }
    match &case.observed.assume {
        Some(AssumeOutcome::Refused) => Finding::failed(
            "The organization says that the AWS account was closed, and AWS refuses its role. A \
             closed account is suspended for 90 days; then AWS deletes what it holds.",
            Remedy::ReinstateAccount,
        ),
        Some(AssumeOutcome::Granted(_)) => Finding::passed(
            "The organisation says that the AWS account was closed, but its role still answers.",
        ),
        _ => Finding::skipped(NOT_LOOKED),
    }
}

fn replace_role(case: &Case<'_>) -> Remedy {
    Remedy::ReplaceRole {
        stack: case.expected.stack_id.clone(),
        protected: stack_facts(case).is_some_and(|stack| stack.protected),
    }
}

pub(super) fn role_recreated(case: &Case<'_>) -> Finding {
    let Some(AssumeOutcome::Granted(granted)) = &case.observed.assume else {
        return Finding::skipped(NOT_LOOKED);
    };
    match &case.expected.recorded_role {
        Some(recorded) if recorded != &granted.role_unique_id => Finding::failed(
            "The role was deleted and created again since it was registered.",
            replace_role(case),
        )
        .with("recorded", [recorded.to_string()])
        .with("found", [granted.role_unique_id.to_string()]),
        Some(_) => Finding::passed("The role is the one that was registered."),
        None => Finding::passed("The role is recorded now."),
    }
}
