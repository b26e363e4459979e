//! The language of a page: that of the address, the cookie, the browser, the registration or the brand.

use crate::world::{World, text};
use rolecall_domain::messages::Language;
use serde_json::{Value, json};

const COOKIE: &str = "__Host-rolecall-language";

/// A console whose brand has this default language.
fn world(default: &str) -> World {
    let world = World::new();
    let brand = json!({"product_name": "Acme", "language": default});
    let route = "GET /.well-known/rolecall";
    world
        .console
        .api
        .answers(route, 200, json!({"brand": brand}));
    world
}

async fn language(world: &World, address: &str, cookie: Option<&str>, accepted: &str) -> String {
    let mut browser = world.browser();
    if let Some(cookie) = cookie {
        browser.cookies.insert(COOKIE.to_owned(), cookie.to_owned());
    }
    let headers = match accepted {
        "" => json!({}),
        accepted => json!({"accept-language": accepted}),
    };
    let response = browser.send("GET", address, headers, "").await;
    let language = response.headers["content-language"].clone();
    let page = text(&response);
    assert!(
        page.contains(&format!("<html lang=\"{language}\">")),
        "{page}"
    );
    language
}

#[tokio::test]
async fn language_is_chosen_by_address_then_cookie_then_browser_then_brand() {
    for (default, address, cookie, accepted, expected) in [
        ("en", "/signed-out", None, "ja", "ja"),
        ("ja", "/signed-out", None, "en-US,en;q=0.9", "en"),
        ("en", "/signed-out", Some("en"), "ja", "en"),
        ("en", "/signed-out?lang=ja", Some("en"), "en", "ja"),
        ("ja", "/signed-out?lang=en", Some("ja"), "ja", "en"),
        ("en", "/signed-out?lang=fr", Some("xx"), "", "en"),
        ("ja", "/signed-out?lang=fr", Some("xx"), "", "ja"),
        ("ja", "/signed-out", None, "", "ja"),
        ("ja", "/signed-out", None, "fr, de;q=0.5", "ja"),
        ("ja", "/signed-out", None, "fr, *;q=0.5", "ja"),
        ("ja", "/signed-out", None, "fr, en;q=0.1", "en"),
        ("ja", "/nothing", None, "fr", "ja"),
    ] {
        let found = language(&world(default), address, cookie, accepted).await;
        assert_eq!(found, expected, "{default} {address} {cookie:?} {accepted}");
    }
}

/// Nobody chose the language, so it can still be that of the brand tomorrow.
#[tokio::test]
async fn default_language_is_not_kept() {
    let world = world("ja");
    let mut browser = world.browser();
    let response = browser.get("/signed-out").await;
    assert_eq!(response.headers["content-language"], "ja");
    assert!(!browser.cookies.contains_key(COOKIE));
    // A page names its own language when it updates itself.
    let route = "GET /connect/v1/registration";
    world.console.api.answers(route, 200, registration("ja"));
    let response = browser.get("/connect/token/status?lang=ja").await;
    assert_eq!(response.headers["content-language"], "ja");
    assert!(!browser.cookies.contains_key(COOKIE));
    // A person who chooses it keeps it.
    browser.get("/connect/token?lang=ja").await;
    assert_eq!(browser.cookies[COOKIE], "ja");
}

#[tokio::test]
async fn console_without_an_answer_of_the_api_is_in_english() {
    let world = world("ja");
    world.console.api.is_down();
    assert_eq!(language(&world, "/signed-out", None, "fr").await, "en");
}

fn registration(locale: &str) -> Value {
    json!({
        "state": "waiting",
        "brand": {"product_name": "Acme of the registration"},
        "locale": locale,
        "hub_account_id": "111111111111",
        "report_by": "paste",
        "stack_name": "rolecall-1",
        "created_at": "2026-11-29T10:00:00Z",
        "expires_at": "2026-12-01T10:00:00Z",
    })
}

#[tokio::test]
async fn connect_page_is_in_the_language_of_its_registration_for_who_prefers_none() {
    for (locale, accepted, expected, asked_in) in [
        ("ja", "", "ja", None),
        ("ja", "fr", "ja", None),
        ("en", "", "en", None),
        ("ja", "en", "en", Some(Language::English)),
        ("en", "ja", "ja", Some(Language::Japanese)),
    ] {
        // The brand's default is the other one.
        let world = world(if locale == "ja" { "en" } else { "ja" });
        let api = &world.console.api;
        api.answers("GET /connect/v1/registration", 200, registration(locale));
        let found = language(&world, "/connect/token", None, accepted).await;
        assert_eq!(found, expected, "{locale} {accepted}");
        let asked = api.asked();
        assert_eq!(asked.last().expect("asked").language, asked_in);
    }
}

/// The page keeps its language while it updates itself, and when what was pasted is wrong.
#[tokio::test]
async fn parts_of_the_connect_page_have_its_language() {
    let world = world("en");
    let api = &world.console.api;
    api.answers("GET /connect/v1/registration", 200, registration("ja"));
    let mut browser = world.browser();
    let page = text(&browser.get("/connect/token").await);
    assert!(page.contains("Acme of the registration"), "{page}");
    assert!(page.contains("/connect/token/status?lang=ja"), "{page}");
    let problem = json!({
        "type": "x", "title": "t", "status": 422, "code": "invalid_request", "detail": "d",
        "request_id": "r", "errors": [{"field": "stack_info", "code": "invalid", "message": "m"}],
    });
    api.answers("POST /connect/v1/registration/complete", 422, problem);
    let token = crate::world::field(&page, "form_token");
    let fields = [("form_token", &*token), ("stack_info", "x")];
    let response = browser.post("/connect/token/complete", &fields).await;
    assert_eq!(response.status_code, 422);
    assert_eq!(response.headers["content-language"], "ja");
    let page = text(&response);
    assert!(page.contains("RolecallStackInfo の値"), "{page}");
    assert!(!page.contains("Value of RolecallStackInfo"), "{page}");
}
