//! Remedies and commands that restore a role or its stack to the template's state.

use super::context::{CheckContext, stack_facts};
use crate::check::expected::Trigger;
use crate::check::observed::{Denial, Read};
use crate::check::outcome::Outcome;
use crate::check::template_policy;
use crate::companion::{DeployedRole, Kind};
use crate::iam::PolicyDocument;
use crate::iam::denial::PolicyKind;
use crate::iam::grants::{grants_at_least, missing_from};
use crate::iam::work::Work;
use crate::iam::{Action, Effect, Scope};
use crate::link::template::{PublishedTemplate, TemplatePermissions};
use crate::messages::CheckMessage;
use crate::remedy::command::{Command, EXTERNAL_ID, Parameter};
use crate::remedy::{Remedy, parameters};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Whether the account is already connected, as opposed to being registered.
fn is_connected(context: &CheckContext<'_>) -> bool {
    matches!(
        context.expected.trigger,
        Trigger::OnDemand | Trigger::Scheduled | Trigger::Update
    )
}

/// For a stack that was not created as the link specifies.
pub(super) fn recreate(context: &CheckContext<'_>) -> Remedy {
    let stack = context.expected.stack_id.clone();
    let protected = stack_facts(context).is_some_and(|stack| stack.protected);
    if is_connected(context) {
        Remedy::Reconnect { stack, protected }
    } else {
        Remedy::CreateFromLink { stack, protected }
    }
}

/// For a stack that no longer exists.
pub(super) fn connect_again(context: &CheckContext<'_>) -> Remedy {
    if is_connected(context) {
        Remedy::ConnectAgain
    } else {
        Remedy::StartNew
    }
}

pub(super) fn external_id(context: &CheckContext<'_>) -> Remedy {
    if is_connected(context) {
        Remedy::RestoreExternalId
    } else {
        recreate(context)
    }
}

/// The trust policy as the template defines it.
pub(super) fn trust(context: &CheckContext<'_>) -> Command {
    let (role, hub) = (&context.expected.role_arn, &context.expected.hub);
    let root = format!(
        "arn:{}:iam::{}:root",
        role.partition().as_str(),
        hub.account
    );
    let document = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "HubRolesWithTheExternalId",
            "Effect": "Allow",
            "Principal": {"AWS": root},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"sts:ExternalId": EXTERNAL_ID},
                "ArnLike": {"aws:PrincipalArn": hub.trusted_principals},
            },
        }],
    });
    Command::SetTrust {
        role: role.name().to_owned(),
        document,
        stack: Some(context.expected.stack_id.clone()),
    }
}

