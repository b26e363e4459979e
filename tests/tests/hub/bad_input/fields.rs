//! Validation of every field of every request.

use anyhow::{Context, Result};
use http::Method;
use rolecall_client::HubClient;
use rolecall_tests::answers::{field_codes, problem};
use rolecall_tests::world::World;
use serde_json::{Value, json};

/// Values that no string field accepts.
fn no_text() -> [Value; 4] {
    [json!(7), json!(true), json!(["x"]), json!({"x": "y"})]
}

/// Sends a request and checks that exactly the expected fields are rejected.
async fn refused(
    caller: &HubClient,
    (method, path): (Method, &str),
    body: &Value,
    expected: &[&str],
) -> Result<()> {
    let bytes = body.to_string().into_bytes();
    let answer = caller.raw(method, path, &[], bytes).await?;
    let problem = problem(&answer, 422, "invalid_request");
    assert_eq!(field_codes(&problem), expected, "{body}");
    for error in problem["errors"].as_array().into_iter().flatten() {
        assert!(
            error["message"]
                .as_str()
                .is_some_and(|text| !text.is_empty())
        );
    }
    Ok(())
}

/// Checks that each of several values of one field is rejected in an otherwise valid body.
async fn field_refused(
    caller: &HubClient,
    request: (Method, &str),
    good: &Value,
    field: &str,
    values: &[Value],
    code: &str,
) -> Result<()> {
    for value in values {
        let mut body = good.clone();
        body[field] = value.clone();
        let expected = format!("{field}: {code}");
        refused(caller, request.clone(), &body, &[&expected]).await?;
    }
    Ok(())
}

