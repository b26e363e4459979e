//! CloudFormation requests.

use crate::store::MemoryStore;
use jiff::Timestamp;
use rolecall_domain::aws::StackId;
use rolecall_domain::change::{PersistedAnswer, RequestKey};
use rolecall_domain::ids::RegistrationId;
use rolecall_domain::pages::Verification;
use rolecall_domain::ports::{RequestClaim, Requests, StoreError, WorkerId};

impl Requests for MemoryStore {
    async fn claim_request(
        &self,
        key: &RequestKey,
        worker: WorkerId,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<RequestClaim, StoreError> {
        let mut state = self.state();
        let request = state.requests.entry(key.clone()).or_default();
        if let Some(body) = request.answer.clone() {
            return Ok(RequestClaim::Answered { body });
        }
        if let Some((_, until)) = request
            .lease
            .filter(|(owner, until)| *owner != worker && *until > now)
        {
            return Ok(RequestClaim::Busy { until });
        }
        request.lease = Some((worker, lease_until));
        let first_received_at = *request.first_received_at.get_or_insert(now);
        Ok(RequestClaim::Yours { first_received_at })
    }

    async fn keep_answer(&self, answer: &PersistedAnswer) -> Result<String, StoreError> {
        let mut state = self.state();
        let request = state.requests.entry(answer.key.clone()).or_default();
        let kept = request.answer.get_or_insert_with(|| answer.body.clone());
        Ok(kept.clone())
    }

    async fn count_delivery(
        &self,
        registration_id: &RegistrationId,
        now: Timestamp,
    ) -> Result<u32, StoreError> {
        let day = now.as_second().div_euclid(24 * 60 * 60);
        let mut state = self.state();
        let count = state.deliveries.entry((registration_id.clone(), day));
        let count = count.or_default();
        *count += 1;
        Ok(*count)
    }

    async fn first_pasted_at(
        &self,
        registration_id: &RegistrationId,
        stack_id: &StackId,
        now: Timestamp,
    ) -> Result<Timestamp, StoreError> {
        let mut state = self.state();
        let note = state.pastes.entry(registration_id.clone());
        let (pasted, first) = note.or_insert_with(|| (stack_id.clone(), now));
        if pasted != stack_id {
            (*pasted, *first) = (stack_id.clone(), now);
        }
        Ok(*first)
    }

    async fn note_verification(
        &self,
        registration_id: &RegistrationId,
        verification: &Verification,
    ) -> Result<(), StoreError> {
        let mut state = self.state();
        let noted = &mut state.verifications;
        noted.insert(registration_id.clone(), verification.clone());
        Ok(())
    }

    async fn verification(
        &self,
        registration_id: &RegistrationId,
    ) -> Result<Option<Verification>, StoreError> {
        Ok(self.state().verifications.get(registration_id).cloned())
    }
}
