//! From an account to nothing left: the changes that letting go takes. When the account itself is
//! looked at next is the caller's to add.

use super::orphan::open_entry;
use crate::change::audit::{Event, Record};
use crate::change::{Change, Connection, ConnectionChange, Occasion};
use crate::ids::OrphanedStackId;
use crate::record::account::{Account, AccountState, DeregistrationCause};
use crate::record::evidence::{Evidence, EvidenceKind};
use crate::record::evidence_log::{Assessment, EvidenceLog};
use crate::record::orphan::{NewOrphanedStack, OrphanedStack};
use crate::settings::Settings;

fn update_account(before: &Account, after: &Account, event: Event, occasion: &Occasion) -> Change {
    let (before, after) = (before.clone(), after.clone());
    Change::new().update(
        Record::Account(before),
        Record::Account(after),
        event,
        occasion,
    )
}

/// An account's change of state that only concerns the account.
pub fn account_changed(
    before: &Account,
    after: &Account,
    event: Event,
    occasion: &Occasion,
) -> Change {
    let change = update_account(before, after, event, occasion);
    match (before.is_connected(), after.is_connected()) {
        (true, false) => change.connection(ConnectionChange::Leave(Connection::from(before))),
        (false, true) => change.connection(ConnectionChange::Join {
            connection: Connection::from(after),
            exclusive: !after.allow_duplicate,
        }),
        _ => change,
    }
}

/// AWS says that an account's stack is being deleted. None when it was no news.
pub fn deletion_signaled(
    account: &Account,
    signal: Evidence,
    orphaned_stack_id: OrphanedStackId,
    occasion: &Occasion,
    settings: &Settings,
) -> Option<Change> {
    match account.state() {
        AccountState::Disconnected { .. } => {
            follow_disconnected(account, Some(signal), orphaned_stack_id, occasion, settings)
        }
        _ => disconnect(account, signal, occasion, settings),
    }
}

/// A signal came that a registered account's stack is being deleted. None when the account is not
/// connected.
fn disconnect(
    account: &Account,
    signal: Evidence,
    occasion: &Occasion,
    settings: &Settings,
) -> Option<Change> {
    let mut evidence = EvidenceLog::default();
    evidence.add(signal.kind, signal.at, settings);
    let after = account.disconnected(occasion.now, evidence)?;
    Some(account_changed(
        account,
        &after,
        Event::AccountDisconnected,
        occasion,
    ))
}

/// Lets an account go. The same transaction flags its stack, so that no stack is ever forgotten.
/// None when that was done before.
pub fn deregister(
    account: &Account,
    cause: DeregistrationCause,
    orphaned_stack_id: OrphanedStackId,
    occasion: &Occasion,
    settings: &Settings,
) -> Option<(Account, OrphanedStack, Change)> {
    let evidence = evidence_on(account, settings);
    deregister_with(
        account,
        evidence,
        cause,
        orphaned_stack_id,
        occasion,
        settings,
    )
}

/// What is known of a registered account's stack.
fn evidence_on(account: &Account, settings: &Settings) -> EvidenceLog {
    let mut evidence = match account.state() {
        AccountState::Disconnected { evidence, .. } => evidence.clone(),
        _ => EvidenceLog::default(),
    };
    if let Some(closed) = account.closed() {
        evidence.add(closed.kind.clone(), closed.at, settings);
    }
    evidence
}

fn deregister_with(
    account: &Account,
    mut evidence: EvidenceLog,
    cause: DeregistrationCause,
    orphaned_stack_id: OrphanedStackId,
    occasion: &Occasion,
    settings: &Settings,
) -> Option<(Account, OrphanedStack, Change)> {
    let kind = EvidenceKind::Deregistered {
        cause: occasion.cause.clone(),
    };
    evidence.add(kind, occasion.now, settings);
    let after = account.deregistered(occasion.now, cause, orphaned_stack_id.clone())?;
    let new = NewOrphanedStack {
        orphaned_stack_id,
        tenant: account.tenant.clone(),
        registration_id: account.registration_id.clone(),
        account_id: Some(account.account_id.clone()),
        stack_id: account.stack_id.clone(),
        role_arn: Some(account.role.arn.clone()),
        external_id: account.external_id.clone(),
        logical_resource_id: account.logical_resource_id.clone(),
        evidence,
    };
    let orphan = OrphanedStack::open(new, occasion.now, settings);
    let change = account_changed(account, &after, Event::AccountDeregistered, occasion);
    let change = open_entry(change, orphan.clone(), occasion, settings);
    Some((after, orphan, change))
}

/// The organisation says that the AWS account was closed. None when it was no news.
pub fn mark_closed(
    account: &Account,
    closed: Evidence,
    orphaned_stack_id: OrphanedStackId,
    occasion: &Occasion,
    settings: &Settings,
) -> Option<Change> {
    match account.state() {
        AccountState::Disconnected { .. } => {
            follow_disconnected(account, Some(closed), orphaned_stack_id, occasion, settings)
        }
        _ => {
            let after = account.marked_closed(closed)?;
            Some(update_account(
                account,
                &after,
                Event::AccountChanged,
                occasion,
            ))
        }
    }
}

/// A connected account's role is refused. None unless its AWS account was closed for so long that
/// nothing of it is left.
pub fn closed_for_good(
    account: &Account,
    orphaned_stack_id: OrphanedStackId,
    occasion: &Occasion,
    settings: &Settings,
) -> Option<Change> {
    let over = account.closed()?.ends_the_account(occasion.now);
    if !over || !account.is_connected() {
        return None;
    }
    let mut evidence = evidence_on(account, settings);
    evidence.add(EvidenceKind::RoleUnassumable, occasion.now, settings);
    proven_gone(account, evidence, orphaned_stack_id, occasion, settings)
}

/// Nothing is left of an account's stack. The orphaned stack keeps the evidence.
fn proven_gone(
    account: &Account,
    evidence: EvidenceLog,
    orphaned_stack_id: OrphanedStackId,
    occasion: &Occasion,
    settings: &Settings,
) -> Option<Change> {
    let cause = DeregistrationCause::StackGone;
    let (_, _, change) = deregister_with(
        account,
        evidence,
        cause,
        orphaned_stack_id,
        occasion,
        settings,
    )?;
    Some(change)
}

/// More was seen of a disconnected account's stack, or time went by: it stays so, or is proven gone.
/// None when it was no news.
pub fn follow_disconnected(
    account: &Account,
    seen: Option<Evidence>,
    orphaned_stack_id: OrphanedStackId,
    occasion: &Occasion,
    settings: &Settings,
) -> Option<Change> {
    let AccountState::Disconnected { .. } = account.state() else {
        return None;
    };
    let mut evidence = evidence_on(account, settings);
    let news = seen.is_some_and(|seen| evidence.add(seen.kind, seen.at, settings));
    if evidence.assess(true, occasion.now, settings) == Assessment::Gone {
        return proven_gone(account, evidence, orphaned_stack_id, occasion, settings);
    }
    let after = account.with_evidence(evidence).filter(|_| news)?;
    Some(update_account(
        account,
        &after,
        Event::AccountChanged,
        occasion,
    ))
}
