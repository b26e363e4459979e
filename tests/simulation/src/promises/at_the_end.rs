//! What holds when nothing has failed for a good while.

use super::Promise;
use crate::customers::Stack;
use crate::neighbour;
use crate::world::World;
use rolecall_domain::SignedDuration;
use rolecall_domain::aws::StackId;
use rolecall_domain::change::Guard;
use rolecall_domain::change::audit::{AuditEntry, Event, Record};
use rolecall_domain::check::Report;
use rolecall_domain::ids::RegistrationId;
use rolecall_domain::record::account::Account;
use rolecall_domain::record::orphan::{OrphanedStack, OrphanedStackStatus};
use rolecall_domain::record::registration::RegistrationState;
use rolecall_domain::schedule::Subject;
use rolecall_domain::settings::CALLBACK_GRACE;
use serde_json::Value;

/// Longer than any interval between two checks, with its jitter.
const SELDOM: SignedDuration = SignedDuration::from_hours(24 * 8);

/// Holds the end of a life to what was promised.
pub fn in_the_end(world: &World) {
    every_request_is_answered(world);
    every_event_has_arrived(world);
    let records = world.store.every_record();
    for record in &records {
        is_told_by_its_entries(world, record);
        match record {
            Record::Account(account) => about_an_account(world, account, &records),
            Record::OrphanedStack(entry) => about_an_entry(world, entry),
            Record::Registration(it) => {
                let over = it.expires_at + CALLBACK_GRACE < world.now();
                if over && it.state == RegistrationState::Pending {
                    let what = format!("{} is pending and over", it.registration_id);
                    world.broken(Promise::Settled, what);
                }
            }
            Record::Group(_) => {}
        }
    }
    no_refused_stack_is_forgotten(world);
    as_many_as_asked_for(world, &records);
}

fn every_request_is_answered(world: &World) {
    let requests: Vec<_> = world.bucket.borrow().requests.clone().into_iter().collect();
    for (id, request) in requests {
        let in_time = request
            .answered_at
            .is_some_and(|at| at.duration_since(request.sent_at) < SignedDuration::from_secs(900));
        // Where Lambda gave up, CloudFormation's own time-out is what is left. So it is where no
        // good token came and the one PUT went wrong.
        let is_strangers = registration_of(&request.body).is_none();
        if !in_time && request.given_up == 0 && !is_strangers {
            world.broken(
                Promise::Answered,
                format!("{id}: {:?}", request.answered_at),
            );
        }
    }
}

/// The registration that the request's token names.
fn registration_of(request: &Value) -> Option<RegistrationId> {
    let token = request["ResourceProperties"]["RegistrationToken"].as_str()?;
    RegistrationId::parse(token.split('.').next()?).ok()
}

fn every_event_has_arrived(world: &World) {
    let trail = world.store.trail();
    let consumer = world.consumer.borrow();
    let heard: usize = consumer
        .records()
        .map(|id| consumer.knows(id).0.len())
        .sum();
    let waiting: usize = consumer.records().map(|id| consumer.knows(id).1).sum();
    let is_heard = |entry: &AuditEntry| {
        let place = usize::try_from(entry.sequence).unwrap_or(0).wrapping_sub(1);
        consumer.knows(&entry.record_id).0.get(place) == Some(entry)
    };
    let missing = trail.iter().find(|entry| !is_heard(entry));
    if missing.is_some() || heard != trail.len() || waiting > 0 {
        let (written, missing) = (trail.len(), missing.map(|it| (&it.record_id, it.sequence)));
        let what =
            format!("{written} written, {heard} heard, {waiting} too early, not {missing:?}");
        world.broken(Promise::Delivered, what);
    }
    // Nothing is left of what was deleted, and whoever listens knows.
    for id in consumer.records() {
        let last = consumer.knows(id).0.last();
        let is_deleted = last.is_some_and(|entry| entry.event == Event::GroupDeleted);
        let exists = world.book.borrow().records.contains_key(id);
        if is_deleted == exists {
            world.broken(
                Promise::Delivered,
                format!("{id} is told to be what it is not"),
            );
        }
    }
}

/// Its last entry alone tells what it is.
fn is_told_by_its_entries(world: &World, record: &Record) {
    let consumer = world.consumer.borrow();
    let (told, _) = consumer.knows(record.id());
    let Some(last) = told.last() else {
        return world.broken(
            Promise::Delivered,
            format!("{} is never told of", record.id()),
        );
    };
    let now = AuditEntry::of(record, last.event, last.actor.clone(), "", last.at);
    if last.record != now.record || last.sequence != record.version() {
        let what = format!("{} is {}, told as {}", record.id(), now.record, last.record);
        world.broken(Promise::Audit, what);
    }
    if let Record::Registration(registration) = record {
        let tells = |entry: &AuditEntry| {
            entry
                .record
                .to_string()
                .contains(registration.external_id.as_str())
        };
        if told.iter().any(tells) {
            world.broken(Promise::Audit, format!("{} tells a secret", record.id()));
        }
    }
}

fn is_due(world: &World, subject: &Subject) -> bool {
    let schedules = world.store.every_schedule();
    let next = schedules.iter().find(|it| &it.subject == subject);
    let next = next.and_then(|it| it.next_check_at);
    next.is_some_and(|at| at < world.now() + SELDOM && at + SELDOM > world.now())
}

/// What the customers' side says about a stack, where nothing about it got lost.
fn truth(world: &World, id: &StackId) -> Option<Stack> {
    world.stack(id).filter(|stack| !stack.is_lost)
}

