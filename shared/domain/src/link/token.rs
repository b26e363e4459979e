//! The registration token, which proves that a callback comes from a stack created with the
//! registration's link.
//!
//! `<registration_id>.<secret>`, where the secret is base64url(HMAC-SHA256(key, registration id)),
//! RFC 2104 and RFC 4648 section 5. It is computed when a link is shown, never stored, and compared
//! in constant time. It is readable in the stack's parameters, so it must never appear in logs or
//! reports.

use crate::ids::RegistrationId;
use crate::messages::Rule;
use crate::text::FieldError;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::collections::BTreeMap;
use std::fmt;
use subtle::ConstantTimeEq;

/// Identifies one of the hub's keys: `k<number>`. IDs are ordered numerically: `k10` comes after
/// `k9`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId(u32);

impl KeyId {
    /// Accepts only the canonical form of the number, so that no two IDs denote the same key. Names
    /// of another form are rejected because they would sort before or after all others.
    ///
    /// # Errors
    /// If the text is not such an ID.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let digits = text.strip_prefix('k').unwrap_or_default();
        let canonical = (1..=9).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0');
        let number = digits.parse().ok().filter(|_| canonical);
        let rule = FieldError::new("invalid", Rule::NotAKeyId);
        number.map(Self).ok_or(rule)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "k{}", self.0)
    }
}

impl TryFrom<String> for KeyId {
    type Error = FieldError;
    fn try_from(text: String) -> Result<Self, FieldError> {
        Self::parse(&text)
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> Self {
        id.to_string()
    }
}

/// The hub's token keys. The key with the greatest ID signs; all keys verify, because a stack keeps
/// its token for its whole lifetime.
#[derive(Clone)]
pub struct KeyRing {
    keys: BTreeMap<KeyId, Vec<u8>>,
    signer: KeyId,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing")
            .field("signer", &self.signer)
            .finish_non_exhaustive()
    }
}

/// The length of an HMAC-SHA256 value, in bytes.
const MAC: usize = 32;

/// The length of a cursor's seal, in bytes.
const SEAL: usize = 16;

/// The minimum length of a key in bytes, equal to the HMAC's output.
const SHORTEST_KEY: usize = 32;

#[derive(Debug, thiserror::Error)]
pub enum KeyRingError {
    #[error("the token key secret must be a JSON object of key IDs and keys")]
    NotAnObject,
    #[error("the token key secret contains no key")]
    Empty,
    #[error("the token key {0} is shorter than 32 characters")]
    TooShort(KeyId),
    /// Names of another form would sort before or after all others and so determine which key
    /// signs.
    #[error("invalid token key name {0:?}: use k and a number, such as k2")]
    Misnamed(String),
}

/// Whether the text has the format of a token. Malformed tokens are rejected without reading keys.
pub fn is_well_formed(presented: &str) -> bool {
    parts(presented).is_some()
}

/// The registration ID in a token, and the HMAC that must match it.
fn parts(presented: &str) -> Option<(RegistrationId, [u8; MAC])> {
    let (id, secret) = presented.split_once('.')?;
    let id = RegistrationId::parse(id).ok()?;
    let secret = URL_SAFE_NO_PAD.decode(secret).ok()?;
    Some((id, secret.try_into().ok()?))
}

impl KeyRing {
    /// Parses the secret's text: `{"k1": "<key>", "k2": "<newer key>"}`.
    ///
    /// # Errors
    /// If the text is not such an object, a key's name has another form, or a key is too short.
    pub fn parse(secret: &str) -> Result<Self, KeyRingError> {
        let texts: BTreeMap<String, String> =
            serde_json::from_str(secret).map_err(|_| KeyRingError::NotAnObject)?;
        let mut keys = BTreeMap::new();
        for (id, key) in texts {
            let id = KeyId::parse(&id).map_err(|_| KeyRingError::Misnamed(shortened(&id)))?;
            if key.len() < SHORTEST_KEY {
                return Err(KeyRingError::TooShort(id));
            }
            keys.insert(id, key.into_bytes());
        }
        let signer = keys
            .keys()
            .next_back()
            .cloned()
            .ok_or(KeyRingError::Empty)?;
        Ok(Self { keys, signer })
    }

    /// The key that signs new registrations.
    pub fn signer(&self) -> &KeyId {
        &self.signer
    }

    pub(super) fn key_ids(&self) -> impl Iterator<Item = &KeyId> {
        self.keys.keys()
    }

