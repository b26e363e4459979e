//! The changes of an orphaned stack.

use crate::aws::{RoleArn, StackId};
use crate::change::audit::{Event, Record};
use crate::change::{Change, Guard, Occasion, Owner};
use crate::ids::OrphanedStackId;
use crate::record::evidence::EvidenceKind;
use crate::record::evidence_log::EvidenceLog;
use crate::record::orphan::{NewOrphanedStack, OrphanedStack};
use crate::record::registration::Registration;
use crate::schedule::{CheckSchedule, Subject};
use crate::settings::Settings;

/// A stack whose Create the hub rejected.
#[derive(Debug, Clone)]
pub struct RefusedStack {
    pub orphaned_stack_id: OrphanedStackId,
    pub stack_id: StackId,
    pub role_arn: Option<RoleArn>,
    pub logical_resource_id: String,
    /// The stack as it was read through its role during verification.
    pub seen: Option<EvidenceKind>,
    /// Whether its Delete request has already arrived.
    pub deleted: bool,
    /// Whether the Delete request of its preflight resource has already arrived.
    pub preflight_deleted: bool,
}

/// Records a stack whose Create was rejected. CloudFormation rolls it back, or the customer keeps
/// the failed stack.
pub fn open_refused_stack(
    change: Change,
    registration: &Registration,
    refused: RefusedStack,
    occasion: &Occasion,
    settings: &Settings,
) -> Change {
    let RefusedStack {
        orphaned_stack_id,
        stack_id,
        role_arn,
        logical_resource_id,
        seen,
        deleted,
        preflight_deleted,
    } = refused;
    let mut evidence = EvidenceLog::of_refused(occasion.now);
    if let Some(seen) = seen {
        evidence.add(seen, occasion.now, settings);
    }
    if deleted {
        evidence.add(EvidenceKind::DeleteCallback, occasion.now, settings);
    }
    if preflight_deleted {
        evidence.add(EvidenceKind::PreflightDeleted, occasion.now, settings);
    }
    let new = NewOrphanedStack {
        orphaned_stack_id,
        tenant: registration.tenant.clone(),
        registration_id: registration.registration_id.clone(),
        account_id: None,
        stack_id,
        role_arn,
        external_id: registration.external_id.clone(),
        logical_resource_id: Some(logical_resource_id),
        evidence,
    };
    open_unregistered(change, new, occasion, settings)
}

/// Records a stack that never became an account, once per registration.
pub fn open_unregistered(
    change: Change,
    mut new: NewOrphanedStack,
    occasion: &Occasion,
    settings: &Settings,
) -> Change {
    // Only a role in the stack's own account that the hub may assume can provide evidence.
    let account = new.stack_id.account();
    new.role_arn = new
        .role_arn
        .filter(|role| role.account() == account && role.is_under_rolecall());
    let orphan = OrphanedStack::open(new, occasion.now, settings);
    let guard = Guard::OrphanedStack {
        registration_id: orphan.registration_id.clone(),
        stack_id: orphan.stack_id.clone(),
    };
    let owner = Owner::from(&Record::OrphanedStack(orphan.clone()));
    open_orphaned_stack(change.claim(guard, &owner), orphan, occasion, settings)
}

/// Adds an orphaned stack and schedules its first check.
pub fn open_orphaned_stack(
    change: Change,
    orphan: OrphanedStack,
    occasion: &Occasion,
    settings: &Settings,
) -> Change {
    let record = Record::OrphanedStack(orphan.clone());
    let subject = Subject::Stack(orphan.orphaned_stack_id.clone());
    let due = occasion.now + settings.orphan_check;
    let mut schedule = CheckSchedule::first(orphan.tenant.clone(), subject, due);
    if !orphan.is_open() {
        schedule.next_check_at = None;
    }
    change
        .schedule(schedule)
        .create(record, Event::from(orphan.status()), occasion)
}

/// A change of an orphaned stack. The event depends on the new status.
pub fn orphaned_stack_changed(
    before: &OrphanedStack,
    after: &OrphanedStack,
    occasion: &Occasion,
) -> Change {
    let event = if before.status() == after.status() {
        Event::StackEvidenceAdded
    } else {
        Event::from(after.status())
    };
    let (before, after) = (before.clone(), after.clone());
    Change::new().update(
        Record::OrphanedStack(before),
        Record::OrphanedStack(after),
        event,
        occasion,
    )
}
