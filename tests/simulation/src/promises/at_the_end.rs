//! Promises that are checked at the end, after a quiet period without faults.

use super::Promise;
use crate::customers::Stack;
use crate::neighbour;
use crate::request::is_of_preflight;
use crate::world::World;
use rolecall_domain::SignedDuration;
use rolecall_domain::aws::StackId;
use rolecall_domain::change::Guard;
use rolecall_domain::change::audit::{AuditEntry, Event, Record};
use rolecall_domain::check::Report;
use rolecall_domain::ids::RegistrationId;
use rolecall_domain::operator::changes::Kind;
use rolecall_domain::operator::counts::Counts;
use rolecall_domain::record::account::Account;
use rolecall_domain::record::orphan::{OrphanedStack, OrphanedStackStatus};
use rolecall_domain::record::registration::{Registration, RegistrationState};
use rolecall_domain::schedule::Subject;
use rolecall_domain::settings::CALLBACK_GRACE;
use rolecall_domain::text::Tenant;
use serde_json::Value;
use std::collections::BTreeSet;

/// Longer than any interval between two checks, including jitter.
const SELDOM: SignedDuration = SignedDuration::from_hours(24 * 8);

/// Checks the promises at the end of a life.
pub fn in_the_end(world: &World) {
    every_request_is_answered(world);
    every_event_has_arrived(world);
    let records = world.store.every_record();
    for record in &records {
        check_last_entry(world, record);
        match record {
            Record::Account(account) => check_account(world, account, &records),
            Record::OrphanedStack(entry) => check_orphaned_stack(world, entry),
            Record::Registration(it) => {
                let over = it.expires_at + CALLBACK_GRACE < world.now();
                if over && it.state == RegistrationState::Pending {
                    let what = format!("{} has expired but is pending", it.registration_id);
                    world.broken(Promise::Settled, what);
                }
                nothing_deleted_is_in_progress(world, it);
            }
            Record::Group(_) => {}
        }
    }
    counters_equal_the_records(world, &records);
    feeds_missed_nothing(world, &records);
    every_refused_stack_is_tracked(world, &records);
    records_match_idempotency_keys(world, &records);
}

/// A stack whose preflight was deleted is no longer being created.
fn nothing_deleted_is_in_progress(world: &World, registration: &Registration) {
    let is_over =
        |id: &StackId| real_state(world, id).is_some_and(|stack| stack.preflight_delete_handled);
    let over = registration
        .started
        .iter()
        .find(|one| is_over(&one.stack_id));
    if let Some(over) = over.filter(|_| registration.tenant.as_str() != neighbour::TENANT) {
        let what = format!("{} is in progress, but was deleted", over.stack_id);
        world.broken(Promise::Settled, what);
    }
}

fn counters_equal_the_records(world: &World, records: &[Record]) {
    let tenants: BTreeSet<&Tenant> = records.iter().map(Record::tenant).collect();
    for tenant in tenants {
        let counted = Counts::count(records.iter().filter(|record| record.tenant() == tenant));
        let kept = world.store.counts_of(tenant);
        if kept != counted {
            let what = format!("{tenant} has {counted:?}, but its counters are {kept:?}");
            world.broken(Promise::Counted, what);
        }
    }
}

/// The feeds read their last page up to 12 hours before the end.
fn feeds_missed_nothing(world: &World, records: &[Record]) {
    const UNREAD: SignedDuration = SignedDuration::from_hours(13);
    let trail = world.store.trail();
    for record in records.iter().filter(|record| Kind::of(record).is_some()) {
        let id = record.id();
        let read = trail
            .iter()
            .filter(|entry| entry.record_id == id && entry.at + UNREAD < world.now());
        let Some(sequence) = read.map(|entry| entry.sequence).max() else {
            continue;
        };
        let heard = world.heard.borrow().get(id).copied().unwrap_or_default();
        if heard < sequence {
            let what = format!("{id} has version {sequence}, but the feed returned {heard} last");
            world.broken(Promise::Feed, what);
        }
    }
}

fn every_request_is_answered(world: &World) {
    let requests: Vec<_> = world.bucket.borrow().requests.clone().into_iter().collect();
    for (id, request) in requests {
        let in_time = request
            .answered_at
            .is_some_and(|at| at.duration_since(request.sent_at) < SignedDuration::from_secs(900));
        // If Lambda gave up, only CloudFormation's own timeout is left. The same applies to a
        // request without a valid token whose single PUT failed.
        let is_strangers = registration_of(&request.body).is_none();
        if !in_time && request.given_up == 0 && !is_strangers {
            world.broken(
                Promise::Answered,
                format!("{id}: {:?}", request.answered_at),
            );
        }
    }
}