    pub(super) fn key(&self, key_id: &KeyId) -> Option<&[u8]> {
        self.keys.get(key_id).map(Vec::as_slice)
    }

    /// The token of a registration that was created with this key; `None` if the key no longer
    /// exists.
    pub fn token(
        &self,
        registration_id: &RegistrationId,
        key_id: &KeyId,
    ) -> Option<RegistrationToken> {
        let mac = self.mac(registration_id, key_id)?;
        let secret = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
        Some(RegistrationToken(format!("{registration_id}.{secret}")))
    }

    /// The registration that a presented token belongs to, and the key that verified it.
    pub fn authenticate(&self, presented: &str) -> Option<(RegistrationId, KeyId)> {
        let (id, secret) = parts(presented)?;
        // All keys are tried, so that the response time does not reveal which key matched.
        let mut found = None;
        for key_id in self.keys.keys() {
            let fits = self
                .mac(&id, key_id)
                .is_some_and(|mac| mac.verify_slice(&secret).is_ok());
            if fits {
                found = Some(key_id.clone());
            }
        }
        found.map(|key_id| (id, key_id))
    }

    /// Seals a list position, so that it is accepted only in the context that it was issued for.
    /// The result does not contain the context.
    pub fn seal(&self, context: &str, position: &str) -> String {
        let mut sealed = self
            .seal_mac(&self.signer, context, position)
            .unwrap_or_default();
        sealed.extend_from_slice(position.as_bytes());
        URL_SAFE_NO_PAD.encode(sealed)
    }

    /// The position, if one of the hub's keys sealed it for this context.
    pub fn unseal(&self, context: &str, sealed: &str) -> Option<String> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (seal, position) = bytes.split_at_checked(SEAL)?;
        let position = std::str::from_utf8(position).ok()?;
        let fits = |key_id: &KeyId| {
            let expected = self.seal_mac(key_id, context, position);
            expected.is_some_and(|expected| expected.ct_eq(seal).into())
        };
        self.keys.keys().any(fits).then(|| position.to_owned())
    }

    /// The IDs of all keys, the newest last.
    pub fn ids(&self) -> impl Iterator<Item = &KeyId> {
        self.keys.keys()
    }

    /// A key for another purpose. Keys for different purposes reveal nothing about each other.
    pub fn derived(&self, key_id: &KeyId, purpose: &str) -> Option<[u8; MAC]> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.keys.get(key_id)?).ok()?;
        // Registration IDs never start with this prefix.
        mac.update(b"derived key: ");
        mac.update(purpose.as_bytes());
        Some(mac.finalize().into_bytes().into())
    }

    fn seal_mac(&self, key_id: &KeyId, context: &str, position: &str) -> Option<Vec<u8>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.keys.get(key_id)?).ok()?;
        // Registration IDs never start with this prefix, so a seal never equals a token's secret.
        for part in ["cursor", context, position] {
            // Length prefixes make the boundaries between parts unambiguous.
            mac.update(&u64::try_from(part.len()).ok()?.to_be_bytes());
            mac.update(part.as_bytes());
        }
        Some(mac.finalize().into_bytes()[..SEAL].to_vec())
    }

    fn mac(&self, registration_id: &RegistrationId, key_id: &KeyId) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.keys.get(key_id)?).ok()?;
        mac.update(registration_id.as_str().as_bytes());
        Some(mac)
    }
}

/// Shortens a name for an error message: a key in place of its name must not appear in a log.
fn shortened(name: &str) -> String {
    const SHOWN: usize = 12;
    let start: String = name.chars().take(SHOWN).collect();
    let more = if start.len() < name.len() { "..." } else { "" };
    format!("{start}{more}")
}

/// The token as a secret: shown only in the link.
#[derive(Clone)]
pub struct RegistrationToken(String);

impl RegistrationToken {
    /// The text for the link. The name makes all uses of the secret easy to find.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RegistrationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RegistrationToken(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::IdSeed;
    use proptest::prelude::*;

    const ONE_KEY: &str = r#"{"k1":"0123456789abcdef0123456789abcdef"}"#;
    const ROTATED: &str =
        r#"{"k1":"0123456789abcdef0123456789abcdef","k2":"fedcba9876543210fedcba9876543210"}"#;

    fn named(name: &str) -> KeyId {
        KeyId::parse(name).expect("a key's name")
    }

