//! One sign-in attempt: the authorization request with PKCE, and the callback that answers it.
//! <https://www.rfc-editor.org/rfc/rfc7636>

use super::{Metadata, ReturnPath};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;
use url::Url;

/// How long a sign-in attempt is valid.
pub const FLOW_LIFETIME: SignedDuration = SignedDuration::from_mins(15);

/// The maximum number of concurrent attempts per browser, for example one per tab.
pub const MOST_FLOWS: usize = 5;

/// The prefix of the names of the cookies. Each attempt has its own cookie, so that two tabs do not overwrite
/// each other.
pub const FLOW_COOKIE: &str = "__Host-rolecall-flow-";

/// The maximum size of a form in a cookie, in bytes. A cookie holds about 4,000 bytes.
const LARGEST_FORM: usize = 2000;

/// The input of a form that was sent after the session had ended.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptForm {
    pub path: ReturnPath,
    pub fields: Vec<(String, String)>,
}

impl KeptForm {
    /// `None` if it is too large to be kept.
    pub fn new(path: ReturnPath, fields: Vec<(String, String)>) -> Option<Self> {
        let size = serde_json::to_string(&fields).map_or(usize::MAX, |text| text.len());
        (size <= LARGEST_FORM).then_some(Self { path, fields })
    }
}

impl fmt::Debug for KeptForm {
    /// Omits the input.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptForm")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// The random parts of an attempt.
#[derive(Clone, Copy)]
pub struct Secrets {
    pub state: [u8; 32],
    pub nonce: [u8; 32],
    pub verifier: [u8; 32],
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

/// An attempt. It is stored only in an encrypted cookie of the browser that started it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    state: String,
    nonce: String,
    verifier: String,
    pub return_to: ReturnPath,
    expires_at: Timestamp,
}

impl fmt::Debug for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flow")
            .field("return_to", &self.return_to)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// The parameters of the redirect from the issuer.
#[derive(Clone, PartialEq, Eq)]
pub enum Callback {
    Code(String),
    /// The issuer's error code.
    Refused(String),
    /// It does not belong to this attempt.
    Foreign,
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Code(_) => "Code",
            Self::Refused(_) => "Refused",
            Self::Foreign => "Foreign",
        })
    }
}

impl Flow {
    pub fn new(secrets: &Secrets, return_to: ReturnPath, now: Timestamp) -> Self {
        Self {
            state: URL_SAFE_NO_PAD.encode(secrets.state),
            nonce: URL_SAFE_NO_PAD.encode(secrets.nonce),
            verifier: URL_SAFE_NO_PAD.encode(secrets.verifier),
            return_to,
            expires_at: now + FLOW_LIFETIME,
        }
    }

    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    pub fn verifier(&self) -> &str {
        &self.verifier
    }

    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Identifies the attempt in the table, where it is marked as used.
    pub fn mark(&self) -> String {
        hex::encode(Sha256::digest(&self.state))
    }

    /// The name of the cookie of the attempt with this state, which a callback names.
    pub fn cookie_name(state: &str) -> String {
        let hash = Sha256::digest(state);
        format!("{FLOW_COOKIE}{}", hex::encode(&hash[..8]))
    }

    pub fn own_cookie_name(&self) -> String {
        Self::cookie_name(&self.state)
    }

