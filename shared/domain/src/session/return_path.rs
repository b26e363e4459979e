//! The page to return to after signing in: a page of the console, never another site.

use serde::{Deserialize, Serialize};
use url::Url;

/// Longer than the URL of any page with filters.
const LONGEST: usize = 1000;

/// Only its origin matters. The host does not exist.
const ORIGIN: &str = "https://console.invalid";

/// Pages that are part of signing in, which would cause a loop.
const OF_SIGNING_IN: [&str; 4] = ["/sign-in", "/sign-in/callback", "/sign-out", "/signed-out"];

/// The path and query of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReturnPath(String);

impl Default for ReturnPath {
    /// The first page.
    fn default() -> Self {
        Self("/".to_owned())
    }
}

impl ReturnPath {
    /// Parses the URL as a browser does, which ignores control characters and reads `\` as `/`, and compares
    /// the whole origin.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |b: u8| b.is_ascii_graphic() && b != b'\\';
        if text.len() > LONGEST || !text.bytes().all(plain) || !text.starts_with('/') {
            return None;
        }
        let console = Url::parse(ORIGIN).ok()?;
        let read = console.join(text).ok()?;
        if read.origin() != console.origin() || OF_SIGNING_IN.contains(&read.path()) {
            return None;
        }
        let query = read.query().map(|query| format!("?{query}"));
        let path = format!("{}{}", read.path(), query.unwrap_or_default());
        // A dot segment can leave two slashes at the start.
        (!path.starts_with("//")).then_some(Self(path))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ReturnPath {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a path of the console")
    }
}

impl From<ReturnPath> for String {
    fn from(path: ReturnPath) -> Self {
        path.0
    }
}

#[cfg(test)]
mod tests {
    use super::ReturnPath;

    #[test]
    fn paths_of_the_console_are_accepted() {
        for text in [
            "/",
            "/groups/grp_1?cursor=a%2Fb&status=active",
            "/search?q=%E6%9D%B1",
            "/a//b",
            "/x?to=//evil.example",
        ] {
            let path = ReturnPath::parse(text);
            assert_eq!(path.as_ref().map(ReturnPath::as_str), Some(text));
        }
        let path = ReturnPath::parse("/a/../b#c").expect("a path");
        assert_eq!(path.as_str(), "/b");
    }

    #[test]
    fn other_sites_and_tricks_are_refused() {
        for text in [
            "",
            "groups",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "/ /evil.example",
            " //evil.example",
            "/..//evil.example",
            "/.//evil.example",
            "/%2e//evil.example",
            "/a/..//evil.example",
            "https://evil.example/",
            "https:evil.example",
            "javascript:alert(1)",
            "/\u{2028}/evil.example",
            "/groups\r\nset-cookie: a=b",
            "/sign-in",
            "/sign-out",
            "/sign-in/callback?code=a&state=b",
            "/a/../sign-in?x",
        ] {
            assert_eq!(ReturnPath::parse(text), None, "{text:?}");
        }
        assert_eq!(ReturnPath::parse(&format!("/{}", "a".repeat(1000))), None);
    }
}
