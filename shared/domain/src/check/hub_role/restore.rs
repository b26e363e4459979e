//! Remedies and commands that restore a role or its stack to the template's state.

use super::context::{CheckContext, stack_facts};
use crate::aws::MANAGED_POLICIES_PER_ROLE;
use crate::check::expected::Trigger;
use crate::check::observed::{Denial, Read, StackFacts, StackStatus};
use crate::check::outcome::Outcome;
use crate::check::template_policy;
use crate::companion::DeployedRole;
use crate::iam::PolicyDocument;
use crate::iam::denial::PolicyKind;
use crate::iam::grants::{grants_at_least, missing_from};
use crate::iam::percent_decode;
use crate::iam::work::Work;
use crate::iam::{Action, Effect, Scope};
use crate::link::template::PublishedTemplate;
use crate::messages::{CheckMessage, Names};
use crate::remedy::command::{Command, EXTERNAL_ID};
use crate::remedy::{Remedy, Room, StackToDelete};
use crate::template::SELF_INSPECTION;
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
    let stack = to_delete(context);
    if is_connected(context) {
        Remedy::Reconnect(stack)
    } else {
        Remedy::CreateFromLink(stack)
    }
}

pub(super) fn to_delete(context: &CheckContext<'_>) -> StackToDelete {
    let id = context.expected.stack_id.clone();
    match stack_facts(context) {
        Some(facts) => StackToDelete::new(id, facts.seen()),
        None => StackToDelete::new(id, context.expected.known_stack.clone()),
    }
}

/// For a stack with a failed update.
pub(super) fn roll_back(context: &CheckContext<'_>, stack: &StackFacts) -> Remedy {
    let commands = stack.before_update(&context.expected.stack_id);
    match stack.status {
        StackStatus::UpdateFailed => Remedy::RollBack(commands),
        _ => Remedy::ContinueRollback {
            failed: stack.failed(),
            commands,
        },
    }
}

/// The commands that CloudFormation requires before an update of the stack.
fn before_update(context: &CheckContext<'_>) -> Vec<Command> {
    let stack = stack_facts(context);
    stack.map_or_else(Vec::new, |stack| {
        stack.before_update(&context.expected.stack_id)
    })
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
        Remedy::RestoreExternalId(before_update(context))
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

/// The inline policies that the template defines for the role, by name.
fn policies(context: &CheckContext<'_>) -> BTreeMap<String, Value> {
    if let Some(Ok(drift)) = &context.drift {
        return drift.policies.clone();
    }
    let expected = context.expected;
    let Some(template) = &expected.template else {
        return BTreeMap::new();
    };
    let seen = context.observed.companions.as_ref();
    let deployed: Vec<&DeployedRole> = match seen {
        Some(seen) => seen.iter().map(|(deployed, _)| deployed).collect(),
        None => expected.deployed_roles.iter().collect(),
    };
    let boundary = boundary_in_force(context);
    template_policy::inline_policies(template, expected, boundary, &deployed)
}

/// The boundary in the stack's parameter. If the stack can't be read, the role's own, or the one
/// that the role may read now.
fn boundary_in_force(context: &CheckContext<'_>) -> Option<String> {
    if let Some(stack) = stack_facts(context) {
        return stack.boundary_arn.clone();
    }
    let role = context.observed.role.as_ref().and_then(Read::seen);
    let present = || {
        let inline = context.observed.inline_policies.as_ref()?.seen()?;
        let text = percent_decode(inline.get(SELF_INSPECTION)?);
        template_policy::boundary_in(&serde_json::from_str(&text).ok()?)
    };
    role.and_then(|role| role.boundary_arn.clone())
        .or_else(present)
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
    // Policies that can't be read are written, unless an explicit denial outweighs them anyway.
    let denied = !denials.is_empty() && denials.iter().all(|denial| denial.explicit);
    let writes = inline.is_some() || !denied;
    let changed = own
        .iter()
        .filter(|(name, wanted)| writes && !grants_at_least(text(name), wanted));
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
    let gone = &context.observed.gone_policies;
    let attach: BTreeSet<&String> = detached.difference(gone).collect();
    let mut detach = denying_policies(context, denials);
    let room = make_room(context, attach.len(), &mut detach);
    commands.extend(
        detach
            .into_iter()
            .map(|arn| Command::DetachPolicy { role: role(), arn }),
    );
    commands.extend(attach.into_iter().map(|arn| Command::AttachPolicy {
        role: role(),
        arn: arn.clone(),
    }));
    let gone: Vec<String> = detached.intersection(gone).cloned().collect();
    if !commands.is_empty() || !gone.is_empty() {
        return Remedy::RestorePermissions {
            commands,
            gone: Names(gone),
            room,
        };
    }
    match denials.iter().find(|denial| denial.explicit) {
        Some(denial) => Remedy::AllowInPolicy {
            kind: PolicyKind::IdentityBased,
            arn: denial.policy.clone(),
            actions: denials.iter().map(|one| one.action.to_owned()).collect(),
        },
        None => recreate(context),
    }
}

/// Adds extra policies to those that are detached, until the role has room for as many as are to be
/// attached.
fn make_room(context: &CheckContext<'_>, attaching: usize, detach: &mut BTreeSet<String>) -> Room {
    let Some(Read::Seen(attached)) = &context.observed.attached_policies else {
        return Room::Enough;
    };
    let staying = attached.difference(detach).count();
    let extra = context.observed.further_policies.iter();
    let extra = extra.filter(|(arn, text)| !detach.contains(*arn) && allows(text));
    let lacking = (staying + attaching).saturating_sub(MANAGED_POLICIES_PER_ROLE);
    let extra: Vec<String> = extra.map(|(arn, _)| arn.clone()).take(lacking).collect();
    let room = Room::of(lacking, extra.len());
    detach.extend(extra);
    room
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

/// Managed policies that AWS names as the source of a denial and that the stack did not attach, as
/// far as that is known.
fn denying_policies(context: &CheckContext<'_>, denials: &[&Denial]) -> BTreeSet<String> {
    let is_given = |arn: &String| match stack_facts(context) {
        Some(stack) => stack.managed_policy_arns.contains(arn),
        None => context.expected.known_policies.contains_key(arn),
    };
    let named = denials.iter().filter(|denial| denial.explicit);
    let named = named.filter_map(|denial| denial.policy.clone());
    named
        .filter(|arn| arn.contains(":policy/"))
        .filter(|arn| !is_given(arn))
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
    let (own, named) = (policies(context), context.expected.own_policies());
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
            None if allows(text) && !named.contains(name) => {
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
pub(super) fn template(context: &CheckContext<'_>, current: &PublishedTemplate) -> Remedy {
    if let Some(nested) = stack_facts(context).and_then(|stack| stack.nested.as_ref()) {
        return Remedy::UpdateParent {
            parent: nested.parent.clone(),
            template: current.clone(),
        };
    }
    let mut commands = before_update(context);
    commands.push(Command::UpdateStack {
        stack: context.expected.stack_id.clone(),
        template: current.clone(),
    });
    Remedy::UpdateTemplate(commands)
}
