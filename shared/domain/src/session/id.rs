//! The id of a session, which is a credential, and the key under which the session is stored.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;

/// Random bytes of an id.
const SECRET: usize = 32;

/// The length of a user key, in hexadecimal digits.
const USER_KEY: usize = 32;

/// Identifies a user: a hash of the issuer and the subject.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UserKey(String);

impl UserKey {
    pub fn of(issuer: &str, subject: &str) -> Self {
        // The length makes the boundary between the parts unambiguous.
        let text = format!("{}:{issuer}{subject}", issuer.len());
        let mut hash = hex::encode(Sha256::digest(text));
        hash.truncate(USER_KEY);
        Self(hash)
    }

    fn parse(text: &str) -> Option<Self> {
        let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        let fits = text.len() == USER_KEY && text.bytes().all(is_digit);
        fits.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The key under which a session is stored. It contains only a hash of the ID.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SessionKey {
    pub user: UserKey,
    pub hash: String,
}

/// The ID of a session: the value of its cookie. Anyone who has it is signed in.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionId {
    user: UserKey,
    secret: [u8; SECRET],
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionId")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl SessionId {
    /// The bytes must be random.
    pub fn new(user: UserKey, secret: [u8; SECRET]) -> Self {
        Self { user, secret }
    }

    pub fn parse(cookie: &str) -> Option<Self> {
        let (user, secret) = cookie.split_once('.')?;
        let secret = URL_SAFE_NO_PAD.decode(secret).ok()?;
        Some(Self {
            user: UserKey::parse(user)?,
            secret: secret.try_into().ok()?,
        })
    }

    pub fn user(&self) -> &UserKey {
        &self.user
    }

    pub fn cookie(&self) -> String {
        let secret = URL_SAFE_NO_PAD.encode(self.secret);
        format!("{}.{secret}", self.user.as_str())
    }

    pub fn key(&self) -> SessionKey {
        SessionKey {
            user: self.user.clone(),
            hash: hex::encode(Sha256::digest(self.secret)),
        }
    }

    /// The token of the forms of one page. Other sites can't know it.
    pub fn form_token(&self, nonce: FormNonce) -> String {
        form_token(&self.secret, nonce)
    }

    /// The nonce of a form of this session.
    pub fn accepts_form(&self, presented: &str) -> Option<FormNonce> {
        accepts_form(&self.secret, presented)
    }
}

/// Random bytes of a page, which distinguish its forms from those of other pages.
pub type FormNonce = [u8; 16];

/// A form's token: a nonce, and a MAC of it that can be computed only with the secret.
pub fn form_token(secret: &[u8], nonce: FormNonce) -> String {
    let token = [&nonce[..], &form_mac(secret, nonce)].concat();
    URL_SAFE_NO_PAD.encode(token)
}

/// The nonce of a token, if the token was computed with this secret.
pub fn accepts_form(secret: &[u8], presented: &str) -> Option<FormNonce> {
    let token = URL_SAFE_NO_PAD.decode(presented).ok()?;
    let (nonce, mac) = token.split_first_chunk()?;
    let same: bool = form_mac(secret, *nonce)[..].ct_eq(mac).into();
    same.then_some(*nonce)
}

fn form_mac(secret: &[u8], nonce: FormNonce) -> [u8; 32] {
    // HMAC takes keys of any length.
    let mac = Hmac::<Sha256>::new_from_slice(secret).map(|mut mac| {
        mac.update(b"rolecall console form");
        mac.update(&nonce);
        mac.finalize().into_bytes().into()
    });
    mac.unwrap_or_default()
}

/// The Idempotency-Key of a form: the same for a form that is sent twice, for example by a double click, and a
/// different one if the form has changed.
pub fn idempotency_key(nonce: FormNonce, path: &str, fields: &[(String, String)]) -> String {
    let mut hash = Sha256::new();
    hash.update(nonce);
    let parts = fields.iter().flat_map(|(name, value)| [name, value]);
    for part in std::iter::once(path).chain(parts.map(String::as_str)) {
        // Lengths make the boundaries between parts unambiguous.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut key = hex::encode(hash.finalize());
    key.truncate(USER_KEY);
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(secret: u8) -> SessionId {
        SessionId::new(UserKey::of("https://i.example", "s"), [secret; SECRET])
    }

    #[test]
    fn cookie_reads_back_and_its_key_does_not_contain_it() {
        let cookie = id(7).cookie();
        assert_eq!(SessionId::parse(&cookie), Some(id(7)));
        let (_, secret) = cookie.split_once('.').expect("two parts");
        let stored = serde_json::json!(id(7).key()).to_string();
        assert!(!stored.contains(secret), "{stored}");
        assert!(!format!("{:?} {:?}", id(7), id(7).key()).contains(secret));
        assert_ne!(id(7).key(), id(8).key());
    }

    #[test]
    fn other_texts_are_no_ids() {
        let cookie = id(7).cookie();
        for text in [
            "",
            ".",
            "x",
            &cookie[1..],
            &cookie[..cookie.len() - 2],
            &cookie.to_uppercase(),
            &format!("{cookie}AA"),
            &format!("{cookie}="),
            &format!("../{cookie}"),
        ] {
            assert_eq!(SessionId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn issuer_and_subject_are_not_confused() {
        assert_ne!(UserKey::of("ab", "c"), UserKey::of("a", "bc"));
        assert_ne!(UserKey::of("a", "b"), UserKey::of("a", "c"));
    }

    #[test]
    fn form_token_fits_its_session_only() {
        let token = id(1).form_token([5; 16]);
        assert_eq!(id(1).accepts_form(&token), Some([5; 16]));
        let of_other = id(2).form_token([5; 16]);
        let nonce_alone = URL_SAFE_NO_PAD.encode([5; 16]);
        for other in [&of_other, "", &id(1).cookie(), &nonce_alone, &token[..60]] {
            assert_eq!(id(1).accepts_form(other), None, "{other}");
        }
    }

    #[test]
    fn idempotency_key_is_the_same_for_the_same_form_only() {
        let field = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        let key = |nonce, path, fields: Vec<_>| idempotency_key([nonce; 16], path, &fields);
        let first = key(1, "/groups", field("name", "a"));
        assert_eq!(first, key(1, "/groups", field("name", "a")));
        assert_eq!(first.len(), 32);
        for other in [
            key(2, "/groups", field("name", "a")),
            key(1, "/group", field("sname", "a")),
            key(1, "/groups", field("name", "b")),
            key(1, "/groups", field("nam", "ea")),
        ] {
            assert_ne!(first, other);
        }
    }
}
