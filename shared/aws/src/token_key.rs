//! The hub's keys for registration tokens, from Secrets Manager.

use crate::failure::Failure;
use rolecall_domain::link::token::{KeyRing, KeyRingError};
use rolecall_domain::ports::StoreError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a key that was added stays unnoticed where nothing asks for it.
const KEPT: Duration = Duration::from_secs(300);

/// How often tokens that no key fits may make us look again. They can be sent by anybody.
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

/// The keys, read once and kept for a while.
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

/// A secret that can't be used stays so until its operator mends it; a call that failed passes.
fn tell(error: &TokenKeyError) {
    match error {
        TokenKeyError::Unavailable(_) => {
            tracing::warn!(%error, "the token keys could not be read; those read before serve on");
        }
        TokenKeyError::NoText | TokenKeyError::Malformed(_) => {
            tracing::error!(%error, "the token keys' secret can't be used; those read before serve on");
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

    /// The keys, at most five minutes old. When they can't be read again, the kept ones serve on:
    /// keys are added, and what they signed stays valid.
    ///
    /// # Errors
    /// When they could never be read.
    async fn known(&self) -> Result<Arc<KeyRing>, TokenKeyError> {
        match self.younger_than(KEPT) {
            Some(ring) => Ok(ring),
            None => self.read().await,
        }
    }

    /// For a token that no key of [`Self::known`] fits: another process may have signed it with a
    /// newer one. Keys that were read a moment ago are not read again.
    ///
    /// # Errors
    /// When they could never be read.
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
                tell(&error);
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
