//! Checks of the role's policies, and of the template that they come from.

use super::CheckFn;
use super::context::{CheckContext, stack_facts, unread};
use super::restore;
use super::role::may_be_propagating;
use crate::check::drift::NotCompared;
use crate::check::expected::Expected;
use crate::check::given;
use crate::check::observed::{Denial, Read};
use crate::check::outcome::Outcome;
use crate::check::report::CheckCode;
use crate::iam::grants::{Grant, allowed_actions};
use crate::iam::trust::{Admitted, Audience, Breadth, TrustPolicy};
use crate::link::links;
use crate::messages::{CheckMessage, ReadTarget};
use crate::remedy::Remedy;
use std::collections::BTreeSet;

pub(super) const CHECKS: &[(CheckCode, CheckFn)] = &[
    (CheckCode::TrustTooBroad, trust_too_broad),
    (CheckCode::PermissionsMissing, permissions_missing),
    (CheckCode::PermissionsExtra, permissions_extra),
    (CheckCode::BoundaryMissing, boundary_missing),
    (CheckCode::TemplateOutdated, template_outdated),
];

fn trust_too_broad(context: &CheckContext<'_>) -> Outcome {
    let role = match &context.observed.role {
        Some(Read::Seen(role)) => role,
        other => return unread(other.as_ref(), ReadTarget::TrustPolicy),
    };
    let Ok(policy) = TrustPolicy::parse(&role.trust_policy) else {
        // The template's own policy is always readable. An unreadable one is not proven narrow.
        return Outcome::failed(
            &CheckMessage::TrustUnreadable,
            Remedy::RestoreTrust(restore::trust(context)),
        );
    };
    let hub = &context.expected.hub;
    let admitted = [Admitted::Hub {
        roles: &hub.trusted_principals,
        external_id: &context.expected.external_id,
    }];
    let audience = Audience {
        hub: &hub.account,
        admitted: &admitted,
    };
    let broader = policy.broader_than(&audience);
    let broader: BTreeSet<String> = broader.iter().map(Breadth::to_string).collect();
    let outcome = if broader.is_empty() {
        Outcome::passed(&CheckMessage::TrustsOnlyHub)
    } else {
        Outcome::failed(
            &CheckMessage::TrustsMore,
            Remedy::RestoreTrust(restore::trust(context)),
        )
        .with("beyond", broader)
    };
    // The author of the policy may have written the external ID anywhere in it.
    let hidden = context.expected.external_id.as_str();
    let ways_in = policy.ways_in().into_iter();
    outcome.with(
        "trusts",
        ways_in.map(|way| way.replace(hidden, "(not shown)")),
    )
}

fn permissions_missing(context: &CheckContext<'_>) -> Outcome {
    let observed = context.observed;
    fn denied<T>(read: Option<&Read<T>>) -> Option<&Denial> {
        match read {
            Some(Read::Denied(denial)) => Some(denial),
            _ => None,
        }
    }
    let denials: Vec<&Denial> = [
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
        Outcome::skipped(&CheckMessage::HubRoleNotAssumed)
    } else if denials.is_empty() {
        lost_permissions(context)
    } else if let Some(limit) = restore::limit(context, &denials) {
        limit
    } else {
        let remedy = restore::permissions(context, &denials, &BTreeSet::new());
        let refused = denials.iter().map(|denial| denial.action.to_owned());
        lacking(context, &CheckMessage::InspectionNotAllowed, remedy).with("actions", refused)
    }
}

