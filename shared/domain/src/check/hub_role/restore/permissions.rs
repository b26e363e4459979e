//! The commands that give the role exactly the template's permissions.

use super::{policies, recreate};
use crate::aws::MANAGED_POLICIES_PER_ROLE;
use crate::check::hub_role::context::{CheckContext, stack_facts};
use crate::check::observed::{Denial, Read};
use crate::iam::denial::PolicyKind;
use crate::iam::grants::{grants_at_least, missing_from};
use crate::iam::work::Work;
use crate::iam::{Action, Effect, PolicyDocument, Scope};
use crate::messages::Names;
use crate::remedy::command::Command;
use crate::remedy::{Remedy, Room};
use serde_json::Value;
use std::collections::BTreeSet;

/// Restores the permissions that the role lacks.
pub(in crate::check::hub_role) fn permissions(
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
pub(in crate::check::hub_role) fn extra(context: &CheckContext<'_>) -> Remedy {
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
