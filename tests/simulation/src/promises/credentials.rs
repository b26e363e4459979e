//! Deregistering is a kill switch for credentials.

use super::Promise;
use crate::world::World;
use rolecall_domain::Timestamp;
use serde_json::Value;

fn time(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

/// Whether the deregistration of an account was answered.
pub fn is_deregistered(world: &World, account: &str) -> bool {
    world.book.borrow().deregistered.contains_key(account)
}

/// A response to a service.
pub fn check_credentials(
    world: &World,
    account: &str,
    was_deregistered: bool,
    status: u16,
    body: &Value,
) {
    let end = time(&body["Expiration"]);
    if status != 200 {
        if !body["SecretAccessKey"].is_null() {
            world.broken(Promise::KillSwitch, format!("{status} with credentials"));
        }
        return;
    }
    let Some(end) = end else {
        return world.broken(Promise::KillSwitch, "credentials without an end".to_owned());
    };
    if was_deregistered {
        let what = format!("credentials of {account}, which was deregistered");
        return world.broken(Promise::KillSwitch, what);
    }
    let mut receipts = world.store.all_receipts().into_iter();
    if !receipts.any(|it| it.account_id.as_str() == account && it.expires_at == end) {
        let what = format!("credentials of {account} without a receipt");
        return world.broken(Promise::KillSwitch, what);
    }
    let mut book = world.book.borrow_mut();
    let last = book.issued.entry(account.to_owned()).or_insert(end);
    *last = end.max(*last);
    let told = book.deregistered.get(account).copied();
    drop(book);
    if let Some((answered_at, until)) = told
        && end > until.unwrap_or(answered_at)
    {
        let what = format!("{account}: a session until {end}, and the answer said {until:?}");
        world.broken(Promise::KillSwitch, what);
    }
}

/// The answer to a deregistration.
pub fn check_deregistration(world: &World, account: &str, body: &Value) {
    let now = world.now();
    let until = time(&body["sessions"]["until"]);
    let mut book = world.book.borrow_mut();
    let first = book.deregistered.entry(account.to_owned());
    first.or_insert((now, until));
    let last = book.issued.get(account).copied();
    drop(book);
    if let Some(last) = last.filter(|last| *last > now)
        && until.is_none_or(|until| until < last)
    {
        let what = format!("{account}: a session until {last}, and the answer says {until:?}");
        world.broken(Promise::KillSwitch, what);
    }
}
