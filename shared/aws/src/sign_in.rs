//! The OIDC issuer with which users sign in to the console.

use crate::client_secret::ClientSecret;
use crate::issuer_keys::{FetchError, OidcKeys, fetch};
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
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
    /// Without one, the client is public.
    secret: Option<ClientSecret>,
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

/// A response: the status and the body.
type Answer = (u16, Vec<u8>);

/// The issuer does not accept the client or its secret, whatever it was asked.
const INVALID_CLIENT: &str = "invalid_client";

/// The error code of a response. Only the code: a description can repeat the request's secrets.
fn refusal((status, body): &Answer) -> Option<String> {
    let refusal: Refusal = serde_json::from_slice(body).ok()?;
    (400..500).contains(status).then(|| code(&refusal.error))
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
            secret: None,
            discovery_url,
            allow_loopback,
            known: Mutex::new(None),
        }
    }

    /// Proves to the issuer that this is its client.
    #[must_use]
    pub fn with_secret(self, secret: Option<ClientSecret>) -> Self {
        Self { secret, ..self }
    }

    fn fresh(&self, now: Timestamp) -> Option<Arc<Metadata>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (metadata, read_at) = known.as_ref()?;
        (now < *read_at + FRESH).then(|| Arc::clone(metadata))
    }

    /// Sends a form as the client. If the issuer does not accept the secret, it may have been replaced.
    async fn post(
        &self,
        url: &str,
        fields: &[(&str, &str)],
        now: Timestamp,
    ) -> Result<Answer, IssuerError> {
        let Some(known) = &self.secret else {
            let own = [fields, &[("client_id", &*self.client_id)]].concat();
            return self.send(url, None, &own).await;
        };
        let secret = known.current(now).await.map_err(unavailable)?;
        let answer = self.send(url, Some(&*secret), fields).await?;
        if refusal(&answer).as_deref() != Some(INVALID_CLIENT) {
            return Ok(answer);
        }
        match known.other_than(&secret, now).await {
            Some(newer) => self.send(url, Some(&*newer), fields).await,
            None => Ok(answer),
        }
    }

    async fn send(
        &self,
        url: &str,
        secret: Option<&str>,
        fields: &[(&str, &str)],
    ) -> Result<Answer, IssuerError> {
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let authorization = secret.map(|secret| basic(&self.client_id, secret));
        let answer = fetch::post_form(&self.connector, url, authorization, form).await;
        answer.map_err(unavailable)
    }
}

/// `client_secret_basic` (RFC 6749, section 2.3.1), which encodes both parts as a form does.
fn basic(client_id: &str, secret: &str) -> String {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let both = format!("{}:{}", encoded(client_id), encoded(secret));
    format!("Basic {}", STANDARD.encode(both))
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
        let fields = match grant {
            Grant::Code {
                code,
                verifier,
                redirect_uri,
            } => vec![
                ("grant_type", "authorization_code"),
                ("code", code),
                ("code_verifier", verifier),
                ("redirect_uri", redirect_uri),
            ],
            Grant::Refresh(token) => {
                vec![("grant_type", "refresh_token"), ("refresh_token", token)]
            }
        };
        let answer = self.post(&metadata.token_endpoint, &fields, now).await?;
        if answer.0 == 200 {
            let answer: TokenResponse = serde_json::from_slice(&answer.1)
                .map_err(|_| unavailable("the issuer's response is not a token response"))?;
            let missing = || unavailable("the issuer's response has no ID token");
            return Ok(Tokens {
                id_token: answer.id_token.ok_or_else(missing)?,
                refresh_token: answer.refresh_token,
            });
        }
        match refusal(&answer) {
            // It says nothing about the code or the refresh token, so it ends no session.
            Some(code) if code == INVALID_CLIENT => Err(unavailable(
                "the issuer does not accept the console's client: compare ConsoleClientId and \
                 ConsoleClientSecretArn with it",
            )),
            Some(code) => Err(IssuerError::Refused(code)),
            None => Err(unavailable(FetchError::Refused(answer.0))),
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
        ];
        match self.post(endpoint, &fields, now).await? {
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

#[cfg(test)]
mod tests {
    use super::basic;

    #[test]
    fn both_parts_of_the_credentials_are_encoded() {
        // A secret can contain every character that separates the parts.
        assert_eq!(basic("console", "s3cret"), "Basic Y29uc29sZTpzM2NyZXQ=");
        assert_eq!(basic("a:b", "c:d+e%"), "Basic YSUzQWI6YyUzQWQlMkJlJTI1");
    }
}
