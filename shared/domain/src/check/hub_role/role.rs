//! Checks based on the results of AssumeRole.

use super::CheckFn;
use super::context::{CheckContext, stack_facts};
use super::restore;
use crate::aws::AwsAccountId;
use crate::check::expected::{Expected, Hub};
use crate::check::observed::{AssumeOutcome, Read};
use crate::check::outcome::Outcome;
use crate::check::report::CheckCode;
use crate::messages::CheckMessage;
use crate::remedy::Remedy;
use crate::settings::PROPAGATION;

pub(super) const CHECKS: &[(CheckCode, CheckFn)] = &[
    (CheckCode::ArnMismatch, arn_mismatch),
    (CheckCode::ExternalIdMismatch, external_id_mismatch),
    (CheckCode::RoleUnassumable, role_unassumable),
    (CheckCode::RolePropagating, role_propagating),
    (CheckCode::ExternalIdNotEnforced, external_id_not_enforced),
    (CheckCode::StsRegionDisabled, sts_region_disabled),
    (CheckCode::Throttled, throttled),
    (CheckCode::AccountSuspended, account_suspended),
    (CheckCode::RoleRecreated, role_recreated),
];

pub(super) fn arn_mismatch(context: &CheckContext<'_>) -> Outcome {
    let Expected {
        role_arn: role,
        stack_id: stack,
        hub,
        pinned_account,
        ..
    } = context.expected;
    let accounts = || [role.account().to_string(), stack.account().to_string()];
    let outcome = |message: CheckMessage, remedy: Remedy| {
        Outcome::failed(&message, remedy).with("accounts", accounts())
    };
    if role.account() != stack.account() || role.partition() != stack.partition() {
        return outcome(CheckMessage::DifferentAccounts, restore::recreate(context));
    }
    if !role.is_under_rolecall() {
        return outcome(CheckMessage::WrongPath, restore::recreate(context));
    }
    if let Some((message, remedy)) = wrong_account(role.account(), hub, pinned_account.as_ref()) {
        return outcome(message, remedy);
    }
    if let Some(AssumeOutcome::Granted(granted)) = &context.observed.assume
        && &granted.account != role.account()
    {
        return outcome(
            CheckMessage::AssumedInOtherAccount,
            restore::recreate(context),
        );
    }
    Outcome::passed(&CheckMessage::SameAccount).with("account", [role.account().to_string()])
}

/// Why the hub does not accept this AWS account, whatever it contains.
pub(in crate::check) fn wrong_account(
    account: &AwsAccountId,
    hub: &Hub,
    pinned: Option<&AwsAccountId>,
) -> Option<(CheckMessage, Remedy)> {
    if account == &hub.account && !hub.allow_own_account {
        return Some((CheckMessage::InHubAccount, Remedy::CreateInAccount(None)));
    }
    pinned.filter(|pinned| *pinned != account).map(|pinned| {
        let remedy = Remedy::CreateInAccount(Some(pinned.clone()));
        (CheckMessage::InOtherAccount, remedy)
    })
}

pub(super) fn external_id_mismatch(context: &CheckContext<'_>) -> Outcome {
    let in_stack = stack_facts(context).and_then(|stack| stack.external_id_matches);
    let matches = [context.expected.reported_external_id_matches, in_stack];
    if matches.contains(&Some(false)) {
        Outcome::failed(
            &CheckMessage::ExternalIdDiffers,
            restore::external_id(context),
        )
    } else if matches.contains(&Some(true)) {
        Outcome::passed(&CheckMessage::ExternalIdMatches)
    } else {
        Outcome::skipped(&CheckMessage::ExternalIdUnread)
    }
}

/// Whether a rejection may only mean that IAM is still propagating the role.
pub(super) fn may_be_propagating(context: &CheckContext<'_>) -> bool {
    context
        .expected
        .received_at
        .is_some_and(|received_at| context.now.duration_since(received_at) < PROPAGATION)
}

