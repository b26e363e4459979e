//! Counters of a tenant's records by status, and of its usage. A transaction changes
//! them together with the records that they count. Each is spread over several items by the record's
//! ID, so that an outage of many accounts does not make transactions conflict.

use super::changes::{Kind, hex_digits};
pub use super::usage::{CHECKS, DEREGISTERED, REGISTERED};
use crate::change::Change;
use crate::change::audit::Record;
use crate::text::Tenant;
use crate::text::month::Month;
use serde::Serialize;
use std::collections::BTreeMap;

/// Status counters are spread over this many items of a tenant.
pub const STATUS_SHARDS: u8 = 64;

/// Usage counters are spread over this many items of a tenant and month.
pub const USAGE_SHARDS: u8 = 8;

/// An item with counters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counters {
    /// By status, now.
    Status { tenant: Tenant, shard: u8 },
    /// What happened in a month.
    Usage {
        tenant: Tenant,
        month: Month,
        shard: u8,
    },
}

/// The increment of each counter of an item.
pub type Added = BTreeMap<String, i64>;

/// The name of a record's status as it is stored. A registration that has expired is `pending` until
/// its expiration is recorded.
pub fn stored_status(record: &Record) -> Option<&'static str> {
    use crate::record::registration::RegistrationState as State;
    match record {
        Record::Account(account) => Some(account.state().as_str()),
        Record::OrphanedStack(orphan) => Some(orphan.status().as_str()),
        Record::Registration(registration) => Some(match registration.state {
            State::Pending => "pending",
            State::Completed { .. } => "completed",
            State::Expired => "expired",
            State::Revoked => "revoked",
        }),
        Record::Group(_) => None,
    }
}

/// The counter of a record in its status.
fn counter(record: &Record) -> Option<String> {
    let kind = match Kind::of(record)? {
        Kind::Account => "accounts",
        Kind::Registration => "registrations",
        Kind::OrphanedStack => "orphaned_stacks",
    };
    Some(format!("{kind}_{}", stored_status(record)?))
}

fn is_registered(record: &Record) -> bool {
    matches!(record, Record::Account(account) if !account.is_deregistered())
}

/// What a change adds to counters: at most one entry per item, none without an effect.
pub fn added(change: &Change) -> BTreeMap<Counters, Added> {
    let mut items: BTreeMap<Counters, Added> = BTreeMap::new();
    for write in &change.writes {
        let (before, after) = (write.before.as_ref(), write.after.as_ref());
        let Some(record) = after.or(before) else {
            continue;
        };
        let (tenant, id) = (record.tenant().clone(), record.id());
        let status = Counters::Status {
            tenant: tenant.clone(),
            shard: hex_digits(id, 2) % STATUS_SHARDS,
        };
        let mut add = |item: &Counters, name: String, number: i64| {
            *items
                .entry(item.clone())
                .or_default()
                .entry(name)
                .or_default() += number;
        };
        if let Some(name) = before.and_then(counter) {
            add(&status, name, -1);
        }
        if let Some(name) = after.and_then(counter) {
            add(&status, name, 1);
        }
        let usage = Counters::Usage {
            tenant,
            month: Month::of(write.audit.at),
            shard: hex_digits(id, 2) % USAGE_SHARDS,
        };
        match (
            before.is_some_and(is_registered),
            after.is_some_and(is_registered),
        ) {
            (false, true) => add(&usage, REGISTERED.to_owned(), 1),
            (true, false) => add(&usage, DEREGISTERED.to_owned(), 1),
            _ => {}
        }
    }
    for added in items.values_mut() {
        added.retain(|_, number| *number != 0);
    }
    items.retain(|_, added| !added.is_empty());
    items
}

/// A tenant's records by kind and status. Statuses without records are absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub accounts: BTreeMap<String, u64>,
    pub registrations: BTreeMap<String, u64>,
    pub orphaned_stacks: BTreeMap<String, u64>,
}

impl Counts {
    /// From the sums of the counters by name.
    pub fn of(sums: &BTreeMap<String, i64>) -> Self {
        let mut counts = Self::default();
        for (name, number) in sums {
            let Some(number) = u64::try_from(*number).ok().filter(|it| *it > 0) else {
                continue;
            };
            let kinds = [
                ("accounts_", &mut counts.accounts),
                ("registrations_", &mut counts.registrations),
                ("orphaned_stacks_", &mut counts.orphaned_stacks),
            ];
            for (prefix, kind) in kinds {
                if let Some(status) = name.strip_prefix(prefix) {
                    kind.insert(status.to_owned(), number);
                }
            }
        }
        counts
    }

    /// Counts records.
    pub fn count<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut sums = BTreeMap::new();
        for name in records.into_iter().filter_map(counter) {
            *sums.entry(name).or_default() += 1;
        }
        Self::of(&sums)
    }
}
