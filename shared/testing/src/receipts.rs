//! Receipts, and fakes for issuing credentials.

use crate::store::{MemoryStore, position};
use crate::{lists::slice, lock};
use jiff::{SignedDuration, Timestamp};
use rolecall_domain::change::audit::{AuditEntry, Record};
use rolecall_domain::credentials::{BrokerProof, Receipt};
use rolecall_domain::ids::AccountId;
use rolecall_domain::ports::{CheckQueue, CommitError, Paces, Page, Receipts, Slice, StoreError};
use rolecall_domain::record::account::Account;
use rolecall_domain::schedule::DueCheck;
use rolecall_domain::schedule::pace::{Limited, Pace};
use rolecall_domain::text::Tenant;
use rolecall_domain::text::month::Month;
use std::sync::Mutex;

impl MemoryStore {
    /// The events of issued credentials: one for each hour, service, profile and account.
    pub fn issue_events(&self) -> Vec<AuditEntry> {
        self.state().issue_events.values().cloned().collect()
    }

    /// All receipts, in the order of their transactions.
    pub fn all_receipts(&self) -> Vec<Receipt> {
        self.state().receipts.clone()
    }
}

impl Receipts for MemoryStore {
    async fn record_issue(&self, receipt: &Receipt, account: &Account) -> Result<(), CommitError> {
        let mut state = self.state();
        let key = (account.tenant.clone(), account.account_id.to_string());
        let current = state.records.get(&key).map(Record::version);
        if current != Some(account.version) {
            return Err(CommitError::Stale);
        }
        let event = receipt.event();
        state.issue_events.entry(position(&event)).or_insert(event);
        state.receipts.push(receipt.clone());
        Ok(())
    }

    async fn receipts(
        &self,
        account_id: &AccountId,
        part: &Slice,
    ) -> Result<Page<Receipt>, StoreError> {
        let all = self.all_receipts().into_iter();
        let mut all: Vec<_> = all.filter(|it| it.account_id == *account_id).collect();
        all.sort_by(|a, b| b.receipt_id.cmp(&a.receipt_id));
        let position = |it: &Receipt| it.receipt_id.to_string();
        Ok(slice(all, part, position, |item, after| item < after))
    }

    async fn sessions_until(
        &self,
        account_id: &AccountId,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let state = self.state();
        let of_account = state
            .receipts
            .iter()
            .filter(|it| it.account_id == *account_id);
        let until = of_account.map(|it| it.expires_at).max();
        Ok(until.filter(|until| *until > now))
    }

    async fn broker_proof(
        &self,
        account_id: &AccountId,
    ) -> Result<Option<BrokerProof>, StoreError> {
        Ok(self.state().broker_proofs.get(account_id).cloned())
    }

    async fn keep_broker_proof(
        &self,
        account_id: &AccountId,
        proof: &BrokerProof,
    ) -> Result<(), StoreError> {
        let mut state = self.state();
        state
            .broker_proofs
            .insert(account_id.clone(), proof.clone());
        Ok(())
    }

    async fn admit_issue(
        &self,
        tenant: &Tenant,
        what: &Limited,
        pace: Pace,
        now: Timestamp,
    ) -> Result<Option<SignedDuration>, StoreError> {
        self.admit(tenant, what, pace, now).await
    }

    async fn credentials_issued(&self, tenant: &Tenant, month: &Month) -> Result<u64, StoreError> {
        let state = self.state();
        let receipts = state.receipts.iter();
        let counted = receipts.filter(|it| it.tenant == *tenant && it.month() == *month);
        Ok(counted.count().try_into().unwrap_or(u64::MAX))
    }
}

/// A queue of checks that keeps what was sent.
#[derive(Debug, Default)]
pub struct MemoryQueue {
    sent: Mutex<Vec<DueCheck>>,
}

impl MemoryQueue {
    /// Removes and returns the sent checks.
    pub fn take(&self) -> Vec<DueCheck> {
        std::mem::take(&mut *lock(&self.sent))
    }
}

impl CheckQueue for MemoryQueue {
    async fn send(&self, due: &[DueCheck]) -> Vec<DueCheck> {
        lock(&self.sent).extend_from_slice(due);
        Vec::new()
    }
}
