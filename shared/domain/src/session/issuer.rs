//! The metadata of the issuer at which people sign in.
//! <https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata>

use crate::workload::{IssuerUrl, is_callable_url};
use serde::Deserialize;

/// Why the issuer's metadata can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    #[error("the document is not OIDC metadata")]
    Malformed,
    #[error("the document is of another issuer")]
    OtherIssuer,
    #[error("the document's {0} is not an https URL")]
    NotCallable(&'static str),
}

/// Where people sign in, and where the console calls the issuer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Metadata {
    issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub jwks_uri: String,
    #[serde(default)]
    pub revocation_endpoint: Option<String>,
    #[serde(default)]
    pub end_session_endpoint: Option<String>,
    #[serde(default)]
    scopes_supported: Vec<String>,
    /// RFC 9207.
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// # Errors
    /// If the document is not this issuer's, or an address in it is not safe to use.
    pub fn parse(
        document: &[u8],
        issuer: &IssuerUrl,
        allow_loopback: bool,
    ) -> Result<Self, MetadataError> {
        let read: Self = serde_json::from_slice(document).map_err(|_| MetadataError::Malformed)?;
        if read.issuer != issuer.as_str() {
            return Err(MetadataError::OtherIssuer);
        }
        let needed = [
            ("authorization_endpoint", Some(&read.authorization_endpoint)),
            ("token_endpoint", Some(&read.token_endpoint)),
            ("jwks_uri", Some(&read.jwks_uri)),
            ("revocation_endpoint", read.revocation_endpoint.as_ref()),
            ("end_session_endpoint", read.end_session_endpoint.as_ref()),
        ];
        for (name, url) in needed {
            if url.is_some_and(|url| !is_callable_url(url, allow_loopback)) {
                return Err(MetadataError::NotCallable(name));
            }
        }
        Ok(read)
    }

    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// With `openid email`, Amazon Cognito leaves out custom attributes. Other issuers give a refresh token
    /// only for `offline_access`.
    pub fn scope(&self) -> &'static str {
        let offline = |scope: &String| scope == "offline_access";
        match self.scopes_supported.iter().any(offline) {
            true => "openid profile offline_access",
            false => "openid profile",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn document() -> Value {
        json!({
            "issuer": "https://i.example/a",
            "authorization_endpoint": "https://login.example/authorize",
            "token_endpoint": "https://login.example/token",
            "jwks_uri": "https://i.example/keys",
        })
    }

    fn parse(document: &Value, allow_loopback: bool) -> Result<Metadata, MetadataError> {
        let issuer = IssuerUrl::parse("https://i.example/a").expect("a URL");
        Metadata::parse(document.to_string().as_bytes(), &issuer, allow_loopback)
    }

    #[test]
    fn metadata_of_another_issuer_is_refused() {
        assert!(parse(&document(), false).is_ok());
        let mut other = document();
        other["issuer"] = json!("https://i.example/a/");
        assert_eq!(parse(&other, false), Err(MetadataError::OtherIssuer));
        assert_eq!(parse(&json!({}), false), Err(MetadataError::Malformed));
    }

    #[test]
    fn every_address_is_https() {
        for name in [
            "authorization_endpoint",
            "token_endpoint",
            "jwks_uri",
            "revocation_endpoint",
            "end_session_endpoint",
        ] {
            for url in [
                "http://login.example/x",
                "javascript:alert(1)",
                "/token",
                "https://user@login.example/",
                "http://localhost.evil.example/",
                "http://127.0.0.1.evil.example/",
            ] {
                let mut wrong = document();
                wrong[name] = json!(url);
                assert_eq!(parse(&wrong, true), Err(MetadataError::NotCallable(name)));
            }
            for url in ["http://127.0.0.1:1/x", "http://localhost:1/x"] {
                let mut local = document();
                local[name] = json!(url);
                assert_eq!(parse(&local, false), Err(MetadataError::NotCallable(name)));
                assert!(parse(&local, true).is_ok());
            }
        }
    }

    #[test]
    fn offline_access_is_asked_for_where_it_exists() {
        let mut other = document();
        other["scopes_supported"] = json!(["openid", "offline_access"]);
        let scope = |document| parse(&document, false).expect("valid").scope();
        assert_eq!(scope(document()), "openid profile");
        assert_eq!(scope(other), "openid profile offline_access");
    }
}
