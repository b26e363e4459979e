//! The public keys of OIDC issuers, and signatures of workloads' tokens.
//!
//! Anyone can send a token, so a token can neither choose where keys are fetched from nor how often.
//! Keys are fetched from published issuers only. Signatures are verified by ring, which TLS uses too.

pub(crate) mod fetch;
mod signature;

use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use jiff::{SignedDuration, Timestamp};
use rolecall_domain::ports::{IssuerKeys, SignatureError};
use rolecall_domain::workload::{IssuerUrl, KeySet, PublicKey, Token};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use fetch::FetchError;

/// How long keys are used before they are fetched again.
const FRESH: SignedDuration = SignedDuration::from_hours(1);

/// How long keys are used while their issuer does not respond.
const USABLE: SignedDuration = SignedDuration::from_hours(12);

/// The minimum time between two fetches from an issuer. Tokens with unknown keys cause no others.
const NOT_SOONER: SignedDuration = SignedDuration::from_secs(15);

/// Caches the keys of each issuer.
#[derive(Debug)]
pub struct OidcKeys {
    connector: SharedHttpConnector,
    /// Whether keys may come over plain http from this machine, as the local hub's do.
    allow_loopback: bool,
    /// The URLs of discovery documents that are not below their issuer.
    discovery_urls: BTreeMap<IssuerUrl, String>,
    issuers: Mutex<BTreeMap<IssuerUrl, Arc<Known>>>,
}

/// The state of an issuer.
#[derive(Debug, Default)]
struct Known {
    state: Mutex<State>,
    /// Held during a fetch, so that concurrent requests share one fetch.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default, Clone)]
struct State {
    keys: Option<Arc<KeySet>>,
    fetched_at: Option<Timestamp>,
    tried_at: Option<Timestamp>,
}

impl State {
    fn younger_than(&self, age: SignedDuration, now: Timestamp) -> Option<&Arc<KeySet>> {
        let fetched_at = self.fetched_at?;
        self.keys.as_ref().filter(|_| now < fetched_at + age)
    }

    /// Whether to fetch the keys now, and records the fetch. Returns false if another request has just fetched them.
    fn begin_fetch(&mut self, key_id: &str, now: Timestamp) -> bool {
        let is_known = found(self.younger_than(FRESH, now), key_id).is_some();
        let tried_at = self.tried_at;
        let begins = !is_known && tried_at.is_none_or(|tried_at| now >= tried_at + NOT_SOONER);
        if begins {
            self.tried_at = Some(now);
        }
        begins
    }
}

impl IssuerKeys for OidcKeys {
    async fn verify(
        &self,
        issuer: &IssuerUrl,
        token: &Token,
        now: Timestamp,
    ) -> Result<(), SignatureError> {
        let known = self.known(issuer);
        let key = self.key(&known, issuer, &token.key_id, now).await?;
        if !key.can_sign(token.algorithm) {
            return Err(SignatureError::WrongKey);
        }
        match signature::is_signed_by(&key, token) {
            true => Ok(()),
            false => Err(SignatureError::WrongSignature),
        }
    }
}

impl OidcKeys {
    /// Shares the SDK's connector, including its TLS configuration.
    pub fn new(connector: SharedHttpConnector) -> Self {
        Self {
            connector,
            allow_loopback: false,
            discovery_urls: BTreeMap::new(),
            issuers: Mutex::default(),
        }
    }

    /// Reads keys over plain http from this machine too, if allowed.
    #[must_use]
    pub fn with_loopback(self, allow_loopback: bool) -> Self {
        Self {
            allow_loopback,
            ..self
        }
    }

    /// Reads an issuer's discovery document from this address.
    #[must_use]
    pub fn with_discovery(mut self, issuer: IssuerUrl, url: String) -> Self {
        self.discovery_urls.insert(issuer, url);
        self
    }

    fn known(&self, issuer: &IssuerUrl) -> Arc<Known> {
        Arc::clone(lock(&self.issuers).entry(issuer.clone()).or_default())
    }

    /// The key with this name. A fetch for another token does not delay requests whose key is known.
    async fn key(
        &self,
        known: &Known,
        issuer: &IssuerUrl,
        key_id: &str,
        now: Timestamp,
    ) -> Result<PublicKey, SignatureError> {
        if let Some(key) = found(known.state().younger_than(FRESH, now), key_id) {
            return Ok(key);
        }
        let failure = self.refresh(known, issuer, key_id, now).await.err();
        let state = known.state();
        match (state.younger_than(USABLE, now), failure) {
            (Some(keys), _) => keys.key(key_id).cloned().ok_or(SignatureError::UnknownKey),
            (None, Some(failure)) => Err(SignatureError::Unavailable(failure.into())),
            (None, None) => Err(SignatureError::Unavailable(
                "the issuer could not be reached moments ago".into(),
            )),
        }
    }

    /// Fetches the keys, unless another request has just fetched them.
    async fn refresh(
        &self,
        known: &Known,
        issuer: &IssuerUrl,
        key_id: &str,
        now: Timestamp,
    ) -> Result<(), FetchError> {
        let _fetching = known.fetching.lock().await;
        if !known.state().begin_fetch(key_id, now) {
            return Ok(());
        }
        let place = self.discovery_urls.get(issuer).cloned();
        let place = place.unwrap_or_else(|| issuer.discovery_url());
        match fetch::keys(&self.connector, issuer, &place, self.allow_loopback).await {
            Ok(keys) => {
                let mut state = known.state();
                (state.keys, state.fetched_at) = (Some(Arc::new(keys)), Some(now));
                Ok(())
            }
            Err(error) => {
                tracing::warn!(
                    issuer = issuer.as_str(),
                    %error,
                    "failed to read the issuer's keys; continuing with the cached ones"
                );
                Err(error)
            }
        }
    }
}

impl Known {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn found(keys: Option<&Arc<KeySet>>, key_id: &str) -> Option<PublicKey> {
    keys?.key(key_id).cloned()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
