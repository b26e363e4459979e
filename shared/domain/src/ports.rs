//! What the flows need of the world, in the domain's terms. Each adapter keeps these promises;
//! one contract suite holds the in-memory ones and the real ones to them.
#![expect(
    async_fn_in_trait,
    reason = "the functions are generic over ports and need no Send bound"
)]

use crate::aws::{AwsAccountId, ExternalId, InstanceProfileArn, RoleArn, StackId};
use crate::change::audit::AuditEntry;
use crate::change::{Change, Guard, IdempotencyRecord, Owner, PersistedAnswer, RequestKey};
use crate::check::{AssumeOutcome, Granted, ManagedPolicy, Read, Report, RoleFacts, StackFacts};
use crate::iam::simulation::Simulated;
use crate::ids::{AccountId, GroupId, OrphanedStackId, RegistrationId};
use crate::link::template::{PublishedTemplate, TemplatePermissions, TemplateVersion};
use crate::link::token::KeyRing;
use crate::record::account::Account;
use crate::record::group::Group;
use crate::record::orphan::OrphanedStack;
use crate::record::registration::Registration;
use crate::schedule::pace::{Limited, Pace};
use crate::schedule::{CheckSchedule, DueCheck, KeptReport, Subject};
use crate::text::{IdempotencyKey, Tenant};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Why the store gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// An item that can't be read as what it should be. Nothing is dropped silently.
    #[error("the item {key} is corrupt: {reason}")]
    Corrupt { key: String, reason: String },
    #[error("the table gave no usable answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Why a change was not applied. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// A record is no longer as it was read, or another change is being applied to it: read again
    /// and decide again.
    #[error("a record changed meanwhile")]
    Stale,
    #[error("the guard is held by another")]
    Held(Box<Guard>),
    #[error("the AWS account is connected already")]
    Connected(AwsAccountId),
    #[error("the group does not exist or is being deleted")]
    GroupClosed,
    #[error("the request was answered meanwhile")]
    Answered,
    #[error("the idempotency key was used meanwhile")]
    KeyUsed,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CommitError {
    /// Of several objections to one change, the one that a caller can decide by. That somebody
    /// else did the work comes first: there is nothing left to do. Then that something changed,
    /// because that may be why the others object: the caller reads and decides again. A refusal,
    /// which is final, comes last, in the order in which it was met.
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
    /// Returns after the duration.
    async fn sleep(&self, duration: SignedDuration);
}

pub trait Entropy {
    /// Cryptographically secure bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// Reads of records by id, all consistent with every commit that returned before.
pub trait Records {
    async fn group(&self, tenant: &Tenant, id: &GroupId) -> Result<Option<Group>, StoreError>;
    async fn registration(
        &self,
        tenant: &Tenant,
        id: &RegistrationId,
    ) -> Result<Option<Registration>, StoreError>;
    /// For a callback, which knows no tenant.
    async fn registration_by_id(
        &self,
        id: &RegistrationId,
    ) -> Result<Option<Registration>, StoreError>;
    async fn account(&self, tenant: &Tenant, id: &AccountId)
    -> Result<Option<Account>, StoreError>;
    async fn orphaned_stack(
        &self,
        tenant: &Tenant,
        id: &OrphanedStackId,
    ) -> Result<Option<OrphanedStack>, StoreError>;
    async fn owner(&self, guard: &Guard) -> Result<Option<Owner>, StoreError>;
    async fn published_template(&self) -> Result<Option<PublishedTemplate>, StoreError>;
    async fn template_permissions(
        &self,
        version: &TemplateVersion,
    ) -> Result<Option<TemplatePermissions>, StoreError>;
    async fn idempotency(
        &self,
        tenant: &Tenant,
        route: &str,
        key: &IdempotencyKey,
    ) -> Result<Option<IdempotencyRecord>, StoreError>;
    /// Applies all of the change or nothing.
    async fn commit(&self, change: &Change) -> Result<(), CommitError>;
}

/// A page of a list, and where the next one starts.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

/// How much of a list, from where (a position that an earlier page gave).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    pub limit: usize,
    pub after: Option<String>,
}

