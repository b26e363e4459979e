//! Requests that arrive out of order or after deregistration.

use anyhow::{Context, Result};
use rolecall_tests::accounts::kinds;
use serde_json::json;

use rolecall_tests::desk::{Desk, Stack};

#[tokio::test]
async fn create_after_its_delete_does_not_register() -> Result<()> {
    let desk = Desk::open().await?;
    let stack = desk.stack_without_callback().await?;
    let mut delete = desk.request("Delete", &stack);
    delete["PhysicalResourceId"] = json!("made-up-by-cloudformation");
    desk.ask(&delete).await?.assert_success(&delete);
    let create = desk.request("Create", &stack);
    desk.ask(&create)
        .await?
        .assert_failed(&create, "conflict: ");
    let after = desk
        .world
        .acme
        .registration(&stack.registration.registration_id)
        .await?;
    assert_eq!((after.status.as_str(), after.account_id), ("pending", None));
    let entries = desk.world.orphans("deleting").await?;
    let entry = entries
        .iter()
        .find(|entry| entry.stack_id == stack.stack_id);
    let entry = entry.context("no orphaned stack")?;
    // The stack was read during verification.
    assert_eq!(kinds(&entry.evidence), ["stack_status", "delete_callback"]);
    Ok(())
}

#[tokio::test]
async fn delete_with_unknown_physical_id_disconnects_the_account() -> Result<()> {
    let desk = Desk::open().await?;
    let stack = desk.stack_without_callback().await?;
    let create = desk.request("Create", &stack);
    let created = desk.ask(&create).await?;
    let account_id = created.json["Data"]["AccountId"]
        .as_str()
        .context("no account")?;
    // The response was lost, so CloudFormation doesn't know the resource's ID.
    let mut delete = desk.request("Delete", &stack);
    delete["PhysicalResourceId"] = json!("rolecall-1-Registration-1ABCDEFGHIJKL");
    let answer = desk.ask(&delete).await?;
    answer.assert_success(&delete);
    let account = desk.world.acme.account(account_id).await?;
    assert_eq!(account.status, "disconnected");
    Ok(())
}

#[tokio::test]
async fn delete_of_refused_stack_is_evidence_for_that_stack_only() -> Result<()> {
    let desk = Desk::open().await?;
    let (connected, first) = desk.connected().await?;
    let mut second = desk.stack_without_callback().await?;
    second.registration = first.registration.clone();
    second.token = first.token.clone();
    let create = desk.request("Create", &second);
    let refused = desk.ask(&create).await?;
    refused.assert_failed(&create, "registration_used: ");

    let mut delete = desk.request("Delete", &second);
    delete["PhysicalResourceId"] = refused.json["PhysicalResourceId"].clone();
    desk.ask(&delete).await?.assert_success(&delete);
    // A refused resource is never the recorded one, even in a request that names the connected
    // stack.
    let mut other = desk.request("Delete", &first);
    other["PhysicalResourceId"] = refused.json["PhysicalResourceId"].clone();
    desk.ask(&other).await?.assert_success(&other);

    assert_eq!(desk.account_status(&connected).await?, "active");
    let entries = desk.world.orphans("deleting").await?;
    let entry = entries
        .iter()
        .find(|entry| entry.stack_id == second.stack_id);
    let entry = entry.context("no orphaned stack")?;
    assert!(kinds(&entry.evidence).contains(&"delete_callback"));
    assert!(!entries.iter().any(|entry| entry.stack_id == first.stack_id));
    Ok(())
}

#[tokio::test]
async fn create_after_pasted_stack_info_confirms_the_same_account() -> Result<()> {
    let desk = Desk::open().await?;
    let group = desk.world.group().await?;
    let registration = desk.world.register(&group).await?;
    let customer = desk.world.customer();
    let (_, line) = desk
        .world
        .stack_without_callback(&customer, &registration)
        .await?;
    let stack = Stack::of_line(&line, &registration)?;
    let id = &registration.registration_id;
    let pasted = desk.world.acme.complete(id, &line, Some("Pasted")).await?;

    let create = desk.request("Create", &stack);
    let answer = desk.ask(&create).await?;
    answer.assert_success(&create);
    assert_eq!(answer.json["Data"], json!({"AccountId": pasted.account_id}));
    let mut other_role = desk.request("Create", &stack);
    other_role["ResourceProperties"]["RoleArn"] = json!(format!("{}2", stack.role_arn));
    desk.ask(&other_role)
        .await?
        .assert_failed(&other_role, "registration_used: ");
    assert_eq!(
        desk.world.acme.account(&pasted.account_id).await?.status,
        "active"
    );
    Ok(())
}

#[tokio::test]
async fn repeated_deletes_all_succeed() -> Result<()> {
    let desk = Desk::open().await?;
    let (connected, stack) = desk.connected().await?;
    for _ in 0..3 {
        let delete = desk.request("Delete", &stack);
        desk.ask(&delete).await?.assert_success(&delete);
        assert_eq!(desk.account_status(&connected).await?, "disconnected");
    }
    let account = desk
        .world
        .acme
        .account(&connected.account.account_id)
        .await?;
    let evidence = account.rest["evidence"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let goodbyes = kinds(&evidence)
        .iter()
        .filter(|kind| **kind == "delete_callback")
        .count();
    assert_eq!(goodbyes, 1);
    Ok(())
}

#[tokio::test]
async fn after_deregistration_update_changes_nothing_and_delete_is_evidence() -> Result<()> {
    let desk = Desk::open().await?;
    let (connected, stack) = desk.connected().await?;
    let gone = desk
        .world
        .acme
        .deregister(&connected.account.account_id)
        .await?;
    let mut update = desk.request("Update", &stack);
    update["ResourceProperties"]["PermissionsBoundaryArn"] = json!("changed");
    desk.ask(&update).await?.assert_success(&update);
    let delete = desk.request("Delete", &stack);
    desk.ask(&delete).await?.assert_success(&delete);
    let id = &gone.orphaned_stack.orphaned_stack_id;
    let entry = desk.world.acme.orphaned_stack(id).await?;
    assert_eq!(entry.status, "deleting");
    assert!(kinds(&entry.evidence).contains(&"delete_callback"));
    assert_eq!(desk.account_status(&connected).await?, "deregistered");
    Ok(())
}
