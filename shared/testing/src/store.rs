//! All stored data, in maps behind one lock.

use crate::lock;
use jiff::Timestamp;
use rolecall_domain::aws::{AwsAccountId, StackId};
use rolecall_domain::change::audit::{AuditEntry, Record};
use rolecall_domain::change::{Change, Guard, IdempotencyRecord, Owner, RequestKey};
use rolecall_domain::check::Report;
use rolecall_domain::credentials::{BrokerProof, Receipt};
use rolecall_domain::ids::{AccountId, GroupId, OrphanedStackId, RegistrationId};
use rolecall_domain::link::template::TemplateId;
use rolecall_domain::operator::counts::Counters;
use rolecall_domain::pages::Verification;
use rolecall_domain::ports::{CommitError, PublishedWorkloads, Records, StoreError, WorkerId};
use rolecall_domain::record::account::Account;
use rolecall_domain::record::group::Group;
use rolecall_domain::record::orphan::OrphanedStack;
use rolecall_domain::record::registration::Registration;
use rolecall_domain::schedule::pace::Limited;
use rolecall_domain::schedule::{CheckSchedule, Subject};
use rolecall_domain::template::{Offering, Template};
use rolecall_domain::text::{IdempotencyKey, Tenant};
use rolecall_domain::workload::Workloads;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};

/// An in-memory store.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

/// The key of an audit entry: tenant, record, sequence.
pub(super) type Position = (Tenant, String, u64);

pub(super) fn position(entry: &AuditEntry) -> Position {
    (
        entry.tenant.clone(),
        entry.record_id.clone(),
        entry.sequence,
    )
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) records: BTreeMap<(Tenant, String), Record>,
    pub(super) history: BTreeMap<Position, AuditEntry>,
    /// The keys of audit entries in commit order.
    pub(super) trail: Vec<Position>,
    pub(super) guards: BTreeMap<Guard, Owner>,
    pub(super) connections: BTreeMap<(Tenant, AwsAccountId), BTreeSet<AccountId>>,
    pub(super) schedules: BTreeMap<(Tenant, Subject), CheckSchedule>,
    /// Schedule entries without a valid subject: shard, time, name.
    pub(super) damaged_schedules: BTreeSet<(u8, Timestamp, String)>,
    pub(super) reports: BTreeMap<(Tenant, Subject), Report>,
    /// When each bucket is full again.
    pub(super) paces: BTreeMap<(Tenant, Limited), Timestamp>,
    pub(super) idempotency: BTreeMap<(Tenant, String, IdempotencyKey), IdempotencyRecord>,
    pub(super) requests: BTreeMap<RequestKey, Request>,
    /// By registration and day.
    pub(super) deliveries: BTreeMap<(RegistrationId, i64), u32>,
    pub(super) pastes: BTreeMap<RegistrationId, (StackId, Timestamp)>,
    pub(super) verifications: BTreeMap<RegistrationId, Verification>,
    /// Every record that was ever about an AWS account.
    pub(super) seen: BTreeSet<(AwsAccountId, Tenant, String)>,
    /// The tenants that have ever had a group.
    pub(super) tenants: BTreeSet<Tenant>,
    /// The times of the entries in the index of changes, in milliseconds.
    pub(super) changed_at: BTreeMap<(Tenant, String), i64>,
    pub(super) counters: BTreeMap<Counters, BTreeMap<String, i64>>,
    pub(super) receipts: Vec<Receipt>,
    pub(super) issue_events: BTreeMap<Position, AuditEntry>,
    pub(super) broker_proofs: BTreeMap<AccountId, BrokerProof>,
    offering: Option<Offering>,
    logo: Option<Vec<u8>>,
    workloads: Workloads,
    pub(super) templates: BTreeMap<TemplateId, Template>,
}

#[derive(Debug, Default)]
pub(super) struct Request {
    pub(super) first_received_at: Option<Timestamp>,
    pub(super) lease: Option<(WorkerId, Timestamp)>,
    pub(super) answer: Option<String>,
}

