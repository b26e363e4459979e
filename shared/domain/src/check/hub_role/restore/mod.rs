//! Remedies and commands that restore a role or its stack to the template's state.

mod limits;
mod permissions;

pub(super) use limits::{denied_by_the_hub, forbidden, limit};
pub(super) use permissions::{extra, permissions};

use super::context::{CheckContext, stack_facts};
use crate::check::expected::Trigger;
use crate::check::observed::{Read, StackFacts, StackStatus};
use crate::check::template_policy;
use crate::companion::DeployedRole;
use crate::iam::percent_decode;
use crate::link::template::PublishedTemplate;
use crate::remedy::command::{Command, EXTERNAL_ID};
use crate::remedy::{Remedy, StackToDelete};
use crate::template::SELF_INSPECTION;
use serde_json::{Value, json};
use std::collections::BTreeMap;

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
