//! A change of state as one value: it is applied as a whole or not at all.

pub mod audit;

use crate::aws::{AwsAccountId, ExternalId, RoleArn, RoleUniqueId, StackId};
use crate::ids::{AccountId, GroupId, RegistrationId};
use crate::record::account::Account;
use crate::schedule::{CheckSchedule, KeptReport, Subject};
use crate::text::{Actor, IdempotencyKey, Tenant};
use audit::{AuditEntry, Event, Record};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Everything that one transaction does.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Change {
    pub writes: Vec<Write>,
    /// Each must be free or its owner's already, and belongs to its owner for ever after.
    pub claims: Vec<(Guard, Owner)>,
    pub connections: Vec<ConnectionChange>,
    pub requires: Vec<Requirement>,
    pub schedules: Vec<CheckSchedule>,
    pub reports: Vec<KeptReport>,
    pub answer: Option<PersistedAnswer>,
    pub idempotency: Option<IdempotencyRecord>,
}

/// One record's step from a version to the next.
#[derive(Debug, Clone, PartialEq)]
pub struct Write {
    /// What was read; none for a new record. The write fails if it is no longer so.
    pub before: Option<Record>,
    /// None deletes the record.
    pub after: Option<Record>,
    pub audit: AuditEntry,
}

/// A name that only one record may ever hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Guard {
    RoleArn(RoleArn),
    RoleUniqueId(RoleUniqueId),
    Stack(StackId),
    ExternalId(ExternalId),
    /// An orphaned stack that never became an account. The token of one registration
    /// proves nothing about another's stacks, so each registration has guards of its own.
    OrphanedStack {
        registration_id: RegistrationId,
        stack_id: StackId,
    },
    /// A custom resource that was deleted before its Create had ended, under this registration.
    Deleted {
        registration_id: RegistrationId,
        stack_id: StackId,
        logical_resource_id: String,
    },
}

/// Who holds a guard: enough to find the record.
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

/// "This AWS account is connected to this tenant": a set of accounts, usually of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectionChange {
    /// `exclusive` fails while another account is in the set.
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
    /// The guard is free, and stays so.
    Free(Guard),
    /// The registration is in the version that was read.
    Unchanged {
        tenant: Tenant,
        registration_id: RegistrationId,
        version: u64,
    },
}

/// One CloudFormation request, under the registration whose token it carries: anyone may send the
/// same StackId and RequestId under another registration.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestKey {
    pub registration_id: RegistrationId,
    pub stack_id: StackId,
    pub request_id: String,
}

/// The very bytes that the request is answered with, however often it comes.
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
    /// SHA-256 of the request, in hex: the same key must come with the same request.
    pub fingerprint: String,
    /// What was made.
    pub made: String,
    pub expires_at: Timestamp,
}

/// Who changes something, why and when.
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
    /// A change that does nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether applying it would do nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// When it happens: its records say so. None for a change without any.
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

    /// The audit entry tells the record as it last was.
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

    /// The account's next look; none where the change ends it.
    #[must_use]
    pub fn next_check(self, next: CheckSchedule) -> Self {
        let next = if self.ends_account() {
            next.ended()
        } else {
            next
        };
        self.schedule(next)
    }

    /// Nothing is due for the subject any more.
    #[must_use]
    pub fn unschedule(self, tenant: Tenant, subject: Subject) -> Self {
        self.schedule(CheckSchedule::never(tenant, subject))
    }

    /// The report takes the place of the subject's last one.
    #[must_use]
    pub fn keep(mut self, report: KeptReport) -> Self {
        self.reports.push(report);
        self
    }

    /// Whether it ends an account.
    pub fn ends_account(&self) -> bool {
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