impl MemoryStore {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn publish(&self, offering: Offering) {
        self.state().offering = Some(offering);
    }

    /// Replaces the logo's file. What is known of it is in the brand of the offering.
    pub fn publish_logo(&self, file: &[u8]) {
        self.state().logo = Some(file.to_owned());
    }

    pub fn publish_workloads(&self, workloads: Workloads) {
        self.state().workloads = workloads;
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn record(&self, tenant: &Tenant, id: &str) -> Option<Record> {
        let key = (tenant.clone(), id.to_owned());
        self.state().records.get(&key).cloned()
    }
}

// The ID's prefix determines the kind, so a record of another kind is never found under it.
pub(super) fn as_group(record: Record) -> Option<Group> {
    match record {
        Record::Group(group) => Some(group),
        _ => None,
    }
}

pub(super) fn as_registration(record: Record) -> Option<Registration> {
    match record {
        Record::Registration(registration) => Some(registration),
        _ => None,
    }
}

pub(super) fn as_account(record: Record) -> Option<Account> {
    match record {
        Record::Account(account) => Some(account),
        _ => None,
    }
}

pub(super) fn as_orphaned_stack(record: Record) -> Option<OrphanedStack> {
    match record {
        Record::OrphanedStack(orphan) => Some(orphan),
        _ => None,
    }
}

impl PublishedWorkloads for MemoryStore {
    async fn workloads(&self) -> Result<Workloads, StoreError> {
        Ok(self.state().workloads.clone())
    }
}

impl Records for MemoryStore {
    async fn group(&self, tenant: &Tenant, id: &GroupId) -> Result<Option<Group>, StoreError> {
        Ok(self.record(tenant, id.as_str()).and_then(as_group))
    }

    async fn registration(
        &self,
        tenant: &Tenant,
        id: &RegistrationId,
    ) -> Result<Option<Registration>, StoreError> {
        Ok(self.record(tenant, id.as_str()).and_then(as_registration))
    }

    async fn registration_by_id(
        &self,
        id: &RegistrationId,
    ) -> Result<Option<Registration>, StoreError> {
        let state = self.state();
        let found = state.records.values().find(|it| it.id() == id.as_str());
        Ok(found.cloned().and_then(as_registration))
    }

    async fn account(
        &self,
        tenant: &Tenant,
        id: &AccountId,
    ) -> Result<Option<Account>, StoreError> {
        Ok(self.record(tenant, id.as_str()).and_then(as_account))
    }

    async fn account_by_id(&self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        let state = self.state();
        let found = state.records.values().find(|it| it.id() == id.as_str());
        Ok(found.cloned().and_then(as_account))
    }

    async fn orphaned_stack(
        &self,
        tenant: &Tenant,
        id: &OrphanedStackId,
    ) -> Result<Option<OrphanedStack>, StoreError> {
        Ok(self.record(tenant, id.as_str()).and_then(as_orphaned_stack))
    }

    async fn owner(&self, guard: &Guard) -> Result<Option<Owner>, StoreError> {
        Ok(self.state().guards.get(guard).cloned())
    }

    async fn offering(&self) -> Result<Option<Offering>, StoreError> {
        Ok(self.state().offering.clone())
    }

    async fn logo(&self) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.state().logo.clone())
    }

    async fn template(&self, id: &TemplateId) -> Result<Option<Template>, StoreError> {
        Ok(self.state().templates.get(id).cloned())
    }

    async fn keep_template(&self, template: &Template) -> Result<(), StoreError> {
        self.state()
            .templates
            .insert(template.id(), template.clone());
        Ok(())
    }

    async fn idempotency(
        &self,
        tenant: &Tenant,
        route: &str,
        key: &IdempotencyKey,
    ) -> Result<Option<IdempotencyRecord>, StoreError> {
        let key = (tenant.clone(), route.to_owned(), key.clone());
        Ok(self.state().idempotency.get(&key).cloned())
    }

    async fn commit(&self, change: &Change) -> Result<(), CommitError> {
        let mut state = self.state();
        state.check(change)?;
        state.apply(change);
        Ok(())
    }
}
