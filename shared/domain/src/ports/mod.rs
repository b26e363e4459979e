//! The interfaces that the use cases depend on, in the domain's terms. One contract suite tests
//! both the in-memory and the real implementations.
#![expect(
    async_fn_in_trait,
    reason = "the functions are generic over ports and need no Send bound"
)]

mod credentials;
mod customers;
mod sessions;

pub use credentials::{IssueSession, IssuedSession, Receipts, SessionRequest};
pub use customers::{
    AssumeRole, Assumed, CustomerAccounts, IamReader, PolicySimulator, StackReader,
};
pub use sessions::{FoundSession, Grant, IssuerError, Sealer, Sessions, SignInIssuer};

use crate::aws::{AwsAccountId, StackId};
use crate::change::audit::AuditEntry;
use crate::change::{Change, Guard, IdempotencyRecord, Owner, PersistedAnswer, RequestKey};
use crate::check::Report;
use crate::ids::{AccountId, GroupId, OrphanedStackId, RegistrationId};
use crate::link::template::TemplateId;
use crate::link::token::KeyRing;
use crate::operator::changes::{Filter, Kind, Part};
use crate::operator::counts::Counts;
use crate::operator::usage::Usage;
use crate::pages::Verification;
use crate::record::account::Account;
use crate::record::group::{Group, GroupCounts};
use crate::record::orphan::OrphanedStack;
use crate::record::registration::Registration;
use crate::schedule::pace::{Limited, Pace};
use crate::schedule::{CheckSchedule, DueCheck, KeptReport, Subject};
use crate::template::{Offering, Template};
use crate::text::month::Month;
use crate::text::{IdempotencyKey, Tenant};
use crate::workload::{IssuerUrl, Token, Workloads};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::sync::Arc;

/// Why a store operation failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// An item that can't be parsed. Corrupt items are never skipped silently.
    #[error("the item {key} is corrupt: {reason}")]
    Corrupt { key: String, reason: String },
    #[error("the table returned no usable response")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Why a change was not applied. Nothing of it was written.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// A record has changed since it was read, or another change to it is in progress: read again
    /// and decide again.
    #[error("a record has changed since it was read")]
    Stale,
    #[error("another record holds the guard")]
    Held(Box<Guard>),
    #[error("the AWS account is already connected")]
    Connected(AwsAccountId),
    #[error("the group does not exist or is being deleted")]
    GroupClosed,
    #[error("the request has already been answered")]
    Answered,
    #[error("the idempotency key has already been used")]
    KeyUsed,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CommitError {
    /// Selects the error to report if a change has several. Errors that mean that another caller
    /// already did the work come first, because nothing remains to be done. Stale records come
    /// next: they may have caused the other errors, and the caller reads and decides again. Final
    /// rejections come last, in the order of the steps.
    pub fn foremost(objections: impl IntoIterator<Item = Self>) -> Option<Self> {
        objections
            .into_iter()
            .min_by_key(|objection| match objection {
                Self::Answered => 0,
                Self::KeyUsed => 1,
                Self::Stale => 2,
                Self::GroupClosed => 3,
                Self::Held(_) => 4,
                Self::Connected(_) => 5,
                Self::Store(_) => 6,
            })
    }
}

pub trait Clock {
    fn now(&self) -> Timestamp;
    /// Waits for the duration.
    async fn sleep(&self, duration: SignedDuration);
}

