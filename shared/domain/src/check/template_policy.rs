//! The template's inline policies, rendered for one stack.

use super::expected::Expected;
use super::observed::StackFacts;
use crate::aws::PolicyArn;
use crate::companion::DeployedRole;
use crate::companion::expected::ExpectedRole;
use crate::link::template::TemplatePermissions;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Renders the policy `SelfInspection` with one stack's resources in place of the placeholders.
/// `None` if the recorded text is not a policy.
pub fn self_inspection(
    text: &str,
    expected: &Expected,
    parameters: &Parameters<'_>,
    deployed: &[&DeployedRole],
) -> Option<Value> {
    let mut policy: Value = serde_json::from_str(text).ok()?;
    let statement = policy.get_mut("Statement")?;
    if statement.is_object() {
        *statement = json!([statement.take()]);
    }
    let statements = statement.as_array_mut()?;
    for statement in statements.iter_mut() {
        let Some(resource) = statement.get("Resource") else {
            continue;
        };
        let names: Vec<String> = match resource {
            Value::String(name) => vec![name.clone()],
            Value::Array(names) => names.iter().filter_map(string_value).collect(),
            _ => return None,
        };
        let sid = statement.get("Sid").and_then(Value::as_str);
        let filled = names.iter().flat_map(|name| match name.as_str() {
            "${ManagedPolicyArns}" => parameters.managed_policy_arns(sid),
            "${PermissionsBoundaryArn}" => parameters.boundary_arn(sid),
            name => fill(name, expected, deployed),
        });
        let filled: Value = filled.collect();
        statement["Resource"] = filled;
    }
    // Removes statements whose resources this stack doesn't have, as the template does.
    statements.retain(|one| one.get("Resource") != Some(&json!([])));
    Some(policy)
}

fn string_value(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// The stack's parameters that its policies refer to.
#[derive(Debug)]
pub enum Parameters<'a> {
    Read(&'a StackFacts),
    /// The stack can't be read. The policy must then keep what the role may read now, so its
    /// resources come from what else is known.
    Unread {
        /// Customer-managed policies that the stack attaches.
        policies: BTreeSet<String>,
        boundary: Option<String>,
        /// The policy that the role has now.
        present: Value,
    },
}

impl Parameters<'_> {
    fn managed_policy_arns(&self, sid: Option<&str>) -> Vec<String> {
        match self {
            Self::Read(stack) => stack.managed_policy_arns.iter().cloned().collect(),
            Self::Unread {
                policies, present, ..
            } => {
                let kept = resources(present, sid);
                let all: BTreeSet<String> = policies.iter().cloned().chain(kept).collect();
                all.into_iter().collect()
            }
        }
    }

    fn boundary_arn(&self, sid: Option<&str>) -> Vec<String> {
        match self {
            Self::Read(stack) => stack.boundary_arn.iter().cloned().collect(),
            Self::Unread {
                boundary, present, ..
            } => match boundary {
                Some(boundary) => vec![boundary.clone()],
                None => resources(present, sid),
            },
        }
    }
}

/// The policies that the statement with this ID allows to read.
fn resources(policy: &Value, sid: Option<&str>) -> Vec<String> {
    let statements = policy["Statement"].as_array().into_iter().flatten();
    let same = statements.filter(|one| sid.is_some() && one["Sid"].as_str() == sid);
    let named = same.flat_map(|one| match &one["Resource"] {
        Value::Array(names) => names.iter().filter_map(string_value).collect(),
        other => string_value(other).into_iter().collect::<Vec<String>>(),
    });
    let is_policy = |arn: &String| PolicyArn::parse(arn.clone()).is_ok();
    named.filter(is_policy).collect()
}

fn fill(name: &str, expected: &Expected, deployed: &[&DeployedRole]) -> Vec<String> {
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