/// Lists, consistent like the reads by id, ordered by id (history: newest first).
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
    /// `status` is one of [`crate::record::orphan::OrphanedStackStatus::NAMES`], or all.
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
    /// Registered accounts and open orphaned stacks of an AWS account, of whatever tenant.
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
    /// The orphaned stacks that registrations, of whatever tenants, have of a stack that never became
    /// an account of theirs.
    async fn orphaned_stacks_of(&self, stack_id: &StackId) -> Result<Vec<Owner>, StoreError>;
    async fn count_accounts(&self, tenant: &Tenant, group: &GroupId) -> Result<usize, StoreError>;
    /// Registrations not yet written down as ended, of the tenant or of one of its groups,
    /// oldest first, at most `limit`.
    async fn pending_registrations(
        &self,
        tenant: &Tenant,
        group: Option<&GroupId>,
        limit: usize,
    ) -> Result<Vec<RegistrationId>, StoreError>;
}

/// A page of what is due, and where the next one starts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Due {
    pub subjects: Vec<(Tenant, Subject)>,
    pub damaged: usize,
    pub next: Option<String>,
}

/// When things are due. Not part of any record's state.
pub trait ScheduleStore {
    async fn check_schedule(
        &self,
        tenant: &Tenant,
        subject: &Subject,
    ) -> Result<Option<CheckSchedule>, StoreError>;
    /// Sets the subject's next time, unless somebody else has done so since `before` was read:
    /// then false. (A commit's own schedule is in force whatever was read.)
    async fn reschedule(
        &self,
        before: &CheckSchedule,
        after: &CheckSchedule,
    ) -> Result<bool, StoreError>;
    /// What the last full check showed, if there was one.
    async fn report(
        &self,
        tenant: &Tenant,
        subject: &Subject,
    ) -> Result<Option<Report>, StoreError>;
    /// A report that is older than the one kept is of no interest any more.
    async fn put_report(&self, report: &KeptReport) -> Result<(), StoreError>;
    /// Subjects of one shard that are due by `now`, most overdue first. An entry that names no
    /// subject is taken off the schedule, counted, and hides no other. This may lag behind the last
    /// writes.
    async fn due(&self, shard: u8, now: Timestamp, slice: &Slice) -> Result<Due, StoreError>;
    /// Takes a due subject for as long as it is worked on: true for one caller only.
    async fn lease(
        &self,
        tenant: &Tenant,
        subject: &Subject,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError>;
}

/// How much was asked for lately. Not part of any record's state.
pub trait Paces {
    /// Counts one more request. If there were too many, it does not count, and the answer is how
    /// long to wait.
    async fn admit(
        &self,
        tenant: &Tenant,
        what: &Limited,
        pace: Pace,
        now: Timestamp,
    ) -> Result<Option<SignedDuration>, StoreError>;
}

/// Everything that is kept.
pub trait Store: Records + Lists + ScheduleStore + Paces + Requests {}
impl<T: Records + Lists + ScheduleStore + Paces + Requests> Store for T {}

/// The machine that a function runs on.
pub trait Host: Clock + Entropy {}
impl<T: Clock + Entropy> Host for T {}

/// Identifies the delivery that claims a request. A delivery can repeat a claim, after a failure or
/// when the answer was lost, without waiting for its own lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerId(pub u64);

/// What claiming a CloudFormation request came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestClaim {
    /// It is the caller's until the lease ends.
    Yours {
        first_received_at: Timestamp,
    },
    /// Another worker has it, until then at the latest.
    Busy {
        until: Timestamp,
    },
    Answered {
        body: String,
    },
}

/// The custom resource's requests: one worker at a time, one answer for ever.
pub trait Requests {
    /// A worker that has the request already gets it again.
    async fn claim_request(
        &self,
        key: &RequestKey,
        worker: WorkerId,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<RequestClaim, StoreError>;
    /// Keeps an answer where none is kept; returns the one that is kept then.
    async fn keep_answer(&self, answer: &PersistedAnswer) -> Result<String, StoreError>;
    /// Counts a delivery of a request that carries the registration's token, and returns how many
    /// there were on this day (UTC).
    async fn count_delivery(
        &self,
        registration_id: &RegistrationId,
        now: Timestamp,
    ) -> Result<u32, StoreError>;
    /// When the stack was first pasted for the registration: now, unless the paste before was of
    /// the same stack. One note a registration.
    async fn first_pasted_at(
        &self,
        registration_id: &RegistrationId,
        stack_id: &StackId,
        now: Timestamp,
    ) -> Result<Timestamp, StoreError>;
}

/// The customer's AWS account, seen from the hub.
pub trait CustomerAccounts: AssumeRole + StackReader + IamReader + PolicySimulator {}
impl<T: AssumeRole + StackReader + IamReader + PolicySimulator> CustomerAccounts for T {}

/// Roles in customers' accounts, and whether they can be assumed.
pub trait AssumeRole {
    /// Credentials of an assumed role, in memory only.
    type Session;

