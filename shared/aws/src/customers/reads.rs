//! Reads a customer's role through the role itself.

use super::Session;
use super::assume::log_hub_denial;
use crate::failure::{Failure, Kind};
use aws_sdk_sts::config::IdentityCache;
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use futures_util::future::join_all;
use futures_util::join;
use rolecall_domain::aws::{InstanceProfileArn, RoleArn, RoleUniqueId};
use rolecall_domain::check::{Denial, ManagedPolicy, Read, RoleFacts};
use rolecall_domain::iam::denial::PolicyKind;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;

pub(super) fn iam_as(session: &Session) -> aws_sdk_iam::config::Builder {
    aws_sdk_iam::config::Builder::new()
        .credentials_provider(session.credentials.clone())
        .identity_cache(IdentityCache::no_cache())
}

pub(super) async fn role(
    client: &aws_sdk_iam::Client,
    session: &Session,
    role: &RoleArn,
) -> Read<RoleFacts> {
    let request = client.get_role().role_name(role.name()).customize();
    match request.config_override(iam_as(session)).send().await {
        // IAM finds a role by its name alone.
        Ok(answer) if answer.role().is_some_and(|it| it.arn() != role.as_str()) => Read::NotFound,
        Ok(answer) => answer
            .role()
            .and_then(role_facts)
            .map_or_else(|| unexpected("iam:GetRole"), Read::Seen),
        Err(error) => unread(&error, "iam:GetRole"),
    }
}

fn role_facts(role: &aws_sdk_iam::types::Role) -> Option<RoleFacts> {
    let boundary = role.permissions_boundary();
    Some(RoleFacts {
        unique_id: RoleUniqueId::parse(role.role_id()).ok()?,
        // Kept URL-encoded, because the policy parser accepts both forms.
        trust_policy: role.assume_role_policy_document()?.to_owned(),
        boundary_arn: boundary
            .and_then(|boundary| boundary.permissions_boundary_arn())
            .map(str::to_owned),
        max_session_seconds: role
            .max_session_duration()
            .and_then(|it| it.try_into().ok()),
    })
}

/// More pages than the policies of one role can fill.
const MAX_PAGES: usize = 10;

pub(super) async fn attached_policies(
    client: &aws_sdk_iam::Client,
    session: &Session,
    role: &RoleArn,
) -> Read<BTreeSet<String>> {
    let (mut arns, mut marker) = (BTreeSet::new(), None);
    for _ in 0..MAX_PAGES {
        let request = client.list_attached_role_policies().role_name(role.name());
        let request = request.set_marker(marker).customize();
        let page = match request.config_override(iam_as(session)).send().await {
            Ok(page) => page,
            Err(error) => return unread(&error, "iam:ListAttachedRolePolicies"),
        };
        let policies = page.attached_policies().iter();
        arns.extend(policies.filter_map(|policy| policy.policy_arn().map(str::to_owned)));
        marker = page.marker().map(str::to_owned);
        if !page.is_truncated() || marker.is_none() {
            return Read::Seen(arns);
        }
    }
    unexpected("iam:ListAttachedRolePolicies")
}

/// A managed policy's default version.
pub(super) async fn managed_policy(
    client: &aws_sdk_iam::Client,
    session: &Session,
    arn: &str,
) -> Read<ManagedPolicy> {
    let request = client.get_policy().policy_arn(arn).customize();
    let policy = match request.config_override(iam_as(session)).send().await {
        Ok(answer) => answer.policy,
        Err(error) => return unread(&error, "iam:GetPolicy"),
    };
    let ids = policy.and_then(|policy| policy.policy_id.zip(policy.default_version_id));
    let Some((policy_id, version)) = ids else {
        return unexpected("iam:GetPolicy");
    };
    let request = client.get_policy_version().policy_arn(arn);
    let request = request.version_id(&version).customize();
    match request.config_override(iam_as(session)).send().await {
        Ok(answer) => answer
            .policy_version
            .and_then(|version| version.document)
            .map(|document| ManagedPolicy {
                version: format!("{policy_id} {version}"),
                document,
            })
            .map_or_else(|| unexpected("iam:GetPolicyVersion"), Read::Seen),
        Err(error) => unread(&error, "iam:GetPolicyVersion"),
    }
}

/// Whether a managed policy still has this version.
pub(super) async fn has_policy_version(
    client: &aws_sdk_iam::Client,
    session: &Session,
    arn: &str,
    version: &str,
) -> Read<()> {
    let request = client.get_policy_version().policy_arn(arn);
    let request = request.version_id(version).customize();
    match request.config_override(iam_as(session)).send().await {
        Ok(_) => Read::Seen(()),
        Err(error) => unread(&error, "iam:GetPolicyVersion"),
    }
}

