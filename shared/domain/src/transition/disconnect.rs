//! What is reported about the stack and the AWS account of a registered account: the account is disconnected, stays
//! disconnected, or its stack is proven gone. Callers add the account's next check.

use super::account::{account_changed, update_account};
use super::deregister::{deregister_with, evidence_on};
use crate::aws::SeenStack;
use crate::change::audit::Event;
use crate::change::{Change, Occasion};
use crate::ids::OrphanedStackId;
use crate::record::account::{Account, AccountState, DeregistrationCause};
use crate::record::evidence::{Evidence, EvidenceKind};
use crate::record::evidence_log::{Assessment, EvidenceLog};
use crate::settings::Settings;
use jiff::Timestamp;

/// AWS reports that an account's stack is being deleted. `None` if this was known.
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

/// CloudFormation deletes the preflight resource of an account's stack. It also does so if an update
/// drops the resource, so a connected account stays connected. `None` if this was known.
pub fn preflight_deleted(
    account: &Account,
    orphaned_stack_id: OrphanedStackId,
    occasion: &Occasion,
    settings: &Settings,
) -> Option<Change> {
    let (kind, at) = (EvidenceKind::PreflightDeleted, occasion.now);
    if account.is_connected() {
        let after = account.marked_preflight_deleted(at)?;
        return Some(update_account(
            account,
            &after,
            Event::AccountChanged,
            occasion,
        ));
    }
    let seen = Some(Evidence { kind, at });
    follow_disconnected(account, seen, orphaned_stack_id, occasion, settings)
}

/// There is a signal that a registered account's stack is being deleted. `None` if the account is
/// not connected.
fn disconnect(
    account: &Account,
    signal: Evidence,
    occasion: &Occasion,
    settings: &Settings,
) -> Option<Change> {
    let mut evidence = EvidenceLog::default();
    if let Some(at) = account.preflight_deleted_at() {
        evidence.add(EvidenceKind::PreflightDeleted, at, settings);
    }
    evidence.add(signal.kind, signal.at, settings);
    let after = account.disconnected(occasion.now, evidence)?;
    Some(account_changed(
        account,
        &after,
        Event::AccountDisconnected,
        occasion,
    ))
}

/// AWS Organizations reports that the AWS account was closed. `None` if this was known.
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

/// A connected account's role was rejected at `at`. `None` unless this proves that its stack is gone,
/// because the AWS account was closed so long ago that AWS has deleted its contents.
pub fn gone_without_notice(
    account: &Account,
    at: Timestamp,
    orphaned_stack_id: OrphanedStackId,
    occasion: &Occasion,
    settings: &Settings,
) -> Option<Change> {
    if !account.is_connected() {
        return None;
    }
    let mut evidence = evidence_on(account, settings);
    evidence.add(EvidenceKind::RoleUnassumable, at, settings);
    if evidence.assess(true, occasion.now, settings) != Assessment::Gone {
        return None;
    }
    proven_gone(account, evidence, orphaned_stack_id, occasion, settings)
}

/// The account's stack is proven gone. The orphaned stack stores the evidence.
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
        (evidence, &SeenStack::default()),
        cause,
        orphaned_stack_id,
        occasion,
        settings,
    )?;
    Some(change)
}

/// New evidence about a disconnected account's stack, or the passage of time: the account stays
/// disconnected, or its stack is proven gone. `None` if nothing changed.
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