/// A policy of the hub's own account. Its ARN is not the customer's business: the log has it.
pub(super) fn denied_by_the_hub(denial: &Denial) -> Outcome {
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
pub(super) fn forbidden(denial: &Denial) -> Outcome {
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
pub(super) fn limit(context: &CheckContext<'_>, denials: &[&Denial]) -> Option<Outcome> {
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

/// The inline policies that the template defines for the role, by name. If the role can't be
/// compared, those of the newest publication of its template version.
fn policies(context: &CheckContext<'_>) -> BTreeMap<String, Value> {
    if let Some(Ok(drift)) = &context.drift {
        return drift.policies.clone();
    }
    let expected = context.expected;
    let own = |one: &&TemplatePermissions| one.version == expected.template_version;
    let recorded = expected.permissions.iter().find(own);
    let Some(record) = recorded.or(expected.permissions.first()) else {
        return BTreeMap::new();
    };
    let seen = context
        .observed
        .companions
        .iter()
        .flatten()
        .map(|(deployed, _)| deployed);
    let deployed: Vec<&DeployedRole> = if context.observed.companions.is_some() {
        seen.collect()
    } else {
        expected.deployed_roles.iter().collect()
    };
    let text = &record.self_inspection;
    let own = template_policy::self_inspection(text, expected, stack_facts(context), &deployed);
    let operator = record.operator_policies.first().map_or("", String::as_str);
    own.map(|own| template_policy::by_name(&own, operator))
        .unwrap_or_default()
}

/// Restores the permissions that the role lacks.
pub(super) fn permissions(
    context: &CheckContext<'_>,
    denials: &[&Denial],
    detached: &BTreeSet<String>,
) -> Remedy {
    let role = || context.expected.role_arn.name().to_owned();
    let inline = context
        .observed
        .inline_policies
        .as_ref()
        .and_then(Read::seen);
    let text = |name: &String| {
        inline
            .and_then(|inline| inline.get(name))
            .map(String::as_str)
    };
    let own = policies(context);
    let changed = own
        .iter()
        .filter(|(name, wanted)| !grants_at_least(text(name), wanted));
    let mut commands: Vec<Command> = changed
        .map(|(name, document)| Command::PutInlinePolicy {
            role: role(),
            name: name.clone(),
            document: document.clone(),
        })
        .collect();
    let unexpected = inline
        .into_iter()
        .flatten()
        .filter(|(name, _)| !own.contains_key(*name));
    let denying = unexpected.filter(|(_, text)| denies(text));
    commands.extend(denying.map(|(name, _)| Command::DeleteInlinePolicy {
        role: role(),
        name: name.clone(),
    }));
    commands.extend(
        denying_policies(context, denials)
            .into_iter()
            .map(|arn| Command::DetachPolicy { role: role(), arn }),
    );
    commands.extend(detached.iter().map(|arn| Command::AttachPolicy {
        role: role(),
        arn: arn.clone(),
    }));
    if commands.is_empty() {
        return recreate(context);
    }
    Remedy::RestorePermissions(commands)
}

fn denies(text: &str) -> bool {
    let parsed = PolicyDocument::parse(text);
    parsed.is_ok_and(|policy| {
        policy
            .statements
            .iter()
            .any(|one| one.effect == Effect::Deny)
    })
}

/// Managed policies that AWS names as the source of a denial and that the stack did not attach.
fn denying_policies(context: &CheckContext<'_>, denials: &[&Denial]) -> BTreeSet<String> {
    let given = stack_facts(context).map(|stack| &stack.managed_policy_arns);
    let named = denials.iter().filter(|denial| denial.explicit);
    let named = named.filter_map(|denial| denial.policy.clone());
    named
        .filter(|arn| arn.contains(":policy/"))
        .filter(|arn| given.is_some_and(|given| !given.contains(arn)))
        .collect()
}

/// Removes permissions that the stack did not grant. Policies that only deny stay, and so do
/// policies that the hub could not read: a person must review them.
pub(super) fn extra(context: &CheckContext<'_>) -> Remedy {
    let observed = context.observed;
    let role = || context.expected.role_arn.name().to_owned();
    let (Some(stack), Some(Read::Seen(attached)), Some(Read::Seen(inline))) = (
        stack_facts(context),
        &observed.attached_policies,
        &observed.inline_policies,
    ) else {
        return Remedy::ReviewPolicies;
    };
    let own = policies(context);
    let further = attached.difference(&stack.managed_policy_arns);
    let readable = further.filter(|arn| {
        observed
            .further_policies
            .get(*arn)
            .is_some_and(|it| allows(it))
    });
    let mut commands: Vec<Command> = readable
        .map(|arn| Command::DetachPolicy {
            role: role(),
            arn: arn.clone(),
        })
        .collect();
    for (name, text) in inline {
        match own.get(name) {
            Some(wanted) if allows_more(text, wanted) => commands.push(Command::PutInlinePolicy {
                role: role(),
                name: name.clone(),
                document: wanted.clone(),
            }),
            None if allows(text) && !TemplatePermissions::POLICY_NAMES.contains(&name.as_str()) => {
                commands.push(Command::DeleteInlinePolicy {
                    role: role(),
                    name: name.clone(),
                });
            }
            _ => {}
        }
    }
    if commands.is_empty() {
        return Remedy::ReviewPolicies;
    }
    Remedy::RemovePermissions(commands)
}

fn allows(text: &str) -> bool {
    let Ok(policy) = PolicyDocument::parse(text) else {
        return false;
    };
    let empty = |scope: &Scope<Action>| matches!(scope, Scope::These(names) if names.is_empty());
    let mut allows = policy
        .statements
        .iter()
        .filter(|one| one.effect == Effect::Allow);
    allows.any(|one| !empty(&one.actions))
}

fn allows_more(text: &str, wanted: &Value) -> bool {
    let read = (
        PolicyDocument::parse(&wanted.to_string()),
        PolicyDocument::parse(text),
    );
    let (Ok(wanted), Ok(actual)) = read else {
        return false;
    };
    missing_from(&[wanted], &[actual], &mut Work::default()).is_ok_and(|more| !more.is_empty())
}

/// An update to the current template that keeps all of the stack's parameters.
pub(super) fn template(context: &CheckContext<'_>, current: &PublishedTemplate) -> Command {
    let has_companions = context.expected.template_version.makes_companion_roles();
    let companions = Kind::companions().filter(|_| has_companions);
    Command::UpdateStack {
        stack: context.expected.stack_id.clone(),
        template: Some(current.clone()),
        parameters: parameters(companions.map(|kind| Parameter::Kept(kind.logical_id.to_owned()))),
    }
}
