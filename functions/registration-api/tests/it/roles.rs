//! The permissions of each role, and the source of the role.

use crate::world::{ACME, SERVICE, World, event, signed, text};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use registration_api::route::Route;
use registration_api::routes::ROUTES;
use rolecall_domain::user::Role;
use serde_json::{Value, json};

/// The route's path, with unknown ids as parameters.
fn asked(route: &Route) -> String {
    let id = "0198a0b1c2d37e4f8a9b0c1d2e3f4a5b";
    let path = route
        .path()
        .replace("{group_id}", &format!("grp_{id}"))
        .replace("{registration_id}", &format!("reg_{id}"))
        .replace("{account_id}", &format!("acc_{id}"))
        .replace("{orphaned_stack_id}", &format!("stk_{id}"));
    format!("{} {path}", route.method())
}

/// A request of a user with this role claim.
fn as_user(role: &Value, asked: &str, body: &Value) -> Value {
    let mut event = event(ACME, asked, body);
    event["requestContext"]["authorizer"]["jwt"]["claims"]["custom:role"] = role.clone();
    event
}

async fn answer(world: &World, event: &Value) -> (u16, Value) {
    let response = world.api.handle(event).await;
    let body = serde_json::from_str(&response.body).unwrap_or_default();
    (response.status_code, body)
}

#[tokio::test]
async fn every_role_may_use_exactly_the_routes_of_its_rank() {
    for role in Role::ALL {
        let world = World::new();
        for route in ROUTES {
            world.wait(10_000);
            let event = as_user(&json!(role), &asked(route), &json!({}));
            let (status, body) = answer(&world, &event).await;
            let refused = body["code"] == "not_permitted";
            assert_eq!(
                refused,
                role < route.least_role,
                "{role} {}: {body}",
                route.key
            );
            if refused {
                assert_eq!(status, 403, "{}", route.key);
                let detail = text(&body, "detail");
                for said in [role.as_str(), route.least_role.as_str(), "operator"] {
                    assert!(detail.contains(said), "{}: {detail}", route.key);
                }
            }
        }
    }
}

/// Only reads are for viewers, so that a new route is not open to them by mistake.
#[test]
fn viewer_has_only_reads_and_every_read() {
    for route in ROUTES {
        let is_read = route.method() == "GET";
        assert_eq!(route.least_role == Role::Viewer, is_read, "{}", route.key);
    }
    let owners: Vec<_> = ROUTES
        .iter()
        .filter(|it| it.least_role == Role::Owner)
        .collect();
    let keys: Vec<_> = owners.iter().map(|route| route.key).collect();
    for expected in [
        "DELETE /v1/groups/{group_id}",
        "DELETE /v1/accounts/{account_id}",
        "PUT /v1/accounts/{account_id}/access",
        "PUT /v1/accounts/{account_id}/companion-roles",
        "POST /v1/orphaned-stacks/{orphaned_stack_id}/dismiss",
    ] {
        assert!(keys.contains(&expected), "{expected}");
    }
}

#[tokio::test]
async fn refused_request_changes_nothing_and_uses_no_budget() {
    let world = World::new();
    let (account, _) = world.connect(ACME).await;
    let path = format!("/v1/accounts/{}", account.account_id);
    let before = world.api.env.store.trail().len();
    for _ in 0..100 {
        let event = as_user(&json!("member"), &format!("DELETE {path}"), &Value::Null);
        let (status, body) = answer(&world, &event).await;
        assert_eq!((status, &body["code"]), (403, &json!("not_permitted")));
    }
    assert_eq!(world.api.env.store.trail().len(), before);
    let renamed = json!({"name": "Renamed"});
    let event = as_user(&json!("member"), &format!("PATCH {path}"), &renamed);
    assert_eq!(answer(&world, &event).await.0, 200);
}

