//! Policies that limit what the role can do, whatever its own policies allow.

use super::policies;
use crate::check::hub_role::context::{CheckContext, stack_facts};
use crate::check::observed::{Denial, Read};
use crate::check::outcome::Outcome;
use crate::iam::PolicyDocument;
use crate::iam::denial::PolicyKind;
use crate::iam::grants::missing_from;
use crate::iam::work::Work;
use crate::messages::CheckMessage;
use crate::remedy::Remedy;
use serde_json::Value;
use std::collections::BTreeSet;

/// A policy of the hub's own account. Its ARN is only logged, because customers must not see it.
pub(in crate::check::hub_role) fn denied_by_the_hub(denial: &Denial) -> Outcome {
    let Some(kind) = denial.by else {
        return Outcome::skipped(&CheckMessage::RejectedWithoutReason);
    };
    let message = CheckMessage::HubDenied {
        policy: kind.into(),
        actions: vec![denial.action.to_owned()],
    };
    let outcome = Outcome::inconclusive(&message, Remedy::AskOperator);
    outcome.with("denied_by", denied_by(kind, None))
}

/// STS named a policy of the customer's organization.
pub(in crate::check::hub_role) fn forbidden(denial: &Denial) -> Outcome {
    let Some(kind) = denial.by else {
        return Outcome::skipped(&CheckMessage::RejectedWithoutReason);
    };
    let (policy, actions) = (kind.into(), vec!["sts:AssumeRole".to_owned()]);
    let message = match denial.explicit {
        true => CheckMessage::DeniedByPolicy { policy, actions },
        false => CheckMessage::NotAllowedByPolicy { policy, actions },
    };
    let remedy = Remedy::AllowInPolicy {
        kind,
        arn: denial.policy.clone(),
        actions: vec![denial.action.to_owned()],
    };
    Outcome::failed(&message, remedy).with("denied_by", denied_by(kind, denial.policy.as_deref()))
}

fn denied_by(kind: PolicyKind, policy: Option<&str>) -> Vec<String> {
    let kind = kind.as_str().to_owned();
    [kind]
        .into_iter()
        .chain(policy.map(str::to_owned))
        .collect()
}

/// The policy that prevents the role from reading, if changing the role itself would not help.
pub(in crate::check::hub_role) fn limit(
    context: &CheckContext<'_>,
    denials: &[&Denial],
) -> Option<Outcome> {
    let of_the_hub = |denial: &&&Denial| denial.by.is_some_and(PolicyKind::limits_the_session);
    if let Some(denial) = denials.iter().find(of_the_hub) {
        return Some(denied_by_the_hub(denial));
    }
    let named = denials.iter().find_map(|denial| {
        let kind = denial.by.filter(|kind| kind.limits_the_role())?;
        Some((kind, denial.policy.clone(), denial.explicit))
    });
    let (kind, policy, explicit) = match named {
        Some(named) => named,
        None => (
            PolicyKind::PermissionsBoundary,
            own_boundary(context, denials)?,
            false,
        ),
    };
    let mut actions: BTreeSet<String> = denials.iter().map(|one| one.action.to_owned()).collect();
    if kind == PolicyKind::PermissionsBoundary {
        actions.extend(outside_boundary(context));
    }
    let (deciding, refused) = (kind.into(), actions.iter().cloned().collect());
    let message = match explicit {
        true => CheckMessage::InspectionDeniedByPolicy {
            policy: deciding,
            actions: refused,
        },
        false => CheckMessage::InspectionNotAllowedByPolicy {
            policy: deciding,
            actions: refused,
        },
    };
    let arn = match kind {
        PolicyKind::PermissionsBoundary => policy.or_else(|| boundary_of(context)),
        _ => policy,
    };
    let remedy = if kind == PolicyKind::PermissionsBoundary {
        change_boundary(context, arn.clone(), &actions)
    } else {
        Remedy::AllowInPolicy {
            kind,
            arn: arn.clone(),
            actions: actions.iter().cloned().collect(),
        }
    };
    let outcome = Outcome::failed(&message, remedy).with("actions", actions);
    Some(outcome.with("denied_by", denied_by(kind, arn.as_deref())))
}

/// The permissions boundary of the role or its stack.
fn boundary_of(context: &CheckContext<'_>) -> Option<String> {
    let role = context.observed.role.as_ref().and_then(Read::seen);
    let role = role.and_then(|role| role.boundary_arn.clone());
    role.or_else(|| stack_facts(context)?.boundary_arn.clone())
}

/// The role's boundary, if its document does not allow the denied actions.
fn own_boundary(context: &CheckContext<'_>, denials: &[&Denial]) -> Option<Option<String>> {
    let outside = outside_boundary(context);
    let any = denials.iter().any(|denial| {
        outside
            .iter()
            .any(|action| action.eq_ignore_ascii_case(denial.action))
    });
    any.then(|| boundary_of(context))
}

/// Actions that the template grants and the boundary does not allow, as far as its document is
/// known.
fn outside_boundary(context: &CheckContext<'_>) -> BTreeSet<String> {
    let Some(boundary) = &context.observed.boundary else {
        return BTreeSet::new();
    };
    let read = |value: &Value| PolicyDocument::parse(&value.to_string()).ok();
    let wanted: Vec<PolicyDocument> = policies(context).values().filter_map(read).collect();
    let Ok(boundary) = PolicyDocument::parse(boundary) else {
        return BTreeSet::new();
    };
    let missing = missing_from(&[boundary], &wanted, &mut Work::default()).unwrap_or_default();
    missing.into_iter().map(|grant| grant.action).collect()
}

fn change_boundary(
    context: &CheckContext<'_>,
    arn: Option<String>,
    actions: &BTreeSet<String>,
) -> Remedy {
    let role = context.expected.role_arn.clone();
    let seen = context.observed.role.as_ref().and_then(Read::seen);
    let actual = seen.map(|role| role.boundary_arn.clone());
    let asked = stack_facts(context).map(|stack| stack.boundary_arn.clone());
    match (asked, actual) {
        (Some(None), Some(Some(_)) | None) => Remedy::RemoveBoundary { role },
        (Some(Some(asked)), Some(actual)) if actual.as_ref() != Some(&asked) => {
            Remedy::RestoreBoundary { role, arn: asked }
        }
        _ => Remedy::AllowInPolicy {
            kind: PolicyKind::PermissionsBoundary,
            arn,
            actions: actions.iter().cloned().collect(),
        },
    }
}
