//! The console's cookies. The prefix `__Host-` makes browsers refuse them unless they are secure, for this
//! host only and for all paths, so that no other host can set them.
//! <https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie>

use crate::http::Request;
use rolecall_domain::messages::Language;
use rolecall_domain::session::{FLOW_COOKIE, FLOW_LIFETIME, MOST_FLOWS, SessionId};

/// The session of a signed-in user.
pub const SESSION: &str = "__Host-rolecall-session";

/// The encrypted input of a form that was sent after the session had ended.
pub const FORM: &str = "__Host-rolecall-form";

/// The language that the user chose.
pub const LANGUAGE: &str = "__Host-rolecall-language";

/// One year.
const LANGUAGE_SECONDS: i64 = 31_536_000;

/// With `Lax`, the browser sends the cookies when the issuer redirects to the console, but not with forms of
/// other sites.
const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Lax";

/// Expires with the browser session, or when the console's session ends.
pub fn session(id: &SessionId) -> String {
    format!("{SESSION}={}; {ATTRIBUTES}", id.cookie())
}

pub fn for_attempt((name, value): &(String, String)) -> String {
    let seconds = FLOW_LIFETIME.as_secs();
    format!("{name}={value}; {ATTRIBUTES}; Max-Age={seconds}")
}

pub fn form(sealed: &str) -> String {
    let seconds = FLOW_LIFETIME.as_secs();
    format!("{FORM}={sealed}; {ATTRIBUTES}; Max-Age={seconds}")
}

pub fn language(language: Language) -> String {
    let tag = language.tag();
    format!("{LANGUAGE}={tag}; {ATTRIBUTES}; Max-Age={LANGUAGE_SECONDS}")
}

pub fn removed(name: &str) -> String {
    format!("{name}=; {ATTRIBUTES}; Max-Age=0")
}

/// The session ID that the browser sent. The session may not exist.
pub fn session_id(request: &Request) -> Option<SessionId> {
    request.cookie(SESSION).and_then(SessionId::parse)
}

/// Removes the oldest sign-in attempts that exceed the limit when another one starts.
pub fn surplus_attempts(request: &Request) -> Vec<String> {
    let names = request.cookies().map(|(name, _)| name);
    let is_attempt = |name: &&str| {
        let rest = name.strip_prefix(FLOW_COOKIE);
        rest.is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    let mut attempts: Vec<&str> = names.filter(is_attempt).collect();
    // Browsers send the oldest cookie first.
    let kept = MOST_FLOWS - 1;
    attempts.truncate(attempts.len().saturating_sub(kept));
    attempts.into_iter().map(removed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn oldest_attempts_are_removed() {
        let names: Vec<String> = (0..7).map(|it| format!("{FLOW_COOKIE}{it}=x")).collect();
        let request = Request::read(&json!({"cookies": names})).expect("readable");
        let removed = surplus_attempts(&request);
        assert_eq!(removed.len(), 3);
        assert!(removed[0].starts_with("__Host-rolecall-flow-0=; "));
        let request = Request::read(&json!({"cookies": names[..4]})).expect("readable");
        assert!(surplus_attempts(&request).is_empty());
    }

    #[test]
    fn attributes_keep_cookies_to_this_host_and_to_requests() {
        for cookie in [form("x"), language(Language::Japanese), removed(SESSION)] {
            assert!(cookie.starts_with("__Host-"), "{cookie}");
            for attribute in ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
                assert!(cookie.split("; ").any(|it| it == attribute), "{cookie}");
            }
            assert!(!cookie.contains("Domain"), "{cookie}");
        }
    }
}