/// With a link, a viewer could connect an account.
#[tokio::test]
async fn link_of_a_registration_is_not_shown_to_viewers() {
    let world = World::new();
    let group = world.group(ACME).await;
    let made = world.registration(ACME, &group, json!({})).await;
    assert!(made["quick_create_url"].is_string(), "{made}");
    let one = format!("GET /v1/registrations/{}", text(&made, "registration_id"));
    let list = format!("GET /v1/groups/{group}/registrations");
    for (role, shown) in [("viewer", false), ("member", true), ("owner", true)] {
        for asked in [&one, &list, &"GET /v1/registrations".to_owned()] {
            let (status, body) = answer(&world, &as_user(&json!(role), asked, &Value::Null)).await;
            assert_eq!(status, 200, "{asked}: {body}");
            let view = body.get("items").map_or(&body, |items| &items[0]);
            assert_eq!(
                view["quick_create_url"].is_string(),
                shown,
                "{role} {asked}"
            );
            let secret = text(&made, "quick_create_url");
            let token = secret.split("RegistrationToken=").nth(1).expect("a token");
            let token = token.split('&').next().expect("a token");
            assert_eq!(body.to_string().contains(token), shown, "{role} {asked}");
        }
    }
}

/// A token that the gateway would have verified. The tests are the issuer.
fn bearer(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!(
        "Bearer {}.{}.c2ln",
        part(&json!({"alg": "RS256"})),
        part(claims)
    )
}

/// How the gateway passes a claim on.
fn as_text(claim: &Value) -> Value {
    match claim {
        Value::String(text) => json!(text),
        Value::Array(items) => {
            let items = items.iter().map(|item| match as_text(item) {
                Value::String(text) => text,
                other => other.to_string(),
            });
            json!(format!("[{}]", items.collect::<Vec<_>>().join(" ")))
        }
        other => json!(other.to_string()),
    }
}

/// `GET /v1/me` for a token with this claim.
async fn role_of(world: &World, claim: &Value) -> Value {
    let mut event = as_user(&as_text(claim), "GET /v1/me", &Value::Null);
    event["headers"]["authorization"] =
        json!(bearer(&json!({"sub": "user", "custom:role": claim})));
    let (status, body) = answer(world, &event).await;
    assert_eq!(status, 200, "{body}");
    body["role"].clone()
}

#[tokio::test]
async fn role_is_the_claim_or_the_highest_one_in_a_list() {
    let world = World::new();
    for (claim, role) in [
        (json!("viewer"), "viewer"),
        (json!("member"), "member"),
        (json!("owner"), "owner"),
        (json!(["member"]), "member"),
        (json!(["staff", "viewer", "owner", "member"]), "owner"),
        (json!(["All Staff (EU)", "member"]), "member"),
        (json!(["staff"]), "viewer"),
    ] {
        assert_eq!(role_of(&world, &claim).await, role, "{claim}");
    }
}

/// `owners()` makes callers without the claim owners, so that a default would be seen.
#[tokio::test]
async fn role_claim_that_can_not_be_read_makes_a_viewer_and_never_the_default() {
    let world = World::new();
    let (zero_width, full_width, cyrillic) = ("own\u{200b}er", "\u{ff4f}wner", "\u{43e}wner");
    for claim in [
        json!("Owner"),
        json!("OWNER"),
        json!(" owner"),
        json!("owner "),
        json!("owner\n"),
        json!("owner,member"),
        json!("owner member"),
        json!("[owner]"),
        json!("[\"owner\"]"),
        json!("{\"role\":\"owner\"}"),
        json!("\"owner\""),
        json!("admin"),
        json!(""),
        json!(zero_width),
        json!(full_width),
        json!(cyrillic),
        json!("owne\u{301}r"),
        json!(true),
        json!(2),
        Value::Null,
        json!({"role": "owner"}),
        json!({"owner": true}),
        json!([]),
        json!(["Owner"]),
        json!([" owner"]),
        json!(["own er"]),
        json!(["owner", 1]),
        json!(["owner", null]),
        json!([["owner"]]),
        json!([{"role": "owner"}]),
        json!(["member owner"]),
    ] {
        assert_eq!(role_of(&world, &claim).await, "viewer", "{claim}");
    }
}

#[tokio::test]
async fn caller_without_the_claim_has_the_default_role() {
    for role in Role::ALL {
        let mut world = World::new();
        world.api.claims.default_role = role;
        let mut event = event(ACME, "GET /v1/me", &Value::Null);
        event["headers"]["authorization"] = json!(bearer(&json!({"sub": "user"})));
        assert_eq!(answer(&world, &event).await.1["role"], role.as_str());
    }
}

