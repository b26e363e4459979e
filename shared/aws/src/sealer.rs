//! Encrypts texts with AES-256-GCM. The keys are derived from a secret in AWS Secrets Manager.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use rolecall_domain::link::token::{KeyId, KeyRing};
use rolecall_domain::ports::{Entropy, Sealer, StoreError, TokenKeys};
use std::error::Error;

/// What the keys are for.
const PURPOSE: &str = "console session";

/// Encrypts with the newest key, and decrypts with any.
#[derive(Debug)]
pub struct AeadSealer<K, E> {
    keys: K,
    entropy: E,
}

impl<K: TokenKeys, E: Entropy> AeadSealer<K, E> {
    pub fn new(keys: K, entropy: E) -> Self {
        Self { keys, entropy }
    }
}

impl<K: TokenKeys, E: Entropy> Sealer for AeadSealer<K, E> {
    /// `<key ID>.<base64url of nonce and ciphertext>`.
    async fn seal(&self, context: &str, text: &str) -> Result<String, StoreError> {
        let ring = self.keys.ring().await?;
        let id = ring.signer();
        // Random nonces of 96 bits are safe for billions of texts with one key (NIST SP 800-38D, 8.3).
        let mut nonce = [0; NONCE_LEN];
        self.entropy.fill(&mut nonce);
        let mut bytes = text.as_bytes().to_vec();
        let key = key(&ring, id).ok_or_else(|| broken("the session key can't be used"))?;
        let sealed = key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(context),
            &mut bytes,
        );
        sealed.map_err(|_| broken("the text could not be encrypted"))?;
        let sealed = [&nonce[..], &bytes].concat();
        Ok(format!("{id}.{}", URL_SAFE_NO_PAD.encode(sealed)))
    }

    async fn unseal(&self, context: &str, sealed: &str) -> Result<Option<String>, StoreError> {
        let Some((id, sealed)) = parts(sealed) else {
            return Ok(None);
        };
        let mut ring = self.keys.ring().await?;
        if !ring.ids().any(|known| *known == id) {
            ring = self.keys.newest_ring().await?;
        }
        Ok(opened(&ring, &id, context, &sealed))
    }
}

fn parts(sealed: &str) -> Option<(KeyId, Vec<u8>)> {
    let (id, sealed) = sealed.split_once('.')?;
    Some((KeyId::parse(id).ok()?, URL_SAFE_NO_PAD.decode(sealed).ok()?))
}

fn opened(ring: &KeyRing, id: &KeyId, context: &str, sealed: &[u8]) -> Option<String> {
    let (nonce, bytes) = sealed.split_at_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut bytes = bytes.to_vec();
    let text = key(ring, id)?.open_in_place(nonce, Aad::from(context), &mut bytes);
    String::from_utf8(text.ok()?.to_vec()).ok()
}

fn key(ring: &KeyRing, id: &KeyId) -> Option<LessSafeKey> {
    let bytes = ring.derived(id, PURPOSE)?;
    let key = UnboundKey::new(&AES_256_GCM, &bytes).ok()?;
    Some(LessSafeKey::new(key))
}

fn broken(reason: &str) -> StoreError {
    StoreError::Unavailable(Box::<dyn Error + Send + Sync>::from(reason))
}
