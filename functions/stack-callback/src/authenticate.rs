//! Whose request it is, by its token alone. Nothing is read for a request that can't have one.

use crate::log::Line;
use crate::request::Request;
use crate::{Callback, CallbackError, Reply};
use futures_util::future::{Either, select};
use rolecall_domain::ids::RegistrationId;
use rolecall_domain::link::token::{KeyId, is_well_formed};
use rolecall_domain::ports::{CustomerAccounts, Host, Store, StoreError, TokenKeys};
use rolecall_domain::{SignedDuration, Timestamp};
use std::pin::pin;

/// How long a request waits for the token keys: without them a customer's can't be told from a
/// stranger's, and strangers must not hold the function. The next delivery tries again.
const KEYS: SignedDuration = SignedDuration::from_secs(10);

/// What a token that authenticates proves.
pub(crate) struct Proof {
    pub(crate) registration_id: RegistrationId,
    /// The key that it was made with.
    pub(crate) key_id: KeyId,
}

impl<S: Store, C: CustomerAccounts, H: Host, K: TokenKeys, R: Reply> Callback<S, C, H, K, R> {
    /// # Errors
    /// While the keys can't be read.
    pub(crate) async fn authenticate(
        &self,
        request: &Request,
        line: &Line,
    ) -> Result<Option<Proof>, CallbackError> {
        let token = request.presented_token();
        let Some(token) = token.filter(|token| is_well_formed(token)) else {
            return Ok(None);
        };
        let end = self.ctx.now() + KEYS;
        let proof = pin!(self.prove(token, line, end));
        let alarm = pin!(self.ctx.host.sleep(KEYS));
        match select(proof, alarm).await {
            Either::Left((proof, _)) => proof,
            Either::Right(_) => Err(CallbackError::NoKeys),
        }
    }

    async fn prove(
        &self,
        token: &str,
        line: &Line,
        end: Timestamp,
    ) -> Result<Option<Proof>, CallbackError> {
        loop {
            match self.prove_once(token).await {
                Ok(proof) => return Ok(proof),
                Err(error) => line.trouble(&error),
            }
            if self.ctx.now() >= end {
                return Err(CallbackError::NoKeys);
            }
            self.ctx.host.sleep(SignedDuration::from_secs(1)).await;
        }
    }

    async fn prove_once(&self, token: &str) -> Result<Option<Proof>, StoreError> {
        let known = match self.keys.ring().await?.authenticate(token) {
            Some(known) => Some(known),
            None => self.keys.newest_ring().await?.authenticate(token),
        };
        Ok(known.map(|(registration_id, key_id)| Proof {
            registration_id,
            key_id,
        }))
    }
}
