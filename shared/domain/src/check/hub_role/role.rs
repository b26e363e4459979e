//! What AssumeRole tells.

use super::context::{CheckContext, NOT_LOOKED, stack_facts};
use super::restore;
use crate::check::expected::Expected;
use crate::check::observed::{AssumeOutcome, Read};
use crate::check::outcome::Outcome;
use crate::remedy::Remedy;
use crate::settings::PROPAGATION;

pub(super) fn arn_mismatch(context: &CheckContext<'_>) -> Outcome {
    let Expected {
        role_arn: role,
        stack_id: stack,
        hub,
        pinned_account,
        ..
    } = context.expected;
    let accounts = || [role.account().to_string(), stack.account().to_string()];
    let outcome = |message: &str, remedy: Remedy| {
        Outcome::failed(message, remedy).with("accounts", accounts())
    };
    if role.account() != stack.account() || role.partition() != stack.partition() {
        return outcome(
            "The role and the stack are not in the same AWS account.",
            restore::recreate(context),
        );
    }
    if !role.is_under_rolecall() {
        return outcome(
            "The role's path is not under /rolecall/, so the hub may not assume it.",
            restore::recreate(context),
        );
    }
    if role.account() == &hub.account && !hub.allow_own_account {
        return outcome(
            "The stack was created in the hub's own AWS account.",
            Remedy::CreateInAccount(None),
        );
    }
    if pinned_account
        .as_ref()
        .is_some_and(|pinned| pinned != role.account())
    {
        return outcome(
            "The stack was created in another AWS account than the one that this registration names.",
            Remedy::CreateInAccount(pinned_account.clone()),
        );
    }
    if let Some(AssumeOutcome::Granted(granted)) = &context.observed.assume
        && &granted.account != role.account()
    {
        return outcome(
            "AssumeRole led to another AWS account than the role's ARN names.",
            restore::recreate(context),
        );
    }
    Outcome::passed("The role and the stack are in the same AWS account.")
        .with("account", [role.account().to_string()])
}

pub(super) fn external_id_mismatch(context: &CheckContext<'_>) -> Outcome {
    let in_stack = stack_facts(context).and_then(|stack| stack.external_id_matches);
    let matches = [context.expected.reported_external_id_matches, in_stack];
    if matches.contains(&Some(false)) {
        Outcome::failed(
            "The stack's external ID is not the one that this registration was given.",
            restore::external_id(context),
        )
    } else if matches.contains(&Some(true)) {
        Outcome::passed("The stack carries this registration's external ID.")
    } else {
        Outcome::skipped("The stack's external ID could not be read.")
    }
}

/// Whether a refusal may only mean that IAM has not caught up yet.
pub(super) fn may_be_propagating(context: &CheckContext<'_>) -> bool {
    context
        .expected
        .received_at
        .is_some_and(|received_at| context.now.duration_since(received_at) < PROPAGATION)
}

pub(super) fn role_unassumable(context: &CheckContext<'_>) -> Outcome {
    match &context.observed.assume {
        None => Outcome::skipped("Not tried, because an earlier check failed."),
        Some(AssumeOutcome::Granted(granted)) => {
            Outcome::passed("The hub can assume the role with this registration's external ID.")
                .with("role_unique_id", [granted.role_unique_id.to_string()])
        }
        Some(AssumeOutcome::Refused) if may_be_propagating(context) => {
            Outcome::skipped("Refused so far; the stack is too young to tell why.")
        }
        Some(AssumeOutcome::Refused) if context.expected.account_closed => {
            Outcome::skipped("Refused; the check account_suspended says why.")
        }
        Some(AssumeOutcome::Refused) => Outcome::failed(
            "AWS refuses to let the hub assume the role. From outside, these causes can't be told \
             apart; the most likely comes first: the role or its stack was deleted; the role's \
             trust policy was changed; a policy of the organisation (SCP or RCP) forbids it; the \
             AWS account is suspended.",
            Remedy::FindRole(restore::trust(context)),
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
            Outcome::inconclusive("AWS STS gave no usable answer.", Remedy::TryAgain)
        }
        Some(AssumeOutcome::Forbidden(denial)) => restore::forbidden(denial),
        Some(AssumeOutcome::RegionDisabled | AssumeOutcome::Throttled) => {
            Outcome::skipped("Not known; another check tells why.")
        }
    }
}

pub(super) fn role_propagating(context: &CheckContext<'_>) -> Outcome {
    match &context.observed.assume {
        Some(AssumeOutcome::Refused) if may_be_propagating(context) => Outcome::inconclusive(
            "AWS is still rejecting the role. New roles can take up to a minute to propagate.",
            Remedy::TryAgainInAMinute,
        ),
        _ => Outcome::passed("The role is not waiting for IAM to catch up."),
    }
}

