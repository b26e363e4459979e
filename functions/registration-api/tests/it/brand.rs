//! The brand: its logo, which anyone can read by its hash, and its default language.

use crate::world::{ACME, World, event, text};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use registration_api::Response;
use registration_api::route::{LOGO, SIGN_IN};
use rolecall_domain::brand::{Brand, Logo, Product};
use rolecall_domain::messages::Language;
use rolecall_domain::template::Offering;
use serde_json::{Value, json};

const PNG: &[u8] = include_bytes!("../../../../shared/domain/tests/logos/logo.png");
const JPEG: &[u8] = include_bytes!("../../../../shared/domain/tests/logos/logo.jpg");

fn publish(world: &World, logo: Option<Logo>, file: &[u8]) {
    let brand = Brand {
        product: Product {
            en: "Acme Cloud".to_owned(),
            ja: "アクメクラウド".to_owned(),
            ..Brand::default().product
        },
        logo,
        default_language: Language::Japanese,
        ..Brand::default()
    };
    let store = &world.api.env.store;
    store.publish(Offering {
        brand,
        ..Offering::default()
    });
    store.publish_logo(file);
}

/// A hub with this logo, and the logo's hash.
fn with_logo(file: &[u8]) -> (World, String) {
    let (world, logo) = (World::new(), Logo::of_file(file).expect("a logo"));
    let sha256 = logo.sha256.clone();
    publish(&world, Some(logo), file);
    (world, sha256)
}

/// A request without a token, as the gateway forwards it.
async fn ask(world: &World, asked: &str) -> Response {
    let mut event = event("", asked, &Value::Null);
    event["requestContext"]["authorizer"] = Value::Null;
    world.api.handle(&event).await
}

async fn sign_in(world: &World, languages: &str) -> Value {
    let mut event = event("", "GET /.well-known/rolecall", &Value::Null);
    assert_eq!(event["routeKey"], SIGN_IN);
    event["requestContext"]["authorizer"] = Value::Null;
    event["headers"]["accept-language"] = json!(languages);
    let response = world.api.handle(&event).await;
    assert_eq!(response.status_code, 200);
    serde_json::from_str(&response.body).expect("JSON")
}

