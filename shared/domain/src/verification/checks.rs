//! The checks. Each is a function over what was expected and what was observed.

use super::observe::{AssumeOutcome, Expected, Observed, Read, StackFacts, StackStatus, Trigger};
use super::report::{Check, CheckCode, CheckStatus, Report};
use super::trust_policy::{Breadth, TrustPolicy};
use crate::links;
use crate::settings::PROPAGATION;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// All that a check may look at.
struct Case<'a> {
    expected: &'a Expected,
    observed: &'a Observed,
    now: Timestamp,
}

/// What one check found.
struct Finding {
    status: CheckStatus,
    message: String,
    remedy: Option<String>,
    evidence: BTreeMap<String, Vec<String>>,
}

impl Finding {
    fn new(status: CheckStatus, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            remedy: None,
            evidence: BTreeMap::new(),
        }
    }

    fn passed(message: impl Into<String>) -> Self {
        Self::new(CheckStatus::Passed, message)
    }

    fn failed(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            remedy: Some(remedy.into()),
            ..Self::new(CheckStatus::Failed, message)
        }
    }

    fn warning(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            remedy: Some(remedy.into()),
            ..Self::new(CheckStatus::Warning, message)
        }
    }

    fn inconclusive(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            remedy: Some(remedy.into()),
            ..Self::new(CheckStatus::Inconclusive, message)
        }
    }

    fn skipped(message: impl Into<String>) -> Self {
        Self::new(CheckStatus::Skipped, message)
    }

    fn with(mut self, name: &str, values: impl IntoIterator<Item = String>) -> Self {
        self.evidence
            .insert(name.to_owned(), values.into_iter().collect());
        self
    }
}