/// Permissions that the template and the stack grant and the role lacks.
fn lost_permissions(context: &CheckContext<'_>) -> Outcome {
    let (detached, attached) = (detached(context), &context.observed.attached_policies);
    let missing = match &context.drift {
        None => {
            return unread(
                context.observed.inline_policies.as_ref(),
                ReadTarget::Policies,
            );
        }
        Some(Ok(drift)) => drift.missing.clone(),
        Some(Err(NotCompared::NotOnRecord)) if detached.is_empty() => {
            return Outcome::passed(&CheckMessage::InspectionAllowed);
        }
        // In this case the template's own policies are unchanged.
        Some(Err(NotCompared::NotOnRecord | NotCompared::AnotherPolicy(_))) => BTreeSet::new(),
        Some(Err(error)) => {
            let remedy = restore::permissions(context, &[], &detached);
            return lacking(context, &not_compared(*error), remedy);
        }
    };
    if !matches!(attached, Some(Read::Seen(_))) {
        return unread(attached.as_ref(), ReadTarget::AttachedPolicies);
    }
    if missing.is_empty() && detached.is_empty() {
        return Outcome::passed(&CheckMessage::AllPermissions);
    }
    lacking(
        context,
        &CheckMessage::PermissionsMissing,
        restore::permissions(context, &[], &detached),
    )
    .with("actions", names(&missing))
    .with("resources", resources(&missing))
    .with("policies", detached)
}

/// IAM may still be propagating a new policy, or CloudFormation may not have created it yet.
fn lacking(context: &CheckContext<'_>, message: &CheckMessage, remedy: Remedy) -> Outcome {
    if may_be_propagating(context) {
        Outcome::inconclusive(&CheckMessage::PolicyPropagating, Remedy::TryAgainInAMinute)
    } else if is_changing(context) {
        Outcome::inconclusive(&CheckMessage::StackChanging, Remedy::WaitForStack)
    } else {
        Outcome::failed(message, remedy)
    }
}

fn is_changing(context: &CheckContext<'_>) -> bool {
    stack_facts(context).is_some_and(|stack| stack.status.is_changing())
}

fn not_compared(error: NotCompared) -> CheckMessage {
    match error {
        NotCompared::NotOnRecord => CheckMessage::TemplateNotOnRecord,
        NotCompared::OwnPolicy(error) => {
            let cause = error.into();
            CheckMessage::TemplatePolicyUnreadable { cause }
        }
        NotCompared::AnotherPolicy(error) => {
            let cause = error.into();
            CheckMessage::OtherPolicyUnreadable { cause }
        }
    }
}

/// Policies that the stack should attach to the role but that are not attached.
fn detached(context: &CheckContext<'_>) -> BTreeSet<String> {
    match (stack_facts(context), &context.observed.attached_policies) {
        (Some(stack), Some(Read::Seen(attached))) => stack
            .managed_policy_arns
            .difference(attached)
            .cloned()
            .collect(),
        _ => BTreeSet::new(),
    }
}

fn names(grants: &BTreeSet<Grant>) -> BTreeSet<String> {
    grants.iter().map(|grant| grant.action.clone()).collect()
}

fn resources(grants: &BTreeSet<Grant>) -> BTreeSet<String> {
    grants.iter().map(|grant| grant.resource.clone()).collect()
}

fn permissions_extra(context: &CheckContext<'_>) -> Outcome {
    changed_policies(context, further_permissions(context))
}

fn further_permissions(context: &CheckContext<'_>) -> Outcome {
    let observed = context.observed;
    let (Some(stack), Some(Read::Seen(attached)), Some(Read::Seen(inline))) = (
        stack_facts(context),
        &observed.attached_policies,
        &observed.inline_policies,
    ) else {
        return unread(observed.attached_policies.as_ref(), ReadTarget::Policies);
    };
    let own = context.expected.own_policies();
    let unexpected = inline.keys().filter(|name| !own.contains(name));
    let policies: BTreeSet<String> = attached
        .difference(&stack.managed_policy_arns)
        .chain(unexpected)
        .cloned()
        .collect();
    let grants = match &context.drift {
        Some(Ok(drift)) => drift.extra.clone(),
        Some(Err(error)) if *error != NotCompared::NotOnRecord => {
            return Outcome::warning(&not_compared(*error), restore::extra(context))
                .with("policies", policies);
        }
        Some(Err(_)) | None => BTreeSet::new(),
    };
    let mut actions = names(&grants);
    actions.extend(
        observed
            .further_policies
            .values()
            .flat_map(|text| allowed_actions(text)),
    );
    if policies.is_empty() && grants.is_empty() {
        return Outcome::passed(&CheckMessage::NoExtraPermissions);
    }
    Outcome::warning(&CheckMessage::ExtraPermissions, restore::extra(context))
        .with("policies", policies)
        .with("actions", actions)
        .with("resources", resources(&grants))
}

