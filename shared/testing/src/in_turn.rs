//! Wraps the ports with a gate around every call, which schedules calls and injects failures.

use crate::{FakeCustomers, FakeSession, MemoryBucket, MemoryStore, Trouble};
use jiff::{SignedDuration, Timestamp};
use rolecall_domain::aws::{AwsAccountId, ExternalId, InstanceProfileArn, RoleArn, StackId};
use rolecall_domain::change::audit::AuditEntry;
use rolecall_domain::change::{
    Change, Guard, IdempotencyRecord, Owner, PersistedAnswer, RequestKey,
};
use rolecall_domain::check::{AssumeOutcome, ManagedPolicy, Read, Report, RoleFacts, StackFacts};
use rolecall_domain::credentials::{BrokerProof, Receipt};
use rolecall_domain::iam::simulation::Simulated;
use rolecall_domain::ids::{AccountId, GroupId, OrphanedStackId, RegistrationId};
use rolecall_domain::link::template::TemplateId;
use rolecall_domain::operator::changes::{Filter, Kind, Part};
use rolecall_domain::operator::counts::Counts;
use rolecall_domain::operator::usage::Usage;
use rolecall_domain::pages::Verification;
use rolecall_domain::ports::{
    AssumeRole, Assumed, BucketError, CommitError, Directory, Due, IamReader, IssueSession,
    IssuedSession, Lists, Paces, Page, PolicySimulator, PublishedWorkloads, Receipts, Records,
    RequestClaim, Requests, ScheduleStore, SessionRequest, Slice, StackReader, StoreError,
    TemplateBucket, WorkerId,
};
use rolecall_domain::record::account::Account;
use rolecall_domain::record::group::{Group, GroupCounts};
use rolecall_domain::record::orphan::OrphanedStack;
use rolecall_domain::record::registration::Registration;
use rolecall_domain::schedule::pace::{Limited, Pace};
use rolecall_domain::schedule::{CheckSchedule, KeptReport, Subject};
use rolecall_domain::template::{Offering, Template};
use rolecall_domain::text::month::Month;
use rolecall_domain::text::{IdempotencyKey, Tenant};
use rolecall_domain::workload::Workloads;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Before or after the call's effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    Before,
    After,
}

