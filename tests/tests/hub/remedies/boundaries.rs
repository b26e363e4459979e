//! Permissions boundaries that are missing, unexpected or too narrow.

use super::bench::TestAccount;
use crate::companions::bench::Bench;
use anyhow::{Context, Result};
use rolecall_tests::world::World;
use serde_json::{Value, json};

fn policy(effect: &str, actions: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": effect, "Action": actions, "Resource": "*"}]})
}

/// Creates a customer managed policy and returns its ARN.
async fn make(tested: &TestAccount, name: &str, document: &Value) -> Result<String> {
    let make = format!(
        "aws iam create-policy --policy-name {name} --policy-document '{document}' \
         --query Policy.Arn --output text"
    );
    Ok(tested.shell(&make).await?.trim().to_owned())
}

/// An account whose stack sets this boundary on its role.
async fn bounded(document: &Value) -> Result<(TestAccount, String)> {
    let world = World::find().await?;
    let (customer, group) = (world.customer(), world.group().await?);
    let iam = world.aws(customer.account_id())?.iam();
    let made = iam.create_policy().policy_name("boundary");
    let made = made.policy_document(document.to_string()).send().await?;
    let arn = made
        .policy()
        .and_then(|it| it.arn())
        .context("no ARN")?
        .to_owned();
    let registration = world.register(&group).await?;
    let mut link = registration.link()?;
    link.parameters
        .insert("PermissionsBoundaryArn".to_owned(), arn.clone());
    let stack_id = customer.create(&link).await?;
    let stack = customer.settled(&stack_id).await?;
    let registration = world
        .acme
        .registration(&registration.registration_id)
        .await?;
    let account = registration
        .account_id
        .clone()
        .with_context(|| format!("{}: {:?}", stack.status, registration.last_attempt))?;
    let account = world.acme.account(&account).await?;
    let connected = rolecall_tests::accounts::Connected {
        customer,
        group,
        registration,
        stack,
        account,
    };
    let bench = Bench { world, connected };
    Ok((TestAccount { bench }, arn))
}

#[tokio::test]
async fn missing_boundary_is_restored() -> Result<()> {
    let (tested, arn) = bounded(&policy("Allow", json!("*"))).await?;
    let role = tested.role().to_owned();
    tested.assert_passed("boundary_missing").await?;
    tested
        .shell(&format!(
            "aws iam delete-role-permissions-boundary --role-name {role}"
        ))
        .await?;
    let check = tested.run_remedy("boundary_missing").await?;
    assert!(check.command.is_some_and(|it| it.contains(&arn)));
    Ok(())
}

#[tokio::test]
async fn unexpected_boundary_is_removed() -> Result<()> {
    let tested = TestAccount::connected().await?;
    let role = tested.role().to_owned();
    let narrow = policy("Allow", json!(["cloudformation:*", "iam:GetRole"]));
    let arn = make(&tested, "narrow", &narrow).await?;
    let bound = format!(
        "aws iam put-role-permissions-boundary --role-name {role} --permissions-boundary {arn}"
    );
    tested.shell(&bound).await?;
    let check = tested.run_remedy("permissions_missing").await?;
    let evidence = check.evidence.context("no evidence")?;
    assert_eq!(evidence["denied_by"], json!(["permissions boundary", arn]));
    assert!(
        check.message.contains("permissions boundary"),
        "{}",
        check.message
    );
    Ok(())
}

#[tokio::test]
async fn actions_denied_by_boundary_are_added_to_it() -> Result<()> {
    let (tested, arn) = bounded(&policy("Allow", json!("*"))).await?;
    let narrow = policy("Allow", json!(["cloudformation:*", "iam:Get*"]));
    let version = |document: &Value| {
        format!(
            "aws iam create-policy-version --policy-arn {arn} --set-as-default \
             --policy-document '{document}'"
        )
    };
    tested.shell(&version(&narrow)).await?;
    let check = tested.finding("permissions_missing").await?;
    let remedy = check.remedy.context("no remedy")?;
    assert!(
        remedy.contains("permissions boundary") && remedy.contains(&arn),
        "{remedy}"
    );
    assert_eq!(
        check.command, None,
        "a shared boundary must not be changed by a command"
    );
    let evidence = check.evidence.context("no evidence")?;
    let actions = evidence["actions"].as_array().context("actions")?;
    assert!(
        actions.contains(&json!("iam:ListRolePolicies")),
        "{actions:?}"
    );
    // The customer adds the reported actions.
    let mut all: Vec<Value> = vec![json!("cloudformation:*"), json!("iam:Get*")];
    all.extend(actions.iter().cloned());
    tested.shell(&version(&policy("Allow", json!(all)))).await?;
    tested.assert_passed("permissions_missing").await
}
