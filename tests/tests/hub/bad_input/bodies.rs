//! Request bodies that are too large or are not JSON objects.

use anyhow::Result;
use http::Method;
use rolecall_tests::answers::{field_codes, problem};
use rolecall_tests::world::World;
use serde_json::json;

const LARGEST: usize = 64 * 1024;

/// Every route with a request body, each with an unknown id.
fn routes() -> Vec<(Method, String)> {
    let id = |prefix: &str| format!("{prefix}_{}", "0".repeat(32));
    let (group, registration, account, stack) = (id("grp"), id("reg"), id("acc"), id("stk"));
    vec![
        (Method::POST, "/v1/groups".to_owned()),
        (Method::PATCH, format!("/v1/groups/{group}")),
        (Method::POST, format!("/v1/groups/{group}/registrations")),
        (
            Method::POST,
            format!("/v1/registrations/{registration}/complete"),
        ),
        (Method::PATCH, format!("/v1/accounts/{account}")),
        (Method::POST, format!("/v1/accounts/{account}/checks")),
        (Method::POST, format!("/v1/orphaned-stacks/{stack}/checks")),
        (Method::POST, format!("/v1/orphaned-stacks/{stack}/dismiss")),
    ]
}

#[tokio::test]
async fn body_without_valid_json_is_malformed() -> Result<()> {
    let world = World::find().await?;
    let deep = format!("{{\"name\":{}{}}}", "[".repeat(5000), "]".repeat(5000));
    let bodies: [&[u8]; 8] = [
        b"{",
        b"name=x",
        b"{\"name\": \"x\",}",
        b"{'name': 'x'}",
        b"{} {}",
        b"{\"name\": NaN}",
        b"\xff\xfe\x00",
        deep.as_bytes(),
    ];
    for (method, path) in routes() {
        for body in bodies {
            let answer = world
                .acme
                .raw(method.clone(), &path, &[], body.to_vec())
                .await?;
            problem(&answer, 400, "malformed_json");
        }
    }
    Ok(())
}

/// Editors and shells on Windows put a byte order mark at the start of a text.
#[tokio::test]
async fn byte_order_mark_before_body_is_skipped() -> Result<()> {
    let world = World::find().await?;
    let body = json!({"name": "Marked", "color": "#112233"}).to_string();
    for (body, status) in [(body.as_str(), 201), ("{", 400), ("", 422)] {
        let body = format!("\u{feff}{body}").into_bytes();
        let answer = world.acme.raw(Method::POST, "/v1/groups", &[], body);
        let answer = answer.await?;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
    Ok(())
}

#[tokio::test]
async fn json_body_without_object_is_invalid() -> Result<()> {
    let world = World::find().await?;
    for (method, path) in routes() {
        for body in ["[]", "null", "7", "\"name\"", "true"] {
            let body = body.as_bytes().to_vec();
            let answer = world.acme.raw(method.clone(), &path, &[], body).await?;
            let problem = problem(&answer, 422, "invalid_request");
            assert_eq!(field_codes(&problem), [": invalid"]);
        }
    }
    Ok(())
}

#[tokio::test]
async fn body_of_64_kib_is_accepted_and_longer_body_is_rejected() -> Result<()> {
    let world = World::find().await?;
    let mut body = json!({"name": "Large", "color": "#112233"})
        .to_string()
        .into_bytes();
    body.resize(LARGEST, b' ');
    let answer = world
        .acme
        .raw(Method::POST, "/v1/groups", &[], body.clone())
        .await?;
    assert_eq!(answer.status, 201, "{}", answer.text());
    body.push(b' ');
    for (method, path) in routes() {
        let answer = world.acme.raw(method, &path, &[], body.clone()).await?;
        problem(&answer, 413, "body_too_large");
    }
    // The limit also counts multi-byte characters and bytes that are not text.
    let letters = json!({"name": "漢".repeat(LARGEST / 3), "color": "#112233"});
    for body in [letters.to_string().into_bytes(), vec![0xff; LARGEST + 1]] {
        let answer = world
            .acme
            .raw(Method::POST, "/v1/groups", &[], body)
            .await?;
        problem(&answer, 413, "body_too_large");
    }
    Ok(())
}
