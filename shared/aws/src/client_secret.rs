//! The secret of the console's client, for issuers that require one, from AWS Secrets Manager. Its value is the
//! secret itself.

use crate::failure::Failure;
use jiff::{SignedDuration, Timestamp};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How long the secret is used before it is read again.
const KEPT: SignedDuration = SignedDuration::from_secs(300);

/// The minimum time between two reads that refusals cause.
const NOT_SOONER: SignedDuration = SignedDuration::from_secs(30);

#[derive(Debug, thiserror::Error)]
pub enum ClientSecretError {
    #[error("the secret of the console's client could not be read")]
    Unavailable(#[source] Failure),
    /// Secrets Manager's console suggests a JSON object.
    #[error(
        "the value of ConsoleClientSecretArn must be the client's secret itself: store it as plain text, without \
         JSON, spaces and line breaks"
    )]
    NotPlainText,
}

/// A malformed secret requires an operator; a failed call is temporary.
fn log_failure(error: &ClientSecretError) {
    match error {
        ClientSecretError::Unavailable(_) => {
            tracing::warn!(%error, "continuing with the client's former secret, if there is one");
        }
        ClientSecretError::NotPlainText => {
            tracing::error!(%error, "continuing with the client's former secret, if there is one");
        }
    }
}

/// Caches the secret.
pub struct ClientSecret {
    client: aws_sdk_secretsmanager::Client,
    secret_arn: String,
    kept: Mutex<Option<Kept>>,
}

#[derive(Clone)]
struct Kept {
    secret: Arc<str>,
    read_at: Timestamp,
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSecret")
            .field("secret_arn", &self.secret_arn)
            .finish_non_exhaustive()
    }
}

impl ClientSecret {
    pub fn new(client: aws_sdk_secretsmanager::Client, secret_arn: impl Into<String>) -> Self {
        Self {
            client,
            secret_arn: secret_arn.into(),
            kept: Mutex::new(None),
        }
    }

    /// The secret, read at most five minutes ago. If it can't be read again, the former one remains in use.
    ///
    /// # Errors
    /// If it has never been read.
    pub async fn current(&self, now: Timestamp) -> Result<Arc<str>, ClientSecretError> {
        match self.younger_than(KEPT, now) {
            Some(secret) => Ok(secret),
            None => self.read(now).await,
        }
    }

    /// Another secret than the one that the issuer refused, if it was replaced in the meantime.
    pub async fn other_than(&self, refused: &str, now: Timestamp) -> Option<Arc<str>> {
        let read = match self.younger_than(NOT_SOONER, now) {
            Some(secret) => Ok(secret),
            None => self.read(now).await,
        };
        read.ok().filter(|secret| **secret != *refused)
    }

    fn younger_than(&self, age: SignedDuration, now: Timestamp) -> Option<Arc<str>> {
        let kept = self.lock();
        let fresh = kept.as_ref().filter(|kept| now < kept.read_at + age);
        fresh.map(|kept| Arc::clone(&kept.secret))
    }

    async fn read(&self, now: Timestamp) -> Result<Arc<str>, ClientSecretError> {
        let secret = match self.fetch().await {
            Ok(secret) => secret,
            Err(error) => {
                log_failure(&error);
                self.lock().clone().ok_or(error)?.secret
            }
        };
        *self.lock() = Some(Kept {
            secret: Arc::clone(&secret),
            read_at: now,
        });
        Ok(secret)
    }

    async fn fetch(&self) -> Result<Arc<str>, ClientSecretError> {
        let request = self.client.get_secret_value().secret_id(&self.secret_arn);
        let answer = request.send().await;
        let answer = answer.map_err(|error| ClientSecretError::Unavailable(Failure::of(&error)))?;
        let text = answer.secret_string().unwrap_or_default();
        let is_plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
        match is_plain && !text.starts_with('{') {
            true => Ok(Arc::from(text)),
            false => Err(ClientSecretError::NotPlainText),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
