//! One sign-in attempt: the authorization request with PKCE, and the callback that answers it.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::Metadata;
use crate::error::Error;

/// A sign-in attempt. Only the process that has the verifier can use its code.
pub struct Attempt {
    client_id: String,
    redirect_uri: String,
    state: String,
    nonce: String,
    verifier: String,
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut attempt = f.debug_struct("Attempt");
        attempt.field("redirect_uri", &self.redirect_uri);
        attempt.finish_non_exhaustive()
    }
}

/// The contents of the redirect.
#[derive(Debug, PartialEq, Eq)]
pub enum Callback {
    Code(String),
    /// The issuer's refusal.
    Refused(String),
    /// It does not belong to this attempt.
    Foreign,
}

impl Attempt {
    pub fn new(client_id: &str, redirect_uri: &str) -> Result<Self, Error> {
        Ok(Self {
            client_id: client_id.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            state: random()?,
            nonce: random()?,
            verifier: random()?,
        })
    }

    pub(super) fn client_id(&self) -> &str {
        &self.client_id
    }

    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    pub(super) fn nonce(&self) -> &str {
        &self.nonce
    }

    pub(super) fn verifier(&self) -> &str {
        &self.verifier
    }

    /// The URL at which the user signs in.
    pub fn authorization_url(&self, metadata: &Metadata) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.as_bytes()));
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client_id)
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("scope", metadata.scope())
            .append_pair("state", &self.state)
            .append_pair("nonce", &self.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            .finish();
        let endpoint = &metadata.authorization_endpoint;
        let separator = if endpoint.contains('?') { '&' } else { '?' };
        format!("{endpoint}{separator}{query}")
    }

    /// Reads the query of a callback.
    pub fn callback(&self, metadata: &Metadata, query: &str) -> Callback {
        let find = |name: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            let found = pairs.find(|(known, _)| known == name);
            found.map(|(_, value)| value.into_owned())
        };
        if find("state").as_deref() != Some(&*self.state) {
            return Callback::Foreign;
        }
        // RFC 9207: a response of another issuer is rejected.
        let is_foreign = match find("iss") {
            Some(issuer) => issuer != metadata.issuer,
            None => metadata.authorization_response_iss_parameter_supported,
        };
        if is_foreign {
            return Callback::Foreign;
        }
        if let Some(error) = find("error") {
            let description = find("error_description");
            return Callback::Refused(match description {
                Some(description) => format!("{error} ({description})"),
                None => error,
            });
        }
        find("code").map_or(Callback::Foreign, Callback::Code)
    }

    /// Parses the pasted text: the URL of the redirect, its query, or the code alone.
    pub fn pasted(&self, metadata: &Metadata, text: &str) -> Callback {
        let text = text.trim();
        if let Some((_, query)) = text.split_once('?') {
            return self.callback(metadata, query.split('#').next().unwrap_or_default());
        }
        if text.contains("state=") {
            return self.callback(metadata, text);
        }
        let is_code = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        match is_code && !text.contains("://") {
            // PKCE binds the code to this attempt.
            true => Callback::Code(text.to_owned()),
            false => Callback::Foreign,
        }
    }
}

/// 256 random bits, as text for a URL.
fn random() -> Result<String, Error> {
    let mut bytes = [0; 32];
    getrandom::getrandom(&mut bytes).map_err(|e| Error::LocalFile {
        message: "Could not read random numbers from the operating system.".to_owned(),
        source: Some(std::io::Error::other(e.to_string())),
    })?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::{Attempt, Callback};
    use crate::oidc::Metadata;
    use serde_json::json;

    fn metadata(names_issuer: bool) -> Metadata {
        let metadata = json!({
            "issuer": "https://i.example/a", "authorization_endpoint": "https://i.example/authorize?x=1",
            "token_endpoint": "https://i.example/token",
            "authorization_response_iss_parameter_supported": names_issuer,
            "scopes_supported": ["openid", "offline_access"],
        });
        serde_json::from_value(metadata).expect("metadata")
    }

    fn attempt() -> Attempt {
        Attempt::new("client", "http://127.0.0.1:1/callback").expect("random numbers")
    }

    #[test]
    fn callback_counts_only_with_the_state_and_the_issuer_of_the_attempt() {
        let (attempt, plain) = (attempt(), metadata(false));
        let state = &attempt.state;
        let read = |query: String| attempt.callback(&plain, &query);
        let code = Callback::Code("c+d".to_owned());
        assert_eq!(read(format!("code=c%2Bd&state={state}")), code);
        let same = format!("code=c%2Bd&state={state}&iss=https%3A%2F%2Fi.example%2Fa");
        assert_eq!(read(same.clone()), code);
        let refused = Callback::Refused("access_denied (no)".to_owned());
        let denied = "error=access_denied&error_description=no";
        assert_eq!(read(format!("{denied}&state={state}")), refused);
        for foreign in [
            format!("code=c&state={state}x"),
            format!("code=c&state={state}&iss=https%3A%2F%2Fi.example"),
            format!("{denied}&state=x"),
            format!("state={state}"),
            "code=c".to_owned(),
            denied.to_owned(),
            String::new(),
        ] {
            assert_eq!(read(foreign.clone()), Callback::Foreign, "{foreign}");
        }
        let named = metadata(true);
        assert_eq!(attempt.callback(&named, &same), code);
        let without = format!("code=c&state={state}");
        assert_eq!(attempt.callback(&named, &without), Callback::Foreign);
    }

    #[test]
    fn address_query_or_code_can_be_pasted() {
        let (attempt, metadata) = (attempt(), metadata(false));
        let state = &attempt.state;
        let code = Callback::Code("abc".to_owned());
        for text in [
            format!("http://127.0.0.1:1/callback?code=abc&state={state}\n"),
            format!("  127.0.0.1:1/callback?state={state}&code=abc#x "),
            format!("code=abc&state={state}"),
            "abc\r\n".to_owned(),
        ] {
            assert_eq!(attempt.pasted(&metadata, &text), code, "{text}");
        }
        for text in [
            "",
            "\n",
            "a b",
            "https://i.example/",
            "http://x/?code=abc&state=y",
        ] {
            assert_eq!(attempt.pasted(&metadata, text), Callback::Foreign, "{text}");
        }
    }

    #[test]
    fn request_has_a_challenge_and_never_the_verifier() {
        let attempt = Attempt {
            // The example of RFC 7636, appendix B.
            verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned(),
            ..attempt()
        };
        let url = attempt.authorization_url(&metadata(false));
        assert!(
            url.starts_with("https://i.example/authorize?x=1&response_type=code&client_id=client&")
        );
        assert!(url.contains("&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&"));
        assert!(url.contains("&scope=openid+offline_access&") && url.ends_with("_method=S256"));
        assert!(!url.contains(&attempt.verifier));
        assert!(!format!("{attempt:?}").contains(&attempt.state));
    }
}
