//! Properties of every response: its headers, and the correct bytes of a file.

use crate::world::World;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use console::assets::{SCRIPT, STYLE};
use console::http::Response;
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
