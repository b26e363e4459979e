//! An unreadable item causes an error that names its key in the log; it is never skipped.

use anyhow::{Context, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use http::Method;
use rolecall_client::{HubClient, NewRegistration};
use rolecall_local::logs::now_ms;
use rolecall_local::wait::until;
use rolecall_tests::answers::problem;
use rolecall_tests::world::{SOON, World};

async fn fails(caller: &HubClient, path: &str) -> Result<()> {
    let answer = caller.raw(Method::GET, path, &[], Vec::new()).await?;
    let problem = problem(&answer, 500, "internal_error");
    assert!(
        !problem.to_string().contains("TENANT#"),
        "the response contains a key"
    );
    Ok(())
}

/// Waits until the API's log has an error with a key.
async fn is_in_the_log(world: &World, key: &str, since: u64) -> Result<()> {
    until("the key in the log", SOON, async || {
        let runs = world.hub.runs("registration-api", since).await?;
        let lines = runs.iter().flat_map(|run| &run.lines);
        let named = lines
            .clone()
            .any(|line| line.contains(key) && line.contains("ERROR"));
        Ok(named.then_some(()))
    })
    .await
}

fn number() -> AttributeValue {
    AttributeValue::N("7".to_owned())
}

#[tokio::test]
async fn unreadable_group_fails_its_list() -> Result<()> {
    let world = World::find().await?;
    let since = now_ms();
    let (caller, tenant) = world.new_tenant().await?;
    caller.create_group("Good", "#112233").await?;
    let bad = caller.create_group("Bad", "#112233").await?;
    let (pk, sk) = (
        format!("TENANT#{tenant}"),
        format!("GROUP#{}", bad.group_id),
    );
    let good = world.item(&pk, &sk).await?.context("no item")?["name"].clone();
    world.set_attribute((&pk, &sk), "name", number()).await?;
    fails(&caller, &format!("/v1/groups/{}", bad.group_id)).await?;
    fails(&caller, "/v1/groups").await?;
    is_in_the_log(&world, &format!("{pk}/{sk}"), since).await?;
    world.set_attribute((&pk, &sk), "name", good).await?;
    assert_eq!(caller.groups().await?.items.len(), 2, "a group is missing");
    Ok(())
}

#[tokio::test]
async fn unreadable_record_fails_its_lists() -> Result<()> {
    let world = World::find().await?;
    let since = now_ms();
    let (caller, tenant) = world.new_tenant().await?;
    let group = caller.create_group("One", "#112233").await?;
    let input = NewRegistration::default();
    let registration = caller.register(&group.group_id, &input).await?;
    let (_, line) = world
        .stack_without_callback(&world.customer(), &registration)
        .await?;
    let account = caller
        .complete(&registration.registration_id, &line, None)
        .await?;
    let pk = format!("TENANT#{tenant}");

    let sk = format!("ACCOUNT#{}", account.account_id);
    let good = world.item(&pk, &sk).await?.context("no item")?["role"].clone();
    world.set_attribute((&pk, &sk), "role", number()).await?;
    fails(&caller, &format!("/v1/accounts/{}", account.account_id)).await?;
    fails(&caller, &format!("/v1/groups/{}/accounts", group.group_id)).await?;
    is_in_the_log(&world, &format!("{pk}/{sk}"), since).await?;
    world.set_attribute((&pk, &sk), "role", good).await?;

    let entry = caller.deregister(&account.account_id).await?.orphaned_stack;
    let sk = format!("STACK#{}", entry.orphaned_stack_id);
    world
        .set_attribute((&pk, &sk), "status", AttributeValue::S("lost".into()))
        .await?;
    fails(
        &caller,
        &format!("/v1/orphaned-stacks/{}", entry.orphaned_stack_id),
    )
    .await?;
    fails(&caller, "/v1/orphaned-stacks").await?;
    is_in_the_log(&world, &format!("{pk}/{sk}"), since).await?;

    let sk = format!("REGISTRATION#{}", registration.registration_id);
    world
        .set_attribute((&pk, &sk), "expires_at", number())
        .await?;
    fails(
        &caller,
        &format!("/v1/registrations/{}", registration.registration_id),
    )
    .await?;
    fails(
        &caller,
        &format!("/v1/groups/{}/registrations", group.group_id),
    )
    .await?;
    is_in_the_log(&world, &format!("{pk}/{sk}"), since).await?;

    let sk = format!("AUDIT#{}#0000000001", account.account_id);
    world
        .set_attribute((&pk, &sk), "sequence", AttributeValue::S("first".into()))
        .await?;
    fails(
        &caller,
        &format!("/v1/accounts/{}/history", account.account_id),
    )
    .await?;
    is_in_the_log(&world, &format!("{pk}/{sk}"), since).await
}