    /// The URL at which the user signs in.
    pub fn authorization_url(
        &self,
        metadata: &Metadata,
        client_id: &str,
        redirect_uri: &str,
    ) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&self.verifier));
        // The metadata has been checked, so it is a URL.
        let Ok(mut url) = Url::parse(&metadata.authorization_endpoint) else {
            return metadata.authorization_endpoint.clone();
        };
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("scope", metadata.scope())
            .append_pair("state", &self.state)
            .append_pair("nonce", &self.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        url.into()
    }

    /// Reads the query of a callback.
    pub fn callback(
        &self,
        metadata: &Metadata,
        query: &[(String, String)],
        now: Timestamp,
    ) -> Callback {
        let find = |name: &str| {
            let mut pairs = query.iter();
            let found = pairs.find(|(known, _)| known == name);
            found.map(|(_, value)| value.as_str())
        };
        let state = find("state").unwrap_or_default();
        let same: bool = state.as_bytes().ct_eq(self.state.as_bytes()).into();
        if !same || now >= self.expires_at {
            return Callback::Foreign;
        }
        // RFC 9207: a response of another issuer is rejected.
        let is_foreign = match find("iss") {
            Some(issuer) => issuer != metadata.issuer(),
            None => metadata.authorization_response_iss_parameter_supported,
        };
        if is_foreign {
            return Callback::Foreign;
        }
        if let Some(error) = find("error") {
            return Callback::Refused(error.to_owned());
        }
        find("code").map_or(Callback::Foreign, |code| Callback::Code(code.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::IssuerUrl;
    use serde_json::json;

    const SECRETS: Secrets = Secrets {
        state: [1; 32],
        nonce: [2; 32],
        verifier: [3; 32],
    };

    fn metadata(names_issuer: bool) -> Metadata {
        let document = json!({
            "issuer": "https://i.example/a",
            "authorization_endpoint": "https://i.example/authorize?x=1",
            "token_endpoint": "https://i.example/token",
            "jwks_uri": "https://i.example/keys",
            "authorization_response_iss_parameter_supported": names_issuer,
        });
        let issuer = IssuerUrl::parse("https://i.example/a").expect("a URL");
        let text = document.to_string();
        Metadata::parse(text.as_bytes(), &issuer, false).expect("metadata")
    }

    fn flow() -> Flow {
        Flow::new(&SECRETS, ReturnPath::default(), Timestamp::UNIX_EPOCH)
    }

    fn read(names_issuer: bool, query: &[(&str, &str)], seconds: i64) -> Callback {
        let query = query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let query: Vec<_> = query.collect();
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        flow().callback(&metadata(names_issuer), &query, now)
    }

    #[test]
    fn callback_counts_only_with_the_state_and_the_issuer_of_the_attempt() {
        let state = flow().state;
        let (state, code) = (("state", &*state), Callback::Code("c".to_owned()));
        let ours = ("iss", "https://i.example/a");
        assert_eq!(read(false, &[("code", "c"), state], 0), code);
        assert_eq!(read(true, &[("code", "c"), state, ours], 899), code);
        let refused = Callback::Refused("access_denied".to_owned());
        assert_eq!(
            read(false, &[("error", "access_denied"), state], 0),
            refused
        );
        for (names_issuer, query, seconds) in [
            (false, vec![("code", "c"), ("state", "x")], 0),
            (false, vec![("code", "c"), ("state", "")], 0),
            (false, vec![("code", "c")], 0),
            (false, vec![("error", "access_denied")], 0),
            (false, vec![state], 0),
            (
                false,
                vec![("code", "c"), state, ("iss", "https://i.example")],
                0,
            ),
            (true, vec![("code", "c"), state], 0),
            (false, vec![("code", "c"), state], 900),
        ] {
            let found = read(names_issuer, &query, seconds);
            assert_eq!(found, Callback::Foreign, "{query:?}");
        }
    }

    #[test]
    fn request_has_a_challenge_and_never_the_verifier() {
        let flow = Flow {
            // The example of RFC 7636, appendix B.
            verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned(),
            ..flow()
        };
        let url = flow.authorization_url(
            &metadata(false),
            "client",
            "https://c.example/sign-in/callback",
        );
        assert!(
            url.starts_with("https://i.example/authorize?x=1&response_type=code&client_id=client&")
        );
        assert!(url.contains("&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&"));
        assert!(url.contains("&scope=openid+profile&") && url.ends_with("_method=S256"));
        assert!(!url.contains(&flow.verifier));
        let shown = format!("{flow:?} {:?}", Callback::Code("secret".to_owned()));
        assert!(
            !shown.contains(&flow.state) && !shown.contains("secret"),
            "{shown}"
        );
    }

    #[test]
    fn each_attempt_has_a_cookie_of_its_own() {
        let other = Secrets {
            state: [9; 32],
            ..SECRETS
        };
        let other = Flow::new(&other, ReturnPath::default(), Timestamp::UNIX_EPOCH);
        assert_ne!(flow().own_cookie_name(), other.own_cookie_name());
        assert!(!flow().own_cookie_name().contains(&flow().state));
    }

    #[test]
    fn large_form_is_not_kept() {
        let field = |size| vec![("name".to_owned(), "x".repeat(size))];
        let path = ReturnPath::default();
        assert!(KeptForm::new(path.clone(), field(1900)).is_some());
        assert!(KeptForm::new(path, field(2000)).is_none());
    }
}