    fn registration(byte: u8) -> RegistrationId {
        RegistrationId::new(IdSeed {
            at: jiff::Timestamp::UNIX_EPOCH,
            random: [byte; 10],
        })
    }

    #[test]
    fn token_remains_valid_after_key_rotation() {
        let before = KeyRing::parse(ONE_KEY).expect("valid");
        let token = before
            .token(&registration(1), before.signer())
            .expect("key is there");
        let after = KeyRing::parse(ROTATED).expect("valid");
        assert_eq!(after.signer(), &named("k2"));
        let (id, key) = after.authenticate(token.expose()).expect("still good");
        assert_eq!((id, key), (registration(1), named("k1")));
    }

    #[test]
    fn key_ids_are_ordered_numerically() {
        let key = "0123456789abcdef0123456789abcdef";
        let ring = KeyRing::parse(&format!(r#"{{"k10":"{key}","k9":"{key}"}}"#)).expect("valid");
        assert_eq!(ring.signer(), &named("k10"));
    }

    /// `primary` would sort after every `k<number>` and so remain the signing key after a rotation.
    #[test]
    fn key_with_other_name_is_rejected() {
        let secret = "0123456789abcdef0123456789abcdef";
        for name in [
            "primary",
            "",
            "k",
            "k0",
            "k01",
            "K2",
            "k2 ",
            "2",
            "k-1",
            "k+1",
            "k1.5",
            "key2",
            "k1000000000",
            "k２",
        ] {
            let text = serde_json::json!({"k1": secret, name: secret}).to_string();
            let refused = KeyRing::parse(&text).expect_err(name);
            assert!(
                matches!(refused, KeyRingError::Misnamed(_)),
                "{name}: {refused}"
            );
        }
        let swapped = serde_json::json!({secret: "k1"}).to_string();
        let refused = KeyRing::parse(&swapped).expect_err("a key for a name");
        assert!(!refused.to_string().contains(secret), "{refused}");
    }

    #[test]
    fn token_with_another_registrations_secret_is_rejected() {
        let ring = KeyRing::parse(ONE_KEY).expect("valid");
        let token = ring
            .token(&registration(1), ring.signer())
            .expect("key is there");
        let (_, secret) = token.expose().split_once('.').expect("two parts");
        assert_eq!(
            ring.authenticate(&format!("{}.{secret}", registration(2))),
            None
        );
    }

    #[test]
    fn short_or_missing_key_is_rejected() {
        assert!(matches!(KeyRing::parse("{}"), Err(KeyRingError::Empty)));
        assert!(matches!(
            KeyRing::parse(r#"{"k1":"short"}"#),
            Err(KeyRingError::TooShort(_))
        ));
        assert!(matches!(
            KeyRing::parse("secret"),
            Err(KeyRingError::NotAnObject)
        ));
    }

    #[test]
    fn debug_output_contains_no_secret() {
        let ring = KeyRing::parse(ONE_KEY).expect("valid");
        let token = ring
            .token(&registration(1), ring.signer())
            .expect("key is there");
        let shown = format!("{ring:?} {token:?}");
        assert!(!shown.contains("0123456789abcdef") && !shown.contains("reg_"));
    }

    #[test]
    fn cursor_is_accepted_only_in_its_context() {
        let ring = KeyRing::parse(ONE_KEY).expect("valid");
        let sealed = ring.seal("acme /v1/groups", "grp_1");
        assert_eq!(
            ring.unseal("acme /v1/groups", &sealed).as_deref(),
            Some("grp_1")
        );
        assert_eq!(ring.unseal("globex /v1/groups", &sealed), None);
        assert_eq!(ring.unseal("acme /v1/groups", &sealed[1..]), None);
        assert_eq!(ring.unseal("acme /v1/groups", ""), None);
    }

    #[test]
    fn cursor_context_cannot_move_into_position() {
        let ring = KeyRing::parse(ONE_KEY).expect("valid");
        let sealed = ring.seal("a\0b", "c");
        let mut bytes = URL_SAFE_NO_PAD.decode(sealed).expect("base64");
        bytes.splice(SEAL.., *b"b\0c");
        assert_eq!(ring.unseal("a", &URL_SAFE_NO_PAD.encode(bytes)), None);
    }

    proptest! {
        #[test]
        fn no_other_text_authenticates(text in ".{0,200}") {
            let ring = KeyRing::parse(ONE_KEY).expect("valid");
            prop_assert_eq!(ring.authenticate(&text), None);
        }
    }
}
