//! Requests of browsers to the console, and the place to which a person returns.

use console::http::Request;
use console::routes::{Target, find};
use rolecall_domain::session::{ReturnPath, SessionId};
use serde_json::json;

/// An event from the gateway. A good one is of a page that exists.
pub fn console_request(bytes: &[u8]) -> bool {
    let Some(event) = super::json(bytes) else {
        return false;
    };
    let Ok(request) = Request::read(&event) else {
        return false;
    };
    let form = request.form();
    let shown = format!("{request:?}{form:?}");
    for (name, value) in request.cookies() {
        assert!(!name.contains(';') && !value.contains(';'), "{name}");
        let is_secret = value.len() > 40 && SessionId::parse(value).is_some();
        assert!(!is_secret || !shown.contains(value), "a cookie is shown");
    }
    match find(&request.method, &request.path) {
        Target::Route(_, parameters) => {
            let plain = |text: &str| !text.contains(['/', '?', '#', '%', ' ', '\n', '\r']);
            assert!(parameters.iter().all(|(_, value)| plain(value)));
            true
        }
        Target::OtherMethod | Target::Unknown => false,
    }
}

/// Where a person goes after signing in. As a browser reads it, it is a path of the console.
pub fn return_path(bytes: &[u8]) -> bool {
    let Some(path) = super::text(bytes).and_then(ReturnPath::parse) else {
        return false;
    };
    let text = path.as_str();
    assert!(text.starts_with('/') && !text.starts_with("//"), "{text}");
    assert!(
        text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\'),
        "{text}"
    );
    // It stays the same when it is read again, also from a cookie.
    assert_eq!(ReturnPath::parse(text).as_ref(), Some(&path));
    assert_eq!(json!(path), json!(text));
    true
}