type CheckFn = fn(&Case<'_>) -> Finding;

/// Every report names every one of these, in this order.
const CHECKS: &[(CheckCode, CheckFn)] = &[
    (CheckCode::ArnMismatch, arn_mismatch),
    (CheckCode::ExternalIdMismatch, external_id_mismatch),
    (CheckCode::RoleUnassumable, role_unassumable),
    (CheckCode::RolePropagating, role_propagating),
    (CheckCode::ExternalIdNotEnforced, external_id_not_enforced),
    (CheckCode::StsRegionDisabled, sts_region_disabled),
    (CheckCode::Throttled, throttled),
    (CheckCode::AccountSuspended, account_suspended),
    (CheckCode::RoleRecreated, role_recreated),
    (CheckCode::StackNotFound, stack_not_found),
    (CheckCode::StackUnexpectedState, stack_unexpected_state),
    (CheckCode::RoleNotInStack, role_not_in_stack),
    (CheckCode::TrustTooBroad, trust_too_broad),
    (CheckCode::PermissionsMissing, permissions_missing),
    (CheckCode::PermissionsExtra, permissions_extra),
    (CheckCode::BoundaryMissing, boundary_missing),
    (CheckCode::TemplateOutdated, template_outdated),
];

/// Judges what was observed.
pub fn verify(expected: &Expected, observed: &Observed, now: Timestamp) -> Report {
    let case = Case {
        expected,
        observed,
        now,
    };
    let named = |(code, check): &(CheckCode, CheckFn)| {
        let Finding {
            status,
            message,
            remedy,
            evidence,
        } = check(&case);
        Check {
            code: *code,
            status,
            message,
            remedy,
            evidence,
        }
    };
    Report::new(now, CHECKS.iter().map(named).collect())
}

/// What can be judged before STS is called. Only a case that passes is worth a call.
pub fn is_worth_probing(expected: &Expected) -> bool {
    let observed = Observed::default();
    let case = Case {
        expected,
        observed: &observed,
        now: Timestamp::UNIX_EPOCH,
    };
    [arn_mismatch(&case), external_id_mismatch(&case)]
        .iter()
        .all(|finding| finding.status != CheckStatus::Failed)
}

const RECREATE: &str =
    "Delete this stack and create it again from the link, without changing its parameters.";
const RETRY: &str = "Nothing needs to be changed; try again in a moment.";
const NOT_LOOKED: &str = "Not looked at, because the role could not be used.";

fn arn_mismatch(case: &Case<'_>) -> Finding {
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

fn external_id_mismatch(case: &Case<'_>) -> Finding {
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
fn may_be_propagating(case: &Case<'_>) -> bool {
    case.expected
        .heard_at
        .is_some_and(|heard_at| case.now.duration_since(heard_at) < PROPAGATION)
}

fn role_unassumable(case: &Case<'_>) -> Finding {
    match &case.observed.assume {
        None => Finding::skipped("Not tried, because an earlier check failed."),
        Some(AssumeOutcome::Granted(granted)) => {
            Finding::passed("The hub can assume the role with this registration's external ID.")
                .with("role_unique_id", [granted.role_unique_id.to_string()])
        }
        Some(AssumeOutcome::Refused) if may_be_propagating(case) => {
            Finding::skipped("Refused so far; the stack is too young to tell why.")
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

fn role_propagating(case: &Case<'_>) -> Finding {
    match &case.observed.assume {
        Some(AssumeOutcome::Refused) if may_be_propagating(case) => Finding::inconclusive(
            "AWS refuses the role so far. A new role can take up to a minute until it works everywhere.",
            "Try again in a minute.",
        ),
        _ => Finding::passed("The role is not waiting for IAM to catch up."),
    }
}

fn external_id_not_enforced(case: &Case<'_>) -> Finding {
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

fn sts_region_disabled(case: &Case<'_>) -> Finding {
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

fn throttled(case: &Case<'_>) -> Finding {
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
fn account_suspended(_: &Case<'_>) -> Finding {
    Finding::skipped("Nothing from the organisation says that the AWS account is suspended.")
}

fn role_recreated(case: &Case<'_>) -> Finding {
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

fn stack_facts<'a>(case: &Case<'a>) -> Option<&'a StackFacts> {
    case.observed.stack.as_ref().and_then(Read::seen)
}

/// What to say where a read gave nothing to judge.
fn unread<T>(read: Option<&Read<T>>, what: &str) -> Finding {
    match read {
        None => Finding::skipped(NOT_LOOKED),
        Some(Read::Denied(action)) => {
            Finding::skipped(format!("{what} can't be read: the role lacks {action}."))
        }
        Some(Read::Throttled) => Finding::skipped(format!("{what} could not be read: throttled.")),
        // What IAM or CloudFormation does not know yet may be known in a moment.
        Some(Read::NotFound) => Finding::inconclusive(format!("{what} was not found."), RETRY),
        Some(Read::Unreachable) => Finding::inconclusive(
            format!("{what} could not be read: no usable answer."),
            RETRY,
        ),
        Some(Read::Seen(_)) => Finding::skipped(format!(
            "{what} was read, but not what it is compared with."
        )),
    }
}

fn stack_not_found(case: &Case<'_>) -> Finding {
    match &case.observed.stack {
        Some(Read::NotFound) => Finding::failed(
            "The stack does not exist in the AWS account.",
            "Connect the account again from a new registration's link.",
        ),
        Some(Read::Seen(_)) => Finding::passed("The stack exists."),
        other => unread(other.as_ref(), "The stack"),
    }
}

fn stack_unexpected_state(case: &Case<'_>) -> Finding {
    let Some(stack) = stack_facts(case) else {
        return match &case.observed.stack {
            Some(Read::NotFound) => Finding::skipped("The stack does not exist."),
            other => unread(other.as_ref(), "The stack"),
        };
    };
    let finding = match standing(case.expected.trigger, stack.status) {
        Standing::Expected => Finding::passed("The stack is in a state that is expected here."),
        Standing::TooEarly => Finding::inconclusive(
            "CloudFormation is still working on the stack.",
            "Wait until the stack is complete, then try again.",
        ),
        Standing::Unexpected => Finding::failed(
            "The stack is in a state in which its role can't be relied on.",
            "Look at the stack's events in the CloudFormation console.",
        ),
    };
    finding.with("stack_status", [stack.status.as_str().to_owned()])
}

enum Standing {
    Expected,
    TooEarly,
    Unexpected,
}

fn standing(trigger: Trigger, status: StackStatus) -> Standing {
    use StackStatus as S;
    let settled = matches!(
        status,
        S::CreateComplete | S::UpdateComplete | S::UpdateRollbackComplete | S::ImportComplete
    );
    let changing = matches!(
        status,
        S::UpdateInProgress
            | S::UpdateCleanup
            | S::UpdateRollbackInProgress
            | S::UpdateRollbackCleanup
            | S::ImportInProgress
    );
    match trigger {
        // A stack may also gain the custom resource by an update; a late duplicate sees it settled.
        Trigger::Create if settled || changing || status == S::CreateInProgress => {
            Standing::Expected
        }
        Trigger::Update if settled || changing => Standing::Expected,
        Trigger::Paste if settled => Standing::Expected,
        Trigger::Paste if changing || status == S::CreateInProgress => Standing::TooEarly,
        Trigger::OnDemand | Trigger::Scheduled
            if settled
                || changing
                || matches!(
                    status,
                    S::CreateInProgress | S::UpdateFailed | S::UpdateRollbackFailed
                ) =>
        {
            Standing::Expected
        }
        _ => Standing::Unexpected,
    }
}

fn role_not_in_stack(case: &Case<'_>) -> Finding {
    let name = case.expected.role_arn.name();
    match &case.observed.stack_roles {
        Some(Read::Seen(roles)) if roles.contains(name) => {
            Finding::passed("The role was made by the stack.")
        }
        Some(Read::Seen(roles)) => {
            Finding::failed("The role is not one that this stack made.", RECREATE)
                .with("roles_in_stack", roles.iter().cloned())
        }
        other => unread(other.as_ref(), "The stack's list of resources"),
    }
}

fn trust_too_broad(case: &Case<'_>) -> Finding {
    let role = match &case.observed.role {
        Some(Read::Seen(role)) => role,
        other => return unread(other.as_ref(), "The role's trust policy"),
    };
    let Ok(policy) = TrustPolicy::parse(&role.trust_policy) else {
        return Finding::inconclusive(
            "The role's trust policy could not be understood.",
            "Restore the trust policy by updating the stack with its own template.",
        );
    };
    let hub = &case.expected.hub;
    let broader: BTreeSet<String> = policy
        .broader_than(&hub.account, &hub.trusted_principals)
        .iter()
        .map(Breadth::to_string)
        .collect();
    if broader.is_empty() {
        Finding::passed("The role's trust policy lets in the hub and nobody else.")
    } else {
        Finding::failed(
            "The role's trust policy lets in more than the hub.",
            "Restore the trust policy by updating the stack with its own template.",
        )
        .with("lets_in", broader)
    }
}

fn permissions_missing(case: &Case<'_>) -> Finding {
    let observed = case.observed;
    fn denied<T>(read: Option<&Read<T>>) -> Option<String> {
        match read {
            Some(Read::Denied(action)) => Some((*action).to_owned()),
            _ => None,
        }
    }
    let missing: BTreeSet<String> = [
        denied(observed.stack.as_ref()),
        denied(observed.stack_roles.as_ref()),
        denied(observed.role.as_ref()),
        denied(observed.attached_policies.as_ref()),
        denied(observed.inline_policies.as_ref()),
    ]
    .into_iter()
    .flatten()
    .collect();
    if observed.stack.is_none() {
        Finding::skipped(NOT_LOOKED)
    } else if missing.is_empty() {
        Finding::passed("The role may do what the hub needs to check it.")
    } else if may_be_propagating(case) {
        Finding::inconclusive(
            "The role's own policy does not work yet. A new policy can take up to a minute.",
            "Try again in a minute.",
        )
        .with("actions", missing)
    } else {
        Finding::failed(
            "The role lacks permissions that its template gives it.",
            "Restore them by updating the stack with its own template.",
        )
        .with("actions", missing)
    }
}

/// The inline policies that the template makes.
const TEMPLATE_POLICIES: [&str; 2] = ["SelfInspection", "OperatorPolicy"];

fn permissions_extra(case: &Case<'_>) -> Finding {
    let observed = case.observed;
    let (Some(stack), Some(Read::Seen(attached)), Some(Read::Seen(inline))) = (
        stack_facts(case),
        &observed.attached_policies,
        &observed.inline_policies,
    ) else {
        return unread(
            observed.attached_policies.as_ref(),
            "The role's list of policies",
        );
    };
    let extra: BTreeSet<String> = attached
        .difference(&stack.managed_policy_arns)
        .chain(
            inline
                .iter()
                .filter(|name| !TEMPLATE_POLICIES.contains(&name.as_str())),
        )
        .cloned()
        .collect();
    if extra.is_empty() {
        Finding::passed("The role has no policies but those of its stack.")
    } else {
        Finding::warning(
            "The role has policies that its stack did not give it.",
            "Remove them, or hand them to the stack in its ManagedPolicyArns parameter.",
        )
        .with("policies", extra)
    }
}

fn boundary_missing(case: &Case<'_>) -> Finding {
    let (Some(stack), Some(Read::Seen(role))) = (stack_facts(case), &case.observed.role) else {
        return unread(
            case.observed.role.as_ref(),
            "The role's permissions boundary",
        );
    };
    if stack.boundary_arn.is_none() || stack.boundary_arn == role.boundary_arn {
        return Finding::passed("The role has the permissions boundary that its stack asks for.");
    }
    Finding::failed(
        "The role does not have the permissions boundary that its stack asks for.",
        "Put the boundary back by updating the stack with its own template.",
    )
    .with("wanted", stack.boundary_arn.clone())
    .with("found", role.boundary_arn.clone())
}

fn template_outdated(case: &Case<'_>) -> Finding {
    let Expected {
        template_version: version,
        current_template,
        stack_id,
        ..
    } = case.expected;
    match current_template {
        Some(current) if version.is_older_than(&current.version) => Finding::warning(
            format!(
                "The stack was made with template {version}; the current one is {}.",
                current.version
            ),
            "Update the stack with the link, when it suits you.",
        )
        .with("update_url", [links::update_stack(stack_id, current)]),
        Some(_) => Finding::passed("The stack was made with the current template."),
        None => Finding::skipped("No current template is published."),
    }
}
