//! The life cycle of a stack through CloudFormation. Each request is sent once more, as SNS may do,
//! and the duplicate changes nothing.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use rolecall_client::Account;
use rolecall_tests::accounts::Connected;
use serde_json::json;

use rolecall_tests::desk::{Desk, Stack};

async fn account(desk: &Desk, connected: &Connected) -> Result<Account> {
    let id = &connected.account.account_id;
    Ok(desk.world.acme.account(id).await?)
}

/// Updates a parameter of the stack, and returns the stack's status.
async fn update(connected: &Connected, name: &str, value: &str) -> Result<String> {
    let mut parameters: BTreeMap<_, _> = connected.stack.parameters.clone();
    parameters.insert(name.to_owned(), value.to_owned());
    let url = &connected.registration.template_url;
    let stack_id = &connected.stack.stack_id;
    let updated = connected
        .customer
        .update(stack_id, url, &parameters)
        .await?;
    Ok(updated.status)
}

#[tokio::test]
async fn life_cycle_with_every_request_repeated() -> Result<()> {
    let desk = Desk::open().await?;
    let (connected, stack) = desk.connected().await?;
    // The Create is repeated with a request ID that CloudFormation did not send.
    for _ in 0..2 {
        let create = desk.request("Create", &stack);
        let answer = desk.ask(&create).await?;
        answer.assert_success(&create);
        let known = json!({"AccountId": connected.account.account_id});
        assert_eq!(answer.json["Data"], known);
    }
    for path in [
        "/rolecall/one/",
        "/rolecall/two/",
        "/rolecall/one/",
        "/rolecall/",
    ] {
        assert_eq!(
            update(&connected, "RolePath", path).await?,
            "UPDATE_COMPLETE"
        );
        let now = account(&desk, &connected).await?;
        let role = now.rest["role_arn"].as_str().context("no role")?;
        let (_, name) = role.rsplit_once('/').context("no name")?;
        assert!(role.ends_with(&format!(":role{path}{name}")), "{role}");
        assert_eq!(now.status, "active");
        // The same update again, sent directly, changes nothing.
        let again = Stack {
            role_arn: role.to_owned(),
            ..stack.clone()
        };
        let same = desk.request("Update", &again);
        desk.ask(&same).await?.assert_success(&same);
        assert_eq!(account(&desk, &connected).await?.rest["role_arn"], role);
    }
    let gone = connected.customer.delete(&stack.stack_id).await?;
    assert_eq!(gone.status, "DELETE_COMPLETE");
    // The hub proves the deletion in its own time, and then deregisters the account.
    let has_left = |status: &str| ["disconnected", "deregistered"].contains(&status);
    assert!(has_left(&desk.account_status(&connected).await?));
    let delete = desk.request("Delete", &stack);
    desk.ask(&delete).await?.assert_success(&delete);
    assert!(has_left(&desk.account_status(&connected).await?));
    Ok(())
}

#[tokio::test]
async fn refused_update_rolls_back_and_later_update_succeeds() -> Result<()> {
    let desk = Desk::open().await?;
    let (connected, stack) = desk.connected().await?;
    let role = connected.account.rest["role_arn"].clone();
    for _ in 0..2 {
        let status = update(&connected, "ExternalId", "one-of-my-own").await?;
        assert_eq!(status, "UPDATE_ROLLBACK_COMPLETE");
        let events = connected.customer.events(&stack.stack_id).await?;
        let told = events.iter().any(|event| {
            event.logical_id == "Preflight" && event.reason.contains("external_id_mismatch")
        });
        assert!(told, "the stack's events don't say why");
        let now = account(&desk, &connected).await?;
        assert_eq!(
            (now.status.as_str(), &now.rest["role_arn"]),
            ("active", &role)
        );
    }
    let status = update(&connected, "RolePath", "/rolecall/after/").await?;
    assert_eq!(status, "UPDATE_COMPLETE");
    let now = account(&desk, &connected).await?;
    assert_ne!(now.rest["role_arn"], role);
    Ok(())
}

#[tokio::test]
async fn update_that_arrives_after_a_later_one_changes_nothing() -> Result<()> {
    let desk = Desk::open().await?;
    let (connected, stack) = desk.connected().await?;
    let mut late = desk.request("Update", &stack);
    late["OldResourceProperties"]["RolePath"] = json!("/rolecall/");
    assert_eq!(
        update(&connected, "RolePath", "/rolecall/new/").await?,
        "UPDATE_COMPLETE"
    );
    let now = account(&desk, &connected).await?;
    let mut event = rolecall_tests::desk::sns_notification(std::slice::from_ref(&late));
    event["Records"][0]["Sns"]["Timestamp"] = json!("2020-01-01T00:00:00.000Z");
    desk.send(&event).await?;
    let id = late["RequestId"].as_str().unwrap_or_default();
    desk.answer(id).await?.assert_success(&late);
    let after = account(&desk, &connected).await?;
    assert_eq!(after.rest["role_arn"], now.rest["role_arn"]);
    assert_eq!(after.status, "active");
    Ok(())
}
