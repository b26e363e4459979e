//! If a registration is unreadable, its stack still gets a response, and no data is lost.

use anyhow::{Context, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use rolecall_local::logs::now_ms;
use rolecall_local::wait::until;
use rolecall_tests::world::SOON;
use serde_json::Value;

use rolecall_tests::desk::{Desk, Stack};

/// Corrupts the copy that callbacks read, and returns the original value.
async fn spoil(desk: &Desk, stack: &Stack) -> Result<AttributeValue> {
    let pk = format!("REGISTRATION#{}", stack.registration.registration_id);
    let item = desk.world.item(&pk, "REGISTRATION").await?;
    let good = item.context("no copy")?["expires_at"].clone();
    set(desk, stack, AttributeValue::N("7".to_owned())).await?;
    Ok(good)
}

async fn set(desk: &Desk, stack: &Stack, value: AttributeValue) -> Result<()> {
    let pk = format!("REGISTRATION#{}", stack.registration.registration_id);
    let key = (pk.as_str(), "REGISTRATION");
    desk.world.set_attribute(key, "expires_at", value).await
}

/// Sends a request that can't be completed; returns whether the function failed.
async fn deliver(desk: &Desk, request: &Value) -> Result<bool> {
    Ok(desk
        .world
        .hub
        .invoke("stack-callback", request)
        .await?
        .failed)
}

#[tokio::test]
async fn create_of_unreadable_registration_fails_and_key_is_logged() -> Result<()> {
    let desk = Desk::open().await?;
    let since = now_ms();
    let stack = desk.stack_without_callback().await?;
    let good = spoil(&desk, &stack).await?;
    let create = desk.request("Create", &stack);
    deliver(&desk, &create).await?;
    let id = create["RequestId"].as_str().unwrap_or_default();
    desk.answer(id)
        .await?
        .assert_failed(&create, "internal_error: ");
    let key = format!("REGISTRATION#{}", stack.registration.registration_id);
    until("the key in the log", SOON, async || {
        let runs = desk.world.hub.runs("stack-callback", since).await?;
        let mut lines = runs.iter().flat_map(|run| &run.lines);
        let named = lines.any(|line| line.contains(&key) && line.contains("ERROR"));
        Ok(named.then_some(()))
    })
    .await?;
    set(&desk, &stack, good).await?;
    let after = desk
        .world
        .acme
        .registration(&stack.registration.registration_id)
        .await?;
    assert_eq!((after.status.as_str(), after.account_id), ("pending", None));
    Ok(())
}

#[tokio::test]
async fn update_and_delete_of_unreadable_registration_succeed_and_are_redelivered() -> Result<()> {
    let desk = Desk::open().await?;
    let (connected, stack) = desk.connected().await?;
    let good = spoil(&desk, &stack).await?;
    let mut update = desk.request("Update", &stack);
    update["ResourceProperties"]["PermissionsBoundaryArn"] = "changed".into();
    let delete = desk.request("Delete", &stack);
    let mut answers = Vec::new();
    for request in [&update, &delete] {
        // The failure makes Lambda deliver the request again.
        assert!(deliver(&desk, request).await?);
        let id = request["RequestId"].as_str().unwrap_or_default();
        let answer = desk.answer(id).await?;
        answer.assert_success(request);
        answers.push(answer.text);
    }
    assert_eq!(desk.account_status(&connected).await?, "active");
    set(&desk, &stack, good).await?;
    let again = desk.again(&delete);
    assert_eq!(desk.ask(&again).await?.text, answers[1]);
    assert_eq!(desk.account_status(&connected).await?, "disconnected");
    Ok(())
}
