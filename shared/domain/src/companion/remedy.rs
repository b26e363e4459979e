//! The exact commands that put a companion role right. What goes into them is parsed, or has none
//! but IAM's own characters, so a shell finds nothing in them to act on.

use super::intended::Intended;
use crate::aws::{InstanceProfileArn, RoleArn};

/// IAM's names and ARNs.
fn is_plain(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@-/:".contains(&b);
    !text.is_empty() && text.bytes().all(allowed)
}

/// Several commands, one after another; none where one of the names is not IAM's, or where there are
/// more than anybody pastes.
fn each<'a>(
    names: impl IntoIterator<Item = &'a String>,
    command: impl Fn(&str) -> String,
) -> Option<String> {
    let names: Vec<&String> = names.into_iter().collect();
    let fit = names.len() <= MOST && names.iter().all(|name| is_plain(name));
    let commands: Vec<String> = names.iter().map(|name| command(name)).collect();
    (fit && !commands.is_empty()).then(|| commands.join(" && "))
}

const MOST: usize = 20;

pub(super) fn let_in(role: &RoleArn, intended: &Intended) -> String {
    let document = intended.trust_policy();
    let name = role.name();
    format!("aws iam update-assume-role-policy --role-name {name} --policy-document '{document}'")
}

pub(super) fn attach<'a>(
    role: &RoleArn,
    arns: impl IntoIterator<Item = &'a String>,
) -> Option<String> {
    let name = role.name();
    each(arns, |arn| {
        format!("aws iam attach-role-policy --role-name {name} --policy-arn {arn}")
    })
}

pub(super) fn detach<'a>(
    role: &RoleArn,
    arns: impl IntoIterator<Item = &'a String>,
) -> Option<String> {
    let name = role.name();
    each(arns, |arn| {
        format!("aws iam detach-role-policy --role-name {name} --policy-arn {arn}")
    })
}

pub(super) fn write_inline<'a>(
    role: &RoleArn,
    policies: impl IntoIterator<Item = &'a String>,
    intended: &Intended,
) -> Option<String> {
    let name = role.name();
    each(policies, |policy| {
        let document = intended.inline.get(policy).cloned().unwrap_or_default();
        format!(
            "aws iam put-role-policy --role-name {name} --policy-name {policy} --policy-document '{document}'"
        )
    })
}

pub(super) fn delete_inline<'a>(
    role: &RoleArn,
    policies: impl IntoIterator<Item = &'a String>,
) -> Option<String> {
    let name = role.name();
    each(policies, |policy| {
        format!("aws iam delete-role-policy --role-name {name} --policy-name {policy}")
    })
}

/// An instance profile holds one role at most, so another one has to go first.
pub(super) fn put_into_profile<'a>(
    role: &RoleArn,
    profile: &InstanceProfileArn,
    others: impl IntoIterator<Item = &'a String>,
) -> Option<String> {
    let add = format!(
        "aws iam add-role-to-instance-profile --instance-profile-name {} --role-name {}",
        profile.name(),
        role.name()
    );
    both(take_out_of_profile(profile, others), Some(add))
}

pub(super) fn take_out_of_profile<'a>(
    profile: &InstanceProfileArn,
    others: impl IntoIterator<Item = &'a String>,
) -> Option<String> {
    let name = profile.name();
    each(others, |other| {
        format!(
            "aws iam remove-role-from-instance-profile --instance-profile-name {name} --role-name {other}"
        )
    })
}

pub(super) fn bound(role: &RoleArn, boundary: &str) -> Option<String> {
    let name = role.name();
    is_plain(boundary).then(|| {
        format!("aws iam put-role-permissions-boundary --role-name {name} --permissions-boundary {boundary}")
    })
}

pub(super) fn session_length(role: &RoleArn, seconds: u32) -> String {
    let name = role.name();
    format!("aws iam update-role --role-name {name} --max-session-duration {seconds}")
}

/// Two steps, where both are needed.
pub(super) fn both(first: Option<String>, second: Option<String>) -> Option<String> {
    match (first, second) {
        (Some(first), Some(second)) => Some(format!("{first} && {second}")),
        (first, second) => first.or(second),
    }
}
