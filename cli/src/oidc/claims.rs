//! The claims of an ID token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::Value;

/// How far the clocks of this machine and of the issuer may differ, in seconds.
const CLOCK_SKEW: i64 = 60;

/// The claims of an ID token. Its signature is not verified: the token comes from the issuer itself, over
/// TLS (OpenID Connect Core, 3.1.3.7), and the hub verifies it with every request.
#[derive(Debug, Clone)]
pub struct Claims {
    claims: Value,
    pub expires_at: Timestamp,
}

impl Claims {
    /// The claims, if the text is a JWT with an expiry time.
    pub fn of(token: &str) -> Option<Self> {
        let payload = token.split('.').nth(1)?;
        let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
        let claims: Value = serde_json::from_slice(&payload).ok()?;
        let exp = &claims["exp"];
        let exp = exp.as_i64().or_else(|| exp.as_f64().map(|it| it as i64))?;
        let expires_at = Timestamp::from_second(exp).ok()?;
        Some(Self { claims, expires_at })
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.claims[name].as_str()
    }

    /// A name that the user recognizes.
    pub fn user(&self) -> Option<&str> {
        ["email", "preferred_username", "cognito:username", "sub"]
            .into_iter()
            .find_map(|name| self.text(name))
    }

    pub(super) fn check(
        &self,
        issuer: &str,
        client_id: &str,
        now: Timestamp,
    ) -> Result<(), String> {
        if self.text("iss") != Some(issuer) {
            return Err(format!("its issuer is not \"{issuer}\""));
        }
        let is_audience = match &self.claims["aud"] {
            Value::String(audience) => audience == client_id,
            Value::Array(audiences) => audiences.iter().any(|it| it == client_id),
            _ => false,
        };
        if !is_audience {
            return Err(format!("it is not for the client \"{client_id}\""));
        }
        if self.expires_at.as_second().saturating_add(CLOCK_SKEW) <= now.as_second() {
            return Err(format!(
                "it expired at {}, and this machine's time is {now}; check the clock",
                self.expires_at
            ));
        }
        Ok(())
    }

    pub(super) fn check_nonce(&self, nonce: &str) -> Result<(), String> {
        match self.text("nonce") == Some(nonce) {
            true => Ok(()),
            false => Err("it belongs to another sign-in".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Claims, Timestamp, URL_SAFE_NO_PAD};
    use base64::Engine;
    use serde_json::{Value, json};

    fn claims(payload: &Value) -> Claims {
        let payload = URL_SAFE_NO_PAD.encode(payload.to_string());
        Claims::of(&format!("e30.{payload}.sig")).expect("a JWT")
    }

    #[test]
    fn token_for_someone_else_or_of_another_time_is_rejected() {
        let now = Timestamp::from_second(1_000_000).expect("a time");
        let good = json!({"iss": "https://i", "aud": "c", "exp": 1_000_100, "nonce": "n"});
        let check = |changed: &Value| claims(changed).check("https://i", "c", now);
        assert_eq!(check(&good), Ok(()));
        let with = |name: &str, value: Value| {
            let mut changed = good.clone();
            changed[name] = value;
            changed
        };
        assert_eq!(check(&with("aud", json!(["x", "c"]))), Ok(()));
        // The clocks differ a little.
        assert_eq!(check(&with("exp", json!(999_950))), Ok(()));
        for (name, value) in [
            ("iss", json!("https://i/")),
            ("iss", json!("https://other")),
            ("aud", json!("other")),
            ("aud", json!(["x"])),
            ("aud", Value::Null),
            ("exp", json!(999_940)),
        ] {
            assert!(check(&with(name, value.clone())).is_err(), "{name} {value}");
        }
        assert!(claims(&good).check_nonce("n").is_ok());
        assert!(claims(&good).check_nonce("m").is_err());
    }

    #[test]
    fn text_that_is_no_token_has_no_claims() {
        for text in ["", "abc", "a.b.c", "e30.e30.x", "a.!!.c"] {
            assert!(Claims::of(text).is_none(), "{text}");
        }
    }
}
