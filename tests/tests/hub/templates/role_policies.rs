//! Stacks with `AWS::IAM::RolePolicy` resources: what CloudFormation creates, replaces and deletes, and when.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use aws_sdk_cloudformation::types::Capability;
use rolecall_domain::iam::percent_decode;
use rolecall_local::stacks::{StackState, Stacks};
use rolecall_tests::world::{World, twelve_digits, unique};
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(60);
const CAPABILITIES: [Capability; 1] = [Capability::CapabilityIam];

/// An AWS account with a stack of two roles, `One` and `Two`, and their policies.
struct Account {
    aws: rolecall_aws::clients::Aws,
    stacks: Stacks,
    name: String,
}

impl Account {
    async fn with(policies: Value) -> Result<Self> {
        let world = World::find().await?;
        let aws = world.aws(&twelve_digits())?;
        let account = Self {
            stacks: Stacks::new(aws.cloudformation()),
            aws,
            name: unique("role-policies"),
        };
        let (name, template) = (&account.name, template(policies));
        let none = BTreeMap::new();
        let created = account.stacks.deploy(name, &template, &none, &CAPABILITIES);
        created.await?;
        Ok(account)
    }

    async fn update(&self, policies: Value) -> Result<StackState> {
        let (stacks, template) = (&self.stacks, template(policies));
        stacks
            .update(&self.name, &template, &BTreeMap::new(), &CAPABILITIES)
            .await?;
        stacks.settled(&self.name, LIMIT).await
    }

    /// The physical ID of a resource.
    async fn physical_id(&self, logical_id: &str) -> Result<String> {
        let client = self.aws.cloudformation();
        let request = client.describe_stack_resources().stack_name(&self.name);
        let answer = request.send().await?;
        let mut resources = answer.stack_resources().iter();
        let found = resources.find(|one| one.logical_resource_id() == Some(logical_id));
        let id = found.and_then(|one| one.physical_resource_id());
        Ok(id
            .with_context(|| format!("no resource {logical_id}"))?
            .to_owned())
    }

    /// The names of a role's inline policies.
    async fn policies_of(&self, logical_id: &str) -> Result<BTreeSet<String>> {
        let role = self.physical_id(logical_id).await?;
        let request = self.aws.iam().list_role_policies().role_name(role);
        Ok(request
            .send()
            .await?
            .policy_names()
            .iter()
            .cloned()
            .collect())
    }

    /// The action that an inline policy of a role allows.
    async fn action_of(&self, logical_id: &str, policy: &str) -> Result<String> {
        let role = self.physical_id(logical_id).await?;
        let request = self.aws.iam().get_role_policy().role_name(role);
        let answer = request.policy_name(policy).send().await?;
        let document = percent_decode(answer.policy_document());
        let document: Value = serde_json::from_str(&document)?;
        let action = document["Statement"][0]["Action"].as_str();
        Ok(action.context("no action")?.to_owned())
    }

    async fn failures(&self) -> Result<String> {
        let events = self.stacks.events(&self.name).await?;
        let failed = events.iter().filter(|it| it.status.ends_with("_FAILED"));
        let lines: Vec<_> = failed
            .map(|it| format!("{}: {}", it.logical_id, it.reason))
            .collect();
        Ok(lines.join("\n"))
    }
}

fn template(policies: Value) -> String {
    let role = json!({
        "Type": "AWS::IAM::Role",
        "Properties": {"AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": {"Service": "ec2.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }],
        }},
    });
    let mut resources = json!({"One": role, "Two": role});
    for (name, policy) in policies.as_object().into_iter().flatten() {
        resources[name] = policy.clone();
    }
    json!({"Resources": resources}).to_string()
}

fn policy(role: &Value, name: &str, action: &str) -> Value {
    json!({
        "Type": "AWS::IAM::RolePolicy",
        "Properties": {
            "RoleName": role,
            "PolicyName": name,
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}],
            },
        },
    })
}

fn one() -> Value {
    json!({"Ref": "One"})
}

fn names<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(str::to_owned).into()
}