/// The documents by name. The `likely` documents are requested in parallel with the list, so that a
/// healthy role needs no second round of calls.
pub(super) async fn inline_policies(
    client: &aws_sdk_iam::Client,
    session: &Session,
    role: &RoleArn,
    likely: &[&str],
) -> Read<BTreeMap<String, String>> {
    let (names, likely_documents) = join!(
        inline_policy_names(client, session, role),
        join_all(
            likely
                .iter()
                .map(|name| inline_policy(client, session, role, name))
        ),
    );
    let names = match names {
        Read::Seen(names) => names,
        other => return other.unseen(),
    };
    let unlikely = names.iter().filter(|name| !likely.contains(&name.as_str()));
    let unlikely: Vec<&str> = unlikely.map(String::as_str).collect();
    let unlikely_documents = join_all(
        unlikely
            .iter()
            .map(|name| inline_policy(client, session, role, name)),
    );
    let documents = likely_documents.into_iter().chain(unlikely_documents.await);
    let mut found = BTreeMap::new();
    for (name, document) in likely.iter().copied().chain(unlikely).zip(documents) {
        match document {
            Read::Seen(document) => found.insert(name.to_owned(), document),
            // The list determines which policies exist.
            Read::NotFound if !names.contains(name) => None,
            other => return other.unseen(),
        };
    }
    Read::Seen(found)
}

/// The names of the roles in an instance profile.
pub(super) async fn instance_profile(
    client: &aws_sdk_iam::Client,
    session: &Session,
    profile: &InstanceProfileArn,
) -> Read<BTreeSet<String>> {
    let request = client.get_instance_profile();
    let request = request.instance_profile_name(profile.name()).customize();
    match request.config_override(iam_as(session)).send().await {
        Ok(answer) => match answer.instance_profile() {
            Some(found) if found.arn() == profile.as_str() => {
                let roles = found.roles().iter().map(|role| role.role_name().to_owned());
                Read::Seen(roles.collect())
            }
            // Another instance profile with the same name, which is not the stack's.
            Some(_) => Read::NotFound,
            None => unexpected("iam:GetInstanceProfile"),
        },
        Err(error) => unread(&error, "iam:GetInstanceProfile"),
    }
}

async fn inline_policy(
    client: &aws_sdk_iam::Client,
    session: &Session,
    role: &RoleArn,
    name: &str,
) -> Read<String> {
    let request = client.get_role_policy().role_name(role.name());
    let request = request.policy_name(name).customize();
    match request.config_override(iam_as(session)).send().await {
        Ok(answer) => Read::Seen(answer.policy_document().to_owned()),
        Err(error) => unread(&error, "iam:GetRolePolicy"),
    }
}

async fn inline_policy_names(
    client: &aws_sdk_iam::Client,
    session: &Session,
    role: &RoleArn,
) -> Read<BTreeSet<String>> {
    let (mut names, mut marker) = (BTreeSet::new(), None);
    for _ in 0..MAX_PAGES {
        let request = client.list_role_policies().role_name(role.name());
        let request = request.set_marker(marker).customize();
        let page = match request.config_override(iam_as(session)).send().await {
            Ok(page) => page,
            Err(error) => return unread(&error, "iam:ListRolePolicies"),
        };
        names.extend(page.policy_names().iter().cloned());
        marker = page.marker().map(str::to_owned);
        if !page.is_truncated() || marker.is_none() {
            return Read::Seen(names);
        }
    }
    unexpected("iam:ListRolePolicies")
}

/// Handles a response that AWS should never return.
pub(super) fn unexpected<T>(action: &'static str) -> Read<T> {
    tracing::warn!(
        action,
        cause = "an unexpected response",
        "a read was inconclusive"
    );
    Read::Unreachable
}

pub(super) fn unread<T, E>(error: &SdkError<E, HttpResponse>, action: &'static str) -> Read<T>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let failure = Failure::of(error);
    match failure.kind {
        Kind::Denied => {
            let message = failure.message.as_deref().unwrap_or_default();
            let denial = Denial::from_message(action, message);
            if denial.by.is_some_and(PolicyKind::limits_the_session) {
                log_hub_denial(&denial);
            }
            Read::Denied(denial)
        }
        Kind::Throttled => Read::Throttled,
        Kind::Other if is_absence(&failure) => Read::NotFound,
        Kind::Other | Kind::NoAnswer => {
            let cause = failure.cause();
            tracing::warn!(action, cause, "a read was inconclusive");
            Read::Unreachable
        }
    }
}

/// CloudFormation has no specific error code for a missing stack.
fn is_absence(failure: &Failure) -> bool {
    let message = failure.message.as_deref().unwrap_or_default();
    failure.is("NoSuchEntity")
        || (failure.is("ValidationError") && message.contains("does not exist"))
}
