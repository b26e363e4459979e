//! The ports of the console's sessions.

use super::{SignatureError, StoreError};
use crate::session::{Metadata, Session, SessionKey, Tokens, UserKey};
use crate::workload::Token;
use jiff::Timestamp;
use std::sync::Arc;

/// A stored session, and the time when all sessions of the user were last ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundSession {
    pub session: Session,
    pub ended_at: Option<Timestamp>,
}

/// The sessions of signed-in users. Reads are consistent with every write that returned before,
/// and return expired sessions too: the caller compares the times.
pub trait Sessions {
    /// Marks a sign-in attempt as used, and returns whether it was unused before. Marks can be deleted after
    /// this time.
    async fn use_attempt(&self, mark: &str, until: Timestamp) -> Result<bool, StoreError>;
    /// Stores a new session. It can be deleted after this time.
    async fn open(&self, session: &Session, until: Timestamp) -> Result<(), StoreError>;
    async fn find(&self, key: &SessionKey) -> Result<Option<FoundSession>, StoreError>;
    /// Records the time of a request. A session that has ended stays ended.
    async fn see(&self, key: &SessionKey, now: Timestamp) -> Result<(), StoreError>;
    /// Reserves the renewal of the tokens until then, and returns whether it was free: the version is still
    /// this one, and no other request is renewing.
    async fn begin_renewal(
        &self,
        session: &Session,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError>;
    /// Replaces the tokens, and returns whether the version before was still stored.
    async fn renew(&self, renewed: &Session) -> Result<bool, StoreError>;
    /// Releases a reserved renewal, so that the next request tries again.
    async fn abandon_renewal(&self, session: &Session) -> Result<(), StoreError>;
    /// Ends a session. With a version, only if it is still the stored one.
    async fn end(&self, key: &SessionKey, version: Option<u64>) -> Result<(), StoreError>;
    /// All stored sessions of a user.
    async fn of_user(&self, user: &UserKey) -> Result<Vec<Session>, StoreError>;
    /// Ends all sessions of a user that were opened until then.
    async fn end_all(&self, user: &UserKey, ended_at: Timestamp) -> Result<(), StoreError>;
}

/// Encrypts texts that only the console reads.
pub trait Sealer {
    /// Decryption requires the same context.
    async fn seal(&self, context: &str, text: &str) -> Result<String, StoreError>;
    /// `None` if the text was not encrypted here for this context.
    async fn unseal(&self, context: &str, sealed: &str) -> Result<Option<String>, StoreError>;
}

/// Why the issuer returned no tokens.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// The code or the refresh token is not, or no longer, valid.
    #[error("the issuer refused: {0}")]
    Refused(String),
    #[error("the issuer did not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The grant that the issuer exchanges for tokens.
#[derive(Clone, Copy)]
pub enum Grant<'a> {
    Code {
        code: &'a str,
        verifier: &'a str,
        redirect_uri: &'a str,
    },
    Refresh(&'a str),
}

impl std::fmt::Debug for Grant<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Code { .. } => "Code",
            Self::Refresh(_) => "Refresh",
        })
    }
}

/// The issuer with which users sign in.
pub trait SignInIssuer {
    async fn metadata(&self, now: Timestamp) -> Result<Arc<Metadata>, IssuerError>;
    async fn tokens(&self, grant: Grant<'_>, now: Timestamp) -> Result<Tokens, IssuerError>;
    /// Revokes a refresh token if the issuer supports it.
    async fn revoke(&self, refresh_token: &str, now: Timestamp) -> Result<(), IssuerError>;
    /// Verifies an ID token's signature with the issuer's keys.
    async fn verify(&self, token: &Token, now: Timestamp) -> Result<(), SignatureError>;
}