/// The registration in the request's token.
fn registration_of(request: &Value) -> Option<RegistrationId> {
    let token = request["ResourceProperties"]["RegistrationToken"].as_str()?;
    RegistrationId::parse(token.split('.').next()?).ok()
}

fn every_event_has_arrived(world: &World) {
    let trail = world.store.trail();
    let consumer = world.consumer.borrow();
    let received: usize = consumer
        .records()
        .map(|id| consumer.knows(id).0.len())
        .sum();
    let waiting: usize = consumer.records().map(|id| consumer.knows(id).1).sum();
    let is_received = |entry: &AuditEntry| {
        let place = usize::try_from(entry.sequence).unwrap_or(0).wrapping_sub(1);
        consumer.knows(&entry.record_id).0.get(place) == Some(entry)
    };
    let missing = trail.iter().find(|entry| !is_received(entry));
    if missing.is_some() || received != trail.len() || waiting > 0 {
        let (written, missing) = (trail.len(), missing.map(|it| (&it.record_id, it.sequence)));
        let what = format!(
            "{written} written, {received} received, {waiting} early, missing: {missing:?}"
        );
        world.broken(Promise::Delivered, what);
    }
    // The consumer knows exactly which records were deleted.
    for id in consumer.records() {
        let last = consumer.knows(id).0.last();
        let is_deleted = last.is_some_and(|entry| entry.event == Event::GroupDeleted);
        let exists = world.book.borrow().records.contains_key(id);
        if is_deleted == exists {
            world.broken(
                Promise::Delivered,
                format!("the consumer has a wrong state for {id}"),
            );
        }
    }
}

/// The last entry alone contains the record's current state.
fn check_last_entry(world: &World, record: &Record) {
    let consumer = world.consumer.borrow();
    let (entries, _) = consumer.knows(record.id());
    let Some(last) = entries.last() else {
        return world.broken(Promise::Delivered, format!("no event for {}", record.id()));
    };
    let now = AuditEntry::of(record, last.event, last.actor.clone(), "", last.at);
    if last.record != now.record || last.sequence != record.version() {
        let what = format!(
            "{} is {}, but its last entry contains {}",
            record.id(),
            now.record,
            last.record
        );
        world.broken(Promise::Audit, what);
    }
    if let Record::Registration(registration) = record {
        let has_secret = |entry: &AuditEntry| {
            entry
                .record
                .to_string()
                .contains(registration.external_id.as_str())
        };
        if entries.iter().any(has_secret) {
            world.broken(
                Promise::Audit,
                format!("an entry of {} contains a secret", record.id()),
            );
        }
    }
}

fn is_due(world: &World, subject: &Subject) -> bool {
    let schedules = world.store.every_schedule();
    let next = schedules.iter().find(|it| &it.subject == subject);
    let next = next.and_then(|it| it.next_check_at);
    next.is_some_and(|at| at < world.now() + SELDOM && at + SELDOM > world.now())
}

/// The real state of a stack, unless a message about it was lost or it looks deleted.
fn real_state(world: &World, id: &StackId) -> Option<Stack> {
    world
        .stack(id)
        .filter(|stack| !stack.is_lost && !stack.looks_deleted)
}

fn check_account(world: &World, account: &Account, records: &[Record]) {
    let id = &account.account_id;
    if let Some(entry) = account.orphaned_stack_id() {
        let exists = |record: &Record| record.id() == entry.as_str();
        if !records.iter().any(exists) {
            world.broken(Promise::Orphans, format!("{id} has no orphaned stack"));
        }
        return;
    }
    if !is_due(world, &Subject::Account(id.clone())) {
        world.broken(Promise::Orphans, format!("{id} has no next check"));
    }
    let Some(stack) = real_state(world, &account.stack_id) else {
        return;
    };
    let state = account.state().as_str();
    let assumable = world.role_is_assumable(&stack.role);
    let another_is_connected = || {
        records.iter().any(|record| matches!(record, Record::Account(other) if other.account_id != *id
            && other.is_connected() && other.tenant == account.tenant && other.aws_account_id == account.aws_account_id))
    };
    let expected = match (stack.is_deleted, assumable) {
        (true, false) if stack.delete_handled => false,
        // A stack whose deletion failed is not healthy.
        (false, true) if state == "disconnected" => another_is_connected() || stack.is_in_trouble,
        (false, true) => {
            state == "active" && account.role.arn == stack.role || !is_well(world, account)
        }
        (_, false) => state != "active",
        _ => true,
    };
    if !expected {
        let subject = Subject::Account(id.clone());
        let report = world.store.report_on(&account.tenant, &subject);
        let failed = report.as_ref().and_then(Report::decisive);
        let what = format!(
            "{id} is {state}, with {}; reported role: {:?}; failed check: {failed:?}; real state: \
             {stack:?}, role assumable: {assumable}",
            account.role.arn, account.reported_role
        );
        world.broken(Promise::Settled, what);
    }
}

