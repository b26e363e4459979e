//! Token keys that never change.

use rolecall_domain::link::token::KeyRing;
use rolecall_domain::ports::{StoreError, TokenKeys};
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
