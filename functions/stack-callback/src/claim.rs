//! Counts a delivery against its registration, and claims its request so that duplicates wait.

use crate::authenticate::Proof;
use crate::decision::Decision;
use crate::log::Line;
use crate::request::Request;
use rolecall_domain::ports::{Clock, RequestClaim, Requests, StoreError, WorkerId};
use rolecall_domain::{SignedDuration, Timestamp};
use rolecall_usecases::{Env, UseCaseError};
use std::cell::Cell;

/// How long a worker holds a request. Two workers at the same time are harmless, because only one
/// answer is stored. A worker that died must not block the others for long.
const LEASE: SignedDuration = SignedDuration::from_secs(45);

/// One delivery of an authenticated request.
pub(crate) struct Delivery<'a> {
    pub(crate) proof: &'a Proof,
    pub(crate) line: &'a Line,
    pub(crate) deadline: Timestamp,
    worker: WorkerId,
    /// The number of deliveries for the registration today including this one, once it is counted.
    count: Cell<Option<u32>>,
}

impl<'a> Delivery<'a> {
    pub(crate) fn new(
        env: &impl Env,
        proof: &'a Proof,
        line: &'a Line,
        deadline: Timestamp,
    ) -> Self {
        Self {
            proof,
            line,
            deadline,
            worker: WorkerId(u64::from_le_bytes(env.random())),
            count: Cell::new(None),
        }
    }

    pub(crate) async fn count(
        &self,
        store: &impl Requests,
        now: Timestamp,
    ) -> Result<u32, StoreError> {
        if let Some(count) = self.count.get() {
            return Ok(count);
        }
        let count = store.count_delivery(&self.proof.registration_id, now);
        let count = count.await?;
        self.count.set(Some(count));
        Ok(count)
    }
}

/// Deliveries that are processed per registration and day. A stack needs only a few. The token can
/// be read in the stack's parameters, so the work and the storage that it can cause must be bounded.
pub const DELIVERIES_A_DAY: u32 = 100;

/// After this many deliveries in a day, requests no longer wait for a role to propagate.
pub const DELIVERIES_THAT_WAIT: u32 = 30;

/// How long a duplicate waits for the worker that holds its request.
const DUPLICATE_WAITS: SignedDuration = SignedDuration::from_secs(10);

/// The result of claiming a request.
pub(crate) enum Claim {
    Ours { first_received_at: Timestamp },
    Decided(Decision),
}

pub(crate) async fn claim(
    env: &impl Env,
    request: &Request,
    delivery: &Delivery<'_>,
) -> Result<Claim, UseCaseError> {
    let key = request.key_under(&delivery.proof.registration_id);
    let waits_until = env.now() + DUPLICATE_WAITS;
    loop {
        let now = env.now();
        let lease_until = (now + LEASE).min(delivery.deadline);
        let store = env.store();
        let claim = store.claim_request(&key, delivery.worker, now, lease_until);
        match claim.await? {
            RequestClaim::Answered { body } => {
                return Ok(Claim::Decided(Decision::Answer(body)));
            }
            RequestClaim::Yours { first_received_at } => {
                return Ok(Claim::Ours { first_received_at });
            }
            RequestClaim::Busy { .. } if now >= waits_until => {
                return Ok(Claim::Decided(Decision::Busy));
            }
            RequestClaim::Busy { until } => {
                let left = until.duration_since(now);
                env.host()
                    .sleep(left.clamp(
                        SignedDuration::from_millis(50),
                        SignedDuration::from_secs(1),
                    ))
                    .await;
            }
        }
    }
}
