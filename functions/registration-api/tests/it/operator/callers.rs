//! Which callers can use which part of the API, and their names in the audit.

use crate::world::{ACME, GLOBEX, SERVICE, World, event, signed};
use serde_json::{Value, json};

const GROUPS: &str = "GET /operator/v1/tenants/acme/groups";

async fn ask(world: &World, event: &Value) -> (u16, Value) {
    let response = world.api.handle(event).await;
    let body: Value = serde_json::from_str(&response.body).expect("JSON");
    (response.status_code, body)
}

#[tokio::test]
async fn service_acts_on_behalf_of_a_tenant_and_is_named_in_the_audit() {
    let world = World::new();
    let (account, _) = world.connect(ACME).await;
    let id = &account.account_id;
    let change = format!("PATCH /operator/v1/tenants/acme/accounts/{id}");
    let renamed = json!({"name": "Renamed"});
    let view = world.expect_signed(&change, renamed.clone(), 200).await;
    assert_eq!(view["name"], "Renamed");
    let history = format!("GET /v1/accounts/{id}/history");
    let history = world.expect(ACME, &history, Value::Null, 200).await;
    let entry = &history["items"][0];
    assert_eq!(entry["actor"], "service:billing", "{entry}");
    assert_eq!(entry["session_name"], "run-7");
    assert_eq!(entry["event"], "Account Changed");
    let first = &history["items"][1];
    assert_eq!(
        (&first["actor"], &first["session_name"]),
        (&json!("user:user"), &Value::Null)
    );

    // The same account in the name of another tenant is unknown.
    let foreign = format!("PATCH /operator/v1/tenants/globex/accounts/{id}");
    let problem = world.expect_signed(&foreign, renamed, 404).await;
    assert_eq!(problem["code"], "not_found");
}

/// The same rules apply: limits, validation, and the restrictions for a tenant's users.
#[tokio::test]
async fn service_is_bound_by_the_rules_of_the_tenant() {
    let world = World::new();
    let group = world.group(ACME).await;
    let create = format!("POST /operator/v1/tenants/acme/groups/{group}/registrations");
    let made = world.expect_signed(&create, json!({}), 201).await;
    let read = format!(
        "GET /v1/registrations/{}",
        made["registration_id"].as_str().expect("an id")
    );
    world.expect(ACME, &read, Value::Null, 200).await;
    world.expect(GLOBEX, &read, Value::Null, 404).await;
    let problem = world
        .expect_signed(&create, json!({"unknown": 1}), 422)
        .await;
    assert_eq!(problem["errors"][0]["code"], "unknown_field");
    let unknown = "GET /operator/v1/tenants/acme/groups?no_such=1";
    let problem = world.expect_signed(unknown, Value::Null, 422).await;
    assert_eq!(problem["errors"][0]["code"], "unknown_parameter");
    let problem = world
        .expect_signed("PUT /operator/v1/tenants/acme/groups", json!({}), 405)
        .await;
    assert_eq!(problem["code"], "method_not_allowed");
}

#[tokio::test]
async fn caller_that_is_no_identity_of_the_hubs_account_is_rejected() {
    let world = World::new();
    for asked in [
        GROUPS,
        "GET /operator/v1/tenants",
        "GET /operator/v1/no-such-path",
    ] {
        for arn in [
            "",
            "arn:aws:sts::222222222222:assumed-role/billing/run-7",
            "arn:aws:iam::222222222222:root",
            "arn:aws:iam::111111111111:role/billing",
            "arn:aws:sts::111111111111:assumed-role/billing",
            "billing",
        ] {
            let (status, problem) = ask(&world, &signed(arn, asked, &Value::Null)).await;
            assert_eq!(status, 403, "{asked} {arn}");
            assert_eq!(problem["code"], "caller_not_allowed", "{asked} {arn}");
        }
        // A tenant's token proves nothing on this path.
        let mut token = signed(SERVICE, asked, &Value::Null);
        token["requestContext"]["authorizer"] =
            json!({"jwt": {"claims": {"custom:tenant": ACME, "sub": "user"}}});
        let (status, problem) = ask(&world, &token).await;
        assert_eq!(
            (status, &problem["code"]),
            (403, &json!("caller_not_allowed")),
            "{asked}"
        );
    }
}

#[tokio::test]
async fn signature_is_no_token_on_a_tenants_path() {
    let world = World::new();
    let mut event = event(ACME, "GET /v1/groups", &Value::Null);
    event["requestContext"]["authorizer"] = json!({"iam": {"userArn": SERVICE}});
    let (status, problem) = ask(&world, &event).await;
    assert_eq!((status, &problem["code"]), (403, &json!("tenant_missing")));
}

/// API Gateway turns every claim into text, and a list into `[a b]`.
#[tokio::test]
async fn tenant_claim_that_is_not_one_name_gives_no_tenant() {
    let world = World::new();
    world.group(ACME).await;
    for claim in [
        json!("[acme]"),
        json!("[acme globex]"),
        json!("acme,globex"),
        json!("acme globex"),
        json!(" acme"),
        json!(["acme"]),
        json!({"name": "acme"}),
        json!(true),
        Value::Null,
    ] {
        let mut event = event(ACME, "GET /v1/groups", &Value::Null);
        event["requestContext"]["authorizer"]["jwt"]["claims"]["custom:tenant"] = claim.clone();
        let (status, problem) = ask(&world, &event).await;
        assert_eq!(
            (status, &problem["code"]),
            (403, &json!("tenant_missing")),
            "{claim}"
        );
    }
}

#[tokio::test]
async fn tenant_in_the_path_has_the_form_of_a_name() {
    let world = World::new();
    for tenant in ["a b", "a.b", "acme;x", "ä", &"a".repeat(65)] {
        let asked = format!("GET /operator/v1/tenants/{tenant}/groups");
        let problem = world.expect_signed(&asked, Value::Null, 404).await;
        assert_eq!(problem["code"], "not_found", "{tenant}");
    }
}
