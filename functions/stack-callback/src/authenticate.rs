//! Authenticates a request by its token. A token with the wrong form is rejected without reading keys.

use crate::error::CallbackError;
use crate::log::Line;
use crate::request::Request;
use futures_util::future::{Either, select};
use rolecall_domain::SignedDuration;
use rolecall_domain::ids::RegistrationId;
use rolecall_domain::link::token::{KeyId, is_well_formed};
use rolecall_domain::ports::{Clock, StoreError, TokenKeys};
use rolecall_domain::retry::{RetryPolicy, with_retry};
use rolecall_usecases::Env;
use std::pin::pin;

/// How long a request waits for the token keys. Without them, a forged request can't be
/// distinguished from a customer's, and forged requests must not occupy the function. The next
/// delivery tries again.
const KEYS: SignedDuration = SignedDuration::from_secs(10);
const PAUSE: SignedDuration = SignedDuration::from_secs(1);

/// What a valid token proves.
pub(crate) struct Proof {
    pub(crate) registration_id: RegistrationId,
    /// The key that signed the token.
    pub(crate) key_id: KeyId,
}

/// # Errors
/// When the keys can't be read.
pub(crate) async fn authenticate(
    env: &impl Env,
    keys: &impl TokenKeys,
    request: &Request,
    line: &Line,
) -> Result<Option<Proof>, CallbackError> {
    let token = request.presented_token();
    let Some(token) = token.filter(|token| is_well_formed(token)) else {
        return Ok(None);
    };
    let policy = RetryPolicy {
        first_pause: PAUSE,
        longest_pause: PAUSE,
        attempts: u32::MAX,
        until: Some(env.now() + KEYS),
    };
    let any = |_: &StoreError| true;
    let proof = pin!(with_retry(env.host(), &policy, any, async || {
        let proof = prove(keys, token).await;
        proof.inspect_err(|error| line.trouble(error))
    }));
    let alarm = pin!(env.host().sleep(KEYS));
    match select(proof, alarm).await {
        Either::Left((Ok(proof), _)) => Ok(proof),
        Either::Left((Err(_), _)) | Either::Right(_) => Err(CallbackError::NoKeys),
    }
}

async fn prove(keys: &impl TokenKeys, token: &str) -> Result<Option<Proof>, StoreError> {
    let known = match keys.ring().await?.authenticate(token) {
        Some(known) => Some(known),
        None => keys.newest_ring().await?.authenticate(token),
    };
    Ok(known.map(|(registration_id, key_id)| Proof {
        registration_id,
        key_id,
    }))
}