pub trait Entropy {
    /// Cryptographically secure bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// Reads of records by ID. All reads are consistent with every commit that returned before.
pub trait Records {
    async fn group(&self, tenant: &Tenant, id: &GroupId) -> Result<Option<Group>, StoreError>;
    async fn registration(
        &self,
        tenant: &Tenant,
        id: &RegistrationId,
    ) -> Result<Option<Registration>, StoreError>;
    /// For callbacks, which have no tenant.
    async fn registration_by_id(
        &self,
        id: &RegistrationId,
    ) -> Result<Option<Registration>, StoreError>;
    async fn account(&self, tenant: &Tenant, id: &AccountId)
    -> Result<Option<Account>, StoreError>;
    /// For the operator's programs, which have no tenant.
    async fn account_by_id(&self, id: &AccountId) -> Result<Option<Account>, StoreError>;
    async fn orphaned_stack(
        &self,
        tenant: &Tenant,
        id: &OrphanedStackId,
    ) -> Result<Option<OrphanedStack>, StoreError>;
    async fn owner(&self, guard: &Guard) -> Result<Option<Owner>, StoreError>;
    /// What the operator published, if anything.
    async fn offering(&self) -> Result<Option<Offering>, StoreError>;
    /// The file of the logo that the operator published last, if any.
    async fn logo(&self) -> Result<Option<Vec<u8>>, StoreError>;
    /// A template that was put into the onboarding bucket.
    async fn template(&self, id: &TemplateId) -> Result<Option<Template>, StoreError>;
    /// Records a template. The same ID always has the same content.
    async fn keep_template(&self, template: &Template) -> Result<(), StoreError>;
    async fn idempotency(
        &self,
        tenant: &Tenant,
        route: &str,
        key: &IdempotencyKey,
    ) -> Result<Option<IdempotencyRecord>, StoreError>;
    /// Applies the whole change or nothing.
    async fn commit(&self, change: &Change) -> Result<(), CommitError>;
}

/// What the operator published about workloads.
pub trait PublishedWorkloads {
    /// Nothing, unless the operator published something.
    async fn workloads(&self) -> Result<Workloads, StoreError>;
}

/// Why a token's signature is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    #[error("the issuer has no key of this name")]
    UnknownKey,
    #[error("the key is of another type than the signature")]
    WrongKey,
    #[error("the key did not make the signature")]
    WrongSignature,
    #[error("the issuer's keys are not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The public keys of issuers.
pub trait IssuerKeys {
    /// Verifies a token's signature with the keys that this issuer publishes. The token influences neither
    /// their location nor how often they are fetched.
    async fn verify(
        &self,
        issuer: &IssuerUrl,
        token: &Token,
        now: Timestamp,
    ) -> Result<(), SignatureError>;
}

/// A page of a list, and the position where the next one starts.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

/// IDs sort by creation time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    #[default]
    OldestFirst,
    NewestFirst,
}

/// The size of a page, and the position (from an earlier page in the same order) where it starts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slice {
    pub limit: usize,
    pub after: Option<String>,
    pub order: Order,
}

impl Slice {
    /// The first page of a list, oldest first.
    pub fn first(limit: usize) -> Self {
        Self {
            limit,
            ..Self::default()
        }
    }

    /// The rest of the list after a position.
    #[must_use]
    pub fn after(self, position: Option<String>) -> Self {
        Self {
            after: position,
            ..self
        }
    }
}

/// Lists, consistent like the reads by ID, in the slice's order. The history is always newest first.
pub trait Lists {
    async fn groups(&self, tenant: &Tenant, slice: &Slice) -> Result<Page<Group>, StoreError>;
    async fn registrations(
        &self,
        tenant: &Tenant,
        group: &GroupId,
        slice: &Slice,
    ) -> Result<Page<Registration>, StoreError>;
    async fn accounts(
        &self,
        tenant: &Tenant,
        group: &GroupId,
        slice: &Slice,
    ) -> Result<Page<Account>, StoreError>;
    /// `status` is one of [`crate::record::orphan::OrphanedStackStatus::NAMES`], or `None` for all.
    async fn orphaned_stacks(
        &self,
        tenant: &Tenant,
        status: Option<&str>,
        slice: &Slice,
    ) -> Result<Page<OrphanedStack>, StoreError>;
    async fn history(
        &self,
        tenant: &Tenant,
        record_id: &str,
        slice: &Slice,
    ) -> Result<Page<AuditEntry>, StoreError>;
    /// Registered accounts and open orphaned stacks of an AWS account, in all tenants.
    async fn in_aws_account(
        &self,
        aws_account_id: &AwsAccountId,
        slice: &Slice,
    ) -> Result<Page<Owner>, StoreError>;
    /// The tenant's accounts that connect an AWS account.
    async fn connected(
        &self,
        tenant: &Tenant,
        aws_account_id: &AwsAccountId,
    ) -> Result<Vec<AccountId>, StoreError>;
    async fn count_groups(&self, tenant: &Tenant) -> Result<usize, StoreError>;
    /// The proven orphaned-stack records of this stack, in all tenants, for registrations that it
    /// did not complete.
    async fn orphaned_stacks_of(
        &self,
        stack_id: &StackId,
        slice: &Slice,
    ) -> Result<Page<Owner>, StoreError>;
    /// The number of the tenant's open orphaned stacks that nothing has proven.
    async fn count_unproven_stacks(&self, tenant: &Tenant) -> Result<usize, StoreError>;
    /// The counts of each of these groups, in the same order.
    async fn group_counts(
        &self,
        tenant: &Tenant,
        groups: &[&GroupId],
    ) -> Result<Vec<GroupCounts>, StoreError>;
    /// Registrations that are not recorded as ended, of the tenant or one of its groups, oldest
    /// first, at most `limit`.
    async fn pending_registrations(
        &self,
        tenant: &Tenant,
        group: Option<&GroupId>,
        limit: usize,
    ) -> Result<Vec<RegistrationId>, StoreError>;
}

