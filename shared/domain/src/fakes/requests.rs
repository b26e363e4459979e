//! CloudFormation's requests.

use super::store::MemoryStore;
use crate::change::{PersistedAnswer, RequestKey};
use crate::ports::{RequestClaim, Requests, StoreError};
use jiff::Timestamp;

impl Requests for MemoryStore {
    async fn claim_request(
        &self,
        key: &RequestKey,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<RequestClaim, StoreError> {
        let mut state = self.state();
        let request = state.requests.entry(key.clone()).or_default();
        if let Some(body) = request.answer.clone() {
            return Ok(RequestClaim::Answered { body });
        }
        if let Some(until) = request.lease_until.filter(|until| *until > now) {
            return Ok(RequestClaim::Busy { until });
        }
        request.lease_until = Some(lease_until);
        let first_received_at = *request.first_received_at.get_or_insert(now);
        Ok(RequestClaim::Yours { first_received_at })
    }

    async fn keep_answer(&self, answer: &PersistedAnswer) -> Result<String, StoreError> {
        let mut state = self.state();
        let request = state.requests.entry(answer.key.clone()).or_default();
        let kept = request.answer.get_or_insert_with(|| answer.body.clone());
        Ok(kept.clone())
    }
}
