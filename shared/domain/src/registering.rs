//! From a link to an account: the changes that a registration goes through.

use crate::account::{Account, Role};
use crate::audit::{Event, Record};
use crate::aws::{RoleArn, StackId};
use crate::change::{
    Change, Connection, ConnectionChange, Guard, IdempotencyRecord, Occasion, Owner, Requirement,
};
use crate::check_schedule::{Checkup, Subject};
use crate::companion::MadeRole;
use crate::evidence::{EvidenceKind, Trail};
use crate::ids::{AccountId, RegistrationId, StackEntryId};
use crate::problem::Refusal;
use crate::registration::{
    AttemptReport, PastedStack, Registration, RegistrationState, StackLinks,
};
use crate::settings::{CALLBACK_GRACE, Settings};
use crate::stack_entry::{Leftover, StackEntry, StackEntryStatus};
use crate::template::TemplateVersion;
use crate::text::Name;
use crate::verification::Report;
use jiff::Timestamp;

/// The custom resource's name in the onboarding template.
pub const LOGICAL_RESOURCE_ID: &str = "Registration";

/// A verified stack that is to become an account.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub account_id: AccountId,
    pub role: Role,
    pub stack_id: StackId,
    /// None where no callback came.
    pub logical_resource_id: Option<String>,
    pub template_version: TemplateVersion,
    pub made_roles: Vec<MadeRole>,
    pub name: Option<Name>,
}

/// An account as it was recorded, with its first report and what is scheduled for it.
#[derive(Debug, Clone)]
pub struct Registered {
    pub account: Account,
    pub checkup: Checkup,
    pub report: Report,
}

/// A new registration. Its external ID is claimed, so it is unique by a conditional write.
pub fn create_registration(
    registration: Registration,
    idempotency: Option<IdempotencyRecord>,
    occasion: &Occasion,
) -> Change {
    let record = Record::Registration(registration.clone());
    let owner = Owner::from(&record);
    let subject = Subject::Registration(registration.registration_id.clone());
    let ends = registration.expires_at + CALLBACK_GRACE;
    let mut change = Change::new()
        .require(open_group(&registration, occasion.now))
        .claim(Guard::ExternalId(registration.external_id.clone()), &owner)
        .schedule(Checkup::first(registration.tenant, subject, ends))
        .create(record, Event::RegistrationCreated, occasion);
    change.idempotency = idempotency;
    change
}

fn open_group(registration: &Registration, now: Timestamp) -> Requirement {
    Requirement::OpenGroup {
        tenant: registration.tenant.clone(),
        group_id: registration.group_id.clone(),
        now,
    }
}

pub fn connection(account: &Account) -> Connection {
    Connection {
        tenant: account.tenant.clone(),
        aws_account_id: account.aws_account_id.clone(),
        account_id: account.account_id.clone(),
    }
}

/// The registering transaction: the registration is completed and the account recorded, with all
/// that must be unique about it.
pub fn register(
    registration: &Registration,
    candidate: Candidate,
    report: Report,
    occasion: &Occasion,
    settings: &Settings,
) -> (Registered, Change) {
    let account = Account::registered(registration, candidate, occasion.now);
    let completed = registration.completed(
        account.account_id.clone(),
        account.stack_id.clone(),
        account.role.arn.clone(),
    );
    let subject = Subject::Account(account.account_id.clone());
    let checkup = Checkup::verified(account.tenant.clone(), subject, occasion.now, settings);
    let record = Record::Account(account.clone());
    let owner = Owner::from(&record);
    let before = Record::Registration(registration.clone());
    let change = Change::new()
        .require(open_group(registration, occasion.now))
        .require(Requirement::Free(tombstone(
            &account.registration_id,
            &account.stack_id,
            account.logical_resource_id.as_deref(),
        )))
        .update(
            before,
            Record::Registration(completed),
            Event::RegistrationCompleted,
            occasion,
        )
        .create(record, Event::AccountRegistered, occasion)
        .claim(Guard::Stack(account.stack_id.clone()), &owner)
        .claim(Guard::RoleArn(account.role.arn.clone()), &owner)
        .claim(Guard::RoleUniqueId(account.role.unique_id.clone()), &owner)
        .connection(ConnectionChange::Join {
            connection: connection(&account),
            exclusive: !account.allow_duplicate,
        })
        .schedule(checkup.clone())
        .keep(checkup.kept(&report));
    let registered = Registered {
        account,
        checkup,
        report,
    };
    (registered, end(change, registration, occasion.now))
}

pub fn subject(registration: &Registration) -> Subject {
    Subject::Registration(registration.registration_id.clone())
}

/// A registration's end: what was pasted and never registered is seen to next.
pub fn end(change: Change, registration: &Registration, now: Timestamp) -> Change {
    let (tenant, subject) = (registration.tenant.clone(), subject(registration));
    if registration.pasted.is_empty() {
        change.unschedule(tenant, subject)
    } else {
        change.schedule(Checkup::first(tenant, subject, now))
    }
}

