//! The audit trail, which also serves as the outbox. Each change of a record adds one entry,
//! numbered by the record's version, so that consumers can order and de-duplicate entries.

use crate::aws::{AwsAccountId, StackId};
use crate::record::account::Account;
use crate::record::group::Group;
use crate::record::orphan::{OrphanedStack, OrphanedStackStatus};
use crate::record::registration::Registration;
use crate::text::person::Person;
use crate::text::{Actor, Tenant};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A stored record with a state, an owner and a history.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    Group(Group),
    Registration(Registration),
    Account(Account),
    OrphanedStack(OrphanedStack),
}

impl Record {
    pub fn tenant(&self) -> &Tenant {
        match self {
            Self::Group(group) => &group.tenant,
            Self::Registration(registration) => &registration.tenant,
            Self::Account(account) => &account.tenant,
            Self::OrphanedStack(orphan) => &orphan.tenant,
        }
    }

    pub fn id(&self) -> &str {
        match self {
            Self::Group(group) => group.group_id.as_str(),
            Self::Registration(registration) => registration.registration_id.as_str(),
            Self::Account(account) => account.account_id.as_str(),
            Self::OrphanedStack(orphan) => orphan.orphaned_stack_id.as_str(),
        }
    }

    pub fn version(&self) -> u64 {
        match self {
            Self::Group(group) => group.version,
            Self::Registration(registration) => registration.version,
            Self::Account(account) => account.version,
            Self::OrphanedStack(orphan) => orphan.version,
        }
    }

    /// The AWS account whose closure affects this record; `None` once the record needs no more
    /// checks.
    pub fn watched_aws_account(&self) -> Option<&AwsAccountId> {
        match self {
            Self::Account(account) if !account.is_deregistered() => Some(&account.aws_account_id),
            Self::OrphanedStack(orphan) if orphan.is_open() && orphan.belongs_to_registration() => {
                Some(orphan.stack_id.account())
            }
            _ => None,
        }
    }

    /// The AWS accounts that this record is about: connected, pinned, or named by an attempt. Support
    /// finds the record under each of them, also after the record names it no longer.
    pub fn seen_aws_accounts(&self) -> BTreeSet<&AwsAccountId> {
        match self {
            Self::Group(_) => BTreeSet::new(),
            Self::Account(account) => BTreeSet::from([&account.aws_account_id]),
            Self::OrphanedStack(orphan) => BTreeSet::from([orphan.stack_id.account()]),
            Self::Registration(registration) => {
                let pinned = registration.aws_account_id.iter();
                let started = registration.started.iter().map(|one| &one.aws_account_id);
                let failed = registration.last_attempt.iter();
                let failed = failed.map(|attempt| &attempt.stack.aws_account_id);
                pinned.chain(started).chain(failed).collect()
            }
        }
    }

    /// The stack whose events apply to this record. An account's stack has its own unique key.
    pub fn watched_stack(&self) -> Option<&StackId> {
        match self {
            Self::OrphanedStack(orphan)
                if orphan.account_id.is_none() && orphan.belongs_to_registration() =>
            {
                Some(&orphan.stack_id)
            }
            _ => None,
        }
    }

    /// The record as published, without fields that only the hub needs.
    fn snapshot(&self) -> Value {
        let stored = match self {
            Self::Group(group) => serde_json::to_value(group),
            Self::Registration(registration) => serde_json::to_value(registration),
            Self::Account(account) => serde_json::to_value(account),
            Self::OrphanedStack(orphan) => serde_json::to_value(orphan),
        };
        let mut snapshot = stored.unwrap_or_default();
        if let Some(fields) = snapshot.as_object_mut() {
            for hidden in [
                "external_id",
                "token_key_id",
                "closing_until",
                "version",
                "started",
                "customer_link",
            ] {
                fields.remove(hidden);
            }
            if let Self::Registration(registration) = self {
                fields.insert("progress".to_owned(), json!(registration.progress()));
            }
        }
        snapshot
    }
}

macro_rules! events {
    ($($variant:ident = $name:literal,)*) => {
        /// The events that the event bus publishes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Event { $(#[serde(rename = $name)] $variant,)* }

        impl Event {
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

events! {
    GroupCreated = "Group Created",
    GroupChanged = "Group Changed",
    GroupDeleted = "Group Deleted",
    RegistrationCreated = "Registration Created",
    StackStarted = "Stack Started",
    RegistrationRefused = "Registration Refused",
    RegistrationCompleted = "Registration Completed",
    RegistrationExpired = "Registration Expired",
    RegistrationRevoked = "Registration Revoked",
    AccountRegistered = "Account Registered",
    AccountChanged = "Account Changed",
    AccountOutdated = "Account Outdated",
    AccountUnhealthy = "Account Unhealthy",
    AccountRecovered = "Account Recovered",
    AccountDisconnected = "Account Disconnected",
    AccountDeregistered = "Account Deregistered",
    CredentialsIssued = "Credentials Issued",
    StackOrphaned = "Stack Orphaned",
    StackDeleting = "Stack Deleting",
    StackGone = "Stack Gone",
    StackDismissed = "Stack Dismissed",
    StackEvidenceAdded = "Stack Evidence Added",
}

/// The event published when an orphaned stack reaches the status.
impl From<OrphanedStackStatus> for Event {
    fn from(status: OrphanedStackStatus) -> Self {
        match status {
            OrphanedStackStatus::Orphaned { .. } => Self::StackOrphaned,
            OrphanedStackStatus::Deleting => Self::StackDeleting,
            OrphanedStackStatus::Gone => Self::StackGone,
            OrphanedStackStatus::Dismissed => Self::StackDismissed,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditEntry {
    pub tenant: Tenant,
    pub record_id: String,
    /// The record's version after the change. Versions start at 1 and have no gaps.
    pub sequence: u64,
    pub event: Event,
    pub at: Timestamp,
    pub actor: Actor,
    /// The name of the actor's session, if the actor is a service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_name: Option<String>,
    /// The names of the actor, if it is a person and the token has them.
    #[serde(flatten)]
    pub person: Person,
    pub cause: String,
    /// The record after the change, without secrets.
    pub record: Value,
}

impl AuditEntry {
    pub fn of(
        record: &Record,
        event: Event,
        mut actor: Actor,
        cause: impl Into<String>,
        at: Timestamp,
    ) -> Self {
        let (session_name, person) = match &mut actor {
            Actor::Service { session_name, .. } => (session_name.take(), Person::default()),
            Actor::User { person, .. } => (None, std::mem::take(person)),
            Actor::Workload(_) | Actor::Stack | Actor::Customer | Actor::Hub => {
                (None, Person::default())
            }
        };
        Self {
            tenant: record.tenant().clone(),
            record_id: record.id().to_owned(),
            sequence: record.version(),
            event,
            at,
            actor,
            session_name,
            person,
            cause: cause.into(),
            record: record.snapshot(),
        }
    }
}