/// Runs around every call: can delay it, and can fail it.
#[expect(
    async_fn_in_trait,
    reason = "a simulated machine has one thread and needs no Send bound"
)]
pub trait Gate {
    async fn table(&self, call: &'static str, moment: Moment) -> Result<(), StoreError>;
    async fn customers(&self, call: &'static str, moment: Moment) -> Result<(), Trouble>;

    async fn bucket(&self, _call: &'static str, _moment: Moment) -> Result<(), BucketError> {
        Ok(())
    }

    /// The change that reaches the store; tests can replace it to plant bugs.
    fn change(&self, change: &Change) -> Change {
        change.clone()
    }

    /// Whether a receipt is recorded even if the account has changed, which is a bug that tests plant.
    fn ignores_the_account(&self) -> bool {
        false
    }

    /// The store's result for the change, at the moment of the commit.
    fn committed(&self, _: &Change, answer: Result<(), CommitError>) -> Result<(), CommitError> {
        answer
    }
}

/// A port behind a gate.
#[derive(Debug)]
pub struct InTurn<P, G> {
    pub port: Rc<P>,
    pub gate: G,
}

impl<P, G: Clone> Clone for InTurn<P, G> {
    fn clone(&self) -> Self {
        Self {
            port: Rc::clone(&self.port),
            gate: self.gate.clone(),
        }
    }
}

/// Forwards calls through the gate.
macro_rules! in_turn {
    ($($name:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
        $(async fn $name(&self, $($argument: $type),*) -> Result<$result, StoreError> {
            self.gate.table(stringify!($name), Moment::Before).await?;
            let result = self.port.$name($($argument),*).await;
            self.gate.table(stringify!($name), Moment::After).await?;
            result
        })*
    };
}

impl<G: Gate> PublishedWorkloads for InTurn<MemoryStore, G> {
    in_turn! {
        workloads() -> Workloads;
    }
}

impl<G: Gate> Records for InTurn<MemoryStore, G> {
    in_turn! {
        group(tenant: &Tenant, id: &GroupId) -> Option<Group>;
        registration(tenant: &Tenant, id: &RegistrationId) -> Option<Registration>;
        registration_by_id(id: &RegistrationId) -> Option<Registration>;
        account(tenant: &Tenant, id: &AccountId) -> Option<Account>;
        account_by_id(id: &AccountId) -> Option<Account>;
        orphaned_stack(tenant: &Tenant, id: &OrphanedStackId) -> Option<OrphanedStack>;
        owner(guard: &Guard) -> Option<Owner>;
        offering() -> Option<Offering>;
        logo() -> Option<Vec<u8>>;
        template(id: &TemplateId) -> Option<Template>;
        keep_template(template: &Template) -> ();
        idempotency(tenant: &Tenant, route: &str, key: &IdempotencyKey) -> Option<IdempotencyRecord>;
    }

    async fn commit(&self, change: &Change) -> Result<(), CommitError> {
        self.gate.table("commit", Moment::Before).await?;
        let arriving = self.gate.change(change);
        let answer = self.port.commit(&arriving).await;
        let answer = self.gate.committed(&arriving, answer);
        self.gate.table("commit", Moment::After).await?;
        answer
    }
}

impl<G: Gate> Lists for InTurn<MemoryStore, G> {
    in_turn! {
        groups(tenant: &Tenant, slice: &Slice) -> Page<Group>;
        registrations(tenant: &Tenant, group: &GroupId, slice: &Slice) -> Page<Registration>;
        accounts(tenant: &Tenant, group: &GroupId, slice: &Slice) -> Page<Account>;
        orphaned_stacks(tenant: &Tenant, status: Option<&str>, slice: &Slice) -> Page<OrphanedStack>;
        history(tenant: &Tenant, record_id: &str, slice: &Slice) -> Page<AuditEntry>;
        in_aws_account(aws_account_id: &AwsAccountId, slice: &Slice) -> Page<Owner>;
        connected(tenant: &Tenant, aws_account_id: &AwsAccountId) -> Vec<AccountId>;
        count_groups(tenant: &Tenant) -> usize;
        orphaned_stacks_of(stack_id: &StackId, slice: &Slice) -> Page<Owner>;
        count_unproven_stacks(tenant: &Tenant) -> usize;
        group_counts(tenant: &Tenant, groups: &[&GroupId]) -> Vec<GroupCounts>;
        pending_registrations(tenant: &Tenant, group: Option<&GroupId>, limit: usize) -> Vec<RegistrationId>;
    }
}

impl<G: Gate> Directory for InTurn<MemoryStore, G> {
    in_turn! {
        tenants(slice: &Slice) -> Page<Tenant>;
        counts(tenant: &Tenant) -> Counts;
        tenant_of(id: &AccountId) -> Option<Tenant>;
        seen_in_aws_account(aws_account_id: &AwsAccountId, tenant: Option<&Tenant>, slice: &Slice) -> Page<Owner>;
        changed(kind: Kind, shard: u8, filter: &Filter, part: &Part) -> Page<Owner>;
        tenant_accounts(tenant: &Tenant, slice: &Slice) -> Page<Account>;
        tenant_registrations(tenant: &Tenant, slice: &Slice) -> Page<Registration>;
        usage(tenant: &Tenant, month: &Month) -> Usage;
        count_checks(tenant: &Tenant, at: Timestamp, checks: u32) -> ();
    }
}

impl<G: Gate> ScheduleStore for InTurn<MemoryStore, G> {
    in_turn! {
        check_schedule(tenant: &Tenant, subject: &Subject) -> Option<CheckSchedule>;
        reschedule(before: &CheckSchedule, after: &CheckSchedule) -> bool;
        report(tenant: &Tenant, subject: &Subject) -> Option<Report>;
        put_report(report: &KeptReport) -> ();
        due(shard: u8, now: Timestamp, slice: &Slice) -> Due;
        lease(tenant: &Tenant, subject: &Subject, now: Timestamp, until: Timestamp) -> bool;
    }
}

impl<G: Gate> Paces for InTurn<MemoryStore, G> {
    in_turn! {
        admit(tenant: &Tenant, what: &Limited, pace: Pace, now: Timestamp) -> Option<SignedDuration>;
    }
}

impl<G: Gate> Receipts for InTurn<MemoryStore, G> {
    async fn record_issue(&self, receipt: &Receipt, account: &Account) -> Result<(), CommitError> {
        self.gate.table("record_issue", Moment::Before).await?;
        let mut account = account.clone();
        if self.gate.ignores_the_account() {
            let current = self.port.account_by_id(&account.account_id).await?;
            account = current.unwrap_or(account);
        }
        let recorded = self.port.record_issue(receipt, &account).await;
        self.gate.table("record_issue", Moment::After).await?;
        recorded
    }

    in_turn! {
        receipts(account_id: &AccountId, slice: &Slice) -> Page<Receipt>;
        sessions_until(account_id: &AccountId, now: Timestamp) -> Option<Timestamp>;
        broker_proof(account_id: &AccountId) -> Option<BrokerProof>;
        keep_broker_proof(account_id: &AccountId, proof: &BrokerProof) -> ();
        admit_issue(tenant: &Tenant, what: &Limited, pace: Pace, now: Timestamp) -> Option<SignedDuration>;
        credentials_issued(tenant: &Tenant, month: &Month) -> u64;
    }
}

impl<G: Gate> Requests for InTurn<MemoryStore, G> {
    in_turn! {
        claim_request(key: &RequestKey, worker: WorkerId, now: Timestamp, lease_until: Timestamp) -> RequestClaim;
        keep_answer(answer: &PersistedAnswer) -> String;
        count_delivery(registration_id: &RegistrationId, now: Timestamp) -> u32;
        first_pasted_at(registration_id: &RegistrationId, stack_id: &StackId, now: Timestamp) -> Timestamp;
        note_verification(registration_id: &RegistrationId, verification: &Verification) -> ();
        verification(registration_id: &RegistrationId) -> Option<Verification>;
    }
}

impl<G: Gate> TemplateBucket for InTurn<MemoryBucket, G> {
    async fn put_once(&self, key: &str, template: &str) -> Result<(), BucketError> {
        self.gate.bucket("put_once", Moment::Before).await?;
        let stored = self.port.put_once(key, template).await;
        self.gate.bucket("put_once", Moment::After).await?;
        stored
    }
}

fn unread<T>(trouble: Trouble) -> Read<T> {
    match trouble {
        Trouble::Throttled => Read::Throttled,
        Trouble::Unreachable => Read::Unreachable,
    }
}

fn unassumed(trouble: Trouble) -> AssumeOutcome {
    match trouble {
        Trouble::Throttled => AssumeOutcome::Throttled,
        Trouble::Unreachable => AssumeOutcome::Unreachable,
    }
}

/// Forwards calls to AWS through the gate.
macro_rules! asked_in_turn {
    ($otherwise:expr; $($name:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
        $(async fn $name(&self, $($argument: $type),*) -> $result {
            if let Err(trouble) = self.gate.customers(stringify!($name), Moment::Before).await {
                return $otherwise(trouble);
            }
            let result = self.port.$name($($argument),*).await;
            match self.gate.customers(stringify!($name), Moment::After).await {
                Ok(()) => result,
                Err(trouble) => $otherwise(trouble),
            }
        })*
    };
}

impl<G: Gate> AssumeRole for InTurn<FakeCustomers, G> {
    type Session = FakeSession;

    asked_in_turn! { |trouble| Assumed::Not(unassumed(trouble));
        assume(role: &RoleArn, external_id: &ExternalId) -> Assumed<FakeSession>;
    }

    asked_in_turn! { unassumed;
        try_assume(role: &RoleArn, external_id: Option<&ExternalId>) -> AssumeOutcome;
    }
}

impl<G: Gate> IssueSession for InTurn<FakeCustomers, G> {
    asked_in_turn! { |trouble| IssuedSession::Not(unassumed(trouble));
        issue(request: &SessionRequest<'_>) -> IssuedSession;
    }
}

impl<G: Gate> StackReader for InTurn<FakeCustomers, G> {
    asked_in_turn! { unread;
        stack(session: &FakeSession, id: &StackId, external_id: &ExternalId) -> Read<StackFacts>;
        stack_roles(session: &FakeSession, id: &StackId) -> Read<BTreeSet<String>>;
    }
}

impl<G: Gate> IamReader for InTurn<FakeCustomers, G> {
    asked_in_turn! { unread;
        role(session: &FakeSession, role: &RoleArn) -> Read<RoleFacts>;
        attached_policies(session: &FakeSession, role: &RoleArn) -> Read<BTreeSet<String>>;
        managed_policy(session: &FakeSession, arn: &str) -> Read<ManagedPolicy>;
        has_policy_version(session: &FakeSession, arn: &str, version: &str) -> Read<()>;
        inline_policies(session: &FakeSession, role: &RoleArn, likely: &[&str]) -> Read<BTreeMap<String, String>>;
        instance_profile(session: &FakeSession, profile: &InstanceProfileArn) -> Read<BTreeSet<String>>;
    }
}

impl<G: Gate> PolicySimulator for InTurn<FakeCustomers, G> {
    asked_in_turn! { unread;
        simulate(session: &FakeSession, role: &RoleArn, actions: &[String], resources: &[String]) -> Read<Vec<Simulated>>;
        decode_message(session: &FakeSession, message: &str) -> Read<String>;
    }
}
