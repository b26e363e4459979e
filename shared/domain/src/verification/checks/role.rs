//! What AssumeRole tells.

use super::{Case, Finding, NOT_LOOKED, RECREATE, RETRY, stack_facts};
use crate::settings::PROPAGATION;
use crate::verification::{AssumeOutcome, Expected, Read};

pub(super) fn arn_mismatch(case: &Case<'_>) -> Finding {
    let Expected {
        role_arn: role,
        stack_id: stack,
        hub,
        pinned_account,
        ..
    } = case.expected;
    let accounts = || [role.account().to_string(), stack.account().to_string()];
    let finding =
        |message: &str, remedy: &str| Finding::failed(message, remedy).with("accounts", accounts());
    if role.account() != stack.account() || role.partition() != stack.partition() {
        return finding(
            "The role and the stack are not of one AWS account.",
            RECREATE,
        );
    }
    if !role.is_under_rolecall() {
        return finding(
            "The role's path is not under /rolecall/, so the hub may not assume it.",
            "Create the stack from the link; its RolePath must begin with /rolecall/.",
        );
    }
    if role.account() == &hub.account && !hub.allow_own_account {
        return finding(
            "The stack was created in the hub's own AWS account.",
            "Sign in to the AWS account that you want to connect, and open the link there.",
        );
    }
    if pinned_account
        .as_ref()
        .is_some_and(|pinned| pinned != role.account())
    {
        return finding(
            "The stack was created in another AWS account than this registration is meant for.",
            "Sign in to the AWS account that the registration names, and open the link there.",
        );
    }
    if let Some(AssumeOutcome::Granted(granted)) = &case.observed.assume
        && &granted.account != role.account()
    {
        return finding(
            "AssumeRole led to another AWS account than the role's ARN names.",
            RECREATE,
        );
    }
    Finding::passed("Role and stack are of one AWS account.")
        .with("account", [role.account().to_string()])
}

pub(super) fn external_id_mismatch(case: &Case<'_>) -> Finding {
    let in_stack = stack_facts(case).and_then(|stack| stack.external_id_matches);
    let matches = [case.expected.reported_external_id_matches, in_stack];
    if matches.contains(&Some(false)) {
        Finding::failed(
            "The stack's external ID is not the one that this registration was given.",
            RECREATE,
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
            Finding::skipped("Refused; another check tells why.")
        }
        Some(AssumeOutcome::Refused) => Finding::failed(
            "AWS refuses to let the hub assume the role. From outside, these causes can't be told \
             apart; the most likely comes first: the role or its stack was deleted; the role's \
             trust policy was changed; a policy of the organisation (SCP or RCP) forbids it; the \
             AWS account is suspended.",
            "Look for the stack and its role in the AWS account. If they are gone, connect the \
             account again; if they are there, restore the trust policy by updating the stack with \
             its own template.",
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
            Finding::inconclusive("AWS STS gave no usable answer.", RETRY)
        }
        Some(AssumeOutcome::RegionDisabled | AssumeOutcome::Throttled) => {
            Finding::skipped("Not known; another check tells why.")
        }
    }
}

pub(super) fn role_propagating(case: &Case<'_>) -> Finding {
    match &case.observed.assume {
        Some(AssumeOutcome::Refused) if may_be_propagating(case) => Finding::inconclusive(
            "AWS refuses the role so far. A new role can take up to a minute until it works everywhere.",
            "Try again in a minute.",
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
            "Restore the condition on sts:ExternalId in the role's trust policy, by updating the \
             stack with its own template.",
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
             probe was throttled or had no answer.",
            RETRY,
        ),
    }
}

pub(super) fn sts_region_disabled(case: &Case<'_>) -> Finding {
    match &case.observed.assume {
        Some(AssumeOutcome::RegionDisabled) => Finding::failed(
            "AWS STS is not active in this Region for the AWS account.",
            "Activate the Region (or its STS endpoint) in the account's settings, or create the \
             stack in a Region that is enabled by default.",
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
            "AWS throttled a call, so not everything could be looked at.",
            RETRY,
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
            "The organisation says that the AWS account was closed, and AWS refuses its role. A \
             closed account is suspended for 90 days; then AWS deletes what it holds.",
            "If it was closed by mistake, ask AWS Support within 90 days to reinstate it. If not, \
             deregister the account.",
        ),
        Some(AssumeOutcome::Granted(_)) => Finding::passed(
            "The organisation says that the AWS account was closed, but its role still answers.",
        ),
        _ => Finding::skipped(NOT_LOOKED),
    }
}

pub(super) fn role_recreated(case: &Case<'_>) -> Finding {
    let Some(AssumeOutcome::Granted(granted)) = &case.observed.assume else {
        return Finding::skipped(NOT_LOOKED);
    };
    match &case.expected.recorded_role {
        Some(recorded) if recorded != &granted.role_unique_id => Finding::failed(
            "The role was deleted and created again since it was registered.",
            "If that was intended, update the stack so that it reports the new role; otherwise \
             find out who re-created the role.",
        )
        .with("recorded", [recorded.to_string()])
        .with("found", [granted.role_unique_id.to_string()]),
        Some(_) => Finding::passed("The role is the one that was registered."),
        None => Finding::passed("The role is recorded now."),
    }
}