pub(super) fn external_id_not_enforced(context: &CheckContext<'_>) -> Outcome {
    let probes = [
        (
            "without_external_id",
            &context.observed.assume_without_external_id,
        ),
        (
            "with_wrong_external_id",
            &context.observed.assume_with_wrong_external_id,
        ),
    ];
    let granted: Vec<String> = probes
        .iter()
        .filter(|(_, probe)| matches!(probe, Some(AssumeOutcome::Granted(_))))
        .map(|(name, _)| (*name).to_owned())
        .collect();
    if !granted.is_empty() {
        return Outcome::failed(
            "The role can be assumed without the right external ID, so anybody who can make the \
             hub try this role could use it.",
            Remedy::RestoreTrust(restore::trust(context)),
        )
        .with("assumed", granted);
    }
    match probes.map(|(_, probe)| probe.as_ref()) {
        [Some(AssumeOutcome::Refused), Some(AssumeOutcome::Refused)] => {
            Outcome::passed("AWS refuses the role without an external ID and with a wrong one.")
                .with("refused", probes.map(|(name, _)| name.to_owned()))
        }
        [None, None] => Outcome::skipped(NOT_LOOKED),
        _ => Outcome::inconclusive(
            "It could not be proven that AWS refuses the role without the right external ID: a \
             probe was throttled, had no answer, or was refused for another reason.",
            Remedy::TryAgain,
        ),
    }
}

pub(super) fn sts_region_disabled(context: &CheckContext<'_>) -> Outcome {
    let region = &context.expected.hub.region;
    match &context.observed.assume {
        Some(AssumeOutcome::RegionDisabled) => Outcome::failed(
            format!(
                "AWS STS is not active in {region} for the AWS account. The hub calls STS in that Region."
            ),
            Remedy::ActivateSts(region.clone()),
        ),
        Some(_) => Outcome::passed("AWS STS is active for the AWS account."),
        None => Outcome::skipped(NOT_LOOKED),
    }
}

pub(super) fn throttled(context: &CheckContext<'_>) -> Outcome {
    let observed = context.observed;
    let read = matches!(observed.stack, Some(Read::Throttled))
        || matches!(observed.stack_roles, Some(Read::Throttled))
        || matches!(observed.role, Some(Read::Throttled))
        || matches!(observed.attached_policies, Some(Read::Throttled))
        || matches!(observed.inline_policies, Some(Read::Throttled));
    if observed.assume == Some(AssumeOutcome::Throttled) || read {
        Outcome::inconclusive(
            "AWS throttled a call, so not everything could be checked.",
            Remedy::TryAgain,
        )
    } else {
        Outcome::passed("No call was throttled.")
    }
}

/// Only the organisation can tell; no check from outside can.
pub(super) fn account_suspended(context: &CheckContext<'_>) -> Outcome {
    if !context.expected.account_closed {
        return Outcome::skipped(
            "Nothing from the organisation says that the AWS account is suspended.",
        );
    }
    match &context.observed.assume {
        Some(AssumeOutcome::Refused) => Outcome::failed(
            "The organization says that the AWS account was closed, and AWS refuses its role. A \
             closed account is suspended for 90 days; then AWS deletes what it holds.",
            Remedy::ReinstateAccount,
        ),
        Some(AssumeOutcome::Granted(_)) => Outcome::passed(
            "The organisation says that the AWS account was closed, but its role still answers.",
        ),
        _ => Outcome::skipped(NOT_LOOKED),
    }
}

fn replace_role(context: &CheckContext<'_>) -> Remedy {
    Remedy::ReplaceRole {
        stack: context.expected.stack_id.clone(),
        protected: stack_facts(context).is_some_and(|stack| stack.protected),
    }
}

pub(super) fn role_recreated(context: &CheckContext<'_>) -> Outcome {
    let Some(AssumeOutcome::Granted(granted)) = &context.observed.assume else {
        return Outcome::skipped(NOT_LOOKED);
    };
    match &context.expected.recorded_role {
        Some(recorded) if recorded != &granted.role_unique_id => Outcome::failed(
            "The role was deleted and created again since it was registered.",
            replace_role(context),
        )
        .with("recorded", [recorded.to_string()])
        .with("found", [granted.role_unique_id.to_string()]),
        Some(_) => Outcome::passed("The role is the one that was registered."),
        None => Outcome::passed("The role is recorded now."),
    }
}
