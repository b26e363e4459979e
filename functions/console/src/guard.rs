//! Whether a POST comes from a page of this console. Browsers report this in two headers, which pages can't
//! change. A form of a signed-in user also has a token that other sites can't know.

use crate::http::Request;

/// Where a request comes from, according to the browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Ours,
    /// Neither header is present.
    Unknown,
    Elsewhere,
}

/// `Origin: null` is inconclusive, because browsers also send it in harmless cases.
pub fn source(request: &Request, console_url: &str) -> Source {
    let origin = request.header("origin").filter(|origin| *origin != "null");
    let site = request.header("sec-fetch-site");
    if origin.is_some_and(|origin| origin != console_url) {
        return Source::Elsewhere;
    }
    match (origin, site) {
        (_, Some("same-origin")) | (Some(_), None) => Source::Ours,
        (None, None) => Source::Unknown,
        // `none` is an action of the user, such as a reload; the token decides.
        (_, Some("none")) => Source::Unknown,
        (_, Some(_)) => Source::Elsewhere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const URL: &str = "https://hub.example";

    #[test]
    fn headers_of_the_browser_decide() {
        let ours = Some(URL);
        for (origin, site, expected) in [
            (ours, Some("same-origin"), Source::Ours),
            (ours, None, Source::Ours),
            (None, Some("same-origin"), Source::Ours),
            (Some("null"), Some("same-origin"), Source::Ours),
            (Some("null"), None, Source::Unknown),
            (None, None, Source::Unknown),
            (None, Some("none"), Source::Unknown),
            (Some("null"), Some("cross-site"), Source::Elsewhere),
            (ours, Some("cross-site"), Source::Elsewhere),
            (ours, Some("same-site"), Source::Elsewhere),
            (Some("https://evil.example"), None, Source::Elsewhere),
            (
                Some("https://evil.example"),
                Some("same-origin"),
                Source::Elsewhere,
            ),
            (
                Some("https://hub.example.evil.example"),
                None,
                Source::Elsewhere,
            ),
            (Some("http://hub.example"), None, Source::Elsewhere),
            (Some("https://hub.example:8443"), None, Source::Elsewhere),
            (Some("https://HUB.example"), None, Source::Elsewhere),
        ] {
            let mut headers = json!({});
            if let Some(origin) = origin {
                headers["Origin"] = json!(origin);
            }
            if let Some(site) = site {
                headers["Sec-Fetch-Site"] = json!(site);
            }
            let request = Request::read(&json!({"headers": headers})).expect("readable");
            assert_eq!(source(&request, URL), expected, "{origin:?} {site:?}");
        }
    }
}
