//! The bearer token.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ureq::http::HeaderValue;

use crate::error::Error;

/// The bearer token. It is used only in the request header.
#[derive(Clone)]
pub struct Token(String);

impl From<String> for Token {
    fn from(text: String) -> Self {
        // An environment variable that was set from a file may begin with its byte order mark.
        Self(text.trim().trim_start_matches('\u{feff}').trim().to_owned())
    }
}

impl Token {
    /// The header, marked as sensitive so that it is not logged.
    pub(super) fn header(&self) -> Result<HeaderValue, Error> {
        let invalid =
            || Error::NotAuthenticated("The token is empty, or has invalid characters.".to_owned());
        let visible = self.0.bytes().all(|byte| byte.is_ascii_graphic());
        if self.0.is_empty() || !visible {
            return Err(invalid());
        }
        let mut value =
            HeaderValue::try_from(format!("Bearer {}", self.0)).map_err(|_| invalid())?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// The token itself, to read its claims.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// Removes the token from text: a gateway may quote a header that it rejects.
    pub(super) fn redact(&self, text: String) -> String {
        // A shorter token is not a secret, and replacing it would garble responses.
        if self.0.len() >= 8 && text.contains(&self.0) {
            text.replace(&self.0, "[token]")
        } else {
            text
        }
    }

    /// The likely reason for a rejection, from the token's own claims.
    pub(super) fn rejected(&self) -> String {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = since.map_or(0, |since| {
            i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
        });
        rejected(self.expires_at(), now)
    }

    /// The expiry time in seconds since 1970, if the token is a JWT that has one. It is not verified.
    fn expires_at(&self) -> Option<i64> {
        let payload = self.0.split('.').nth(1)?;
        let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
        let claims: serde_json::Value = serde_json::from_slice(&payload).ok()?;
        let exp = &claims["exp"];
        exp.as_i64()
            .or_else(|| exp.as_f64().map(|seconds| seconds as i64))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

fn rejected(expires_at: Option<i64>, now: i64) -> String {
    let time = expires_at.and_then(|at| Some((at, Timestamp::from_second(at).ok()?)));
    match time {
        Some((at, time)) if at <= now => {
            format!("The token expired {} ago, at {time}.", duration(now - at))
        }
        Some((at, time)) => format!(
            "The hub rejected the token, which is valid until {time} (for another {}). Check that it is \
             an ID token of this hub's issuer.",
            duration(at - now)
        ),
        None => "The hub rejected the token. It may have expired.".to_owned(),
    }
}

/// A number of seconds, in a suitable unit.
pub fn duration(seconds: i64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::{Token, rejected};

    #[test]
    fn token_is_not_printed() {
        let token = Token::from("abc.def\n".to_owned());
        assert_eq!(format!("{token:?}"), "Token(..)");
        let header = token.header().expect("visible characters");
        assert_eq!(header, "Bearer abc.def");
        assert!(!format!("{header:?}").contains("abc"));
        assert!(Token::from("a b".to_owned()).header().is_err());
        assert!(Token::from(" ".to_owned()).header().is_err());
    }

    #[test]
    fn rejected_token_names_its_expiry() {
        let expired = rejected(Some(1_000), 1_000 + 60 * 12);
        assert_eq!(
            expired,
            "The token expired 12 min ago, at 1970-01-01T00:16:40Z."
        );
        let valid = rejected(Some(10_000), 2_800);
        assert!(
            valid.contains("valid until 1970-01-01T02:46:40Z (for another 2 h)"),
            "{valid}"
        );
        for unknown in [None, Some(i64::MAX), Some(i64::MIN)] {
            assert!(
                rejected(unknown, 0).starts_with("The hub rejected the token."),
                "{unknown:?}"
            );
        }
    }
}