#[tokio::test]
async fn role_policy_follows_its_template() -> Result<()> {
    let inventory = policy(&one(), "Access-inventory", "ec2:DescribeInstances");
    let account = Account::with(json!({"Access": inventory})).await?;
    let role = account.physical_id("One").await?;
    let id = account.physical_id("Access").await?;
    assert_eq!(id, format!("Access-inventory|{role}"));
    let action = account.action_of("One", "Access-inventory").await?;
    assert_eq!(action, "ec2:DescribeInstances");

    let changed = policy(&one(), "Access-inventory", "s3:ListAllMyBuckets");
    let stack = account.update(json!({"Access": changed})).await?;
    assert!(stack.is_complete(), "{}", stack.status);
    let action = account.action_of("One", "Access-inventory").await?;
    assert_eq!(action, "s3:ListAllMyBuckets");
    assert_eq!(account.physical_id("Access").await?, id);

    let renamed = policy(&one(), "Access-backup", "s3:ListAllMyBuckets");
    let stack = account.update(json!({"Access": renamed})).await?;
    assert!(stack.is_complete(), "{}", stack.status);
    assert_eq!(account.policies_of("One").await?, names(["Access-backup"]));
    let id = account.physical_id("Access").await?;
    assert_eq!(id, format!("Access-backup|{role}"));

    let two = json!({"Ref": "Two"});
    let moved = policy(&two, "Access-backup", "s3:ListAllMyBuckets");
    let stack = account.update(json!({"Access": moved})).await?;
    assert!(stack.is_complete(), "{}", stack.status);
    assert_eq!(account.policies_of("One").await?, names([]));
    assert_eq!(account.policies_of("Two").await?, names(["Access-backup"]));

    let stack = account.update(json!({})).await?;
    assert!(stack.is_complete(), "{}", stack.status);
    assert_eq!(account.policies_of("Two").await?, names([]));
    Ok(())
}

/// An update first creates what is new, and then deletes what is no longer in the template.
#[tokio::test]
async fn failed_update_keeps_the_policies_that_it_would_have_deleted() -> Result<()> {
    let inventory = policy(&one(), "Access-inventory", "ec2:DescribeInstances");
    let account = Account::with(json!({"Inventory": inventory})).await?;

    let backup = policy(&one(), "Access-backup", "s3:ListAllMyBuckets");
    let mut broken = policy(&json!("no-such-role"), "Access-broken", "s3:*");
    broken["DependsOn"] = json!("Backup");
    let changes = json!({"Backup": backup, "Broken": broken});
    let stack = account.update(changes).await?;
    assert_eq!(stack.status, "UPDATE_ROLLBACK_COMPLETE");
    let failures = account.failures().await?;
    ensure!(failures.contains("no-such-role"), "{failures}");
    assert_eq!(
        account.policies_of("One").await?,
        names(["Access-inventory"])
    );

    // So a policy can't keep its name under another logical ID: the old one still exists.
    let stack = account.update(json!({"Renamed": inventory})).await?;
    assert_eq!(stack.status, "UPDATE_ROLLBACK_COMPLETE");
    let failures = account.failures().await?;
    ensure!(failures.contains("already exists"), "{failures}");
    let action = account.action_of("One", "Access-inventory").await?;
    assert_eq!(action, "ec2:DescribeInstances");
    Ok(())
}

/// The stack's own policies are deleted before the role; CloudFormation does not delete any others.
#[tokio::test]
async fn role_with_a_policy_from_outside_its_stack_is_not_deleted() -> Result<()> {
    let inventory = policy(&one(), "Access-inventory", "ec2:DescribeInstances");
    let account = Account::with(json!({"Access": inventory})).await?;
    let role = account.physical_id("One").await?;
    let iam = account.aws.iam();
    let request = iam.put_role_policy().role_name(&role).policy_name("added");
    let document = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    ]});
    request.policy_document(document.to_string()).send().await?;

    let stack_id = account.stacks.describe(&account.name).await?.stack_id;
    account.stacks.delete(&stack_id).await?;
    let stack = account.stacks.settled(&stack_id, LIMIT).await?;
    assert_eq!(stack.status, "DELETE_FAILED");
    assert_eq!(account.policies_of("One").await?, names(["added"]));

    let request = iam.delete_role_policy().role_name(&role);
    request.policy_name("added").send().await?;
    account.stacks.delete(&stack_id).await?;
    let stack = account.stacks.settled(&stack_id, LIMIT).await?;
    assert_eq!(stack.status, "DELETE_COMPLETE");
    Ok(())
}
