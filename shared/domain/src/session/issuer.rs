//! The metadata of the issuer with which users sign in.
//! <https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata>

use crate::workload::{IssuerUrl, is_callable_url};
use serde::Deserialize;
use url::Url;

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

/// The URLs at which users sign in, and at which the console calls the issuer.
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

    /// With `openid email`, Amazon Cognito omits custom attributes. Other issuers return a refresh token only
    /// for `offline_access`.
    pub fn scope(&self) -> &'static str {
        let offline = |scope: &String| scope == "offline_access";
        match self.scopes_supported.iter().any(offline) {
            true => "openid profile offline_access",
            false => "openid profile",
        }
    }

    /// The page on which people end their session at the issuer, which returns them to this address. `None` if
    /// there is none.
    /// <https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout>
    pub fn sign_out_url(&self, client_id: &str, return_to: &str) -> Option<String> {
        let mut url = Url::parse(self.end_session_endpoint.as_ref()?).ok()?;
        let parameter = match self.is_user_pool() {
            // <https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html>
            true => "logout_uri",
            false => "post_logout_redirect_uri",
        };
        url.query_pairs_mut()
            .append_pair("client_id", client_id)
            .append_pair(parameter, return_to);
        Some(url.into())
    }

    /// Whether the issuer is a user pool of Amazon Cognito.
    fn is_user_pool(&self) -> bool {
        let url = Url::parse(&self.issuer).ok();
        let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
        host.starts_with("cognito-idp.") && host.contains(".amazonaws.")
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

    #[test]
    fn issuer_returns_people_who_sign_out_there() {
        let sign_out = |issuer: &str, endpoint: Value| {
            let mut document = document();
            (document["issuer"], document["end_session_endpoint"]) = (json!(issuer), endpoint);
            let url = IssuerUrl::parse(issuer).expect("a URL");
            let metadata = Metadata::parse(document.to_string().as_bytes(), &url, false);
            let metadata = metadata.expect("valid");
            metadata.sign_out_url("a b", "https://hub.example/")
        };
        let back = "https%3A%2F%2Fhub.example%2F";
        let end = json!("https://login.example/end?x=1");
        let expected =
            format!("https://login.example/end?x=1&client_id=a+b&post_logout_redirect_uri={back}");
        for issuer in [
            "https://i.example/a",
            "https://cognito-idp.evil.example/a",
            "https://i.example/cognito-idp.eu-central-1.amazonaws.com",
        ] {
            assert_eq!(sign_out(issuer, end.clone()).as_ref(), Some(&expected));
        }
        // Amazon Cognito ignores the standard's parameter.
        let expected = format!("https://login.example/end?x=1&client_id=a+b&logout_uri={back}");
        for issuer in [
            "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Ab",
            "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_Ab",
        ] {
            assert_eq!(sign_out(issuer, end.clone()).as_ref(), Some(&expected));
        }
        assert_eq!(sign_out("https://i.example/a", Value::Null), None);
    }
}
