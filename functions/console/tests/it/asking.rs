//! Pages: their requests to the API, and their contents if it does not respond.

use crate::samples::Setting;
use crate::samples::api::{connect, group, registration};
use crate::world::{Browser, World, parameter, text};
use rolecall_domain::messages::Language;
use serde_json::{Value, json};

#[tokio::test]
async fn form_that_is_sent_twice_has_the_same_idempotency_key() {
    let world = World::new();
    let mut browser = world.signed_in().await;
    let group = json!({"group_id": "grp_1", "name": "x", "color": "#000000"});
    world.console.api.answers("POST /v1/groups", 201, group);
    let token = browser.form_token("/").await;
    for name in ["Shops", "Shops", "Mills"] {
        let fields = [("form_token", &*token), ("name", name)];
        let response = browser.post("/groups", &fields).await;
        assert_eq!(response.status_code, 303);
    }
    let token = browser.form_token("/").await;
    browser
        .post("/groups", &[("form_token", &*token), ("name", "Shops")])
        .await;
    let asked = world.console.api.asked();
    let asked = asked.iter().filter(|it| it.method == "POST");
    let names: Vec<_> = asked.clone().filter_map(|it| it.body.as_ref()).collect();
    assert_eq!(names[2]["name"], "Mills");
    let keys: Vec<_> = asked.map(|it| it.key.clone().expect("a key")).collect();
    assert_eq!(keys[0], keys[1]);
    assert_ne!(keys[0], keys[2]);
    assert_ne!(keys[0], keys[3]);
}

#[tokio::test]
async fn api_that_does_not_answer_is_a_page_that_keeps_its_place() {
    let world = World::new();
    let mut browser = world.signed_in().await;
    world.console.api.throttles("GET /v1/groups", 7);
    let response = browser.get("/?cursor=abc").await;
    assert_eq!(response.status_code, 503);
    assert_eq!(response.headers["retry-after"], "7");
    let page = text(&response);
    assert!(
        page.contains("in 7 seconds") && page.contains("href=\"/?cursor=abc\""),
        "{page}"
    );
    world.console.api.is_down();
    let response = browser.get("/").await;
    assert_eq!(response.status_code, 503);
    assert!(text(&response).contains("No data was lost"));
    assert!(browser.cookies.contains_key("__Host-rolecall-session"));
}

async fn signed_in_as<'a>(world: &'a World, role: &Value) -> Browser<'a> {
    let mut browser = world.browser();
    let link = browser.led_to_issuer("/sign-in").await;
    let mut claims = world.issuer().claims("olivia", "acme", world.now());
    claims["nonce"] = json!(parameter(&link, "nonce"));
    claims["custom:role"] = role.clone();
    let code = world.issuer().code(claims);
    let state = parameter(&link, "state");
    let callback = format!("/sign-in/callback?code={code}&state={state}");
    browser.get(&callback).await;
    browser
}

#[tokio::test]
async fn pages_offer_what_the_role_allows() {
    let world = World::new();
    for (role, offered) in [
        (json!("owner"), true),
        (json!("member"), true),
        (json!("viewer"), false),
        (json!(["others", "member"]), true),
        (json!("Owner"), false),
        (json!(null), false),
    ] {
        let mut browser = signed_in_as(&world, &role).await;
        let groups = json!({"items": [], "next_cursor": null});
        world.console.api.answers("GET /v1/groups", 200, groups);
        let page = text(&browser.get("/").await);
        assert_eq!(page.contains("href=\"/groups/new\""), offered, "{role}");
    }
}

#[tokio::test]
async fn token_that_the_api_refuses_leads_to_sign_in() {
    let world = World::new();
    let mut browser = world.signed_in().await;
    world
        .console
        .api
        .answers("GET /v1/groups", 401, json!({"message": "Unauthorized"}));
    let response = browser.get("/").await;
    assert_eq!(response.status_code, 401);
}

#[tokio::test]
async fn problem_of_the_api_is_shown_in_the_language_of_the_page() {
    let world = World::new();
    let mut browser = world.signed_in().await;
    let response = browser.get("/groups/grp_1?lang=ja").await;
    assert_eq!(response.status_code, 404);
    assert!(text(&response).contains("No such record."));
    let asked = world.console.api.asked();
    let language = asked.last().expect("asked").language;
    assert_eq!(language, Some(Language::Japanese));
    // The choice is kept.
    let response = browser.get("/sessions").await;
    assert_eq!(response.headers["content-language"], "ja");
}

