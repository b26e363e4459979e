//! An issuer's public keys, and their URL according to its discovery document.
//! <https://www.rfc-editor.org/rfc/rfc7517>, <https://www.rfc-editor.org/rfc/rfc7518>

use super::IssuerUrl;
use super::names::is_callable_url;
use super::token::Algorithm;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use url::Url;

/// More keys than any issuer publishes at a time.
const MAX_KEYS: usize = 100;

/// Why an issuer's documents can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    #[error("the document is not a JSON object of the expected form")]
    Malformed,
    #[error("the discovery document is of another issuer")]
    OtherIssuer,
    #[error("the discovery document's jwks_uri is not an https URL")]
    NotCallable,
    #[error("the key set has no usable key")]
    NoKey,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    P256,
    P384,
}

/// The material of a public key, as big-endian bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// An uncompressed point: 4, x and y.
    Ec {
        curve: Curve,
        point: Vec<u8>,
    },
}

impl PublicKey {
    /// Whether the key can have created a signature of this kind. The type of the key decides, not the token.
    pub fn can_sign(&self, algorithm: Algorithm) -> bool {
        match self {
            Self::Rsa { .. } => algorithm == Algorithm::Rs256,
            Self::Ec { curve, .. } => match curve {
                Curve::P256 => algorithm == Algorithm::Es256,
                Curve::P384 => algorithm == Algorithm::Es384,
            },
        }
    }
}

/// The keys with which an issuer signs tokens, by `kid`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeySet {
    keys: BTreeMap<String, PublicKey>,
}

impl KeySet {
    /// Reads a JWK set. Keys of other kinds or for another use are omitted.
    ///
    /// # Errors
    /// If it has no usable key.
    pub fn parse(document: &[u8]) -> Result<Self, KeySetError> {
        let document = object(document)?;
        let list = document.get("keys").and_then(Value::as_array);
        let list = list.ok_or(KeySetError::Malformed)?.iter().take(MAX_KEYS);
        let keys = list.filter_map(Value::as_object).filter_map(key);
        let keys: BTreeMap<String, PublicKey> = keys.collect();
        if keys.is_empty() {
            return Err(KeySetError::NoKey);
        }
        Ok(Self { keys })
    }

    pub fn key(&self, key_id: &str) -> Option<&PublicKey> {
        self.keys.get(key_id)
    }
}

/// The URL of an issuer's keys, according to its discovery document.
///
/// # Errors
/// If the document is not this issuer's, or its keys can't be fetched safely.
pub fn jwks_uri(
    issuer: &IssuerUrl,
    document: &[u8],
    allow_loopback: bool,
) -> Result<String, KeySetError> {
    let document = object(document)?;
    let text = |name: &str| document.get(name).and_then(Value::as_str);
    if text("issuer") != Some(issuer.as_str()) {
        return Err(KeySetError::OtherIssuer);
    }
    let place = text("jwks_uri").ok_or(KeySetError::Malformed)?;
    match Url::parse(place) {
        Ok(url) if is_callable_url(place, allow_loopback) => Ok(url.into()),
        _ => Err(KeySetError::NotCallable),
    }
}

fn object(document: &[u8]) -> Result<Map<String, Value>, KeySetError> {
    serde_json::from_slice(document).map_err(|_| KeySetError::Malformed)
}

fn key(jwk: &Map<String, Value>) -> Option<(String, PublicKey)> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    if text("use").is_some_and(|used| used != "sig") {
        return None;
    }
    let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
    let key = match text("kty")? {
        "RSA" => {
            // Leading zeros are not part of the number.
            let trimmed = |bytes: Vec<u8>| bytes.into_iter().skip_while(|b| *b == 0).collect();
            PublicKey::Rsa {
                n: trimmed(bytes("n")?),
                e: trimmed(bytes("e")?),
            }
        }
        "EC" => {
            let (curve, size) = match text("crv")? {
                "P-256" => (Curve::P256, 32),
                "P-384" => (Curve::P384, 48),
                _ => return None,
            };
            let (x, y) = (bytes("x")?, bytes("y")?);
            if x.len() != size || y.len() != size {
                return None;
            }
            let point = [&[4][..], &*x, &*y].concat();
            PublicKey::Ec { curve, point }
        }
        _ => return None,
    };
    Some((text("kid")?.to_owned(), key))
}