/// Whether the stack is in a state in which its role can be used.
fn is_well(world: &World, account: &Account) -> bool {
    let subject = Subject::Account(account.account_id.clone());
    let report = world.store.report_on(&account.tenant, &subject);
    let failed = report.as_ref().and_then(Report::decisive);
    // A stack that was kept after a failure is not healthy.
    failed.is_none_or(|check| check.code.as_str() != "stack_unexpected_state")
}

fn check_orphaned_stack(world: &World, entry: &OrphanedStack) {
    let id = &entry.orphaned_stack_id;
    if entry.is_open() && !is_due(world, &Subject::Stack(id.clone())) {
        world.broken(Promise::Orphans, format!("{id} has no next check"));
    }
    // The hostile tenant's statements about other tenants' stacks are not true.
    if entry.tenant.as_str() == neighbour::TENANT {
        return;
    }
    let (Some(stack), Some(role)) = (real_state(world, &entry.stack_id), &entry.role_arn) else {
        return;
    };
    let assumable = world.role_is_assumable(role);
    let is_gone = entry.status() == OrphanedStackStatus::Gone;
    if is_gone && assumable {
        world.broken(
            Promise::Gone,
            format!("{} is gone, but its role is assumable", entry.stack_id),
        );
    }
    let proof = stack.is_deleted && stack.delete_handled && !assumable;
    if proof && entry.is_open() {
        let what = format!(
            "{} was deleted but is {}",
            entry.stack_id,
            entry.status().as_str()
        );
        world.broken(Promise::Settled, what);
    }
    if assumable && entry.status() == OrphanedStackStatus::Deleting {
        let what = format!("{} is deleting, but its role is assumable", entry.stack_id);
        world.broken(Promise::Settled, what);
    }
}

/// Every stack whose Create was refused with a valid token is an orphaned stack or an account.
fn every_refused_stack_is_tracked(world: &World, records: &[Record]) {
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
        let is_known = registration
            .as_ref()
            .is_some_and(|id| is_on_record(world, id, &stack));
        if is_of_preflight(&request.body) {
            let is_tracked = registration.is_some_and(|id| is_tracked_by(records, &id, &stack));
            if is_refused && is_tracked && !has_reported(world, &request.body) {
                let what = format!("{stack} has created nothing and is tracked");
                world.broken(Promise::Orphans, what);
            }
            continue;
        }
        if is_refused && !is_known {
            let what = format!("{stack} was refused and is not tracked");
            world.broken(Promise::Orphans, what);
        }
    }
    // All registrations have ended by now. An assumable role proves that a pasted stack exists.
    for ((registration, stack), at) in &world.book.borrow().pasted {
        let made = world.stack(stack);
        let shows = made.is_some_and(|made| world.assumable_since(&made.role, *at));
        if shows && !is_on_record(world, registration, stack) {
            let what = format!("{stack} was pasted and refused but is not tracked");
            world.broken(Promise::Orphans, what);
        }
    }
}

/// Whether the stack has asked to be registered with the same token.
fn has_reported(world: &World, preflight: &Value) -> bool {
    let same = |body: &Value, pointer| body.pointer(pointer) == preflight.pointer(pointer);
    let bucket = world.bucket.borrow();
    bucket.requests.values().any(|request| {
        !is_of_preflight(&request.body)
            && request.body["RequestType"] == "Create"
            && same(&request.body, "/StackId")
            && same(&request.body, "/ResourceProperties/RegistrationToken")
    })
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

/// Whether this registration has an account or an orphaned stack for the stack. Another tenant's
/// registration may have connected it.
fn is_tracked_by(records: &[Record], registration: &RegistrationId, stack: &StackId) -> bool {
    records.iter().any(|record| match record {
        Record::Account(it) => it.registration_id == *registration && it.stack_id == *stack,
        Record::OrphanedStack(it) => it.registration_id == *registration && it.stack_id == *stack,
        Record::Group(_) | Record::Registration(_) => false,
    })
}

/// The number of created records is at most the number of idempotency keys.
fn records_match_idempotency_keys(world: &World, records: &[Record]) {
    let is_made = |record: &&Record| matches!(record, Record::Group(_) | Record::Registration(_));
    let made = records.iter().filter(is_made).count();
    let asked = world.book.borrow().asked.len();
    if made > asked {
        world.broken(
            Promise::Idempotency,
            format!("{made} created for {asked} keys"),
        );
    }
}
