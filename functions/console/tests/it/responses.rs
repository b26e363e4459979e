//! Properties of every response: its headers, and the correct bytes of a file.

use crate::world::World;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use console::assets::{SCRIPT, STYLE};
use console::http::Response;
use rolecall_domain::messages::Language;
use serde_json::{Value, json};
use std::io::Read;

async fn get(path: &str, headers: Value) -> Response {
    let event = json!({
        "rawPath": path,
        "headers": headers,
        "requestContext": {"http": {"method": "GET"}, "requestId": "r"},
    });
    World::new().console.handle(&event).await
}

#[tokio::test]
async fn every_response_has_the_security_headers() {
    for (path, status) in [
        ("/sign-in", 303),
        ("/", 401),
        ("/unknown", 404),
        (STYLE.path, 200),
    ] {
        let response = get(path, json!({})).await;
        assert_eq!(response.status_code, status, "{path}");
        let policy = &response.headers["content-security-policy"];
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.split("; ").any(|it| it == part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(response.headers["x-content-type-options"], "nosniff");
        assert_eq!(response.headers["referrer-policy"], "same-origin");
        assert_eq!(
            response.headers["cross-origin-opener-policy"],
            "same-origin"
        );
        assert!(response.headers["strict-transport-security"].starts_with("max-age=63072000"));
    }
}

#[tokio::test]
async fn pages_and_errors_are_not_stored_and_files_are() {
    for path in ["/", "/sign-in", "/unknown", "/assets/console.0.css"] {
        assert_eq!(
            get(path, json!({})).await.headers["cache-control"],
            "no-store"
        );
    }
    for asset in [STYLE, SCRIPT] {
        let kept = &get(asset.path, json!({})).await.headers["cache-control"];
        assert_eq!(kept, "public, max-age=31536000, immutable");
    }
}

/// The bytes that arrive after the gateway has decoded the body.
fn bytes(response: &Response) -> Vec<u8> {
    let sent = json!(response);
    assert_eq!(sent["isBase64Encoded"], true);
    STANDARD
        .decode(sent["body"].as_str().expect("text"))
        .expect("base64")
}

#[tokio::test]
async fn file_is_compressed_as_the_browser_asks_and_arrives_whole() {
    for (asset, file) in [
        (
            STYLE,
            &include_bytes!("../../src/view/assets/console.css")[..],
        ),
        (
            SCRIPT,
            &include_bytes!("../../src/view/assets/console.js")[..],
        ),
    ] {
        let plain = get(asset.path, json!({})).await;
        assert!(!plain.headers.contains_key("content-encoding"));
        assert_eq!(bytes(&plain), file);
        let response = get(asset.path, json!({"accept-encoding": "gzip, deflate"})).await;
        assert_eq!(response.headers["content-encoding"], "gzip");
        let mut text = Vec::new();
        let sent = bytes(&response);
        let mut gzip = flate2::read::GzDecoder::new(&*sent);
        gzip.read_to_end(&mut text).expect("gzip");
        assert_eq!(text, file);
        let response = get(asset.path, json!({"accept-encoding": "gzip, br;q=0.9"})).await;
        assert_eq!(response.headers["content-encoding"], "br");
        let mut text = Vec::new();
        let sent = bytes(&response);
        brotli::BrotliDecompress(&mut &*sent, &mut text).expect("brotli");
        assert_eq!(text, file);
        assert_eq!(response.headers["vary"], "accept-encoding");
    }
}

fn page_headers(site: Option<&str>) -> Value {
    let mut headers = json!({"accept-encoding": "gzip, deflate, br"});
    if let Some(site) = site {
        headers["sec-fetch-site"] = json!(site);
    }
    headers
}

#[tokio::test]
async fn page_is_compressed_and_arrives_whole() {
    let plain = crate::world::text(&get("/", json!({"sec-fetch-site": "none"})).await);
    for site in ["same-origin", "none"] {
        let response = get("/", page_headers(Some(site))).await;
        assert_eq!(response.headers["content-encoding"], "gzip", "{site}");
        let sent = bytes(&response);
        assert!(sent.len() < plain.len(), "{} bytes", sent.len());
        let mut text = String::new();
        let mut gzip = flate2::read::GzDecoder::new(&*sent);
        gzip.read_to_string(&mut text).expect("gzip");
        assert_eq!(text, plain);
    }
}

/// Sizes of compressed pages would tell the other site what is in them.
#[tokio::test]
async fn page_that_another_site_causes_is_not_compressed() {
    for site in [Some("cross-site"), Some("same-site"), Some("x"), None] {
        let response = get("/", page_headers(site)).await;
        assert!(
            !response.headers.contains_key("content-encoding"),
            "{site:?}"
        );
        assert_eq!(response.headers["vary"], "accept-encoding, sec-fetch-site");
    }
}

/// A token that repeats could be guessed from the sizes of compressed pages.
#[tokio::test]
async fn every_response_has_another_form_token() {
    let world = World::new();
    let mut browser = world.signed_in().await;
    let first = browser.form_token("/").await;
    let second = browser.form_token("/").await;
    let common = first
        .chars()
        .zip(second.chars())
        .take_while(|(a, b)| a == b);
    assert!(common.count() < 8, "{first} {second}");
    for token in [&first, &second] {
        let fields = [("form_token", token.as_str()), ("name", "x")];
        let response = browser.post("/groups", &fields).await;
        assert_ne!(response.status_code, 403, "{token}");
    }
}

#[tokio::test]
async fn icon_that_no_page_names_is_small_and_kept() {
    let response = get("/favicon.ico", json!({})).await;
    assert_eq!(response.status_code, 200);
    assert_eq!(response.headers["content-type"], "image/svg+xml");
    assert_eq!(response.headers["cache-control"], "public, max-age=86400");
    assert!(crate::world::text(&response).len() < 500);
}

/// Bug D40 of similar systems: a Japanese name in a download's file name was an error of the server.
#[tokio::test]
async fn exported_file_has_the_name_that_the_api_gives() {
    let world = World::new();
    let mut browser = world.signed_in().await;
    let name = "attachment; filename=\"rolecall-honban-csv.csv\"; \
                filename*=UTF-8''rolecall-%E6%9C%AC%E7%95%AA-csv.csv";
    let csv = "\u{feff}account_id,name\r\nacc_1,\"本番 🏭\"\r\n";
    let api = &world.console.api;
    api.sends_file("GET /v1/export", "text/csv; charset=utf-8", name, csv);
    let response = browser.get("/export?format=csv&group_id=grp_1").await;
    assert_eq!(response.status_code, 200);
    assert_eq!(response.headers["content-disposition"], name);
    assert_eq!(response.headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(response.headers["cache-control"], "no-store");
    assert_eq!(crate::world::text(&response), csv);
}

/// Every link to an export names a format, without which the API refuses it.
#[test]
fn links_to_exports_name_a_format() {
    let mut links = 0;
    for (name, page) in crate::samples::all(&crate::samples::Setting::of(Language::English)) {
        let html = page.into_string();
        for link in html.split("href=\"/export?").skip(1) {
            assert!(link.starts_with("format="), "{name}: {link:.60}");
            links += 1;
        }
    }
    assert!(links > 3, "{links}");
}