fn about_an_account(world: &World, account: &Account, records: &[Record]) {
    let id = &account.account_id;
    if let Some(entry) = account.orphaned_stack_id() {
        let exists = |record: &Record| record.id() == entry.as_str();
        if !records.iter().any(exists) {
            world.broken(Promise::Orphans, format!("{id} left no entry"));
        }
        return;
    }
    if !is_due(world, &Subject::Account(id.clone())) {
        world.broken(Promise::Orphans, format!("{id} is never looked at again"));
    }
    let Some(stack) = truth(world, &account.stack_id) else {
        return;
    };
    let state = account.state().as_str();
    let answers = world.role_answers(&stack.role);
    let is_held_off = || {
        records.iter().any(|record| matches!(record, Record::Account(other) if other.account_id != *id
            && other.is_connected() && other.tenant == account.tenant && other.aws_account_id == account.aws_account_id))
    };
    let expected = match (stack.is_deleted, answers) {
        (true, false) if stack.delete_heard => false,
        // A stack that could not be deleted is in no good state.
        (false, true) if state == "disconnected" => is_held_off() || stack.is_in_trouble,
        (false, true) => {
            state == "active" && account.role.arn == stack.role || !is_well(world, account)
        }
        (_, false) => state != "active",
        _ => true,
    };
    if !expected {
        let what = format!(
            "{id} is {state}, with {}; in truth {stack:?}, answers: {answers}",
            account.role.arn
        );
        world.broken(Promise::Settled, what);
    }
}

/// Whether the stack is in a state in which its role can be relied on.
fn is_well(world: &World, account: &Account) -> bool {
    let subject = Subject::Account(account.account_id.clone());
    let report = world.store.report_on(&account.tenant, &subject);
    let failed = report.as_ref().and_then(Report::decisive);
    // A stack that was kept after it failed is no good one.
    failed.is_none_or(|check| check.code.as_str() != "stack_unexpected_state")
}

fn about_an_entry(world: &World, entry: &OrphanedStack) {
    let id = &entry.orphaned_stack_id;
    if entry.is_open() && !is_due(world, &Subject::Stack(id.clone())) {
        world.broken(Promise::Orphans, format!("{id} is never looked at again"));
    }
    // What the hostile tenant says of others' stacks is not true.
    if entry.tenant.as_str() == neighbour::TENANT {
        return;
    }
    let (Some(stack), Some(role)) = (truth(world, &entry.stack_id), &entry.role_arn) else {
        return;
    };
    let answers = world.role_answers(role);
    let is_gone = entry.status() == OrphanedStackStatus::Gone;
    if is_gone && answers {
        world.broken(Promise::Gone, format!("{} answers", entry.stack_id));
    }
    let proof = stack.is_deleted && stack.delete_heard && !answers;
    if proof && entry.is_open() {
        let what = format!(
            "{} is gone and called {}",
            entry.stack_id,
            entry.status().as_str()
        );
        world.broken(Promise::Settled, what);
    }
    if answers && entry.status() == OrphanedStackStatus::Deleting {
        let what = format!("{} answers and is called deleting", entry.stack_id);
        world.broken(Promise::Settled, what);
    }
}

/// Whatever Create the hub refused, with a good token, is an orphaned stack, or an account after all.
fn no_refused_stack_is_forgotten(world: &World) {
    let requests: Vec<_> = world.bucket.borrow().requests.values().cloned().collect();
    for request in requests {
        let answer: Value = request
            .put
            .as_deref()
            .and_then(|put| serde_json::from_str(put).ok())
            .unwrap_or_default();
        let reason = answer["Reason"].as_str().unwrap_or_default();
        let is_refused = request.body["RequestType"] == "Create"
            && answer["Status"] == "FAILED"
            && !reason.starts_with("invalid_token");
        let stack = request.body["StackId"].as_str().unwrap_or_default();
        let Ok(stack) = StackId::parse(stack) else {
            continue;
        };
        let registration = registration_of(&request.body);
        let is_known = registration.is_some_and(|id| is_on_record(world, &id, &stack));
        if is_refused && !is_known {
            let what = format!("{stack} was refused and is forgotten");
            world.broken(Promise::Orphans, what);
        }
    }
    // Every registration is over by now. That a pasted stack exists shows by its role.
    for ((registration, stack), at) in &world.book.borrow().pasted {
        let made = world.stack(stack);
        let shows = made.is_some_and(|made| world.has_answered_since(&made.role, *at));
        if shows && !is_on_record(world, registration, stack) {
            let what = format!("{stack} was pasted, refused and forgotten");
            world.broken(Promise::Orphans, what);
        }
    }
}

fn is_on_record(world: &World, registration: &RegistrationId, stack: &StackId) -> bool {
    let guards = [
        Guard::Stack(stack.clone()),
        Guard::OrphanedStack {
            registration_id: registration.clone(),
            stack_id: stack.clone(),
        },
    ];
    guards
        .iter()
        .any(|guard| world.store.holder(guard).is_some())
}

/// No more was made than keys were sent.
fn as_many_as_asked_for(world: &World, records: &[Record]) {
    let is_made = |record: &&Record| matches!(record, Record::Group(_) | Record::Registration(_));
    let made = records.iter().filter(is_made).count();
    let asked = world.book.borrow().asked.len();
    if made > asked {
        world.broken(
            Promise::Idempotency,
            format!("{made} made, {asked} asked for"),
        );
    }
}