/// Reads over all tenants for the operator's API, and its counters. No operation scans.
pub trait Directory {
    /// The tenants that have ever had a group, in a fixed order.
    async fn tenants(&self, slice: &Slice) -> Result<Page<Tenant>, StoreError>;
    /// A tenant's records by status, consistent with every commit that returned before.
    async fn counts(&self, tenant: &Tenant) -> Result<Counts, StoreError>;
    /// The tenant of an account, consistent like the reads by ID.
    async fn tenant_of(&self, id: &AccountId) -> Result<Option<Tenant>, StoreError>;
    /// Every record that was ever about an AWS account
    /// ([`Record::seen_aws_accounts`](crate::change::audit::Record::seen_aws_accounts)), in a tenant
    /// or in all. A position is a record's ID, or its tenant, `#` and its ID.
    async fn seen_in_aws_account(
        &self,
        aws_account_id: &AwsAccountId,
        tenant: Option<&Tenant>,
        slice: &Slice,
    ) -> Result<Page<Owner>, StoreError>;
    /// A part of a shard of the index of changes, oldest change first. The result may lag behind the
    /// latest commits. The page's `next` is a place; `None` at the shard's end.
    async fn changed(
        &self,
        kind: Kind,
        shard: u8,
        filter: &Filter,
        part: &Part,
    ) -> Result<Page<Owner>, StoreError>;
    /// All accounts of a tenant by ID, consistent like the other lists.
    async fn tenant_accounts(
        &self,
        tenant: &Tenant,
        slice: &Slice,
    ) -> Result<Page<Account>, StoreError>;
    /// All registrations of a tenant by ID, consistent like the other lists.
    async fn tenant_registrations(
        &self,
        tenant: &Tenant,
        slice: &Slice,
    ) -> Result<Page<Registration>, StoreError>;
    async fn usage(&self, tenant: &Tenant, month: &Month) -> Result<Usage, StoreError>;
    /// Adds to the checks of the month that contains the time.
    async fn count_checks(
        &self,
        tenant: &Tenant,
        at: Timestamp,
        checks: u32,
    ) -> Result<(), StoreError>;
}

/// A page of due subjects, and the position where the next one starts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Due {
    pub subjects: Vec<(Tenant, Subject)>,
    pub damaged: usize,
    pub next: Option<String>,
}

/// When subjects are due. Not part of any record's state.
pub trait ScheduleStore {
    async fn check_schedule(
        &self,
        tenant: &Tenant,
        subject: &Subject,
    ) -> Result<Option<CheckSchedule>, StoreError>;
    /// Sets the subject's next time. Returns false if it has changed since `before` was read. (A
    /// commit always overwrites the schedule.)
    async fn reschedule(
        &self,
        before: &CheckSchedule,
        after: &CheckSchedule,
    ) -> Result<bool, StoreError>;
    /// The last full check's report, if there was one.
    async fn report(
        &self,
        tenant: &Tenant,
        subject: &Subject,
    ) -> Result<Option<Report>, StoreError>;
    /// Stores a report unless a newer one is stored.
    async fn put_report(&self, report: &KeptReport) -> Result<(), StoreError>;
    /// The due subjects of one shard at `now`, most overdue first. Entries without a valid subject
    /// are removed from the schedule and counted, and never block others. The result may lag behind
    /// the latest writes.
    async fn due(&self, shard: u8, now: Timestamp, slice: &Slice) -> Result<Due, StoreError>;
    /// Leases a due subject to one caller: returns true for only one.
    async fn lease(
        &self,
        tenant: &Tenant,
        subject: &Subject,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError>;
}

/// Rate limits. Not part of any record's state.
pub trait Paces {
    /// Counts a request. If the limit is exceeded, the request does not count, and the result is
    /// the time to wait.
    async fn admit(
        &self,
        tenant: &Tenant,
        what: &Limited,
        pace: Pace,
        now: Timestamp,
    ) -> Result<Option<SignedDuration>, StoreError>;
}

/// All storage interfaces.
pub trait Store: Records + Lists + Directory + ScheduleStore + Paces + Requests + Receipts {}
impl<T: Records + Lists + Directory + ScheduleStore + Paces + Requests + Receipts> Store for T {}

/// The machine that a function runs on.
pub trait Host: Clock + Entropy {}
impl<T: Clock + Entropy> Host for T {}

/// Identifies the delivery that claims a request. After a failure or a lost response, a delivery
/// can repeat its claim without waiting for its own lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerId(pub u64);

/// The result of claiming a CloudFormation request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestClaim {
    /// The caller owns the request until the lease ends.
    Yours {
        first_received_at: Timestamp,
    },
    /// Another worker owns the request until this time at the latest.
    Busy {
        until: Timestamp,
    },
    Answered {
        body: String,
    },
}

