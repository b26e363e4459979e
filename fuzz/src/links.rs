//! The URLs that pages send customers back to.

use rolecall_domain::brand::{Brand, Origin};

/// A return URL of a registration, with one allowed origin.
pub fn return_url(bytes: &[u8]) -> bool {
    let Some(url) = super::text(bytes) else {
        return false;
    };
    let origin = Origin::parse("https://app.acme.example").expect("an origin");
    let brand = Brand {
        return_origins: vec![origin],
        ..Brand::default()
    };
    let allowed = brand.allows_return_url(url);
    if allowed {
        assert!(is_on_the_host(url), "{url}");
    }
    allowed
}

/// Splits the URL by hand. Hosts that are not plain ASCII are left to the parser.
fn is_on_the_host(url: &str) -> bool {
    let url = url.to_lowercase();
    let Some(rest) = url.strip_prefix("https://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let port = authority.strip_prefix("app.acme.example");
    let is_plain = authority.is_ascii() && !authority.contains('%');
    // A port can have leading zeros.
    let is_https = |port: &str| {
        let digits = port.strip_prefix(':').unwrap_or(port);
        digits.is_empty() || digits.trim_start_matches('0') == "443"
    };
    !url.contains(['\\', '\t', '\r', '\n', ' ']) && (!is_plain || port.is_some_and(is_https))
}
