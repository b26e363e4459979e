//! Promises that are checked at every commit.

use super::{Book, Promise};
use crate::neighbour;
use crate::world::World;
use rolecall_domain::SignedDuration;
use rolecall_domain::change::audit::{AuditEntry, Record};
use rolecall_domain::change::{Change, Guard, Write};
use rolecall_domain::record::account::{Account, AccountState};
use rolecall_domain::record::evidence::EvidenceKind;
use rolecall_domain::record::orphan::{OrphanedStack, OrphanedStackStatus};
use rolecall_domain::record::registration::{Registration, RegistrationState};

/// The longest time between a check's observation and its commit: longer than an invocation.
const A_CHECK: SignedDuration = SignedDuration::from_secs(300);

type Objection = Option<(Promise, String)>;

pub fn at_a_commit(world: &World, change: &Change, function: &str) {
    let mut book = world.book.borrow_mut();
    for write in &change.writes {
        world.note(|| {
            let AuditEntry {
                event,
                cause,
                record_id,
                sequence,
                ..
            } = &write.audit;
            format!(
                "{function}: {} ({cause}) {record_id} {sequence}",
                event.as_str()
            )
        });
        let objections = [
            is_numbered(&book, write),
            is_a_step(&book, write),
            write
                .after
                .as_ref()
                .and_then(|after| is_guarded(world, after)),
            write
                .after
                .as_ref()
                .and_then(|after| is_unique(&book, after)),
            write
                .after
                .as_ref()
                .and_then(|after| gone_is_proven(world, after)),
        ];
        for (promise, what) in objections.into_iter().flatten() {
            world.broken(promise, what);
        }
        book.note(write);
        count(world, write);
    }
    for write in &change.writes {
        if let Some((promise, what)) = is_in_a_group(&book, write) {
            world.broken(promise, what);
        }
    }
}

fn count(world: &World, write: &Write) {
    let mut counts = world.counts.borrow_mut();
    match (&write.before, &write.after) {
        (None, Some(Record::Account(_))) => counts.accounts += 1,
        (_, Some(Record::OrphanedStack(entry))) if entry.status() == OrphanedStackStatus::Gone => {
            counts.gone += 1;
        }
        _ => {}
    }
}

impl Book {
    fn note(&mut self, write: &Write) {
        let id = write.audit.record_id.clone();
        let Some(after) = &write.after else {
            self.records.remove(&id);
            self.deleted.insert(id, write.audit.sequence);
            return;
        };
        if let Record::Account(account) = after {
            self.stacks.insert(account.stack_id.clone(), id.clone());
            self.roles.insert(account.role.arn.clone(), id.clone());
        }
        self.records.insert(id, after.clone());
    }

    fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.records.values().filter_map(|record| match record {
            Record::Account(account) => Some(account),
            _ => None,
        })
    }
}

/// The audit entry has the next number and contains the current record.
fn is_numbered(book: &Book, write: &Write) -> Objection {
    let audit = &write.audit;
    let known = book
        .records
        .get(&audit.record_id)
        .map_or(0, Record::version);
    let told = match (&write.after, &write.before) {
        (Some(after), _) => AuditEntry::of(after, audit.event, audit.actor.clone(), "", audit.at),
        (None, Some(before)) => {
            AuditEntry::of(before, audit.event, audit.actor.clone(), "", audit.at)
        }
        (None, None) => audit.clone(),
    };
    let wrong = if audit.sequence != known + 1 {
        format!("{} follows {known}", audit.sequence)
    } else if book.deleted.contains_key(&audit.record_id) {
        "the record was deleted before".to_owned()
    } else if told.record != audit.record {
        "the entry contains another record".to_owned()
    } else {
        return None;
    };
    Some((Promise::Audit, format!("{}: {wrong}", audit.record_id)))
}

/// Whether the record's state may change in this way.
fn is_a_step(book: &Book, write: &Write) -> Objection {
    let before = book.records.get(&write.audit.record_id);
    let allowed = match (before, &write.after) {
        (_, None) => matches!(before, Some(Record::Group(_))),
        (None, Some(Record::Account(new))) => *new.state() == AccountState::Active,
        (None, Some(Record::Registration(new))) => new.state == RegistrationState::Pending,
        (None, Some(_)) => true,
        (Some(Record::Account(before)), Some(Record::Account(after))) => account_may(before, after),
        (Some(Record::Registration(before)), Some(Record::Registration(after))) => {
            registration_may(before, after)
        }
        (Some(Record::OrphanedStack(before)), Some(Record::OrphanedStack(after))) => {
            entry_may(before, after)
        }
        (Some(Record::Group(_)), Some(Record::Group(_))) => true,
        _ => false,
    };
    (!allowed).then(|| {
        let what = format!("{:?} to {:?}", before, write.after);
        (Promise::Life, what)
    })
}

fn account_may(before: &Account, after: &Account) -> bool {
    let same = (
        &before.stack_id,
        &before.tenant,
        &before.external_id,
        &before.registration_id,
    ) == (
        &after.stack_id,
        &after.tenant,
        &after.external_id,
        &after.registration_id,
    );
    let step = matches!(
        (before.state().as_str(), after.state().as_str()),
        ("active" | "unhealthy", _) | ("disconnected", "active" | "disconnected" | "deregistered")
    );
    same && step
}

