//! Sessions of users who are signed in to the console, and the sign-in.

mod claims;
mod flow;
mod id;
mod issuer;
mod return_path;

pub use claims::{ClaimError, Person, check_nonce};
pub use flow::{Callback, FLOW_COOKIE, FLOW_LIFETIME, Flow, KeptForm, MOST_FLOWS, Secrets};
pub use id::{
    FormNonce, SessionId, SessionKey, UserKey, accepts_form, form_token, idempotency_key,
};
pub use issuer::{Metadata, MetadataError};
pub use return_path::ReturnPath;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How long users stay signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Without a request.
    pub idle: SignedDuration,
    /// In any case.
    pub absolute: SignedDuration,
}

/// How much older the recorded last use of a session can be than the actual one. A write for each request would
/// cost more than the pages.
const SEEN_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// How long before its expiration an ID token is renewed: longer than a page takes.
const RENEWED_BEFORE: SignedDuration = SignedDuration::from_secs(60);

/// A session, as it is stored. The tokens in it are encrypted.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub key: SessionKey,
    pub person: Person,
    pub created_at: Timestamp,
    pub seen_at: Timestamp,
    /// The browser and the operating system, for the user's list of sessions.
    pub browser: String,
    /// Counts renewals of the tokens.
    pub version: u64,
    /// Encrypted [`Tokens`].
    pub tokens: String,
    pub tokens_expire_at: Timestamp,
    /// A request renews the tokens until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewing_until: Option<Timestamp>,
}

impl fmt::Debug for Session {
    /// Omits the tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("key", &self.key)
            .field("person", &self.person)
            .field("created_at", &self.created_at)
            .field("seen_at", &self.seen_at)
            .field("version", &self.version)
            .field("tokens_expire_at", &self.tokens_expire_at)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Whether the session is still valid. The table removes expired sessions days later, so every read must
    /// check this. `ended_at` is the time when all sessions of the user were last ended.
    pub fn is_live(&self, limits: Limits, ended_at: Option<Timestamp>, now: Timestamp) -> bool {
        let ended = ended_at.is_some_and(|ended_at| self.created_at <= ended_at);
        !ended && now < self.seen_at + limits.idle && now < self.ends_at(limits)
    }

    /// When the user must sign in again in any case.
    pub fn ends_at(&self, limits: Limits) -> Timestamp {
        self.created_at + limits.absolute
    }

    /// Whether this request must be recorded. An idle limit of minutes requires this more often.
    pub fn is_to_be_seen(&self, limits: Limits, now: Timestamp) -> bool {
        let every = SEEN_EVERY.min(limits.idle / 10);
        now >= self.seen_at + every
    }

    /// Whether its tokens must be renewed before they are used.
    pub fn is_to_be_renewed(&self, now: Timestamp) -> bool {
        now + RENEWED_BEFORE >= self.tokens_expire_at
    }

    /// Whether another request is renewing them.
    pub fn is_being_renewed(&self, now: Timestamp) -> bool {
        self.renewing_until.is_some_and(|until| now < until)
    }
}

/// The tokens from the issuer. Both are credentials.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    pub id_token: String,
    /// Absent if the issuer returns none. The session then ends with the ID token.
    pub refresh_token: Option<String>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}
