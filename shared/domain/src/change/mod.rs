//! A state change as a single value that is applied atomically.

pub mod audit;

use crate::aws::{AwsAccountId, ExternalId, RoleArn, RoleUniqueId, StackId};
use crate::ids::{AccountId, GroupId, RegistrationId};
use crate::record::account::Account;
use crate::schedule::{CheckSchedule, KeptReport, Subject};
use crate::text::{Actor, IdempotencyKey, Tenant};
use audit::{AuditEntry, Event, Record};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The contents of one transaction.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Change {
    pub writes: Vec<Write>,
    /// Guards that must be unclaimed or already claimed by this owner. A claim is permanent.
    pub claims: Vec<(Guard, Owner)>,
    pub connections: Vec<ConnectionChange>,
    pub requires: Vec<Requirement>,
    pub schedules: Vec<CheckSchedule>,
    pub reports: Vec<KeptReport>,
    pub answer: Option<PersistedAnswer>,
    pub idempotency: Option<IdempotencyRecord>,
}

/// One record's step from one version to the next.
#[derive(Debug, Clone, PartialEq)]
pub struct Write {
    /// The record as read; `None` for a new record. The write fails if the record has changed
    /// since.
    pub before: Option<Record>,
    /// `None` deletes the record.
    pub after: Option<Record>,
    pub audit: AuditEntry,
}

/// A unique key that only one record can ever claim.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Guard {
    RoleArn(RoleArn),
    RoleUniqueId(RoleUniqueId),
    Stack(StackId),
    ExternalId(ExternalId),
    /// An orphaned stack that never became an account. A registration's token proves nothing about
    /// another registration's stacks, so guards are separate for each registration.
    OrphanedStack {
        registration_id: RegistrationId,
        stack_id: StackId,
    },
    /// A custom resource of this registration that was deleted before its Create had finished.
    Deleted {
        registration_id: RegistrationId,
        stack_id: StackId,
        logical_resource_id: String,
    },
}

/// The record that holds a guard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    pub tenant: Tenant,
    pub record_id: String,
}

impl From<&Record> for Owner {
    fn from(record: &Record) -> Self {
        Self {
            tenant: record.tenant().clone(),
            record_id: record.id().to_owned(),
        }
    }
}

/// A change to the set of accounts that connect an AWS account to a tenant. The set usually has one
/// member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectionChange {
    /// With `exclusive`, the change fails if the set contains another account.
    Join {
        connection: Connection,
        exclusive: bool,
    },
    Leave(Connection),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    pub tenant: Tenant,
    pub aws_account_id: AwsAccountId,
    pub account_id: AccountId,
}

impl From<&Account> for Connection {
    fn from(account: &Account) -> Self {
        Self {
            tenant: account.tenant.clone(),
            aws_account_id: account.aws_account_id.clone(),
            account_id: account.account_id.clone(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requirement {
    /// The group exists and is not being deleted.
    OpenGroup {
        tenant: Tenant,
        group_id: GroupId,
        now: Timestamp,
    },
    /// The guard is unclaimed, and remains so until the commit.
    Free(Guard),
    /// The registration still has the version that was read.
    Unchanged {
        tenant: Tenant,
        registration_id: RegistrationId,
        version: u64,
    },
}

/// Identifies a CloudFormation request within the registration whose token it carries. Anyone can
/// send the same StackId and RequestId under another registration.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestKey {
    pub registration_id: RegistrationId,
    pub stack_id: StackId,
    pub request_id: String,
}

/// The stored response to a request. Every duplicate of the request receives these exact bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersistedAnswer {
    pub key: RequestKey,
    pub body: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdempotencyRecord {
    pub tenant: Tenant,
    pub route: String,
    pub key: IdempotencyKey,
    /// SHA-256 of the request, in hex. Reusing the key with a different request is an error.
    pub fingerprint: String,
    /// The ID of the created record.
    pub made: String,
    pub expires_at: Timestamp,
}

/// Who makes a change, why, and when.
#[derive(Debug, Clone)]
pub struct Occasion {
    pub now: Timestamp,
    pub actor: Actor,
    pub cause: String,
}

impl Occasion {
    pub fn new(now: Timestamp, actor: Actor, cause: impl Into<String>) -> Self {
        Self {
            now,
            actor,
            cause: cause.into(),
        }
    }
}

impl Change {
    /// A change without content.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether applying the change would do nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The time of the change, from its first record; `None` if it writes no record.
    pub fn at(&self) -> Option<Timestamp> {
        self.writes.first().map(|write| write.audit.at)
    }

    #[must_use]
    pub fn create(self, record: Record, event: Event, occasion: &Occasion) -> Self {
        self.write(None, record, event, occasion)
    }

    #[must_use]
    pub fn update(self, before: Record, after: Record, event: Event, occasion: &Occasion) -> Self {
        self.write(Some(before), after, event, occasion)
    }

    /// The audit entry contains the record's last state.
    #[must_use]
    pub fn delete(mut self, record: Record, event: Event, occasion: &Occasion) -> Self {
        let mut audit = entry(&record, event, occasion);
        audit.sequence += 1;
        self.writes.push(Write {
            before: Some(record),
            after: None,
            audit,
        });
        self
    }

    fn write(
        mut self,
        before: Option<Record>,
        after: Record,
        event: Event,
        occasion: &Occasion,
    ) -> Self {
        let audit = entry(&after, event, occasion);
        self.writes.push(Write {
            before,
            after: Some(after),
            audit,
        });
        self
    }

    #[must_use]
    pub fn claim(mut self, guard: Guard, owner: &Owner) -> Self {
        self.claims.push((guard, owner.clone()));
        self
    }

    #[must_use]
    pub fn connection(mut self, change: ConnectionChange) -> Self {
        self.connections.push(change);
        self
    }

    #[must_use]
    pub fn require(mut self, requirement: Requirement) -> Self {
        self.requires.push(requirement);
        self
    }

    #[must_use]
    pub fn schedule(mut self, schedule: CheckSchedule) -> Self {
        self.schedules.push(schedule);
        self
    }

    /// Schedules the account's next check, or removes the schedule if the change deregisters the
    /// account.
    #[must_use]
    pub fn next_check(self, next: CheckSchedule) -> Self {
        let next = if self.deregisters_account() {
            next.ended()
        } else {
            next
        };
        self.schedule(next)
    }

    /// Removes the subject's scheduled check.
    #[must_use]
    pub fn unschedule(self, tenant: Tenant, subject: Subject) -> Self {
        self.schedule(CheckSchedule::never(tenant, subject))
    }

    /// Replaces the subject's last report.
    #[must_use]
    pub fn keep(mut self, report: KeptReport) -> Self {
        self.reports.push(report);
        self
    }

    /// Whether the change deregisters an account.
    pub fn deregisters_account(&self) -> bool {
        let ended = |record: &Record| matches!(record, Record::Account(account) if account.is_deregistered());
        self.writes
            .iter()
            .any(|write| write.after.as_ref().is_some_and(ended))
    }

    #[must_use]
    pub fn answering(mut self, answer: Option<PersistedAnswer>) -> Self {
        self.answer = answer;
        self
    }
}

fn entry(record: &Record, event: Event, occasion: &Occasion) -> AuditEntry {
    AuditEntry::of(
        record,
        event,
        occasion.actor.clone(),
        occasion.cause.clone(),
        occasion.now,
    )
}