fn registration_may(before: &Registration, after: &Registration) -> bool {
    use RegistrationState as S;
    let step = match (&before.state, &after.state) {
        (S::Pending, _) => true,
        // A callback that was sent in time.
        (S::Expired, S::Completed { .. } | S::Revoked) => true,
        (before, after) => before == after,
    };
    step && before.external_id == after.external_id
}

fn entry_may(before: &OrphanedStack, after: &OrphanedStack) -> bool {
    let dismissed = |entry: &OrphanedStack| entry.status() == OrphanedStackStatus::Dismissed;
    let is_taken_back = before.status() == OrphanedStackStatus::Gone && dismissed(after);
    before.stack_id == after.stack_id && (!dismissed(before) || dismissed(after)) && !is_taken_back
}

fn is_guarded(world: &World, record: &Record) -> Objection {
    let guards = match record {
        Record::Account(it) => vec![
            Guard::Stack(it.stack_id.clone()),
            Guard::RoleArn(it.role.arn.clone()),
            Guard::RoleUniqueId(it.role.unique_id.clone()),
        ],
        Record::Registration(it) => vec![Guard::ExternalId(it.external_id.clone())],
        Record::OrphanedStack(it) if it.account_id.is_none() => {
            vec![Guard::OrphanedStack {
                registration_id: it.registration_id.clone(),
                stack_id: it.stack_id.clone(),
            }]
        }
        _ => Vec::new(),
    };
    let is_ours = |guard: &Guard| {
        let holder = world.store.holder(guard);
        holder.is_some_and(|it| it.record_id == record.id() && &it.tenant == record.tenant())
    };
    let missing = guards.into_iter().find(|guard| !is_ours(guard))?;
    Some((
        Promise::Guards,
        format!("{} does not hold {missing:?}", record.id()),
    ))
}

fn is_unique(book: &Book, record: &Record) -> Objection {
    let Record::Account(account) = record else {
        return None;
    };
    let id = account.account_id.as_str();
    let another = |held: Option<&String>| held.is_some_and(|holder| holder != id);
    if another(book.stacks.get(&account.stack_id)) || another(book.roles.get(&account.role.arn)) {
        let what = format!("{} and its role are in two accounts", account.stack_id);
        return Some((Promise::OneAccount, what));
    }
    let was_connected = match book.records.get(id) {
        Some(Record::Account(before)) => before.is_connected(),
        _ => false,
    };
    let joins = account.is_connected() && !was_connected;
    let mut others = book.accounts().filter(|other| {
        other.account_id != account.account_id
            && other.is_connected()
            && (&other.tenant, &other.aws_account_id) == (&account.tenant, &account.aws_account_id)
    });
    let other = others
        .next()
        .filter(|_| joins && !account.allow_duplicate)?;
    let what = format!(
        "{id} joins {} on {}",
        other.account_id, account.aws_account_id
    );
    Some((Promise::OneConnection, what))
}

fn is_in_a_group(book: &Book, write: &Write) -> Objection {
    let homeless = |account: &&Account| {
        !account.is_deregistered() && !book.records.contains_key(account.group_id.as_str())
    };
    let account = match &write.after {
        Some(Record::Account(account)) => Some(account).filter(homeless),
        None => book.accounts().find(homeless),
        _ => None,
    }?;
    let what = format!("the group of {} does not exist", account.account_id);
    Some((Promise::Group, what))
}

/// A stack may become `gone` only after two refusals of its role, a quiet period apart, or one refusal
/// after its preflight was deleted, while the role is unassumable. The role's real state is known here, whatever the hub observed.
fn gone_is_proven(world: &World, record: &Record) -> Objection {
    let Record::OrphanedStack(entry) = record else {
        return None;
    };
    // The hostile tenant's statements about other tenants' stacks are not true.
    if entry.status() != OrphanedStackStatus::Gone || entry.tenant.as_str() == neighbour::TENANT {
        return None;
    }
    if world
        .stack(&entry.stack_id)
        .is_some_and(|stack| stack.looks_deleted)
    {
        return None;
    }
    let assumable = entry.role_arn.as_ref();
    let assumable = assumable.is_some_and(|role| !world.is_unassumable(role, A_CHECK));
    let seen = || entry.evidence().iter();
    let refusals: Vec<_> = seen()
        .filter(|seen| seen.kind == EvidenceKind::RoleUnassumable)
        .map(|seen| seen.at)
        .collect();
    let apart = match refusals.as_slice() {
        [first, .., last] => last.duration_since(*first),
        _ => SignedDuration::ZERO,
    };
    let quiet = world.settings.quiet_period;
    // A stack without a role must really have been in deletion for a quiet period.
    // After CloudFormation has tried to delete everything else, one refusal suffices.
    let deleted_at = entry.evidence().preflight_deleted_at();
    let since = deleted_at.is_some_and(|at| refusals.iter().any(|refused| *refused >= at));
    let is_unassumable = match &entry.role_arn {
        Some(_) => apart >= quiet || since,
        None => world.is_leaving_since(&entry.stack_id, world.now() - quiet),
    };
    let is_proven = is_unassumable && entry.evidence().has_deletion_signal();
    (assumable || !is_proven).then(|| {
        let what = format!(
            "{} is gone; role assumable: {assumable}, refusals: {refusals:?}",
            entry.stack_id
        );
        (Promise::Gone, what)
    })
}