fn role_unassumable(context: &CheckContext<'_>) -> Outcome {
    match &context.observed.assume {
        None => Outcome::skipped(&CheckMessage::EarlierCheckFailed),
        Some(AssumeOutcome::Granted(granted)) => Outcome::passed(&CheckMessage::Assumable)
            .with("role_unique_id", [granted.role_unique_id.to_string()]),
        Some(AssumeOutcome::Refused) if may_be_propagating(context) => {
            Outcome::skipped(&CheckMessage::RejectedWhileNew)
        }
        Some(AssumeOutcome::Refused) if context.expected.account_closed => {
            Outcome::skipped(&CheckMessage::RejectedAsSuspended)
        }
        Some(AssumeOutcome::Refused) => Outcome::failed(
            &CheckMessage::Unassumable,
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
            Outcome::inconclusive(&CheckMessage::StsUnanswered, Remedy::TryAgain)
        }
        Some(AssumeOutcome::Forbidden(denial)) => restore::forbidden(denial),
        Some(AssumeOutcome::HubDenied(denial)) => restore::denied_by_the_hub(denial),
        Some(AssumeOutcome::RegionDisabled | AssumeOutcome::Throttled) => {
            Outcome::skipped(&CheckMessage::SeeOtherChecks)
        }
    }
}

fn role_propagating(context: &CheckContext<'_>) -> Outcome {
    match &context.observed.assume {
        Some(AssumeOutcome::Refused) if may_be_propagating(context) => {
            Outcome::inconclusive(&CheckMessage::Propagating, Remedy::TryAgainInAMinute)
        }
        _ => Outcome::passed(&CheckMessage::Propagated),
    }
}

fn external_id_not_enforced(context: &CheckContext<'_>) -> Outcome {
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
            &CheckMessage::ExternalIdNotEnforced,
            Remedy::RestoreTrust(restore::trust(context)),
        )
        .with("assumed", granted);
    }
    match probes.map(|(_, probe)| probe.as_ref()) {
        [Some(AssumeOutcome::Refused), Some(AssumeOutcome::Refused)] => {
            Outcome::passed(&CheckMessage::ExternalIdEnforced)
                .with("refused", probes.map(|(name, _)| name.to_owned()))
        }
        [None, None] => Outcome::skipped(&CheckMessage::HubRoleNotAssumed),
        _ => Outcome::inconclusive(&CheckMessage::ExternalIdNotConfirmed, Remedy::TryAgain),
    }
}

fn sts_region_disabled(context: &CheckContext<'_>) -> Outcome {
    let region = &context.expected.hub.region;
    match &context.observed.assume {
        Some(AssumeOutcome::RegionDisabled) => Outcome::failed(
            &CheckMessage::StsInactive {
                region: region.to_string(),
            },
            Remedy::ActivateSts(region.clone()),
        ),
        Some(_) => Outcome::passed(&CheckMessage::StsActive),
        None => Outcome::skipped(&CheckMessage::HubRoleNotAssumed),
    }
}

fn throttled(context: &CheckContext<'_>) -> Outcome {
    let observed = context.observed;
    let read = matches!(observed.stack, Some(Read::Throttled))
        || matches!(observed.stack_roles, Some(Read::Throttled))
        || matches!(observed.role, Some(Read::Throttled))
        || matches!(observed.attached_policies, Some(Read::Throttled))
        || matches!(observed.inline_policies, Some(Read::Throttled));
    if observed.assume == Some(AssumeOutcome::Throttled) || read {
        Outcome::inconclusive(&CheckMessage::Throttled, Remedy::TryAgain)
    } else {
        Outcome::passed(&CheckMessage::NotThrottled)
    }
}

/// Only AWS Organizations can report this; no AWS call from outside the account can.
fn account_suspended(context: &CheckContext<'_>) -> Outcome {
    if !context.expected.account_closed {
        return Outcome::skipped(&CheckMessage::NotReportedClosed);
    }
    match &context.observed.assume {
        Some(AssumeOutcome::Refused) => {
            Outcome::failed(&CheckMessage::AccountClosed, Remedy::ReinstateAccount)
        }
        Some(AssumeOutcome::Granted(_)) => Outcome::passed(&CheckMessage::ClosedButAssumable),
        _ => Outcome::skipped(&CheckMessage::HubRoleNotAssumed),
    }
}

fn replace_role(context: &CheckContext<'_>) -> Remedy {
    Remedy::ReplaceRole(restore::to_delete(context))
}

fn role_recreated(context: &CheckContext<'_>) -> Outcome {
    let Some(AssumeOutcome::Granted(granted)) = &context.observed.assume else {
        return Outcome::skipped(&CheckMessage::HubRoleNotAssumed);
    };
    match &context.expected.recorded_role {
        Some(recorded) if recorded != &granted.role_unique_id => {
            Outcome::failed(&CheckMessage::RoleRecreated, replace_role(context))
                .with("recorded", [recorded.to_string()])
                .with("found", [granted.role_unique_id.to_string()])
        }
        Some(_) => Outcome::passed(&CheckMessage::SameRole),
        None => Outcome::passed(&CheckMessage::RoleRecorded),
    }
}
