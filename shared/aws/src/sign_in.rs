//! The OIDC issuer with which users sign in to the console.

use crate::issuer_keys::{FetchError, OidcKeys, fetch};
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use jiff::{SignedDuration, Timestamp};
use rolecall_domain::ports::{Grant, IssuerError, IssuerKeys, SignInIssuer, SignatureError};
use rolecall_domain::session::{Metadata, Tokens};
use rolecall_domain::workload::{IssuerUrl, Token, is_callable_url};
use serde::Deserialize;
use std::sync::{Arc, Mutex, PoisonError};

/// How long the metadata is used before it is read again.
const FRESH: SignedDuration = SignedDuration::from_hours(1);

/// An issuer, and its client.
#[derive(Debug)]
pub struct OidcIssuer {
    connector: SharedHttpConnector,
    keys: OidcKeys,
    url: IssuerUrl,
    client_id: String,
    discovery_url: String,
    /// The local hub's issuer is on this machine. On AWS, the discovery URL is https.
    allow_loopback: bool,
    known: Mutex<Option<(Arc<Metadata>, Timestamp)>>,
}

/// A successful response of the token endpoint.
#[derive(Deserialize)]
struct TokenResponse {
    id_token: Option<String>,
    refresh_token: Option<String>,
}

/// An error response (RFC 6749, section 5.2).
#[derive(Deserialize)]
struct Refusal {
    error: String,
}

fn unavailable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> IssuerError {
    IssuerError::Unavailable(error.into())
}

impl OidcIssuer {
    /// Shares the SDK's connector, including its TLS configuration.
    pub fn new(
        connector: SharedHttpConnector,
        url: IssuerUrl,
        client_id: String,
        discovery_url: String,
    ) -> Self {
        let allow_loopback = !is_callable_url(&discovery_url, false);
        let keys = OidcKeys::new(connector.clone()).with_loopback(allow_loopback);
        Self {
            keys: keys.with_discovery(url.clone(), discovery_url.clone()),
            connector,
            url,
            client_id,
            discovery_url,
            allow_loopback,
            known: Mutex::new(None),
        }
    }

    fn fresh(&self, now: Timestamp) -> Option<Arc<Metadata>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (metadata, read_at) = known.as_ref()?;
        (now < *read_at + FRESH).then(|| Arc::clone(metadata))
    }

    async fn post(&self, url: &str, fields: &[(&str, &str)]) -> Result<(u16, Vec<u8>), FetchError> {
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        fetch::post_form(&self.connector, url, form).await
    }
}

impl SignInIssuer for OidcIssuer {
    async fn metadata(&self, now: Timestamp) -> Result<Arc<Metadata>, IssuerError> {
        if let Some(metadata) = self.fresh(now) {
            return Ok(metadata);
        }
        let document = fetch::get(&self.connector, &self.discovery_url).await;
        let document = document.map_err(unavailable)?;
        let metadata = Metadata::parse(&document, &self.url, self.allow_loopback);
        let metadata = Arc::new(metadata.map_err(unavailable)?);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some((Arc::clone(&metadata), now));
        Ok(metadata)
    }

    async fn tokens(&self, grant: Grant<'_>, now: Timestamp) -> Result<Tokens, IssuerError> {
        let metadata = self.metadata(now).await?;
        let client = ("client_id", &*self.client_id);
        let fields = match grant {
            Grant::Code {
                code,
                verifier,
                redirect_uri,
            } => vec![
                ("grant_type", "authorization_code"),
                client,
                ("code", code),
                ("code_verifier", verifier),
                ("redirect_uri", redirect_uri),
            ],
            Grant::Refresh(token) => vec![
                ("grant_type", "refresh_token"),
                client,
                ("refresh_token", token),
            ],
        };
        let answer = self.post(&metadata.token_endpoint, &fields).await;
        let (status, body) = answer.map_err(unavailable)?;
        if status == 200 {
            let answer: TokenResponse = serde_json::from_slice(&body)
                .map_err(|_| unavailable("the issuer's response is not a token response"))?;
            let missing = || unavailable("the issuer's response has no ID token");
            return Ok(Tokens {
                id_token: answer.id_token.ok_or_else(missing)?,
                refresh_token: answer.refresh_token,
            });
        }
        match serde_json::from_slice::<Refusal>(&body) {
            // Only its code: a description can repeat the request's secrets.
            Ok(refusal) if status < 500 => Err(IssuerError::Refused(code(&refusal.error))),
            _ => Err(unavailable(FetchError::Refused(status))),
        }
    }

    async fn revoke(&self, refresh_token: &str, now: Timestamp) -> Result<(), IssuerError> {
        let metadata = self.metadata(now).await?;
        let Some(endpoint) = &metadata.revocation_endpoint else {
            return Ok(());
        };
        let fields = [
            ("token", refresh_token),
            ("token_type_hint", "refresh_token"),
            ("client_id", &*self.client_id),
        ];
        match self.post(endpoint, &fields).await.map_err(unavailable)? {
            (200..=299, _) => Ok(()),
            (status, _) => Err(unavailable(FetchError::Refused(status))),
        }
    }

    async fn verify(&self, token: &Token, now: Timestamp) -> Result<(), SignatureError> {
        self.keys.verify(&self.url, token, now).await
    }
}

/// An error code of the OAuth specifications, or a placeholder for any other text.
fn code(error: &str) -> String {
    let plain = error.len() <= 40 && error.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if plain { error } else { "unknown" }.to_owned()
}
