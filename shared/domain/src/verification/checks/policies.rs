//! What the role's policies tell, and the template that they come from.

use super::role::may_be_propagating;
use super::{Case, Finding, NOT_LOOKED, stack_facts, unread};
use crate::links;
use crate::verification::trust_policy::{Breadth, TrustPolicy};
use crate::verification::{Expected, Read};
use std::collections::BTreeSet;

pub(super) fn trust_too_broad(case: &Case<'_>) -> Finding {
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