/// Adds the customer-managed policies whose default version has changed.
fn changed_policies(context: &CheckContext<'_>, outcome: Outcome) -> Outcome {
    let known = &context.expected.known_policies;
    let changed = given::changed(known, &context.observed.given_policies);
    if changed.is_empty() {
        return outcome;
    }
    let message = CheckMessage::PolicyVersionChanged;
    let gone = &context.observed.gone_versions;
    let restored = changed
        .iter()
        .map(|(arn, policy)| given::restore(known, gone, arn, policy));
    let restored = restored.collect::<Option<Vec<_>>>();
    let remedy = Remedy::RestoreVersions(restored.unwrap_or_default());
    let documents = changed.values().map(|policy| policy.document.as_str());
    let actions: BTreeSet<String> = documents.flat_map(allowed_actions).collect();
    let names = changed.keys().map(|arn| (*arn).to_owned());
    let outcome = outcome.or_also_warn(&message, remedy);
    outcome
        .with("changed_policies", names)
        .with("changed_policies_allow", actions)
}

fn boundary_missing(context: &CheckContext<'_>) -> Outcome {
    let (Some(stack), Some(Read::Seen(role))) = (stack_facts(context), &context.observed.role)
    else {
        return unread(context.observed.role.as_ref(), ReadTarget::Boundary);
    };
    let Some(wanted) = stack
        .boundary_arn
        .as_ref()
        .filter(|arn| Some(*arn) != role.boundary_arn.as_ref())
    else {
        return Outcome::passed(&CheckMessage::BoundaryAsInStack);
    };
    if is_changing(context) {
        return Outcome::inconclusive(&CheckMessage::StackChanging, Remedy::WaitForStack);
    }
    Outcome::failed(
        &CheckMessage::BoundaryMissing,
        Remedy::RestoreBoundary {
            role: context.expected.role_arn.clone(),
            arn: wanted.clone(),
        },
    )
    .with("wanted", [wanted.clone()])
    .with("found", role.boundary_arn.clone())
}

fn template_outdated(context: &CheckContext<'_>) -> Outcome {
    let Expected {
        template_id,
        template,
        current,
        stack_id,
        ..
    } = context.expected;
    let Some(current) = current else {
        return Outcome::skipped(&CheckMessage::NotAnUpdate);
    };
    let published = &current.published;
    let Some(template) = template else {
        let seen = stack_facts(context).and_then(|stack| stack.template_id.as_ref());
        let message = CheckMessage::TemplateUnknown {
            template_id: seen.unwrap_or(template_id).to_string(),
        };
        return Outcome::warning(&message, restore::template(context, published))
            .with("update_url", [links::update_stack(stack_id, published)]);
    };
    // A stack that was updated without a callback still has its former version on record.
    let version = &template.version;
    let changes = template.access_changes(&current.template);
    let outdated = version.is_older_than(&current.template.version);
    if !outdated && changes.is_empty() {
        return Outcome::passed(&CheckMessage::TemplateIsCurrent);
    }
    let message = match outdated {
        true => CheckMessage::TemplateOutdated {
            version: version.to_string(),
            current: current.template.version.to_string(),
        },
        false => CheckMessage::AccessChanged,
    };
    let outcome = Outcome::warning(&message, restore::template(context, published));
    let outcome = changes
        .iter()
        .fold(outcome, |outcome, change| outcome.also(&change.message()));
    outcome.with("update_url", [links::update_stack(stack_id, published)])
}
