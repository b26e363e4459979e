//! Sends every declared kind of error to every route.

use anyhow::Result;
use registration_api::routes::ROUTES;
use rolecall_client::HubClient;
use rolecall_domain::user::Role;
use serde_json::{Value, json};

use crate::openapi::driver::{Asked, Driver};

const UNKNOWN: &str = "0198a0b1c2d37e4f8a9b0c1d2e3f4a5b";

/// Well-formed but unknown ids for a route's path parameters.
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

/// Callers without a token, and callers without a tenant.
pub async fn unauthorized_callers(
    driver: &mut Driver,
    without_token: &HubClient,
    tenantless: &HubClient,
) -> Result<()> {
    for route in driver.operations().into_keys() {
        let ids = unknown_ids(&route);
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let asked = Asked::of(&route, &ids);
        driver.expect(without_token, &asked, 401).await?;
        driver
            .refused(tenantless, &asked, 403, "tenant_missing")
            .await?;
    }
    Ok(())
}

/// Callers whose role is lower than a route requires.
pub async fn lower_roles(driver: &mut Driver, callers: &[(Role, HubClient)]) -> Result<()> {
    for route in driver.operations().into_keys() {
        let least = ROUTES.iter().find(|it| it.key == route).expect("a route");
        let ids = unknown_ids(&route);
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let asked = Asked::of(&route, &ids);
        let lower = callers
            .iter()
            .filter(|(role, _)| !role.may(least.least_role));
        for (_, caller) in lower {
            driver.refused(caller, &asked, 403, "not_permitted").await?;
        }
    }
    Ok(())
}

/// Unknown ids, malformed bodies and invalid cursors.
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
            let body = driver.contract.example_body(&operation);
            let body = body.to_string().into_bytes();
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
            invalid(driver, caller, &asked).await?;
        }
    }
    Ok(())
}

/// Unknown fields and query parameters, and invalid values for the route's own parameters.
async fn invalid(driver: &mut Driver, caller: &HubClient, asked: &Asked<'_>) -> Result<()> {
    let refused = "invalid_request";
    let query = Asked {
        query: "?no_such_parameter=1&Limit=",
        ..asked.clone()
    };
    let problem = driver.refused(caller, &query, 422, refused).await?;
    let errors = problem["errors"].as_array().expect("errors");
    let named: Vec<&Value> = errors.iter().map(|error| &error["field"]).collect();
    assert_eq!(named, ["Limit", "no_such_parameter"], "{problem}");
    if asked.route.starts_with("GET") {
        let operation = &driver.operations()[asked.route];
        for name in driver.contract.query_parameters(operation) {
            let query = format!("?{name}=%00");
            let asked = Asked {
                query: &query,
                ..asked.clone()
            };
            let wrong = match name.as_str() {
                "cursor" => (400, "cursor_invalid"),
                _ => (422, refused),
            };
            let problem = driver.refused(caller, &asked, wrong.0, wrong.1).await?;
            let code = &problem["errors"][0]["code"];
            assert_ne!(code, "unknown_parameter", "{problem}");
        }
    } else if !asked.route.starts_with("DELETE") {
        let body = Asked {
            body: br#"{"no_such_field": 1}"#.to_vec(),
            ..asked.clone()
        };
        let problem = driver.refused(caller, &body, 422, refused).await?;
        assert!(problem["errors"][0]["field"].is_string(), "{problem}");
    }
    Ok(())
}
