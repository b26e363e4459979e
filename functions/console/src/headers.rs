//! Headers of every response: pages, files, redirects and errors.

use crate::http::Response;

/// Pages load only our own files, send forms only to us, and can't be framed.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const ALWAYS: [(&str, &str); 7] = [
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    // With no-referrer, browsers send `Origin: null` with the console's own forms.
    ("referrer-policy", "same-origin"),
    ("strict-transport-security", "max-age=63072000"),
    ("x-content-type-options", "nosniff"),
];

/// Adds the headers. A response without its own `cache-control` is not stored: pages are personal, and a
/// stored redirect would be repeated instead of carried out.
#[must_use]
pub fn secured(mut response: Response) -> Response {
    for (name, value) in ALWAYS {
        response = response.header(name, value);
    }
    match response.headers.contains_key("cache-control") {
        true => response,
        false => response.header("cache-control", "no-store"),
    }
}
