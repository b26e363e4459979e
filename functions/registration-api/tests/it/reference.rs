//! Tests of the reference pages, which need no token.

use crate::world::{ACME, World, event, text};
use registration_api::Response;
use registration_api::route::{REFERENCE, SIGN_IN};
use registration_api::sign_in::SignIn;
use rolecall_domain::messages::Language;
use rolecall_domain::reference::Topic;
use serde_json::{Value, json};

/// Sends a request without a token, as the gateway forwards it.
async fn read(world: &World, path: &str, languages: &str) -> Response {
    let mut event = event(ACME, &format!("GET {path}"), &Value::Null);
    event["routeKey"] = json!(REFERENCE);
    event["headers"] = json!({"accept-language": languages});
    event["requestContext"]["authorizer"] = Value::Null;
    world.api.handle(&event).await
}

#[tokio::test]
async fn every_code_has_a_reference_page_in_every_language() {
    let world = World::new();
    for topic in Topic::all() {
        for language in Language::ALL {
            let path = format!("/reference/{}", topic.code());
            let page = read(&world, &path, language.tag()).await;
            assert_eq!(page.status_code, 200, "{path}");
            assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
            assert_eq!(page.headers["content-language"], language.tag());
            assert_eq!(page.headers["vary"], "accept-language");
            let lang = format!("<html lang=\"{}\">", language.tag());
            assert!(page.body.contains(&lang), "{}", page.body);
            for words in [topic.code(), &topic.title(language)] {
                assert!(page.body.contains(words), "{words}: {}", page.body);
            }
            let first: String = topic.explanation(language).chars().take(8).collect();
            assert!(page.body.contains(&first), "{first}: {}", page.body);
        }
    }
}

#[tokio::test]
async fn query_parameter_overrides_the_language_header() {
    let world = World::new();
    for (query, header, language) in [
        ("", "", "en"),
        ("", "ja", "ja"),
        ("?lang=ja", "en", "ja"),
        ("?lang=en", "ja", "en"),
        ("?lang=de", "ja", "ja"),
    ] {
        let page = read(&world, &format!("/reference/not_found{query}"), header).await;
        assert_eq!(
            page.headers["content-language"], language,
            "{query} {header}"
        );
    }
}

#[tokio::test]
async fn unknown_reference_code_is_not_found() {
    let world = World::new();
    for code in ["nothing", "", "NOT_FOUND", "not_found%20", "<script>"] {
        let page = read(&world, &format!("/reference/{code}"), "").await;
        assert_eq!(page.status_code, 404, "{code}");
        let problem: Value = serde_json::from_str(&page.body).expect("JSON");
        assert_eq!(problem["code"], "not_found");
    }
}

#[tokio::test]
async fn problem_type_is_the_reference_page_of_its_code() {
    let world = World::new();
    let problem = world
        .expect(ACME, "GET /v1/groups/grp_1", Value::Null, 404)
        .await;
    let page = format!("{}/reference/not_found", world.api.api_url);
    assert_eq!(text(&problem, "type"), page);
}

/// The API would reject the tokens of a client that is not one of its audiences.
#[tokio::test]
async fn sign_in_names_the_client_only_if_the_api_accepts_its_tokens() {
    let mut world = World::new();
    for (client, audiences, expected) in [
        (Some("cli"), "console cli", json!("cli")),
        (Some("cli"), "console", Value::Null),
        (None, "console", Value::Null),
    ] {
        world.api.sign_in = SignIn {
            issuer: "https://issuer.example".to_owned(),
            openid_configuration: "https://issuer.example/metadata".to_owned(),
            audiences: audiences.split(' ').map(str::to_owned).collect(),
            client_id: client.map(str::to_owned),
        };
        let mut event = event("", "GET /.well-known/rolecall", &Value::Null);
        event["routeKey"] = json!(SIGN_IN);
        event["requestContext"]["authorizer"] = Value::Null;
        let response = world.api.handle(&event).await;
        assert_eq!(response.status_code, 200);
        let said: Value = serde_json::from_str(&response.body).expect("JSON");
        assert_eq!(said["client_id"], expected, "{client:?} {audiences}");
        assert_eq!(said["issuer"], "https://issuer.example");
        assert_eq!(said["tenant_claim"], "custom:tenant");
    }
}
