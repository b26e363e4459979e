//! The environment of the use cases for the console's sessions.

use rolecall_domain::SignedDuration;
use rolecall_domain::ports::{Entropy, StoreError};
use rolecall_domain::session::Limits;
use rolecall_domain::user::ClaimSettings;
use rolecall_domain::workload::Issuer;

/// The console's sessions, the issuer with which users sign in, and the host.
#[derive(Debug)]
pub struct SignIns<S, I, L, H> {
    pub sessions: S,
    pub issuer: I,
    pub sealer: L,
    pub host: H,
    pub settings: SignInSettings,
}

/// The settings for signing in.
#[derive(Debug, Clone)]
pub struct SignInSettings {
    /// The issuer, and the console's client, which is the audience of its ID tokens.
    pub issuer: Issuer,
    /// The claims that contain the tenant and the role.
    pub claims: ClaimSettings,
    /// The URL to which the issuer redirects.
    pub redirect_uri: String,
    pub limits: Limits,
}

/// How long one request may take to renew the tokens of a session. Longer than the issuer may take.
pub(crate) const RENEWAL: SignedDuration = SignedDuration::from_secs(15);

/// The context of an encrypted sign-in attempt.
pub(crate) const ATTEMPT: &str = "attempt to sign in";

/// 32 random bytes.
pub(crate) fn random(entropy: &impl Entropy) -> [u8; 32] {
    let mut bytes = [0; 32];
    entropy.fill(&mut bytes);
    bytes
}

/// A value that this function encrypted, but can't read.
pub(crate) fn corrupt(key: &str) -> StoreError {
    StoreError::Corrupt {
        key: key.to_owned(),
        reason: "its tokens can't be decrypted".to_owned(),
    }
}