/// The gateway verified one token. Another one, in the same or in another header, proves nothing.
#[tokio::test]
async fn list_that_the_gateway_did_not_verify_makes_a_viewer() {
    let world = World::new();
    let (staff, owner) = (json!(["staff"]), json!(["owner"]));
    let token = |list: &Value| bearer(&json!({"sub": "user", "custom:role": list}));
    let forged = token(&owner);
    let both = format!("{},{}", token(&staff), token(&owner));
    let again = format!("{}, {}", token(&owner), token(&staff));
    let unsigned = forged.rsplit_once('.').expect("three parts").0.to_owned();
    let basic = forged.replace("Bearer", "Basic");
    for header in [&forged, &both, &again, &unsigned, &basic, &String::new()] {
        let mut event = as_user(&json!("[staff]"), "GET /v1/me", &Value::Null);
        event["headers"]["authorization"] = json!(header);
        event["headers"]["x-authorization"] = json!(forged);
        event["queryStringParameters"] = json!({});
        let (status, body) = answer(&world, &event).await;
        assert_eq!((status, &body["role"]), (200, &json!("viewer")), "{header}");
    }
    let mut event = as_user(&json!("[owner]"), "GET /v1/me", &Value::Null);
    event["headers"] = json!({"authorization": token(&staff), "Authorization": forged});
    assert_eq!(answer(&world, &event).await.1["role"], "viewer");
    // The gateway passed a list on, but the header has no token.
    let event = as_user(&json!("[owner]"), "GET /v1/me", &Value::Null);
    assert_eq!(answer(&world, &event).await.1["role"], "viewer");
    // The gateway passed no role on, but the header has one.
    let mut event = event_without_role();
    event["headers"]["authorization"] = json!(forged);
    assert_eq!(answer(&world, &event).await.1["role"], "viewer");
}

fn event_without_role() -> Value {
    event(ACME, "GET /v1/me", &Value::Null)
}

#[tokio::test]
async fn service_of_the_operator_is_an_owner_whatever_it_sends() {
    let world = World::new();
    let asked = "GET /operator/v1/tenants/acme/me";
    let mut event = signed(SERVICE, asked, &Value::Null);
    event["headers"]["authorization"] = json!(bearer(&json!({"custom:role": "viewer"})));
    let (status, body) = answer(&world, &event).await;
    let expected = json!({
        "tenant": "acme", "subject": "service:billing", "name": null, "email": null, "role": "owner",
    });
    assert_eq!((status, body), (200, expected));
}

#[tokio::test]
async fn history_names_the_person_beside_the_subject() {
    let world = World::new();
    let (account, _) = world.connect(ACME).await;
    let path = format!("/v1/accounts/{}", account.account_id);
    let rename = async |claims: &[(&str, Value)], name: &str| {
        let body = json!({"name": name});
        let mut event = event(ACME, &format!("PATCH {path}"), &body);
        for (claim, value) in claims {
            event["requestContext"]["authorizer"]["jwt"]["claims"][*claim] = value.clone();
        }
        world.wait(10_000);
        let (status, body) = answer(&world, &event).await;
        assert_eq!(status, 200, "{body}");
        let history = format!("GET {path}/history");
        let history = world.expect(ACME, &history, Value::Null, 200).await;
        history["items"][0].clone()
    };
    let (name, email) = (json!("山田 太郎"), json!("taro@acme.example"));
    let entry = rename(&[("name", name.clone()), ("email", email.clone())], "1").await;
    assert_eq!(entry["actor"], "user:user");
    assert_eq!(
        (&entry["actor_name"], &entry["actor_email"]),
        (&name, &email)
    );

    let verified = [("email", email.clone()), ("email_verified", json!("true"))];
    assert_eq!(rename(&verified, "2").await["actor_email"], email);
    let unverified = [("email", email), ("email_verified", json!("false"))];
    assert_eq!(rename(&unverified, "3").await["actor_email"], Value::Null);

    let hostile = json!("hub\r\nactor: \u{202e}hub\u{7}");
    let entry = rename(&[("name", hostile), ("email", json!("a b@c"))], "4").await;
    assert_eq!(entry["actor_name"], "hub  actor: hub");
    assert_eq!(entry["actor_email"], Value::Null);
    let long = rename(&[("name", json!("x".repeat(1000)))], "5").await;
    assert_eq!(long["actor_name"], json!("x".repeat(64)));
}