    /// AssumeRole; the session may do no more than inspect.
    async fn assume(&self, role: &RoleArn, external_id: &ExternalId) -> Assumed<Self::Session>;
    /// AssumeRole that should be refused; a session that is granted can do nothing and is dropped.
    async fn try_assume(&self, role: &RoleArn, external_id: Option<&ExternalId>) -> AssumeOutcome;
}

/// What CloudFormation shows of a stack.
pub trait StackReader: AssumeRole {
    /// `external_id` is compared with the stack's parameter, which is not kept.
    async fn stack(
        &self,
        session: &Self::Session,
        id: &StackId,
        external_id: &ExternalId,
    ) -> Read<StackFacts>;
    async fn stack_roles(&self, session: &Self::Session, id: &StackId) -> Read<BTreeSet<String>>;
}

/// What IAM shows of a role.
pub trait IamReader: AssumeRole {
    async fn role(&self, session: &Self::Session, role: &RoleArn) -> Read<RoleFacts>;
    async fn attached_policies(
        &self,
        session: &Self::Session,
        role: &RoleArn,
    ) -> Read<BTreeSet<String>>;
    /// A managed policy as it is in force, where the role may read it.
    async fn managed_policy(&self, session: &Self::Session, arn: &str) -> Read<ManagedPolicy>;
    /// The documents by name. The `likely` ones are asked for together with the list.
    async fn inline_policies(
        &self,
        session: &Self::Session,
        role: &RoleArn,
        likely: &[&str],
    ) -> Read<BTreeMap<String, String>>;
    /// The names of the roles in it: one at most.
    async fn instance_profile(
        &self,
        session: &Self::Session,
        profile: &InstanceProfileArn,
    ) -> Read<BTreeSet<String>>;
}

/// What AWS answers about permissions.
pub trait PolicySimulator: AssumeRole {
    /// What IAM says that the role may do, action by action and resource by resource.
    async fn simulate(
        &self,
        session: &Self::Session,
        role: &RoleArn,
        actions: &[String],
        resources: &[String],
    ) -> Read<Vec<Simulated>>;
    /// An encoded authorization failure message in the clear; not found where it is none, or
    /// another account's.
    async fn decode_message(&self, session: &Self::Session, message: &str) -> Read<String>;
}

/// What [`AssumeRole::assume`] came to.
#[derive(Debug)]
pub enum Assumed<S> {
    Granted { session: S, granted: Granted },
    Not(AssumeOutcome),
}

/// The hub's token keys. A key may be added at any time, by somebody else.
pub trait TokenKeys {
    /// The keys as they are known.
    async fn ring(&self) -> Result<Arc<KeyRing>, StoreError>;
    /// The keys for a token that none of the known ones fits: perhaps a newer one does.
    async fn newest_ring(&self) -> Result<Arc<KeyRing>, StoreError>;
}

/// Where account checks are handed over.
pub trait CheckQueue {
    /// Hands over all; returns those that were not taken.
    async fn send(&self, due: &[DueCheck]) -> Vec<DueCheck>;
}

/// Where operators find what could not be handled.
pub trait DeadLetters {
    type Error: std::error::Error;
    /// # Errors
    /// When it was not taken: then what it is about has to be delivered again.
    async fn send(&self, message: &Value) -> Result<(), Self::Error>;
}

/// The bus that others listen to.
pub trait EventBus {
    /// Publishes up to ten entries, at most one of each record: they may arrive in any order.
    /// Returns when the bus has answered, with what became of each, in the order given.
    async fn publish(&self, entries: &[AuditEntry]) -> Vec<Publication>;
}

/// What became of one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publication {
    Published,
    /// Worth another try: nothing of it has been published as far as is known.
    NotYet,
    /// The bus takes it only once it, the bus or a policy is changed.
    Refused,
}