#[tokio::test]
async fn logo_is_sent_by_its_content_and_can_be_kept() {
    for (file, media_type) in [(PNG, "image/png"), (JPEG, "image/jpeg")] {
        let (world, sha256) = with_logo(file);
        let response = ask(&world, &format!("GET /logo/{sha256}")).await;
        assert_eq!(response.status_code, 200, "{}", response.body);
        // As the gateway receives it: base64 with its flag, or it would send other bytes.
        let sent = json!(response);
        assert_eq!(sent["isBase64Encoded"], true);
        let bytes = STANDARD.decode(sent["body"].as_str().expect("text"));
        assert_eq!(bytes.expect("base64"), file);
        for (name, value) in [
            ("content-type", media_type),
            ("cache-control", "public, max-age=31536000, immutable"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("strict-transport-security", "max-age=63072000"),
        ] {
            assert_eq!(response.headers[name], value, "{name}");
        }
        let policy = &response.headers["content-security-policy"];
        for part in ["default-src 'none'", "frame-ancestors 'none'", "sandbox"] {
            assert!(policy.split("; ").any(|it| it == part), "{policy}");
        }
        let head = ask(&world, &format!("HEAD /logo/{sha256}")).await;
        assert_eq!(head.status_code, 200);
        assert_eq!(head.headers, response.headers);
        let sent = json!(head);
        assert_eq!(
            (&sent["body"], sent.get("isBase64Encoded")),
            (&json!(""), None)
        );
    }
}

#[tokio::test]
async fn every_hash_but_that_of_the_published_logo_is_unknown() {
    let (world, sha256) = with_logo(PNG);
    let other = Logo::of_file(JPEG).expect("a logo").sha256;
    for unknown in [
        other.as_str(),
        &"0".repeat(64),
        &sha256[..63],
        &sha256.to_uppercase(),
        &format!("{sha256}.png"),
        "logo.png",
        "",
    ] {
        for method in ["GET", "HEAD"] {
            let response = ask(&world, &format!("{method} /logo/{unknown}")).await;
            // Without a segment, the gateway has no route for the API.
            let status = if unknown.is_empty() { 403 } else { 404 };
            assert_eq!(response.status_code, status, "{method} {unknown}");
            assert_eq!(response.headers["cache-control"], "no-store", "{unknown}");
        }
    }
    // A brand without a logo, although the file of a former one is still there.
    publish(&world, None, PNG);
    let response = ask(&world, &format!("GET /logo/{sha256}")).await;
    assert_eq!(response.status_code, 404);
}

/// The brand and the file are two items, and whoever can write the table can write anything.
#[tokio::test]
async fn file_that_is_not_the_logo_is_never_sent() {
    let logo = Logo::of_file(PNG).expect("a logo");
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";
    let of_svg = Logo {
        sha256: "052b2461d06b3d3b37f52c3ef308a7c204e01c0b293cce08f6694152f859aa9e".to_owned(),
        ..logo.clone()
    };
    for (recorded, file) in [(logo.clone(), JPEG), (logo, &svg[..]), (of_svg, &svg[..])] {
        let world = World::new();
        let sha256 = recorded.sha256.clone();
        publish(&world, Some(recorded), file);
        let response = ask(&world, &format!("GET /logo/{sha256}")).await;
        assert_eq!(response.status_code, 404);
        assert!(!response.body.contains("svg"), "{}", response.body);
    }
}

#[tokio::test]
async fn logo_has_no_parameters_and_its_route_reads_nothing_else() {
    let (world, sha256) = with_logo(PNG);
    let response = ask(&world, &format!("GET /logo/{sha256}?size=2")).await;
    assert_eq!(response.status_code, 422);
    for key in LOGO {
        for path in ["/v1/groups", "/operator/v1/tenants", "/logo/../v1/groups"] {
            let (method, _) = key.split_once(' ').expect("a method");
            let mut event = event(ACME, &format!("{method} {path}"), &Value::Null);
            event["routeKey"] = json!(key);
            let response = world.api.handle(&event).await;
            assert_eq!(response.status_code, 404, "{key} {path}");
        }
    }
}

#[tokio::test]
async fn responses_name_the_logo_and_its_size() {
    let (world, sha256) = with_logo(PNG);
    let brand = sign_in(&world, "en").await["brand"].clone();
    let url = format!("https://hub.example/logo/{sha256}");
    assert_eq!(text(&brand, "logo_url"), url);
    assert_eq!(
        (&brand["logo_width"], &brand["logo_height"]),
        (&json!(48), &json!(24))
    );
    // It has the origin of the pages, which load no other images.
    let (mut elsewhere, _) = with_logo(PNG);
    elsewhere.api.api_url = "https://api.example/stage".to_owned();
    let brand = sign_in(&elsewhere, "en").await["brand"].clone();
    assert_eq!(text(&brand, "logo_url"), url);
    elsewhere.api.console_url = None;
    let brand = sign_in(&elsewhere, "en").await["brand"].clone();
    let url = format!("https://api.example/stage/logo/{sha256}");
    assert_eq!(text(&brand, "logo_url"), url);
    let brand = sign_in(&World::new(), "en").await["brand"].clone();
    for field in ["logo_url", "logo_width", "logo_height"] {
        assert_eq!(brand[field], Value::Null, "{field}");
    }
}

#[tokio::test]
async fn product_is_named_in_the_default_language_to_who_prefers_none() {
    let (world, _) = with_logo(PNG);
    for (languages, name) in [
        ("", "アクメクラウド"),
        ("fr", "アクメクラウド"),
        ("ja", "アクメクラウド"),
        ("en", "Acme Cloud"),
        ("fr, en;q=0.1", "Acme Cloud"),
    ] {
        let brand = sign_in(&world, languages).await["brand"].clone();
        assert_eq!(text(&brand, "product_name"), name, "{languages}");
        assert_eq!(text(&brand, "language"), "ja");
    }
}

#[tokio::test]
async fn registration_has_the_default_language_unless_it_names_one() {
    let (world, _) = with_logo(PNG);
    let group = world.group(ACME).await;
    for (body, locale) in [
        (json!({}), "ja"),
        (json!({"locale": null}), "ja"),
        (json!({"locale": "en"}), "en"),
    ] {
        let registration = world.registration(ACME, &group, body).await;
        assert_eq!(text(&registration, "locale"), locale);
    }
}
