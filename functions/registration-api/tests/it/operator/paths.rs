//! The gateway authorizes a route and a path. The function must not read another path from the same
//! request.

use crate::world::{ACME, SERVICE, World, event, signed};
use registration_api::route::{OPERATOR_PROXY, PROXY, REFERENCE};
use registration_api::routes::{OPERATOR_ROUTES, ROUTES};
use serde_json::{Value, json};

async fn status(world: &World, event: &Value) -> u16 {
    world.api.handle(event).await.status_code
}

/// Paths that could bypass a policy, after the gateway has decoded them.
#[tokio::test]
async fn tricked_path_matches_no_route() {
    let world = World::new();
    world.group(ACME).await;
    let plain = "/operator/v1/tenants/acme/groups";
    assert_eq!(
        status(
            &world,
            &signed(SERVICE, &format!("GET {plain}"), &Value::Null)
        )
        .await,
        200
    );
    for path in [
        "/operator/v1/tenants/acme/../acme/groups",
        "/operator/v1/usage/../tenants/acme/groups",
        "/operator/v1/tenants/acme/./groups",
        "/operator/v1/tenants//acme/groups",
        "/operator/v1//tenants/acme/groups",
        "/operator/v1/tenants/acme//groups",
        "/operator/v1/tenants/acme/groups/",
        "/operator/v1/tenants/acme%2Fgroups",
        "/operator/v1/tenants/acme%2fgroups",
        "/operator/v1/tenants/acme/groups;x=1",
        "/operator/v1/tenants/acme/groups?limit=1",
        "/operator/v1/tenants/acme/Groups",
        "/operator/v1/Tenants/acme/groups",
        "/Operator/v1/tenants/acme/groups",
        "/operator/V1/tenants/acme/groups",
        "/operator/v1/tenants/acme/v1/groups",
        "/operator/v1/tenants/acme/operator/v1/tenants",
        "/operator/v1/tenants/acme/",
        "/operator/v1/tenants/acme",
        "/operator/v1/",
    ] {
        let mut event = signed(SERVICE, &format!("GET {plain}"), &Value::Null);
        event["rawPath"] = json!(path);
        event["pathParameters"]["proxy"] = json!(path.replacen("/operator/v1/", "", 1));
        assert_eq!(status(&world, &event).await, 404, "{path}");
    }
}

/// Each of the three can be wrong alone.
#[tokio::test]
async fn route_key_parameters_and_path_must_agree() {
    let world = World::new();
    let group = world.group(ACME).await;
    let mut cases = Vec::new();
    for (event, other) in [
        (
            event(ACME, &format!("GET /v1/groups/{group}"), &Value::Null),
            "groups",
        ),
        (
            signed(SERVICE, "GET /operator/v1/tenants", &Value::Null),
            "usage",
        ),
    ] {
        assert_eq!(status(&world, &event).await, 200);
        let wrong = |pointer: &str, value: Value| {
            let mut event = event.clone();
            *event.pointer_mut(pointer).expect("there") = value;
            event
        };
        cases.push(wrong("/pathParameters/proxy", json!(other)));
        cases.push(wrong("/pathParameters", Value::Null));
        cases.push(wrong("/pathParameters", json!({})));
        cases.push(wrong("/rawPath", json!(format!("/v1/{other}"))));
        cases.push(wrong("/rawPath", json!(format!("/operator/v1/{other}"))));
        cases.push(wrong("/routeKey", json!("$default")));
        cases.push(wrong("/routeKey", json!("GET /v1/{proxy+}")));
        cases.push(wrong("/routeKey", Value::Null));
        let mut more = event.clone();
        more["pathParameters"]["tenant"] = json!("acme");
        cases.push(more);
    }
    for event in cases {
        let status = status(&world, &event).await;
        let shown = format!(
            "{} {} {}",
            event["routeKey"], event["rawPath"], event["pathParameters"]
        );
        // Without a known route key, the request counts as a user's.
        let refused = if event.pointer("/requestContext/authorizer/iam").is_some() {
            403
        } else {
            404
        };
        assert!([404, refused].contains(&status), "{status} {shown}");
        assert_ne!(status, 200, "{shown}");
    }
    // The route of an operator's request can't be exchanged for a tenant's.
    let mut event = signed(
        SERVICE,
        "GET /operator/v1/tenants/acme/groups",
        &Value::Null,
    );
    event["routeKey"] = json!(PROXY);
    assert_eq!(status(&world, &event).await, 403);
}

/// Nothing but the exact route key makes a request public.
#[tokio::test]
async fn only_the_reference_route_is_public() {
    let world = World::new();
    let page = event("", "GET /reference/not_found", &Value::Null);
    assert_eq!(page["routeKey"], REFERENCE);
    assert_eq!(status(&world, &page).await, 200);
    let mut anonymous = event(ACME, "GET /v1/groups", &Value::Null);
    anonymous["requestContext"]["authorizer"] = Value::Null;
    for path in [
        "/v1/groups",
        "/reference/../v1/groups",
        "/v1/groups/reference/not_found",
    ] {
        let mut event = anonymous.clone();
        event["rawPath"] = json!(path);
        event["queryStringParameters"] = json!({"x": "/reference/not_found"});
        event["headers"]["x-original-path"] = json!("/reference/not_found");
        assert_eq!(status(&world, &event).await, 403, "{path}");
        // With the public route's key, a path of the API still is no reference page.
        event["routeKey"] = json!(REFERENCE);
        assert_eq!(status(&world, &event).await, 404, "{path}");
    }
    for key in [
        "GET /reference/{proxy+}",
        "ANY /reference/{code}",
        "get /reference/{code}",
    ] {
        let mut event = page.clone();
        event["routeKey"] = json!(key);
        event["requestContext"]["authorizer"] = Value::Null;
        assert_eq!(status(&world, &event).await, 403, "{key}");
    }
}

#[tokio::test]
async fn every_route_of_a_tenant_exists_on_its_behalf() {
    let world = World::new();
    let id = "0198a0b1c2d37e4f8a9b0c1d2e3f4a5b";
    for route in ROUTES {
        let path = route.path().replace("/v1/", "/operator/v1/tenants/acme/");
        let path = path
            .replace("{group_id}", &format!("grp_{id}"))
            .replace("{registration_id}", &format!("reg_{id}"))
            .replace("{account_id}", &format!("acc_{id}"))
            .replace("{orphaned_stack_id}", &format!("stk_{id}"));
        let event = signed(SERVICE, &format!("{} {path}", route.method()), &json!({}));
        assert_eq!(event["routeKey"], OPERATOR_PROXY);
        world.wait(10_000);
        let response = world.api.handle(&event).await;
        let no_path = response.body.contains("The API does not have this path.");
        assert!(
            !no_path && response.status_code != 405,
            "{path}: {}",
            response.body
        );
    }
    for route in OPERATOR_ROUTES {
        assert_eq!(route.gateway_key(), OPERATOR_PROXY, "{}", route.key);
        assert_eq!(
            route.method(),
            "GET",
            "OperatorRead allows exactly the GET requests"
        );
    }
}