/// Custom resource requests: one worker at a time, and one permanent response.
pub trait Requests {
    /// The worker that already owns the request can claim it again.
    async fn claim_request(
        &self,
        key: &RequestKey,
        worker: WorkerId,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<RequestClaim, StoreError>;
    /// Stores the response unless one is stored; returns the stored one.
    async fn keep_answer(&self, answer: &PersistedAnswer) -> Result<String, StoreError>;
    /// Counts a delivery of a request with the registration's token, and returns the number of
    /// deliveries on this day (UTC).
    async fn count_delivery(
        &self,
        registration_id: &RegistrationId,
        now: Timestamp,
    ) -> Result<u32, StoreError>;
    /// When the stack was first pasted for the registration: now, unless the previous paste named
    /// the same stack. One entry is stored per registration.
    async fn first_pasted_at(
        &self,
        registration_id: &RegistrationId,
        stack_id: &StackId,
        now: Timestamp,
    ) -> Result<Timestamp, StoreError>;
    /// Records that the verification of a stack begins, for pages to show. One entry is stored per
    /// registration, and no record changes.
    async fn note_verification(
        &self,
        registration_id: &RegistrationId,
        verification: &Verification,
    ) -> Result<(), StoreError>;
    /// The last verification that was recorded for the registration. It may have ended.
    async fn verification(
        &self,
        registration_id: &RegistrationId,
    ) -> Result<Option<Verification>, StoreError>;
}

/// The hub's token keys. An operator may add a key at any time.
pub trait TokenKeys {
    /// The keys as they are cached.
    async fn ring(&self) -> Result<Arc<KeyRing>, StoreError>;
    /// The current keys, for a token that no cached key matches.
    async fn newest_ring(&self) -> Result<Arc<KeyRing>, StoreError>;
}

/// Why a template was not stored.
#[derive(Debug, thiserror::Error)]
pub enum BucketError {
    /// Retryable: the bucket is throttled or does not respond.
    #[error("the template bucket returned no usable response")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Only the operator can fix it.
    #[error(
        "the template bucket rejected a template. Allow registration-api's role s3:PutObject on \
         {bucket}/onboarding/*, also in the bucket's policy, and check that the bucket exists in the hub's \
         Region"
    )]
    Rejected {
        bucket: String,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// The bucket from which customers' consoles read templates.
pub trait TemplateBucket {
    /// Stores a template, unless the key exists. A stored template never changes, so its key must
    /// determine its text. Keys start with `onboarding/` and need no percent-encoding.
    async fn put_once(&self, key: &str, template: &str) -> Result<(), BucketError>;
}

/// The queue of account checks.
pub trait CheckQueue {
    /// Sends all checks; returns those that were not accepted.
    async fn send(&self, due: &[DueCheck]) -> Vec<DueCheck>;
}

/// The queue of messages that failed, for operators.
pub trait DeadLetters {
    type Error: std::error::Error;
    /// # Errors
    /// If the message was not accepted. Its event must then be delivered again.
    async fn send(&self, message: &Value) -> Result<(), Self::Error>;
}

/// The event bus that other systems subscribe to.
pub trait EventBus {
    /// Publishes up to ten entries, at most one per record, because they may arrive in any order.
    /// Returns the result of each, in the given order.
    async fn publish(&self, entries: &[AuditEntry]) -> Vec<Publication>;
}

/// The result of publishing one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publication {
    Published,
    /// Retryable: as far as is known, the entry was not published.
    NotYet,
    /// Not retryable until the entry, the bus or a policy is changed.
    Refused,
}
