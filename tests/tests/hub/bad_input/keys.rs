//! The `Idempotency-Key` header.

use std::collections::BTreeSet;

use anyhow::Result;
use http::Method;
use rolecall_client::HubClient;
use rolecall_client::http::HttpAnswer;
use rolecall_tests::answers::{field_codes, problem};
use rolecall_tests::world::{World, unique};
use serde_json::Value;

const BODY: &str = r##"{"name": "Once", "color": "#112233"}"##;

async fn post(caller: &HubClient, path: &str, key: &str, body: &str) -> Result<HttpAnswer> {
    let headers = [("idempotency-key", key)];
    let body = body.as_bytes().to_vec();
    Ok(caller.raw(Method::POST, path, &headers, body).await?)
}

async fn made(caller: &HubClient, path: &str, key: &str, body: &str) -> Result<Value> {
    let answer = post(caller, path, key, body).await?;
    assert_eq!(answer.status, 201, "{}", answer.text());
    Ok(serde_json::from_slice(&answer.body)?)
}

#[tokio::test]
async fn same_key_with_same_body_creates_one_group() -> Result<()> {
    let world = World::find().await?;
    let key = unique("key");
    let first = made(&world.acme, "/v1/groups", &key, BODY).await?;
    let respelt = r##"{ "color":"#112233",  "name":"\u004fnce" }"##;
    for body in [BODY, respelt] {
        assert_eq!(made(&world.acme, "/v1/groups", &key, body).await?, first);
    }
    let another = made(&world.acme, "/v1/groups", &unique("key"), BODY).await?;
    assert_ne!(another["group_id"], first["group_id"]);
    let theirs = made(&world.globex, "/v1/groups", &key, BODY).await?;
    assert_ne!(theirs["group_id"], first["group_id"]);
    Ok(())
}

#[tokio::test]
async fn same_key_with_another_body_is_rejected() -> Result<()> {
    let world = World::find().await?;
    let key = unique("key");
    made(&world.acme, "/v1/groups", &key, BODY).await?;
    let other = BODY.replace("Once", "Twice");
    let answer = post(&world.acme, "/v1/groups", &key, &other).await?;
    problem(&answer, 422, "idempotency_key_reused");
    // A rejected request does not use up its key.
    let fresh = unique("key");
    let answer = post(&world.acme, "/v1/groups", &fresh, "{}").await?;
    problem(&answer, 422, "invalid_request");
    made(&world.acme, "/v1/groups", &fresh, BODY).await?;
    Ok(())
}

#[tokio::test]
async fn concurrent_requests_with_same_key_create_one_group() -> Result<()> {
    let world = World::find().await?;
    let key = unique("key");
    let ask = || made(&world.acme, "/v1/groups", &key, BODY);
    let (a, b, c, d, e) = tokio::try_join!(ask(), ask(), ask(), ask(), ask())?;
    let ids: BTreeSet<String> = [a, b, c, d, e].map(|g| g["group_id"].to_string()).into();
    assert_eq!(ids.len(), 1);
    Ok(())
}

#[tokio::test]
async fn key_creates_one_registration_per_group() -> Result<()> {
    let world = World::find().await?;
    let (one, two) = (world.group().await?, world.group().await?);
    let key = unique("key");
    let path = |id: &str| format!("/v1/groups/{id}/registrations");
    let first = made(&world.acme, &path(&one.group_id), &key, "{}").await?;
    assert_eq!(
        made(&world.acme, &path(&one.group_id), &key, "").await?,
        first
    );
    assert_eq!(
        world.acme.registrations(&one.group_id).await?.items.len(),
        1
    );
    let other = made(&world.acme, &path(&two.group_id), &key, "{}").await?;
    assert_ne!(other["registration_id"], first["registration_id"]);
    Ok(())
}

#[tokio::test]
async fn malformed_key_is_rejected() -> Result<()> {
    let world = World::find().await?;
    for key in ["with a space", &"x".repeat(256), "tab\there"] {
        let answer = post(&world.acme, "/v1/groups", key, BODY).await?;
        let problem = problem(&answer, 422, "invalid_request");
        assert_eq!(field_codes(&problem), ["Idempotency-Key: invalid"]);
    }
    made(
        &world.acme,
        "/v1/groups",
        &format!("{}{}", unique("key"), "#/~".repeat(70)),
        BODY,
    )
    .await?;
    Ok(())
}
