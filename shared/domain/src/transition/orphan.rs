//! The changes that an orphaned stack goes through.

use crate::aws::{RoleArn, StackId};
use crate::change::audit::{Event, Record};
use crate::change::{Change, Guard, Occasion, Owner};
use crate::ids::StackEntryId;
use crate::record::evidence::EvidenceKind;
use crate::record::evidence_log::Trail;
use crate::record::orphan::{Leftover, StackEntry};
use crate::record::registration::Registration;
use crate::schedule::{Checkup, Subject};
use crate::settings::Settings;

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
        .create(record, Event::from(entry.status()), occasion)
}

/// A ledger entry's step, named by where it leads.
pub fn entry_changed(before: &StackEntry, after: &StackEntry, occasion: &Occasion) -> Change {
    let event = if before.status() == after.status() {
        Event::StackEvidenceAdded
    } else {
        Event::from(after.status())
    };
    let (before, after) = (before.clone(), after.clone());
    Change::new().update(
        Record::StackEntry(before),
        Record::StackEntry(after),
        event,
        occasion,
    )
}
