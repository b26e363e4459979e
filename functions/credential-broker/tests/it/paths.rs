//! Paths that IAM could interpret differently from this function.

use crate::world::{World, event};
use serde_json::{Value, json};

/// The request with other values at these places.
fn with(mut event: Value, changes: &[(&str, Value)]) -> Value {
    for (pointer, value) in changes {
        *event.pointer_mut(pointer).expect(pointer) = value.clone();
    }
    event
}

#[tokio::test]
async fn request_whose_three_readings_differ_is_404() {
    let world = World::new().await;
    let id = world.account.account_id.to_string();
    let good = event("inventory", &id);
    assert_eq!(world.gateway.handle(&good).await.status_code, 200);
    let start = "/operator/v1/credentials";
    let paths = [
        format!("{start}/inventory/../backup/{id}"),
        format!("{start}/inventory/..%2Fbackup/{id}"),
        format!("{start}/inventory%2F{id}"),
        format!("{start}//inventory/{id}"),
        format!("{start}/inventory//{id}"),
        format!("{start}/inventory/{id}/"),
        format!("{start}/inventory/{id};x=1"),
        format!("{start}/inventory;x=1/{id}"),
        format!("{start}/inventory/{id}?x=1"),
        format!("{start}/inventory/{id}#x"),
        format!("{start}/Inventory/{id}"),
        format!("{start}/inventory/{}", id.to_uppercase()),
        format!("{start}/backup/{id}"),
        format!("{start}/inventory/{id}/backup"),
        format!("{start}/./inventory/{id}"),
        format!("/x{start}/inventory/{id}"),
        format!("/OPERATOR/v1/credentials/inventory/{id}"),
        format!("{start}/inventory /{id}"),
        format!("{start}/inventory\u{0}/{id}"),
        String::new(),
    ];
    for path in &paths {
        let event = with(good.clone(), &[("/rawPath", json!(path))]);
        let response = world.gateway.handle(&event).await;
        assert_eq!(response.status_code, 404, "{path}: {}", response.body);
    }
    // The same, with parameters as a gateway could read them.
    let parameters = [
        json!({"profile": "inventory", "account_id": format!("../backup/{id}")}),
        json!({"profile": "inventory/..", "account_id": id}),
        json!({"profile": "backup", "account_id": id}),
        json!({"profile": "Inventory", "account_id": id}),
        json!({"profile": "inventory", "account_id": id, "proxy": "x"}),
        json!({"profile": "inventory"}),
        json!({"proxy": format!("credentials/inventory/{id}")}),
        json!({"profile": ["inventory"], "account_id": id}),
        json!({}),
        Value::Null,
    ];
    for named in parameters {
        let event = with(good.clone(), &[("/pathParameters", named.clone())]);
        let response = world.gateway.handle(&event).await;
        assert_eq!(response.status_code, 404, "{named}: {}", response.body);
    }
    for key in [
        "ANY /operator/v1/{proxy+}",
        "GET /operator/v1/credentials/{profile}/{account_id}",
        "POST /operator/v1/credentials/{account_id}/{profile}",
        "$default",
        "",
    ] {
        let event = with(good.clone(), &[("/routeKey", json!(key))]);
        let response = world.gateway.handle(&event).await;
        assert_eq!(response.status_code, 404, "{key}: {}", response.body);
    }
    assert_eq!(world.store().all_receipts().len(), 1);
    assert_eq!(world.path("inventory"), format!("{start}/inventory/{id}"));
}

/// Both the path and the parameters differ from the path that IAM evaluated.
#[tokio::test]
async fn decoded_separator_in_a_segment_is_404() {
    let world = World::new().await;
    let id = world.account.account_id.to_string();
    for (profile, account) in [
        ("inventory", format!("../backup/{id}")),
        ("inventory/../backup", id.clone()),
        ("inventory", format!("{id}?")),
        ("inventory;", id.clone()),
        ("", id.clone()),
        ("inventory", String::new()),
    ] {
        let response = world.gateway.handle(&event(profile, &account)).await;
        assert_eq!(
            response.status_code, 404,
            "{profile} {account}: {}",
            response.body
        );
    }
    assert_eq!(world.customers().calls_to_sts(), 0);
}

#[tokio::test]
async fn caller_without_a_verified_identity_of_the_hub_is_404() {
    let world = World::new().await;
    let good = event("inventory", world.account.account_id.as_str());
    for arn in [
        json!("arn:aws:sts::222222222222:assumed-role/inventory-reader/i-0123"),
        json!("arn:aws:iam::111111111111:role/inventory-reader"),
        json!("inventory-reader"),
        json!(""),
        Value::Null,
    ] {
        let place = "/requestContext/authorizer/iam/userArn";
        let event = with(good.clone(), &[(place, arn.clone())]);
        let response = world.gateway.handle(&event).await;
        assert_eq!(response.status_code, 404, "{arn}: {}", response.body);
    }
    let jwt = json!({"jwt": {"claims": {"custom:tenant": "acme", "sub": "user"}}});
    let event = with(good, &[("/requestContext/authorizer", jwt)]);
    assert_eq!(world.gateway.handle(&event).await.status_code, 404);
}

#[tokio::test]
async fn no_event_makes_the_function_fail() {
    let world = World::new().await;
    for event in [
        json!({}),
        json!([]),
        Value::Null,
        json!("x"),
        json!({"Records": []}),
    ] {
        let response = world.gateway.handle(&event).await;
        assert_eq!(response.status_code, 404, "{event}");
    }
}
