//! The limits and cursors of lists.

use anyhow::{Context, Result};
use http::Method;
use rolecall_client::HubClient;
use rolecall_tests::answers::{field_codes, problem};
use rolecall_tests::world::World;
use serde_json::Value;

async fn page(caller: &HubClient, path: &str) -> Result<Value> {
    let answer = caller.raw(Method::GET, path, &[], Vec::new()).await?;
    assert_eq!(answer.status, 200, "{}", answer.text());
    Ok(serde_json::from_slice(&answer.body)?)
}

async fn refused(caller: &HubClient, path: &str, status: u16, code: &str) -> Result<Value> {
    let answer = caller.raw(Method::GET, path, &[], Vec::new()).await?;
    Ok(problem(&answer, status, code))
}

/// The paths of all lists of a new tenant with one group, one registration and one orphaned stack.
async fn lists(world: &World) -> Result<Vec<String>> {
    let connected = world.connect().await?;
    let group = &connected.group.group_id;
    Ok(vec![
        "/v1/groups".to_owned(),
        format!("/v1/groups/{group}/registrations"),
        format!("/v1/groups/{group}/accounts"),
        format!("/v1/accounts/{}/history", connected.account.account_id),
        "/v1/orphaned-stacks".to_owned(),
    ])
}

#[tokio::test]
async fn limit_must_be_an_integer_from_1_to_100() -> Result<()> {
    let world = World::find().await?;
    for path in lists(&world).await? {
        for limit in [
            "0",
            "101",
            "-1",
            "x",
            "1.5",
            "",
            "1e1",
            "99999999999999999999",
            "%31%30%31",
        ] {
            let path = format!("{path}?limit={limit}");
            let problem = refused(&world.acme, &path, 422, "invalid_request").await?;
            assert_eq!(field_codes(&problem), ["limit: invalid"], "{path}");
        }
        for limit in ["1", "100"] {
            page(&world.acme, &format!("{path}?limit={limit}")).await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn cursor_of_another_list_is_rejected() -> Result<()> {
    let world = World::find().await?;
    world.group().await?;
    world.group().await?;
    let first = page(&world.acme, "/v1/groups?limit=1").await?;
    let good = first["next_cursor"]
        .as_str()
        .context("no cursor")?
        .to_owned();
    page(&world.acme, &format!("/v1/groups?cursor={good}")).await?;
    let (head, tail) = good.split_at(good.len() / 2);
    let flipped = if tail.starts_with('A') { "B" } else { "A" };
    let altered = format!("{head}{flipped}{}", &tail[1..]);
    let cut = &good[..good.len() - 4];
    for path in lists(&world).await? {
        for cursor in ["x", "", "AAAA", "%00", cut, &altered] {
            refused(
                &world.acme,
                &format!("{path}?cursor={cursor}"),
                400,
                "cursor_invalid",
            )
            .await?;
        }
        if path != "/v1/groups" {
            refused(
                &world.acme,
                &format!("{path}?cursor={good}"),
                400,
                "cursor_invalid",
            )
            .await?;
        }
    }
    refused(
        &world.globex,
        &format!("/v1/groups?cursor={good}"),
        400,
        "cursor_invalid",
    )
    .await?;
    Ok(())
}

#[tokio::test]
async fn orphaned_stack_cursor_is_valid_only_for_its_status() -> Result<()> {
    let world = World::find().await?;
    for _ in 0..2 {
        let connected = world.connect().await?;
        let gone = world.acme.deregister(&connected.account.account_id).await?;
        world
            .acme
            .dismiss(&gone.orphaned_stack.orphaned_stack_id, "for a page")
            .await?;
    }
    let path = "/v1/orphaned-stacks?status=dismissed&limit=1";
    let first = page(&world.acme, path).await?;
    let cursor = first["next_cursor"].as_str().context("no cursor")?;
    page(&world.acme, &format!("{path}&cursor={cursor}")).await?;
    for status in ["", "?status=gone", "?status=orphaned"] {
        let and = if status.is_empty() { '?' } else { '&' };
        let path = format!("/v1/orphaned-stacks{status}{and}cursor={cursor}");
        refused(&world.acme, &path, 400, "cursor_invalid").await?;
    }
    for status in ["lost", "Gone", "gone,orphaned"] {
        let path = format!("/v1/orphaned-stacks?status={status}");
        let problem = refused(&world.acme, &path, 422, "invalid_request").await?;
        assert_eq!(field_codes(&problem), ["status: invalid"]);
    }
    Ok(())
}

#[tokio::test]
async fn pagination_returns_every_item_once() -> Result<()> {
    let world = World::find().await?;
    let group = world.group().await?;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(world.register(&group).await?.registration_id);
    }
    for limit in [1, 2, 5, 6] {
        let path = format!("/v1/groups/{}/registrations?limit={limit}", group.group_id);
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = page(&world.acme, &format!("{path}{cursor}")).await?;
            let items = page["items"].as_array().context("no items")?;
            assert!(items.len() <= limit);
            let ids = items.iter().map(|item| item["registration_id"].as_str());
            found.extend(ids.flatten().map(str::to_owned));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        found.sort();
        assert_eq!(found, made, "limit {limit}");
    }
    Ok(())
}
