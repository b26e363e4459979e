//! The policy `SelfInspection`, with which the hub's role reads itself and its stack.

use crate::aws::Partition;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The values in the policy: those of one stack, or the template's references to them.
#[derive(Debug, Clone)]
pub struct Inspected {
    pub partition: Partition,
    pub stack: Value,
    pub role: Arns,
    /// The stack's permissions boundary.
    pub boundary: Boundary,
    pub companions: Vec<InspectedCompanion>,
}

/// A companion role of the stack.
#[derive(Debug, Clone)]
pub struct InspectedCompanion {
    pub role: Arns,
    pub instance_profile: Option<Arns>,
    /// Customer-managed policies that were chosen for the role.
    pub policies: Vec<String>,
}

/// A resource's ARN, and the same without its path, for programs that authorize by name. Names are
/// unique in an account, so the second matches no other resource.
#[derive(Debug, Clone)]
pub struct Arns(pub [Value; 2]);

#[derive(Debug, Clone)]
pub enum Boundary {
    None,
    Arn(String),
    /// The template's parameter, and the condition that it is set.
    Parameter {
        name: &'static str,
        condition: &'static str,
    },
}

const READ_A_ROLE: [&str; 5] = [
    "iam:GetRole",
    "iam:ListAttachedRolePolicies",
    "iam:ListRolePolicies",
    "iam:GetRolePolicy",
    "iam:SimulatePrincipalPolicy",
];

const READ_A_POLICY: [&str; 2] = ["iam:GetPolicy", "iam:GetPolicyVersion"];

/// The policy's document. Statements without resources are left out.
pub fn self_inspection(inspected: &Inspected) -> Value {
    let read_the_stack = [
        "cloudformation:DescribeStacks",
        "cloudformation:DescribeStackResources",
    ];
    let public = format!("arn:{}:iam::aws:policy/*", inspected.partition.as_str());
    let companions = &inspected.companions;
    let roles = companions.iter().flat_map(|one| one.role.0.clone());
    let policies: BTreeSet<&String> = companions.iter().flat_map(|one| &one.policies).collect();
    let profiles = companions
        .iter()
        .filter_map(|one| one.instance_profile.as_ref());
    let profiles: Vec<Value> = profiles.flat_map(|arns| arns.0.clone()).collect();
    // Decodes EC2's messages about denied requests. The action supports no resources, and a message
    // contains only the denied request.
    let messages = match profiles.is_empty() {
        true => Vec::new(),
        false => vec![json!("*")],
    };
    let mut statements = vec![
        statement(
            "ReadThisStack",
            &read_the_stack,
            vec![inspected.stack.clone()],
        ),
        statement("ReadThisRole", &READ_A_ROLE, inspected.role.0.to_vec()),
        statement(
            "ReadAwsManagedPolicies",
            &READ_A_POLICY,
            vec![json!(public)],
        ),
    ];
    let boundary = |arn| statement("ReadTheBoundary", &READ_A_POLICY, vec![arn]);
    match &inspected.boundary {
        Boundary::None => {}
        Boundary::Arn(arn) => statements.push(boundary(json!(arn))),
        Boundary::Parameter { name, condition } => {
            let then = boundary(json!({"Ref": name}));
            let otherwise = json!({"Ref": "AWS::NoValue"});
            statements.push(json!({"Fn::If": [condition, then, otherwise]}));
        }
    }
    statements.extend([
        statement("ReadCompanionRoles", &READ_A_ROLE, roles.collect()),
        statement(
            "ReadChosenPolicies",
            &READ_A_POLICY,
            policies.into_iter().map(|arn| json!(arn)).collect(),
        ),
        statement(
            "ReadInstanceProfiles",
            &["iam:GetInstanceProfile"],
            profiles,
        ),
        statement(
            "ExplainRefusals",
            &["sts:DecodeAuthorizationMessage"],
            messages,
        ),
    ]);
    statements.retain(|one| one.get("Resource") != Some(&json!([])));
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn statement(sid: &str, actions: &[&str], mut resources: Vec<Value>) -> Value {
    let resource = match resources.len() {
        1 => resources.remove(0),
        _ => Value::Array(resources),
    };
    json!({"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource})
}
