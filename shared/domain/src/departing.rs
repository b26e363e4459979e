//! From an account to nothing left: the changes that letting go takes. When the account itself is
//! looked at next is the caller's to add.

use crate::account::{Account, AccountState, DeregistrationCause};
use crate::audit::{Event, Record};
use crate::change::{Change, ConnectionChange, Occasion};
use crate::evidence::{Assessment, Evidence, EvidenceKind, Trail};
use crate::ids::StackEntryId;
use crate::registering::{connection, open_entry, status_event};
use crate::settings::Settings;
use crate::stack_entry::StackEntry;

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
        (true, false) => change.connection(ConnectionChange::Leave(connection(before))),
        (false, true) => change.connection(ConnectionChange::Join {
            connection: connection(after),
            exclusive: !after.allow_duplicate,
        }),
        _ => change,
    }
}

/// AWS says that an account's stack is being deleted. None when it was no news.
pub fn sign_of_deletion(
    account: &Account,
    sign: Evidence,
    stack_entry_id: StackEntryId,
    occasion: &Occasion,
    settings: &Settings,
) -> Option<Change> {
    match account.state {
        AccountState::Disconnected { .. } => {
            follow_disconnected(account, sign, stack_entry_id, occasion, settings)
        }
        _ => disconnect(account, sign, occasion, settings),
    }
}

/// A sign came that a registered account's stack is being deleted. None when the account is not
/// connected.
fn disconnect(
    account: &Account,
    sign: Evidence,
    occasion: &Occasion,
    settings: &Settings,
) -> Option<Change> {
    let mut evidence = Trail::default();
    evidence.add(sign.kind, sign.at, settings);
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
    stack_entry_id: StackEntryId,
    occasion: &Occasion,
    settings: &Settings,
) -> Option<(Account, StackEntry, Change)> {
    let mut evidence = match &account.state {
        AccountState::Disconnected { evidence, .. } => evidence.clone(),
        _ => Trail::default(),
    };
    let kind = EvidenceKind::Deregistered {
        cause: occasion.cause.clone(),
    };
    evidence.add(kind, occasion.now, settings);
    let after = account.deregistered(occasion.now, cause, stack_entry_id.clone())?;
    let entry = StackEntry {
        stack_entry_id,
        tenant: account.tenant.clone(),
        version: 1,
        registration_id: account.registration_id.clone(),
        account_id: Some(account.account_id.clone()),
        stack_id: account.stack_id.clone(),
        role_arn: Some(account.role.arn.clone()),
        external_id: account.external_id.clone(),
        logical_resource_id: account.logical_resource_id.clone(),
        status: evidence.assess(occasion.now, settings).into(),
        evidence,
        opened_at: occasion.now,
    };
    let change = account_changed(account, &after, Event::AccountDeregistered, occasion);
    let change = open_entry(change, entry.clone(), occasion, settings);
    Some((after, entry, change))
}

/// More was seen of a disconnected account's stack: it stays so, or is proven gone.
/// None when it was no news.
pub fn follow_disconnected(
    account: &Account,
    seen: Evidence,
    stack_entry_id: StackEntryId,
    occasion: &Occasion,
    settings: &Settings,
) -> Option<Change> {
    let AccountState::Disconnected { evidence, .. } = &account.state else {
        return None;
    };
    let mut evidence = evidence.clone();
    let news = evidence.add(seen.kind, seen.at, settings);
    let gone = evidence.assess(occasion.now, settings) == Assessment::Gone;
    if !news && !gone {
        return None;
    }
    let seen = account.with_evidence(evidence)?;
    if !gone {
        return Some(update_account(
            account,
            &seen,
            Event::AccountChanged,
            occasion,
        ));
    }
    // One step of the record: what was seen goes into the ledger with it.
    let proven = Account {
        version: account.version,
        ..seen
    };
    let cause = DeregistrationCause::StackGone;
    let (after, entry, _) = deregister(&proven, cause, stack_entry_id, occasion, settings)?;
    let change = update_account(account, &after, Event::AccountDeregistered, occasion);
    Some(open_entry(change, entry, occasion, settings))
}

/// A ledger entry's step, named by where it leads.
pub fn entry_changed(before: &StackEntry, after: &StackEntry, occasion: &Occasion) -> Change {
    let event = if before.status == after.status {
        Event::StackEvidenceAdded
    } else {
        status_event(after.status)
    };
    let (before, after) = (before.clone(), after.clone());
    Change::new().update(
        Record::StackEntry(before),
        Record::StackEntry(after),
        event,
        occasion,
    )
}