#[tokio::test]
async fn fragment_of_a_person_who_is_signed_out_leads_nowhere() {
    let world = World::new();
    let mut browser = world.browser();
    let response = browser.get("/registrations/reg_1/status").await;
    assert_eq!(response.status_code, 401);
    assert!(!response.headers.contains_key("location"));
}

#[tokio::test]
async fn customer_pages_use_the_token_of_their_address_and_no_session() {
    let world = World::new();
    let mut browser = world.signed_in().await;
    let body = json!({
        "state": "waiting",
        "brand": {"product_name": "Acme"},
        "hub_account_id": "111111111111",
        "report_by": "callback",
        "region": "eu-central-1",
        "stack_name": "rolecall-1",
        "created_at": "2026-11-29T10:00:00Z",
        "expires_at": "2026-12-01T10:00:00Z",
    });
    world
        .console
        .api
        .answers("GET /connect/v1/registration", 200, body);
    let response = browser.get("/connect/tok_1.abc-d").await;
    assert_eq!(response.status_code, 200);
    let asked = world.console.api.asked();
    assert_eq!(asked.last().expect("asked").credential, "page tok_1.abc-d");
    assert_eq!(
        asked.last().expect("asked").target,
        "/connect/v1/registration"
    );
    // Wrong and expired tokens get the same page.
    let response = browser.get("/customer/other").await;
    assert_eq!(response.status_code, 404);
    assert!(text(&response).contains("This link doesn"));
}

#[tokio::test]
async fn what_is_wrong_with_a_pasted_output_is_said_beside_its_field() {
    let world = World::new();
    let mut browser = signed_in_as(&world, &json!("member")).await;
    let setting = Setting::of(Language::English);
    let api = &world.console.api;
    api.answers(
        "GET /connect/v1/registration",
        200,
        connect(&setting, "waiting"),
    );
    api.answers(
        "GET /v1/registrations/reg_1",
        200,
        registration(&setting, "pending"),
    );
    api.answers("GET /v1/groups/grp_1", 200, group(&setting, 0));
    let problem = json!({
        "type": "about:blank",
        "title": "Unreadable",
        "status": 422,
        "code": "stack_info_invalid",
        "detail": "Only part of the value was pasted.",
        "request_id": "r",
    });
    for (page, route) in [
        (
            "/connect/tok_1.abc-d",
            "POST /connect/v1/registration/complete",
        ),
        (
            "/registrations/reg_1",
            "POST /v1/registrations/reg_1/complete",
        ),
    ] {
        api.answers(route, 422, problem.clone());
        let token = browser.form_token(page).await;
        let fields = [("form_token", &*token), ("stack_info", "half")];
        let response = browser.post(&format!("{page}/complete"), &fields).await;
        assert_eq!(response.status_code, 422, "{page}");
        let shown = text(&response);
        let says = "id=\"stack_info-wrong\">Only part of the value was pasted.";
        assert!(shown.contains(says) && shown.contains(">half<"), "{shown}");
    }
}

#[tokio::test]
async fn head_is_a_page_without_its_body() {
    let world = World::new();
    let mut browser = world.browser();
    let response = browser.send("HEAD", "/signed-out", json!({}), "").await;
    assert_eq!(response.status_code, 200);
    assert_eq!(text(&response), "");
    assert_eq!(
        browser
            .send("PUT", "/sign-in", json!({}), "")
            .await
            .status_code,
        405
    );
}

#[tokio::test]
async fn paths_of_the_api_that_do_not_exist_are_answered_as_json() {
    let world = World::new();
    for path in [
        "/v1",
        "/v2/groups",
        "/operator/v1x",
        "/connect/v1/nothing/x",
    ] {
        let response = world.browser().get(path).await;
        assert_eq!(response.status_code, 404, "{path}");
        let is_json = response.headers["content-type"] == "application/json";
        assert_eq!(is_json, path != "/v2/groups", "{path}");
    }
}
