//! Permissions boundaries: one that is missing, one that should not be, and one that forbids too much.

use super::bench::Patient;
use crate::companions::bench::Bench;
use anyhow::{Context, Result};
use rolecall_tests::world::World;
use serde_json::{Value, json};

fn policy(effect: &str, actions: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": effect, "Action": actions, "Resource": "*"}]})
}

/// A policy of the customer's own; its ARN.
async fn make(patient: &Patient, name: &str, document: &Value) -> Result<String> {
    let make = format!(
        "aws iam create-policy --policy-name {name} --policy-document '{document}' \
         --query Policy.Arn --output text"
    );
    Ok(patient.shell(&make).await?.trim().to_owned())
}

/// An account whose stack gives its role this boundary.
async fn bounded(document: &Value) -> Result<(Patient, String)> {
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
        .with_context(|| format!("{}: {:?}", stack.status, registration.last_report))?;
    let account = world.acme.account(&account).await?;
    let connected = rolecall_tests::accounts::Connected {
        customer,
        group,
        registration,
        stack,
        account,
    };
    let bench = Bench { world, connected };
    Ok((Patient { bench }, arn))
}

#[tokio::test]
async fn a_boundary_that_was_taken_away_comes_back() -> Result<()> {
    let (patient, arn) = bounded(&policy("Allow", json!("*"))).await?;
    let role = patient.role().to_owned();
    patient.passes("boundary_missing").await?;
    patient
        .shell(&format!(
            "aws iam delete-role-permissions-boundary --role-name {role}"
        ))
        .await?;
    let check = patient.mends("boundary_missing").await?;
    assert!(check.command.is_some_and(|it| it.contains(&arn)));
    Ok(())
}

#[tokio::test]
async fn a_boundary_that_the_stack_does_not_give_goes() -> Result<()> {
    let patient = Patient::connected().await?;
    let role = patient.role().to_owned();
    let narrow = policy("Allow", json!(["cloudformation:*", "iam:GetRole"]));
    let arn = make(&patient, "narrow", &narrow).await?;
    let bound = format!(
        "aws iam put-role-permissions-boundary --role-name {role} --permissions-boundary {arn}"
    );
    patient.shell(&bound).await?;
    let check = patient.mends("permissions_missing").await?;
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
async fn what_a_boundary_forbids_is_allowed_in_it() -> Result<()> {
    let (patient, arn) = bounded(&policy("Allow", json!("*"))).await?;
    let narrow = policy("Allow", json!(["cloudformation:*", "iam:Get*"]));
    let version = |document: &Value| {
        format!(
            "aws iam create-policy-version --policy-arn {arn} --set-as-default \
             --policy-document '{document}'"
        )
    };
    patient.shell(&version(&narrow)).await?;
    let check = patient.finding("permissions_missing").await?;
    let remedy = check.remedy.context("no remedy")?;
    assert!(
        remedy.contains("permissions boundary") && remedy.contains(&arn),
        "{remedy}"
    );
    assert_eq!(
        check.command, None,
        "only the customer knows what else it is for"
    );
    let evidence = check.evidence.context("no evidence")?;
    let actions = evidence["actions"].as_array().context("actions")?;
    assert!(
        actions.contains(&json!("iam:ListRolePolicies")),
        "{actions:?}"
    );
    // The customer allows what is named.
    let mut all: Vec<Value> = vec![json!("cloudformation:*"), json!("iam:Get*")];
    all.extend(actions.iter().cloned());
    patient
        .shell(&version(&policy("Allow", json!(all))))
        .await?;
    patient.passes("permissions_missing").await
}
