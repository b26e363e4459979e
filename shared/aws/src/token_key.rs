//! The hub's keys for registration tokens, from AWS Secrets Manager.

use crate::failure::Failure;
use rolecall_domain::link::token::{KeyRing, KeyRingError};
use rolecall_domain::ports::StoreError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long keys are cached before they are read again.
const KEPT: Duration = Duration::from_secs(300);

/// The minimum time between two reads that unknown tokens cause. Anyone can send such tokens.
const NOT_SOONER: Duration = Duration::from_secs(30);

#[derive(Debug, thiserror::Error)]
pub enum TokenKeyError {
    #[error("the token key could not be read")]
    Unavailable(#[source] Failure),
    #[error("the token key's secret has no text")]
    NoText,
    #[error(transparent)]
    Malformed(#[from] KeyRingError),
}

/// Caches the keys.
#[derive(Debug)]
pub struct TokenKeys {
    client: aws_sdk_secretsmanager::Client,
    secret_arn: String,
    kept: Mutex<Option<Kept>>,
}

#[derive(Debug, Clone)]
struct Kept {
    ring: Arc<KeyRing>,
    since: Instant,
}

impl rolecall_domain::ports::TokenKeys for TokenKeys {
    async fn ring(&self) -> Result<Arc<KeyRing>, StoreError> {
        self.known().await.map_err(unavailable)
    }

    async fn newest_ring(&self) -> Result<Arc<KeyRing>, StoreError> {
        self.newest().await.map_err(unavailable)
    }
}

/// A malformed secret requires an operator; a failed call is temporary.
fn log_failure(error: &TokenKeyError) {
    match error {
        TokenKeyError::Unavailable(_) => {
            tracing::warn!(%error, "failed to read the token keys; continuing with the cached ones");
        }
        TokenKeyError::NoText | TokenKeyError::Malformed(_) => {
            tracing::error!(%error, "the token key secret is invalid; continuing with the cached keys");
        }
    }
}

fn unavailable(error: TokenKeyError) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}

impl TokenKeys {
    pub fn new(client: aws_sdk_secretsmanager::Client, secret_arn: impl Into<String>) -> Self {
        Self {
            client,
            secret_arn: secret_arn.into(),
            kept: Mutex::new(None),
        }
    }

    /// The keys, cached for up to five minutes. If they can't be read again, the cached keys remain
    /// in use: keys are only added, and what they signed stays valid.
    ///
    /// # Errors
    /// If the keys have never been read.
    async fn known(&self) -> Result<Arc<KeyRing>, TokenKeyError> {
        match self.younger_than(KEPT) {
            Some(ring) => Ok(ring),
            None => self.read().await,
        }
    }

    /// For a token that no key of [`Self::known`] verifies, because another process may have signed
    /// it with a newer key. Recently read keys are not read again.
    ///
    /// # Errors
    /// If the keys have never been read.
    async fn newest(&self) -> Result<Arc<KeyRing>, TokenKeyError> {
        match self.younger_than(NOT_SOONER) {
            Some(ring) => Ok(ring),
            None => self.read().await,
        }
    }

    fn younger_than(&self, age: Duration) -> Option<Arc<KeyRing>> {
        let kept = self.lock();
        let fresh = kept.as_ref().filter(|kept| kept.since.elapsed() < age);
        fresh.map(|kept| Arc::clone(&kept.ring))
    }

    async fn read(&self) -> Result<Arc<KeyRing>, TokenKeyError> {
        let ring = match self.fetch().await {
            Ok(ring) => Arc::new(ring),
            Err(error) => {
                log_failure(&error);
                self.lock().clone().ok_or(error)?.ring
            }
        };
        let since = Instant::now();
        *self.lock() = Some(Kept {
            ring: Arc::clone(&ring),
            since,
        });
        Ok(ring)
    }

    async fn fetch(&self) -> Result<KeyRing, TokenKeyError> {
        let request = self.client.get_secret_value().secret_id(&self.secret_arn);
        let answer = request.send().await;
        let answer = answer.map_err(|error| TokenKeyError::Unavailable(Failure::of(&error)))?;
        let text = answer.secret_string().ok_or(TokenKeyError::NoText)?;
        Ok(KeyRing::parse(text)?)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
