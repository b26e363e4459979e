//! Requests that match no route, and the table of routes itself.

use crate::world::{ACME, World, event};
use registration_api::route::{PROXY, Route};
use registration_api::routes::ROUTES;
use rolecall_domain::schedule::pace::Errand;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const METHODS: [&str; 8] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE",
];

fn problem(response: &registration_api::Response) -> Value {
    serde_json::from_str(&response.body).expect("JSON")
}

/// The route's path, with unknown ids as parameters.
fn unknown(path: &str) -> String {
    let id = "0198a0b1c2d37e4f8a9b0c1d2e3f4a5b";
    path.replace("{group_id}", &format!("grp_{id}"))
        .replace("{registration_id}", &format!("reg_{id}"))
        .replace("{account_id}", &format!("acc_{id}"))
        .replace("{orphaned_stack_id}", &format!("stk_{id}"))
}

#[tokio::test]
async fn unsupported_method_gets_405_with_the_allowed_methods() {
    let world = World::new();
    let mut paths: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for route in ROUTES {
        paths
            .entry(route.path())
            .or_default()
            .insert(route.method());
    }
    for (path, supported) in paths {
        for method in METHODS.iter().filter(|method| !supported.contains(*method)) {
            let asked = format!("{method} {}", unknown(path));
            let response = world.ask(ACME, &asked, &Value::Null).await;
            assert_eq!(response.status_code, 405, "{asked}");
            assert_eq!(problem(&response)["code"], "method_not_allowed", "{asked}");
            let allowed: BTreeSet<&str> = response.headers["allow"].split(", ").collect();
            assert_eq!(allowed, supported, "{asked}");
        }
    }
}

#[tokio::test]
async fn unknown_path_gets_404_and_paths_are_compared_exactly() {
    let world = World::new();
    let group = world.group(ACME).await;
    world
        .expect(ACME, &format!("GET /v1/groups/{group}"), Value::Null, 200)
        .await;
    for path in [
        "",
        "/",
        "/v1",
        "/v1/",
        "/v2/groups",
        "/groups",
        "/v1/group",
        "/v1/Groups",
        "/v1/groups/",
        "/v1//groups",
        "/v1/groups%2F",
        "/v1/{proxy+}",
        "/v1/groups/../groups",
        &format!("/v1/groups/{group}/"),
        &format!("/v1/groups/{group}/settings"),
        &format!("/v1/groups/{group}/accounts/"),
        &format!("/v1/groups//{group}"),
        "/v1/groups//accounts",
    ] {
        for method in ["GET", "POST", "DELETE", "OPTIONS"] {
            let asked = format!("{method} {path}");
            let response = world.ask(ACME, &asked, &Value::Null).await;
            assert_eq!(response.status_code, 404, "{asked}: {}", response.body);
            assert_eq!(problem(&response)["code"], "not_found", "{asked}");
            assert_eq!(response.headers.get("allow"), None, "{asked}");
        }
    }
}

#[tokio::test]
async fn caller_without_a_tenant_gets_403_on_every_path() {
    let world = World::new();
    for asked in ["GET /v1/groups", "DELETE /v1/groups", "GET /v1/nothing"] {
        let response = world.ask("", asked, &Value::Null).await;
        assert_eq!(response.status_code, 403, "{asked}");
        assert_eq!(problem(&response)["code"], "tenant_missing", "{asked}");
        assert_eq!(response.headers.get("allow"), None, "{asked}");
    }
}

#[test]
fn every_route_except_reads_counts_against_a_limit() {
    for route in ROUTES {
        let is_read = route.method() == "GET";
        assert_eq!(route.errand.is_none(), is_read, "{}", route.key);
    }
    let own: Vec<_> = ROUTES
        .iter()
        .filter(|route| route.gateway_key() != PROXY)
        .collect();
    assert!(own.len() >= 6, "only {} routes", own.len());
    for route in own {
        assert_eq!(route.gateway_key(), route.key);
        assert!(
            !matches!(route.errand, None | Some(Errand::Change)),
            "{}",
            route.key
        );
    }
}

/// The gateway applies the limit of the route that it matched.
#[tokio::test]
async fn request_on_the_proxy_route_can_not_bypass_its_own_limit() {
    let world = World::new();
    let answer = async |route: &Route, gateway_key: &str| {
        let asked = format!("{} {}", route.method(), unknown(route.path()));
        let mut event = event(ACME, &asked, &json!({}));
        event["routeKey"] = json!(gateway_key);
        world.wait(10_000);
        problem(&world.api.handle(&event).await)["detail"].clone()
    };
    let no_path = "The API does not have this path.";
    for route in ROUTES {
        assert_ne!(
            answer(route, route.gateway_key()).await,
            no_path,
            "{}",
            route.key
        );
        let through_proxy = answer(route, PROXY).await;
        let has_own = route.gateway_key() != PROXY;
        assert_eq!(through_proxy == no_path, has_own, "{}", route.key);
    }
}

/// A path can start with the stage name or the mapping of a custom domain.
#[tokio::test]
async fn stage_prefix_is_not_part_of_the_path() {
    let world = World::new();
    world
        .expect(ACME, "GET /live/v1/groups", Value::Null, 200)
        .await;
}
