//! Requests out of order, and after everything is over.

use anyhow::{Context, Result};
use rolecall_tests::accounts::kinds;
use serde_json::json;

use rolecall_tests::desk::{Desk, Stack};

#[tokio::test]
async fn a_delete_that_overtakes_its_create_keeps_it_from_registering() -> Result<()> {
    let desk = Desk::open().await?;
    let stack = desk.silent_stack().await?;
    let mut delete = desk.request("Delete", &stack);
    delete["PhysicalResourceId"] = json!("made-up-by-cloudformation");
    desk.ask(&delete).await?.is_yes_to(&delete);
    let create = desk.request("Create", &stack);
    desk.ask(&create).await?.is_no_to(&create, "conflict: ");
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
    assert_eq!(kinds(&entry.evidence), ["delete_callback"]);
    Ok(())
}

#[tokio::test]
async fn a_delete_under_a_made_up_id_disconnects_the_account() -> Result<()> {
    let desk = Desk::open().await?;
    let stack = desk.silent_stack().await?;
    let create = desk.request("Create", &stack);
    let created = desk.ask(&create).await?;
    let account_id = created.json["Data"]["AccountId"]
        .as_str()
        .context("no account")?;
    // Its answer was lost, so CloudFormation never learnt the resource's id.
    let mut delete = desk.request("Delete", &stack);
    delete["PhysicalResourceId"] = json!("rolecall-1-Registration-1ABCDEFGHIJKL");
    let answer = desk.ask(&delete).await?;
    answer.is_yes_to(&delete);
    let account = desk.world.acme.account(account_id).await?;
    assert_eq!(account.status, "disconnected");
    Ok(())
}

#[tokio::test]
async fn the_delete_of_a_refused_stack_is_its_evidence_and_nobody_elses() -> Result<()> {
    let desk = Desk::open().await?;
    let (connected, first) = desk.connected().await?;
    let mut second = desk.silent_stack().await?;
    second.registration = first.registration.clone();
    second.token = first.token.clone();
    let create = desk.request("Create", &second);
    let refused = desk.ask(&create).await?;
    refused.is_no_to(&create, "registration_used: ");

    let mut delete = desk.request("Delete", &second);
    delete["PhysicalResourceId"] = refused.json["PhysicalResourceId"].clone();
    desk.ask(&delete).await?.is_yes_to(&delete);
    // Even where it names the connected stack: a refused resource is not the recorded one.
    let mut other = desk.request("Delete", &first);
    other["PhysicalResourceId"] = refused.json["PhysicalResourceId"].clone();
    desk.ask(&other).await?.is_yes_to(&other);

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
async fn a_create_after_the_paste_confirms_the_same_account() -> Result<()> {
    let desk = Desk::open().await?;
    let group = desk.world.group().await?;
    let registration = desk.world.register(&group).await?;
    let customer = desk.world.customer();
    let (_, line) = desk.world.silent_stack(&customer, &registration).await?;
    let stack = Stack::of_line(&line, &registration)?;
    let id = &registration.registration_id;
    let pasted = desk.world.acme.complete(id, &line, Some("Pasted")).await?;

    let create = desk.request("Create", &stack);
    let answer = desk.ask(&create).await?;
    answer.is_yes_to(&create);
    assert_eq!(answer.json["Data"], json!({"AccountId": pasted.account_id}));
    let mut other_role = desk.request("Create", &stack);
    other_role["ResourceProperties"]["RoleArn"] = json!(format!("{}2", stack.role_arn));
    desk.ask(&other_role)
        .await?
        .is_no_to(&other_role, "registration_used: ");
    assert_eq!(
        desk.world.acme.account(&pasted.account_id).await?.status,
        "active"
    );
    Ok(())
}

#[tokio::test]
async fn deletes_again_and_again_are_all_answered_with_yes() -> Result<()> {
    let desk = Desk::open().await?;
    let (connected, stack) = desk.connected().await?;
    for _ in 0..3 {
        let delete = desk.request("Delete", &stack);
        desk.ask(&delete).await?.is_yes_to(&delete);
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
async fn after_letting_go_updates_change_nothing_and_a_delete_is_evidence() -> Result<()> {
    let desk = Desk::open().await?;
    let (connected, stack) = desk.connected().await?;
    let gone = desk
        .world
        .acme
        .deregister(&connected.account.account_id)
        .await?;
    let mut update = desk.request("Update", &stack);
    update["ResourceProperties"]["ManagedPolicyArns"] = json!("changed");
    desk.ask(&update).await?.is_yes_to(&update);
    let delete = desk.request("Delete", &stack);
    desk.ask(&delete).await?.is_yes_to(&delete);
    let id = &gone.orphaned_stack.orphaned_stack_id;
    let entry = desk.world.acme.orphaned_stack(id).await?;
    assert_eq!(entry.status, "deleting");
    assert!(kinds(&entry.evidence).contains(&"delete_callback"));
    assert_eq!(desk.account_status(&connected).await?, "deregistered");
    Ok(())
}