/// Marks a custom resource as deleted before it was recorded.
pub fn tombstone(
    registration_id: &RegistrationId,
    stack_id: &StackId,
    logical_resource_id: Option<&str>,
) -> Guard {
    Guard::Deleted {
        registration_id: registration_id.clone(),
        stack_id: stack_id.clone(),
        logical_resource_id: logical_resource_id
            .unwrap_or(LOGICAL_RESOURCE_ID)
            .to_owned(),
    }
}

/// A refused attempt, written down; a registration that is still open keeps its report.
pub fn refuse(
    change: Change,
    registration: &Registration,
    refusal: &Refusal,
    stack_id: &StackId,
    pasted: Option<PastedStack>,
    occasion: &Occasion,
) -> Change {
    if !registration.notes_refusals() {
        return change;
    }
    let report = refusal.report.as_deref().cloned();
    let report = report.unwrap_or_else(|| Report::failed_without_checks(occasion.now));
    let attempt = AttemptReport {
        code: refusal.code,
        detail: refusal.message(),
        failed_stack: Some(StackLinks::to(stack_id, &report)),
        report,
    };
    let spent = registration.stack_name() == stack_id.name();
    let after = registration.attempted(attempt, spent, pasted);
    let open = after.state == RegistrationState::Pending;
    let change = if open || after.pasted == registration.pasted {
        change
    } else {
        end(change, &after, occasion.now)
    };
    change.update(
        Record::Registration(registration.clone()),
        Record::Registration(after),
        Event::RegistrationRefused,
        occasion,
    )
}

/// A stack whose Create the hub refused.
#[derive(Debug, Clone)]
pub struct RefusedStack {
    pub stack_entry_id: StackEntryId,
    pub stack_id: StackId,
    pub role_arn: Option<RoleArn>,
    pub logical_resource_id: String,
    /// Whether its Delete has come already.
    pub deleted: bool,
}

/// The ledger entry of a stack whose Create was refused: its roll-back comes next, or the customer
/// keeps the failed stack.
pub fn open_refused_stack(
    change: Change,
    registration: &Registration,
    refused: RefusedStack,
    occasion: &Occasion,
    settings: &Settings,
) -> Change {
    let RefusedStack {
        stack_entry_id,
        stack_id,
        role_arn,
        logical_resource_id,
        deleted,
    } = refused;
    let mut evidence = Trail::of_refused(occasion.now);
    if deleted {
        evidence.add(EvidenceKind::DeleteCallback, occasion.now, settings);
    }
    let leftover = Leftover {
        stack_entry_id,
        tenant: registration.tenant.clone(),
        registration_id: registration.registration_id.clone(),
        account_id: None,
        stack_id,
        role_arn,
        external_id: registration.external_id.clone(),
        logical_resource_id: Some(logical_resource_id),
        evidence,
    };
    open_unregistered(change, leftover, occasion, settings)
}

/// The ledger entry of a stack that never became an account: a registration has one at most.
pub fn open_unregistered(
    change: Change,
    mut leftover: Leftover,
    occasion: &Occasion,
    settings: &Settings,
) -> Change {
    // Only a role that the hub may assume, in the stack's own account, can prove anything about it.
    let account = leftover.stack_id.account();
    leftover.role_arn = leftover
        .role_arn
        .filter(|role| role.account() == account && role.is_under_rolecall());
    let entry = StackEntry::open(leftover, occasion.now, settings);
    let guard = Guard::Ledger {
        registration_id: entry.registration_id.clone(),
        stack_id: entry.stack_id.clone(),
    };
    let owner = Owner::from(&Record::StackEntry(entry.clone()));
    open_entry(change.claim(guard, &owner), entry, occasion, settings)
}

/// Adds a ledger entry with its first check.
pub fn open_entry(
    change: Change,
    entry: StackEntry,
    occasion: &Occasion,
    settings: &Settings,
) -> Change {
    let record = Record::StackEntry(entry.clone());
    let subject = Subject::Stack(entry.stack_entry_id.clone());
    let due = occasion.now + settings.orphan_check;
    let mut checkup = Checkup::first(entry.tenant.clone(), subject, due);
    if !entry.is_open() {
        checkup.next_check_at = None;
    }
    change
        .schedule(checkup)
        .create(record, status_event(entry.status()), occasion)
}

/// How the bus names a ledger entry's arrival in a status.
pub fn status_event(status: StackEntryStatus) -> Event {
    match status {
        StackEntryStatus::Orphaned { .. } => Event::StackOrphaned,
        StackEntryStatus::Deleting => Event::StackDeleting,
        StackEntryStatus::Gone => Event::StackGone,
        StackEntryStatus::Dismissed => Event::StackDismissed,
    }
}
