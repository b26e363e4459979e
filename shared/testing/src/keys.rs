//! Token keys that never change, and issuers without keys.

use crate::TestIssuer;
use jiff::Timestamp;
use rolecall_domain::link::token::KeyRing;
use rolecall_domain::ports::{IssuerKeys, SignatureError, StoreError, TokenKeys};
use rolecall_domain::workload::{IssuerUrl, Token};
use std::rc::Rc;
use std::sync::Arc;

/// A fixed key ring.
#[derive(Debug, Clone)]
pub struct FakeKeys(pub Arc<KeyRing>);

impl FakeKeys {
    pub fn new(ring: KeyRing) -> Self {
        Self(Arc::new(ring))
    }
}

impl TokenKeys for FakeKeys {
    async fn ring(&self) -> Result<Arc<KeyRing>, StoreError> {
        Ok(Arc::clone(&self.0))
    }

    async fn newest_ring(&self) -> Result<Arc<KeyRing>, StoreError> {
        self.ring().await
    }
}

/// The keys of an issuer on this machine, without HTTP: a fake clock's time limits end before any real answer.
#[derive(Debug, Clone)]
pub struct KeysOf(pub Rc<TestIssuer>);

impl IssuerKeys for KeysOf {
    async fn verify(
        &self,
        issuer: &IssuerUrl,
        token: &Token,
        _: Timestamp,
    ) -> Result<(), SignatureError> {
        if self.0.is_failing() || issuer.as_str() != self.0.url() {
            return Err(SignatureError::Unavailable("the issuer is down".into()));
        }
        match self.0.has_signed(&token.signed, &token.signature) {
            true => Ok(()),
            false => Err(SignatureError::WrongSignature),
        }
    }
}

/// Issuers of workloads' tokens that never respond.
#[derive(Debug, Clone, Copy)]
pub struct NoIssuers;

impl IssuerKeys for NoIssuers {
    async fn verify(&self, _: &IssuerUrl, _: &Token, _: Timestamp) -> Result<(), SignatureError> {
        Err(SignatureError::Unavailable("there is no issuer".into()))
    }
}
