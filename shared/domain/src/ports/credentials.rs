//! The ports for issuing credentials: STS and the store.

use super::{AssumeRole, CommitError, Page, Slice, StoreError};
use crate::aws::{ExternalId, RoleArn};
use crate::check::{AssumeOutcome, Granted};
use crate::credentials::{
    BrokerProof, Credentials, Receipt, SessionName, SessionPolicy, SessionSeconds,
};
use crate::ids::AccountId;
use crate::record::account::Account;
use crate::schedule::pace::{Limited, Pace};
use crate::text::Tenant;
use crate::text::month::Month;
use jiff::{SignedDuration, Timestamp};

/// A session to request from STS.
#[derive(Debug, Clone, Copy)]
pub struct SessionRequest<'a> {
    pub role: &'a RoleArn,
    pub external_id: &'a ExternalId,
    pub name: &'a SessionName,
    pub policy: &'a SessionPolicy,
    pub duration: SessionSeconds,
}

/// The result of [`IssueSession::issue`].
#[derive(Debug)]
pub enum IssuedSession {
    Granted {
        granted: Granted,
        credentials: Credentials,
    },
    Not(AssumeOutcome),
    /// STS rejects the session policies. `code` is STS's.
    PolicyRejected {
        code: String,
    },
}

/// Issues sessions of customers' roles, limited by policies.
pub trait IssueSession: AssumeRole {
    async fn issue(&self, request: &SessionRequest<'_>) -> IssuedSession;
}

/// Receipts of issued credentials, in a separate table: the function that issues credentials can write to this
/// table only.
pub trait Receipts {
    /// Records issued credentials, their event and their count, if the account still has the version that was read.
    ///
    /// # Errors
    /// [`CommitError::Stale`] if the account has changed.
    async fn record_issue(&self, receipt: &Receipt, account: &Account) -> Result<(), CommitError>;
    /// An account's receipts, newest first.
    async fn receipts(
        &self,
        account_id: &AccountId,
        slice: &Slice,
    ) -> Result<Page<Receipt>, StoreError>;
    /// When the last of the sessions that are still valid ends.
    async fn sessions_until(
        &self,
        account_id: &AccountId,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError>;
    /// The broker's own last proof of an account.
    async fn broker_proof(&self, account_id: &AccountId)
    -> Result<Option<BrokerProof>, StoreError>;
    async fn keep_broker_proof(
        &self,
        account_id: &AccountId,
        proof: &BrokerProof,
    ) -> Result<(), StoreError>;
    /// Counts a request for credentials, like [`Paces::admit`].
    async fn admit_issue(
        &self,
        tenant: &Tenant,
        what: &Limited,
        pace: Pace,
        now: Timestamp,
    ) -> Result<Option<SignedDuration>, StoreError>;
    /// The number of times that credentials for a tenant's accounts were issued in a month.
    async fn credentials_issued(&self, tenant: &Tenant, month: &Month) -> Result<u64, StoreError>;
}