fn bad_names() -> [(Vec<Value>, &'static str); 3] {
    [
        (
            vec![
                json!(""),
                json!(" \u{3000}"),
                json!("\u{200b}"),
                json!("\u{3164}"),
                json!("\u{2800}\u{ad}\u{feff}"),
            ],
            "required",
        ),
        (
            vec![
                json!("x".repeat(65)),
                json!("名".repeat(65)),
                json!("x".repeat(10_000)),
            ],
            "too_long",
        ),
        (
            vec![
                json!("a\u{7}b"),
                json!("a\nb"),
                json!("\u{85}x"),
                json!("a\u{2028}b"),
                json!("a\u{202e}b"),
                json!("\u{2067}a"),
            ],
            "invalid",
        ),
    ]
}

#[tokio::test]
async fn group_fields_are_validated() -> Result<()> {
    let world = World::find().await?;
    let (acme, group) = (&world.acme, world.group().await?);
    let path = format!("/v1/groups/{}", group.group_id);
    let good = json!({"name": "Good", "color": "#112233"});
    let colors = [
        "",
        "red",
        "#12345",
        "#1234567",
        "#12345g",
        "112233",
        "#１２３４５６",
    ];
    for request in [(Method::POST, "/v1/groups"), (Method::PATCH, path.as_str())] {
        for (names, code) in bad_names() {
            field_refused(acme, request.clone(), &good, "name", &names, code).await?;
        }
        let colors = colors.map(|color| json!(color));
        field_refused(acme, request.clone(), &good, "color", &colors, "invalid").await?;
        for field in ["name", "color"] {
            field_refused(acme, request.clone(), &good, field, &no_text(), "invalid").await?;
        }
        for unknown in ["group_id", "tenant", "Name", "account_count", ""] {
            let code = "unknown_field";
            field_refused(acme, request.clone(), &good, unknown, &[json!("x")], code).await?;
        }
    }
    let post = (Method::POST, "/v1/groups");
    field_refused(
        acme,
        post.clone(),
        &good,
        "name",
        &[Value::Null],
        "required",
    )
    .await?;
    let all = ["name: required", "color: required"];
    refused(acme, post.clone(), &json!({}), &all).await?;
    let all = ["name: invalid", "color: invalid", "x: unknown_field"];
    refused(acme, post, &json!({"name": 1, "color": 2, "x": 3}), &all).await?;
    let same = acme
        .change_group(&group.group_id, &json!({"name": null}))
        .await?;
    assert_eq!(json!(same), json!(group));
    Ok(())
}

#[tokio::test]
async fn registration_fields_are_validated() -> Result<()> {
    let world = World::find().await?;
    let (acme, group) = (&world.acme, world.group().await?);
    let path = format!("/v1/groups/{}/registrations", group.group_id);
    let post = (Method::POST, path.as_str());
    let good = json!({});
    for (names, code) in bad_names() {
        field_refused(acme, post.clone(), &good, "account_name", &names, code).await?;
    }
    let regions = [
        "",
        "nowhere",
        "us-east-1 ",
        "US-EAST-1",
        "us-east-1&x=y",
        "cn-north-1",
        "us-gov-west-1",
        "eusc-de-east-1",
        "xx-nowhere-9",
        "us-east-9",
        "../x",
    ];
    let regions = regions.map(|region| json!(region));
    field_refused(acme, post.clone(), &good, "region", &regions, "invalid").await?;
    let ids = [
        "",
        "1",
        "12345678901",
        "1234567890123",
        "12345678901x",
        "１２３４５６７８９０１２",
    ];
    let ids = ids.map(|id| json!(id));
    field_refused(acme, post.clone(), &good, "aws_account_id", &ids, "invalid").await?;
    for field in ["account_name", "region", "aws_account_id"] {
        field_refused(acme, post.clone(), &good, field, &no_text(), "invalid").await?;
    }
    let no_flags = [json!("true"), json!(1), json!([]), json!({})];
    field_refused(
        acme,
        post.clone(),
        &good,
        "allow_duplicate",
        &no_flags,
        "invalid",
    )
    .await?;
    // Requests can't set any of these.
    for unknown in [
        "external_id",
        "stack_name",
        "registration_id",
        "expires_at",
        "template_url",
    ] {
        let code = "unknown_field";
        field_refused(acme, post.clone(), &good, unknown, &[json!("x")], code).await?;
    }
    assert!(acme.registrations(&group.group_id).await?.items.is_empty());
    Ok(())
}

#[tokio::test]
async fn stack_info_fields_are_validated() -> Result<()> {
    let world = World::find().await?;
    let registration = world.register(&world.group().await?).await?;
    let path = format!(
        "/v1/registrations/{}/complete",
        registration.registration_id
    );
    let post = (Method::POST, path.as_str());
    let good = json!({"stack_info": "eyJ2IjoxfQ=="});
    let acme = &world.acme;
    refused(acme, post.clone(), &json!({}), &["stack_info: required"]).await?;
    field_refused(
        acme,
        post.clone(),
        &good,
        "stack_info",
        &[Value::Null],
        "required",
    )
    .await?;
    for field in ["stack_info", "account_name"] {
        field_refused(acme, post.clone(), &good, field, &no_text(), "invalid").await?;
    }
    for (names, code) in bad_names() {
        field_refused(acme, post.clone(), &good, "account_name", &names, code).await?;
    }
    field_refused(
        acme,
        post,
        &good,
        "role_arn",
        &[json!("x")],
        "unknown_field",
    )
    .await?;
    let after = acme.registration(&registration.registration_id).await?;
    assert_eq!(json!(after), json!(registration));
    Ok(())
}

#[tokio::test]
async fn account_and_orphaned_stack_fields_are_validated() -> Result<()> {
    let world = World::find().await?;
    let connected = world.connect().await?;
    let (acme, id) = (&world.acme, &connected.account.account_id);
    let path = format!("/v1/accounts/{id}");
    let patch = (Method::PATCH, path.as_str());
    let good = json!({});
    for (names, code) in bad_names() {
        field_refused(acme, patch.clone(), &good, "name", &names, code).await?;
    }
    for field in ["name", "group_id"] {
        field_refused(acme, patch.clone(), &good, field, &no_text(), "invalid").await?;
    }
    let no_ids = [json!(""), json!("grp_1"), json!(id), json!("grp_../x")];
    field_refused(acme, patch.clone(), &good, "group_id", &no_ids, "invalid").await?;
    let theirs = world.globex.create_group("Theirs", "#000000").await?;
    let unknown = format!("grp_{}", "0".repeat(32));
    let not_ours = [json!(unknown), json!(theirs.group_id)];
    field_refused(
        acme,
        patch.clone(),
        &good,
        "group_id",
        &not_ours,
        "not_found",
    )
    .await?;
    for unknown in ["status", "role_arn", "external_id", "aws_account_id"] {
        field_refused(
            acme,
            patch.clone(),
            &good,
            unknown,
            &[json!("x")],
            "unknown_field",
        )
        .await?;
    }
    let checks = format!("{path}/checks");
    let post = (Method::POST, checks.as_str());
    field_refused(acme, post, &good, "force", &[json!(true)], "unknown_field").await?;
    assert_eq!(acme.history(id).await?.items.len(), 1);

    let gone = acme.deregister(id).await?;
    let entry = &gone.orphaned_stack.orphaned_stack_id;
    let checks = format!("/v1/orphaned-stacks/{entry}/checks");
    let post = (Method::POST, checks.as_str());
    field_refused(acme, post, &good, "force", &[json!(true)], "unknown_field").await?;
    let dismiss = format!("/v1/orphaned-stacks/{entry}/dismiss");
    let post = (Method::POST, dismiss.as_str());
    let good = json!({"reason": "because"});
    refused(acme, post.clone(), &json!({}), &["reason: required"]).await?;
    let empty = [Value::Null, json!(""), json!("  ")];
    field_refused(acme, post.clone(), &good, "reason", &empty, "required").await?;
    field_refused(acme, post.clone(), &good, "reason", &no_text(), "invalid").await?;
    let long = [json!("x".repeat(501)), json!("名".repeat(501))];
    field_refused(acme, post.clone(), &good, "reason", &long, "too_long").await?;
    field_refused(
        acme,
        post,
        &good,
        "status",
        &[json!("gone")],
        "unknown_field",
    )
    .await?;
    let after = acme.orphaned_stack(entry).await?;
    let status = after.status.as_str();
    assert_ne!(status, "dismissed");
    let reason = "名".repeat(500);
    let dismissed = acme
        .dismiss(entry, &reason)
        .await
        .context("a reason of the maximum length")?;
    assert_eq!(dismissed.status, "dismissed");
    Ok(())
}
