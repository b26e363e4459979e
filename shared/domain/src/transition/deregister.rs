//! The change that deregisters an account. Callers add the next check of its orphaned stack.

use super::account::account_changed;
use super::orphan::open_orphaned_stack;
use crate::aws::SeenStack;
use crate::change::audit::Event;
use crate::change::{Change, Occasion};
use crate::ids::OrphanedStackId;
use crate::record::account::{Account, AccountState, DeregistrationCause};
use crate::record::evidence::EvidenceKind;
use crate::record::evidence_log::EvidenceLog;
use crate::record::orphan::{NewOrphanedStack, OrphanedStack};
use crate::settings::Settings;

/// Deregisters an account and records its orphaned stack in the same transaction, so that no stack
/// is lost. `None` if the account was already deregistered. `stack` is the stack as last read.
pub fn deregister(
    account: &Account,
    stack: &SeenStack,
    cause: DeregistrationCause,
    orphaned_stack_id: OrphanedStackId,
    occasion: &Occasion,
    settings: &Settings,
) -> Option<(Account, OrphanedStack, Change)> {
    let evidence = evidence_on(account, settings);
    deregister_with(
        account,
        (evidence, stack),
        cause,
        orphaned_stack_id,
        occasion,
        settings,
    )
}

/// The evidence about a registered account's stack.
pub(super) fn evidence_on(account: &Account, settings: &Settings) -> EvidenceLog {
    let mut evidence = match account.state() {
        AccountState::Disconnected { evidence, .. } => evidence.clone(),
        _ => EvidenceLog::default(),
    };
    if let Some(closed) = account.closed() {
        evidence.add(closed.kind.clone(), closed.at, settings);
    }
    if let Some(at) = account.preflight_deleted_at() {
        evidence.add(EvidenceKind::PreflightDeleted, at, settings);
    }
    evidence
}

pub(super) fn deregister_with(
    account: &Account,
    (mut evidence, stack): (EvidenceLog, &SeenStack),
    cause: DeregistrationCause,
    orphaned_stack_id: OrphanedStackId,
    occasion: &Occasion,
    settings: &Settings,
) -> Option<(Account, OrphanedStack, Change)> {
    let kind = EvidenceKind::Deregistered {
        cause: occasion.cause.clone(),
        protected: stack.protected,
        nested: stack.nested.clone(),
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
    let change = open_orphaned_stack(change, orphan.clone(), occasion, settings);
    Some((after, orphan, change))
}
