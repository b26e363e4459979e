//! What the contract declares for a route is tried on it, whatever the route does.

use anyhow::Result;
use rolecall_local::client::HubClient;
use serde_json::{Value, json};

use crate::openapi::driver::{Asked, Driver};

const UNKNOWN: &str = "0198a0b1c2d37e4f8a9b0c1d2e3f4a5b";

/// Ids of the right form for a route's places, under which there is nothing.
fn unknown_ids(route: &str) -> Vec<String> {
    let places = [
        ("{group_id}", "grp_"),
        ("{registration_id}", "reg_"),
        ("{account_id}", "acc_"),
        ("{orphaned_stack_id}", "stk_"),
    ];
    let used = places.iter().filter(|(place, _)| route.contains(place));
    used.map(|(_, prefix)| format!("{prefix}{UNKNOWN}"))
        .collect()
}

/// A body that the route accepts.
fn valid_body(route: &str) -> Value {
    match route {
        "POST /v1/groups" => json!({"name": "x", "color": "#123456"}),
        "POST /v1/registrations/{registration_id}/complete" => json!({"stack_info": "x"}),
        "POST /v1/orphaned-stacks/{orphaned_stack_id}/dismiss" => json!({"reason": "x"}),
        "PUT /v1/accounts/{account_id}/companion-roles" => json!({"companion_roles": []}),
        "POST /v1/accounts/{account_id}/simulations" => {
            json!({"kind": "automation", "actions": ["s3:GetObject"]})
        }
        _ => json!({}),
    }
}

/// Nobody, and somebody of no tenant.
pub async fn strangers(
    driver: &mut Driver,
    nobody: &HubClient,
    tenantless: &HubClient,
) -> Result<()> {
    for route in driver.operations().into_keys() {
        let ids = unknown_ids(&route);
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let asked = Asked::of(&route, &ids);
        driver.expect(nobody, &asked, 401).await?;
        driver
            .refused(tenantless, &asked, 403, "tenant_missing")
            .await?;
    }
    Ok(())
}

/// Ids that are nobody's, bodies that are none, cursors that are made up.
pub async fn mistakes(driver: &mut Driver, caller: &HubClient) -> Result<()> {
    let too_large = json!({"name": "x".repeat(65 * 1024)})
        .to_string()
        .into_bytes();
    for (route, operation) in driver.operations() {
        let ids = unknown_ids(&route);
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let declares = |driver: &Driver, status: &str, code: &str| {
            driver.contract.codes(&operation, status).contains(code)
        };
        let asked = Asked::of(&route, &ids);
        let with = |body: Vec<u8>| Asked {
            body,
            ..asked.clone()
        };
        if declares(driver, "404", "not_found") && !ids.is_empty() {
            let body = valid_body(&route).to_string().into_bytes();
            driver
                .refused(caller, &with(body), 404, "not_found")
                .await?;
        }
        if declares(driver, "400", "malformed_json") {
            let asked = with(b"{".to_vec());
            driver
                .refused(caller, &asked, 400, "malformed_json")
                .await?;
        }
        if declares(driver, "413", "body_too_large") {
            let asked = with(too_large.clone());
            driver
                .refused(caller, &asked, 413, "body_too_large")
                .await?;
        }
        if declares(driver, "400", "cursor_invalid") {
            let query = "?cursor=made-up";
            let asked = Asked {
                query,
                ..asked.clone()
            };
            driver
                .refused(caller, &asked, 400, "cursor_invalid")
                .await?;
        }
        if declares(driver, "422", "invalid_request") {
            let mut asked = with(br#"{"no_such_field": 1}"#.to_vec());
            if route.starts_with("GET") {
                asked = Asked {
                    query: "?limit=0&region=0&trusted_account_id=0",
                    ..Asked::of(&route, &ids)
                };
            }
            let problem = driver
                .refused(caller, &asked, 422, "invalid_request")
                .await?;
            assert!(problem["errors"][0]["field"].is_string(), "{problem}");
        }
    }
    Ok(())
}
