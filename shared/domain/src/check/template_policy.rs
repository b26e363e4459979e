//! The template's inline policies, rendered for one stack.

use super::expected::Expected;
use super::observed::StackFacts;
use crate::companion::DeployedRole;
use crate::companion::expected::ExpectedRole;
use crate::link::template::TemplatePermissions;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Renders the policy `SelfInspection` with one stack's resources in place of the placeholders.
/// `None` if the recorded text is not a policy. If the stack could not be read, resources that come
/// from its parameters are omitted.
pub fn self_inspection(
    text: &str,
    expected: &Expected,
    stack: Option<&StackFacts>,
    deployed: &[&DeployedRole],
) -> Option<Value> {
    let mut policy: Value = serde_json::from_str(text).ok()?;
    let statement = policy.get_mut("Statement")?;
    if statement.is_object() {
        *statement = json!([statement.take()]);
    }
    let statements = statement.as_array_mut()?;
    for statement in statements.iter_mut() {
        let Some(resource) = statement.get_mut("Resource") else {
            continue;
        };
        let names: Vec<String> = match &*resource {
            Value::String(name) => vec![name.clone()],
            Value::Array(names) => names.iter().filter_map(string_value).collect(),
            _ => return None,
        };
        let filled = names
            .iter()
            .flat_map(|name| fill(name, expected, stack, deployed));
        *resource = filled.collect();
    }
    // Removes statements whose resources this stack doesn't have, as the template does.
    statements.retain(|one| one.get("Resource") != Some(&json!([])));
    Some(policy)
}

fn string_value(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn fill(
    name: &str,
    expected: &Expected,
    stack: Option<&StackFacts>,
    deployed: &[&DeployedRole],
) -> Vec<String> {
    let role = &expected.role_arn;
    let profiles = || {
        deployed
            .iter()
            .filter_map(|deployed| deployed.instance_profile_arn.as_ref())
    };
    match name {
        "${StackId}" => vec![expected.stack_id.to_string()],
        "${RoleArn}" => vec![role.to_string()],
        "${RoleArnWithoutPath}" => vec![role.without_path()],
        "${CompanionRoleArns}" => {
            let roles = deployed.iter().map(|deployed| &deployed.role_arn);
            roles
                .flat_map(|role| [role.to_string(), role.without_path()])
                .collect()
        }
        "${InstanceProfileArns}" => profiles()
            .flat_map(|arn| [arn.to_string(), arn.without_path()])
            .collect(),
        "${EverythingIfInstances}" if profiles().next().is_none() => Vec::new(),
        "${EverythingIfInstances}" => vec!["*".to_owned()],
        // Only kinds whose policies are all chosen; the other kinds use AWS managed policies.
        "${ChosenPolicyArns}" => {
            let deployed = deployed.iter();
            let by_choice = deployed.filter(|deployed| deployed.kind.chosen_policies().is_some());
            let chosen = by_choice.filter_map(|deployed| ExpectedRole::of(deployed));
            chosen.flat_map(|intended| intended.managed).collect()
        }
        "${ManagedPolicyArns}" => {
            let arns = stack
                .into_iter()
                .flat_map(|stack| &stack.managed_policy_arns);
            arns.cloned().collect()
        }
        "${PermissionsBoundaryArn}" => stack
            .into_iter()
            .filter_map(|stack| stack.boundary_arn.clone())
            .collect(),
        other => vec![other.replace("${Partition}", role.partition().as_str())],
    }
}

/// The inline policies by name: the one in every template, and the operator's.
pub fn by_name(own: &Value, operator: &str) -> BTreeMap<String, Value> {
    let [own_name, operator_name] = TemplatePermissions::POLICY_NAMES;
    let operator = serde_json::from_str(operator).ok();
    let operator = operator.map(|policy| (operator_name.to_owned(), policy));
    [(own_name.to_owned(), own.clone())]
        .into_iter()
        .chain(operator)
        .collect()
}
