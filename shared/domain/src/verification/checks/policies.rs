//! What the role's policies tell, and the template that they come from.

use super::role::may_be_propagating;
use super::{Case, Finding, NOT_LOOKED, stack_facts, unread};
use crate::links;
use crate::policy::PolicyError;
use crate::policy::grants::Grant;
use crate::template::TemplatePermissions;
use crate::verification::drift::{self, Drift};
use crate::verification::trust_policy::{Breadth, Intended, TrustPolicy};
use crate::verification::{Expected, Read};
use std::collections::BTreeSet;

const RESTORE_PERMISSIONS: &str = "Restore them by updating the stack with its own template.";
const RESTORE_TRUST: &str = "Restore the trust policy by updating the stack with its own template.";

pub(super) fn trust_too_broad(case: &Case<'_>) -> Finding {
    let role = match &case.observed.role {
        Some(Read::Seen(role)) => role,
        other => return unread(other.as_ref(), "The role's trust policy"),
    };
    let Ok(policy) = TrustPolicy::parse(&role.trust_policy) else {
        return Finding::inconclusive(
            "The role's trust policy could not be understood.",
            RESTORE_TRUST,
        );
    };
    let hub = &case.expected.hub;
    let broader: BTreeSet<String> = policy
        .broader_than(&Intended {
            hub: &hub.account,
            trusted: &hub.trusted_principals,
            external_id: &case.expected.external_id,
        })
        .iter()
        .map(Breadth::to_string)
        .collect();
    let finding = if broader.is_empty() {
        Finding::passed("The role's trust policy lets in the hub and nobody else.")
    } else {
        Finding::failed(
            "The role's trust policy lets in more than the hub.",
            RESTORE_TRUST,
        )
        .with("lets_in", broader)
    };
    finding.with("trusts", policy.ways_in())
}

pub(super) fn permissions_missing(case: &Case<'_>) -> Finding {
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
        return Finding::skipped(NOT_LOOKED);
    }
    if !missing.is_empty() {
        return if may_be_propagating(case) {
            Finding::inconclusive(
                "The role's own policy does not work yet. A new policy can take up to a minute.",
                "Try again in a minute.",
            )
        } else {
            Finding::failed(
                "The role may not do what the hub needs to check it.",
                RESTORE_PERMISSIONS,
            )
        }
        .with("actions", missing);
    }
    let attached = detached(case);
    match differences(case) {
        Some(Ok(drift)) if !drift.missing.is_empty() || !attached.is_empty() => Finding::failed(
            "The role lacks permissions that its template gives it.",
            RESTORE_PERMISSIONS,
        )
        .with("actions", names(&drift.missing))
        .with("resources", resources(&drift.missing))
        .with("policies", attached),
        Some(Ok(_)) => Finding::passed("The role has every permission that its template gives it."),
        Some(Err(_)) => Finding::inconclusive(
            "One of the role's policies could not be understood.",
            RESTORE_PERMISSIONS,
        ),
        None if !attached.is_empty() => Finding::failed(
            "The role lacks policies that its stack gives it.",
            RESTORE_PERMISSIONS,
        )
        .with("policies", attached),
        None => Finding::passed(
            "The role may do what the hub needs to check it. What else its template gives it is \
             not on record.",
        ),
    }
}

/// Policies that the stack attaches to the role, and that are not attached.
fn detached(case: &Case<'_>) -> BTreeSet<String> {
    match (stack_facts(case), &case.observed.attached_policies) {
        (Some(stack), Some(Read::Seen(attached))) => stack
            .managed_policy_arns
            .difference(attached)
            .cloned()
            .collect(),
        _ => BTreeSet::new(),
    }
}

fn differences(case: &Case<'_>) -> Option<Result<Drift, PolicyError>> {
    let inline = case.observed.inline_policies.as_ref();
    drift::of(case.expected, stack_facts(case), inline)
}

fn names(grants: &BTreeSet<Grant>) -> BTreeSet<String> {
    grants.iter().map(|grant| grant.action.clone()).collect()
}

fn resources(grants: &BTreeSet<Grant>) -> BTreeSet<String> {
    grants.iter().map(|grant| grant.resource.clone()).collect()
}

pub(super) fn permissions_extra(case: &Case<'_>) -> Finding {
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
    let own = TemplatePermissions::POLICY_NAMES;
    let strange = inline.keys().filter(|name| !own.contains(&name.as_str()));
    let policies: BTreeSet<String> = attached
        .difference(&stack.managed_policy_arns)
        .chain(strange)
        .cloned()
        .collect();
    let grants = match differences(case) {
        Some(Ok(drift)) => drift.extra,
        Some(Err(_)) | None => BTreeSet::new(),
    };
    if policies.is_empty() && grants.is_empty() {
        return Finding::passed("The role has no permissions but those of its stack.");
    }
    Finding::warning(
        "The role has permissions that its stack did not give it.",
        "Remove them, or hand their policies to the stack in its ManagedPolicyArns parameter.",
    )
    .with("policies", policies)
    .with("actions", names(&grants))
    .with("resources", resources(&grants))
}

pub(super) fn boundary_missing(case: &Case<'_>) -> Finding {
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

pub(super) fn template_outdated(case: &Case<'_>) -> Finding {
    let Expected {
        template_version: version,
        current_template,
        stack_id,
        ..
    } = case.expected;
    let Some(current) = current_template else {
        return Finding::skipped("No current template is published.");
    };
    let stale = matches!(
        differences(case),
        Some(Ok(Drift {
            is_newest: false,
            ..
        }))
    );
    let message = if version.is_older_than(&current.version) {
        format!(
            "The stack was made with template {version}; the current one is {}.",
            current.version
        )
    } else if stale {
        format!("Template {version} gives its role other permissions since the stack was made.")
    } else {
        return Finding::passed("The stack was made with the current template.");
    };
    Finding::warning(
        message,
        "Update the stack with the link, when it suits you.",
    )
    .with("update_url", [links::update_stack(stack_id, current)])
}
