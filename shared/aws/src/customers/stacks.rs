//! Reads a customer's stack through its role.

use super::Session;
use super::reads::{unexpected, unread};
use aws_sdk_cloudformation::types::{Parameter, ResourceStatus, Stack};
use aws_sdk_sts::config::IdentityCache;
use rolecall_domain::aws::{ExternalId, Nested, StackId};
use rolecall_domain::check::{Read, StackFacts, StackStatus};
use rolecall_domain::companion;
use rolecall_domain::companion::DeployedRole;
use rolecall_domain::link::stack_info::StackInfo;
use rolecall_domain::link::template::TemplateId;
use std::collections::BTreeSet;

/// Uses the role's credentials and the stack's Region. Without an identity cache, because the
/// credentials live only for this call.
fn cloudformation_as(session: &Session, id: &StackId) -> aws_sdk_cloudformation::config::Builder {
    aws_sdk_cloudformation::config::Builder::new()
        .credentials_provider(session.credentials.clone())
        .identity_cache(IdentityCache::no_cache())
        .region(aws_types::region::Region::new(
            id.region().as_str().to_owned(),
        ))
}

pub(super) async fn stack(
    client: &aws_sdk_cloudformation::Client,
    session: &Session,
    id: &StackId,
    external_id: &ExternalId,
) -> Read<StackFacts> {
    let request = client.describe_stacks().stack_name(id.as_str());
    let request = request.customize();
    match request
        .config_override(cloudformation_as(session, id))
        .send()
        .await
    {
        Ok(answer) => {
            let mut stacks = answer.stacks().iter();
            match stacks.find(|stack| stack.stack_id() == Some(id.as_str())) {
                Some(stack) => Read::Seen(stack_facts(stack, id, external_id)),
                None => unexpected("cloudformation:DescribeStacks"),
            }
        }
        Err(error) => unread(&error, "cloudformation:DescribeStacks"),
    }
}

fn stack_facts(stack: &Stack, id: &StackId, external_id: &ExternalId) -> StackFacts {
    let parameter = |key: &str| {
        let mut all = stack.parameters().iter();
        all.find(|one| one.parameter_key() == Some(key))
            .and_then(Parameter::parameter_value)
    };
    StackFacts {
        status: stack.stack_status().map_or(StackStatus::Unknown, |status| {
            StackStatus::parse(status.as_str())
        }),
        status_reason: stack.stack_status_reason().map(str::to_owned),
        protected: stack.enable_termination_protection().unwrap_or(false),
        nested: nested(stack, id),
        external_id_matches: parameter("ExternalId").map(|value| value == external_id.as_str()),
        boundary_arn: parameter("PermissionsBoundaryArn")
            .filter(|arn| !arn.is_empty())
            .map(str::to_owned),
        template_id: template_id(stack),
        managed_policy_arns: BTreeSet::new(),
        asked_roles: Vec::new(),
        deployed_roles: deployed_roles(stack, id),
    }
}

/// The root and parent stacks, if the stack is nested.
fn nested(stack: &Stack, id: &StackId) -> Option<Nested> {
    let (root, parent) = (stack.root_id(), stack.parent_id());
    let root = StackId::parse(root.or(parent)?).ok()?;
    let parent = match parent {
        Some(parent) => StackId::parse(parent).ok()?,
        None => root.clone(),
    };
    (root != *id).then_some(Nested { root, parent })
}

fn output<'a>(stack: &'a Stack, key: &str) -> Option<&'a str> {
    let mut all = stack.outputs().iter();
    all.find(|one| one.output_key() == Some(key))?
        .output_value()
}

/// The template that the stack reports. A stack that is being created has no outputs yet.
fn template_id(stack: &Stack) -> Option<TemplateId> {
    StackInfo::parse(output(stack, StackInfo::OUTPUT)?)
        .ok()?
        .template_id
}

/// The companion roles that the stack created, according to its outputs.
fn deployed_roles(stack: &Stack, id: &StackId) -> Vec<DeployedRole> {
    let made = companion::Kind::companions().filter_map(|kind| {
        let role = output(stack, &kind.role_output())?;
        let profile = output(stack, &kind.profile_output());
        DeployedRole::read(id, kind, role, profile)
    });
    made.collect()
}

pub(super) async fn stack_roles(
    client: &aws_sdk_cloudformation::Client,
    session: &Session,
    id: &StackId,
) -> Read<BTreeSet<String>> {
    let request = client.describe_stack_resources().stack_name(id.as_str());
    let request = request.customize();
    match request
        .config_override(cloudformation_as(session, id))
        .send()
        .await
    {
        Ok(answer) => {
            let roles = answer.stack_resources().iter().filter(|one| {
                one.resource_type() == Some("AWS::IAM::Role")
                    && one.resource_status() != Some(&ResourceStatus::DeleteComplete)
            });
            let names = roles.filter_map(|one| one.physical_resource_id().map(str::to_owned));
            Read::Seen(names.collect())
        }
        Err(error) => unread(&error, "cloudformation:DescribeStackResources"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(key: &str, value: &str) -> Parameter {
        Parameter::builder()
            .parameter_key(key)
            .parameter_value(value)
            .build()
    }

    fn id() -> StackId {
        let arn = "arn:aws:cloudformation:us-east-1:222222222222:stack/rolecall-1/abc";
        StackId::parse(arn).expect("valid")
    }

    #[test]
    fn stack_facts_contain_parameters_but_no_external_id() {
        let external_id = ExternalId::parse("expected-id").expect("valid");
        let stack = Stack::builder()
            .stack_status("UPDATE_COMPLETE".into())
            .parameters(parameter("ExternalId", "expected-id"))
            .parameters(parameter("PermissionsBoundaryArn", ""))
            .build();
        let facts = stack_facts(&stack, &id(), &external_id);
        assert_eq!(facts.status, StackStatus::UpdateComplete);
        assert_eq!(facts.external_id_matches, Some(true));
        assert_eq!(facts.boundary_arn, None);
        assert!(!format!("{facts:?}").contains("expected-id"));
        let other = stack_facts(&stack, &id(), &external_id.wrong());
        assert_eq!(other.external_id_matches, Some(false));
    }

    #[test]
    fn nested_stack_has_its_root_and_parent() {
        let external_id = ExternalId::parse("expected-id").expect("valid");
        let of =
            |name: &str| format!("arn:aws:cloudformation:us-east-1:222222222222:stack/{name}/a");
        let stack = Stack::builder().root_id(of("root")).parent_id(of("parent"));
        let nested = stack_facts(&stack.build(), &id(), &external_id).nested;
        let nested = nested.expect("is nested");
        assert_eq!(nested.root.as_str(), of("root"));
        assert_eq!(nested.parent.as_str(), of("parent"));
        let alone = stack_facts(&Stack::builder().build(), &id(), &external_id);
        assert_eq!(alone.nested, None);
    }

    #[test]
    fn stack_without_external_id_parameter_is_no_mismatch() {
        let external_id = ExternalId::parse("expected-id").expect("valid");
        let facts = stack_facts(&Stack::builder().build(), &id(), &external_id);
        assert_eq!(facts.external_id_matches, None);
        assert_eq!(facts.status, StackStatus::Unknown);
    }
}
