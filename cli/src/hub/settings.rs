//! Where the hub is, and the caller's token.

use std::fmt;
use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ureq::http::{HeaderValue, Uri};

use crate::failure::Failure;

/// The hub's address: https, or plain http to this very machine. No user, no query.
#[derive(Debug, Clone)]
pub struct Address(String);

impl Address {
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let text = text.trim().trim_end_matches('/');
        // Documents and generated clients show it with the version, which each path begins with.
        let text = text
            .strip_suffix("/v1")
            .unwrap_or(text)
            .trim_end_matches('/');
        let wrong = |why: &str| Failure::Usage(format!("The hub's address {why}."));
        let uri: Uri = text.parse().map_err(|_| wrong("is not a URL"))?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(wrong("must begin with https://"));
        };
        if authority.as_str().contains('@') || uri.query().is_some() {
            return Err(wrong("must have no user, no password and no query"));
        }
        if uri.path().split('/').any(|part| part == "v1") {
            return Err(wrong("must end before /v1"));
        }
        // Everybody on the way could read the token.
        match scheme {
            "https" => {}
            "http" if is_loopback(authority.host()) => {}
            "http" => return Err(wrong("must begin with https://: it is not this machine's")),
            _ => return Err(wrong("must begin with https://")),
        }
        Ok(Self(text.to_owned()))
    }

    pub(super) fn url(&self, target: &str) -> String {
        format!("{}{target}", self.0)
    }

    /// Only this machine is ever spoken to without TLS.
    pub(super) fn is_plain(&self) -> bool {
        self.0.starts_with("http:")
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// The bearer token. It leaves this type for the request's header only.
#[derive(Clone)]
pub struct Token(String);

impl From<String> for Token {
    fn from(text: String) -> Self {
        // An environment variable that was read from a file may begin with its byte order mark.
        Self(text.trim().trim_start_matches('\u{feff}').trim().to_owned())
    }
}

impl Token {
    /// Marked as sensitive, so that nobody logs it.
    pub(super) fn header(&self) -> Result<HeaderValue, Failure> {
        let wrong = || Failure::NotSignedIn("The token has characters that no token has.".into());
        let visible = self.0.bytes().all(|byte| byte.is_ascii_graphic());
        if self.0.is_empty() || !visible {
            return Err(wrong());
        }
        let mut value = HeaderValue::try_from(format!("Bearer {}", self.0)).map_err(|_| wrong())?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// When it expires, in seconds since 1970, where it is a JWT that says so. Nothing is verified.
    pub(super) fn expires_at(&self) -> Option<i64> {
        let payload = self.0.split('.').nth(1)?;
        let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
        let claims: serde_json::Value = serde_json::from_slice(&payload).ok()?;
        let exp = &claims["exp"];
        exp.as_i64()
            .or_else(|| exp.as_f64().map(|seconds| seconds as i64))
    }

    /// Gateways quote headers that they don't like.
    pub(super) fn taken_out_of(&self, text: String) -> String {
        // A shorter one is no secret, and would take answers apart.
        if self.0.len() >= 8 && text.contains(&self.0) {
            text.replace(&self.0, "[token]")
        } else {
            text
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, Token};

    #[test]
    fn plain_http_stays_on_this_machine() {
        let good = [
            "https://hub.example.com",
            "https://hub.example.com/stage/",
            "http://localhost:4566/_aws/execute-api/abc/$default",
            "http://127.0.0.1:1",
            "http://[::1]:1/",
        ];
        for url in good {
            assert!(Address::parse(url).is_ok(), "{url}");
        }
        let bad = [
            "http://hub.example.com",
            "http://127.0.0.1.example.com",
            "http://localhost@example.com",
            "https://me:secret@hub.example.com",
            "https://hub.example.com?x=y",
            "ftp://localhost",
            "hub.example.com",
            "",
        ];
        for url in bad {
            assert!(Address::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn the_version_is_no_part_of_the_address() {
        for given in [
            "https://h.example",
            "https://h.example/",
            "https://h.example/v1",
            "https://h.example//v1//",
        ] {
            let address = Address::parse(given).expect(given);
            assert_eq!(
                address.url("/v1/groups"),
                "https://h.example/v1/groups",
                "{given}"
            );
        }
        let stage = Address::parse("https://h.example/prod/v1/").expect("an address");
        assert_eq!(stage.url("/v1/groups"), "https://h.example/prod/v1/groups");
        for wrong in ["https://h.example/v1/groups", "https://h.example/v1/v1"] {
            assert!(Address::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_token_is_shown_to_nobody() {
        let token = Token::from("abc.def\n".to_owned());
        assert_eq!(format!("{token:?}"), "Token(..)");
        let header = token.header().expect("visible characters");
        assert_eq!(header, "Bearer abc.def");
        assert!(!format!("{header:?}").contains("abc"));
        assert!(Token::from("a b".to_owned()).header().is_err());
        assert!(Token::from(" ".to_owned()).header().is_err());
    }
}
