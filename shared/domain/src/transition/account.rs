//! A change of one account's record, with the reservation of its AWS account.

use crate::change::audit::{Event, Record};
use crate::change::{Change, Connection, ConnectionChange, Occasion};
use crate::record::account::Account;

pub(super) fn update_account(
    before: &Account,
    after: &Account,
    event: Event,
    occasion: &Occasion,
) -> Change {
    let (before, after) = (before.clone(), after.clone());
    Change::new().update(
        Record::Account(before),
        Record::Account(after),
        event,
        occasion,
    )
}

/// A state change that affects only the account and its connection.
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
