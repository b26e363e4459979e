//! The changes of a registration, from its link to an account.

use crate::aws::StackId;
use crate::change::audit::{Event, Record};
use crate::change::{
    Change, Connection, ConnectionChange, Guard, IdempotencyRecord, Occasion, Owner, Requirement,
};
use crate::check::Report;
use crate::ids::RegistrationId;
use crate::messages::Reason;
use crate::problem::Code;
use crate::record::account::{Account, NewAccount};
use crate::record::attempt::{LastAttempt, Progress};
use crate::record::refusal::Refusal;
use crate::record::registration::{PastedStack, Registration, RegistrationState};
use crate::remedy::Remedy;
use crate::schedule::{CheckSchedule, Subject};
use crate::settings::{CALLBACK_GRACE, Settings};
use jiff::Timestamp;

/// The logical ID in the onboarding template of the custom resource that reports the role.
pub const LOGICAL_RESOURCE_ID: &str = "Registration";

/// The logical ID in the onboarding template of the custom resource that is created first.
pub const PREFLIGHT_RESOURCE_ID: &str = "Preflight";

/// A newly recorded account, with its first report and its schedule.
#[derive(Debug, Clone)]
pub struct Registered {
    pub account: Account,
    pub schedule: CheckSchedule,
    pub report: Report,
}

/// Creates a registration. A conditional write claims its external ID, so the ID is unique.
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
        .schedule(CheckSchedule::first(registration.tenant, subject, ends))
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

/// Completes the registration and records the account in one transaction, with all unique keys
/// claimed.
pub fn register(
    registration: &Registration,
    candidate: NewAccount,
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
    let schedule = CheckSchedule::verified(account.tenant.clone(), subject, occasion.now, settings);
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
        .require(Requirement::Free(preflight_tombstone(
            &account.registration_id,
            &account.stack_id,
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
            connection: Connection::from(&account),
            exclusive: !account.allow_duplicate,
        })
        .schedule(schedule.clone())
        .keep(schedule.kept(&report));
    let registered = Registered {
        account,
        schedule,
        report,
    };
    (registered, end(change, registration, occasion.now))
}

pub fn subject(registration: &Registration) -> Subject {
    Subject::Registration(registration.registration_id.clone())
}

/// Ends a registration. Pasted stacks that were never registered are processed next.
pub fn end(change: Change, registration: &Registration, now: Timestamp) -> Change {
    let (tenant, subject) = (registration.tenant.clone(), subject(registration));
    if registration.pasted.is_empty() {
        change.unschedule(tenant, subject)
    } else {
        change.schedule(CheckSchedule::first(tenant, subject, now))
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

/// Marks a stack whose preflight resource was deleted before the stack registered. CloudFormation
/// deletes it last, so the stack can't register anymore.
pub fn preflight_tombstone(registration_id: &RegistrationId, stack_id: &StackId) -> Guard {
    tombstone(registration_id, stack_id, Some(PREFLIGHT_RESOURCE_ID))
}

/// Records a stack that passed its preflight.
pub fn start_stack(registration: &Registration, progress: Progress, occasion: &Occasion) -> Change {
    let tombstone = preflight_tombstone(&registration.registration_id, &progress.stack_id);
    let after = registration.started(progress);
    Change::new().require(Requirement::Free(tombstone)).update(
        Record::Registration(registration.clone()),
        Record::Registration(after),
        Event::StackStarted,
        occasion,
    )
}

/// Ends the attempt of a started stack that was rolled back, or deleted, before it registered.
pub fn roll_back_stack(
    registration: &Registration,
    stack_id: &StackId,
    occasion: &Occasion,
) -> Change {
    let refusal = Refusal::new(
        Code::StackRolledBack,
        &Reason::StackRolledBack,
        &Remedy::FixAndCreate,
    );
    let after = registration.attempted(
        LastAttempt::new(&refusal, stack_id, occasion.now),
        stack_id,
        None,
    );
    let before = Record::Registration(registration.clone());
    let owner = Owner::from(&before);
    let tombstone = preflight_tombstone(&registration.registration_id, stack_id);
    Change::new().claim(tombstone, &owner).update(
        before,
        Record::Registration(after),
        Event::RegistrationRefused,
        occasion,
    )
}

/// Records a rejected attempt. A registration that is not completed keeps it as its last attempt.
pub fn refuse(
    change: Change,
    registration: &Registration,
    refusal: &Refusal,
    stack_id: &StackId,
    pasted: Option<PastedStack>,
    occasion: &Occasion,
) -> Change {
    if !registration.records_refusals() {
        return change;
    }
    let attempt = LastAttempt::new(refusal, stack_id, occasion.now);
    let after = registration.attempted(attempt, stack_id, pasted);
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
