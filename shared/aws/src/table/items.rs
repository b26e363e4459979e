//! Values as items, and items as values: what can't be read is named, never passed over.

use super::keys::{CLOSING_UNTIL_MS, DUE_AT, DUE_SHARD, Item, Key, TTL, due_shard, is_audit};
use crate::failure::Failure;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use jiff::Timestamp;
use rolecall_domain::change::IdempotencyRecord;
use rolecall_domain::change::audit::{AuditEntry, Record};
use rolecall_domain::ports::StoreError;
use rolecall_domain::record::account::Account;
use rolecall_domain::record::group::Group;
use rolecall_domain::record::orphan::OrphanedStack;
use rolecall_domain::record::registration::Registration;
use rolecall_domain::schedule::{CheckSchedule, KeptReport};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A stored value that knows where it belongs.
pub(super) trait Stored: DeserializeOwned {
    fn key(&self) -> Key;
}

macro_rules! stored {
    ($($kind:ty: |$it:ident| $key:expr;)*) => {
        $(impl Stored for $kind {
            fn key(&self) -> Key {
                let $it = self;
                $key
            }
        })*
    };
}

stored! {
    Group: |it| Key::group(&it.tenant, &it.group_id);
    Registration: |it| Key::registration(&it.tenant, &it.registration_id);
    Account: |it| Key::account(&it.tenant, &it.account_id);
    OrphanedStack: |it| Key::orphaned_stack(&it.tenant, &it.orphaned_stack_id);
    AuditEntry: |it| Key::audit(it);
    CheckSchedule: |it| Key::check_schedule(&it.tenant, &it.subject);
    KeptReport: |it| Key::report(&it.tenant, &it.subject);
    IdempotencyRecord: |it| Key::idempotency_record(it);
}

pub(super) fn unavailable(
    error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> StoreError {
    StoreError::Unavailable(error.into())
}

/// DynamoDB did not do what was asked.
pub(super) fn failed<E>(error: SdkError<E, HttpResponse>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    unavailable(Failure::of(&error))
}

pub(super) fn corrupt(key: &Key, reason: impl ToString) -> StoreError {
    StoreError::Corrupt {
        key: key.to_string(),
        reason: reason.to_string(),
    }
}

/// Reads an item, whatever its key.
pub(super) fn decode<T: DeserializeOwned>(key: &Key, item: Item) -> Result<T, StoreError> {
    serde_dynamo::from_item(item).map_err(|error| corrupt(key, without_values(&error.to_string())))
}

/// What a decoder says of an item, up to the value that it quotes: the reason ends up in a log, and
/// the value may be what no log may hold. A field's name is ours.
fn without_values(message: &str) -> &str {
    let names_a_field = ["missing field", "duplicate field"]
        .iter()
        .any(|start| message.starts_with(start));
    match message.find(['`', '"']) {
        Some(at) if !names_a_field => message[..at].trim_end(),
        _ => message,
    }
}

/// Reads an item that must be what its key says: a record under another's key is corrupt.
pub(super) fn decode_stored<T: Stored>(item: Item) -> Result<T, StoreError> {
    let key = Key::read(&item);
    let value: T = decode(&key, item)?;
    if value.key() == key {
        Ok(value)
    } else {
        Err(corrupt(&key, "it holds something that belongs elsewhere"))
    }
}

pub(super) fn encode(key: &Key, body: &impl Serialize) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(body).map_err(unavailable)?;
    item.extend(key.attributes());
    Ok(item)
}

pub(super) fn encode_record(key: &Key, record: &Record) -> Result<Item, StoreError> {
    match record {
        Record::Group(group) => {
            let mut item = encode(key, group)?;
            if let Some(until) = group.closing_until {
                item.insert(CLOSING_UNTIL_MS.to_owned(), number(end_millis(until)));
            }
            Ok(item)
        }
        Record::Registration(registration) => encode(key, registration),
        Record::Account(account) => encode(key, account),
        Record::OrphanedStack(entry) => encode(key, entry),
    }
}

/// A schedule is on the index only while it has a next time.
pub(super) fn encode_schedule(key: &Key, schedule: &CheckSchedule) -> Result<Item, StoreError> {
    let mut item = encode(key, schedule)?;
    if let Some(next) = schedule.next_check_at {
        let shard = due_shard(schedule.subject.shard());
        item.insert(DUE_SHARD.to_owned(), text(shard));
        item.insert(DUE_AT.to_owned(), number(next.as_millisecond()));
    }
    Ok(item)
}

/// With its time for conditions.
pub(super) fn encode_report(report: &KeptReport) -> Result<Item, StoreError> {
    let mut item = encode(&Key::report(&report.tenant, &report.subject), report)?;
    let checked_at = report.report.checked_at.as_millisecond();
    item.insert("checked_at_ms".to_owned(), number(checked_at));
    Ok(item)
}

pub(super) fn encode_idempotency(
    key: &Key,
    record: &IdempotencyRecord,
) -> Result<Item, StoreError> {
    let mut item = encode(key, record)?;
    let expires = record.expires_at;
    item.insert("expires_at_ms".to_owned(), number(end_millis(expires)));
    item.insert(TTL.to_owned(), number(ttl(expires)));
    Ok(item)
}

/// The image of a table's item, as the table's stream brings it: the audit entry if it is one.
///
/// # Errors
/// [`StoreError::Corrupt`] when it is one by its key but can't be read.
pub fn audit_entry_from_item(
    item: impl Into<serde_dynamo::Item>,
) -> Result<Option<AuditEntry>, StoreError> {
    let item = Item::from(item.into());
    if is_audit(&Key::read(&item).sk) {
        decode_stored(item).map(Some)
    } else {
        Ok(None)
    }
}

pub(super) fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(super) fn number(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// The millisecond in which a time has passed for certain.
pub(super) fn end_millis(at: Timestamp) -> i64 {
    let passed = at.as_millisecond();
    let exact = at.subsec_nanosecond() % 1_000_000 == 0;
    if exact { passed } else { passed + 1 }
}

/// A time to live, which DynamoDB counts in seconds.
pub(super) fn ttl(at: Timestamp) -> i64 {
    at.as_second() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_names_no_value() {
        for (message, expected) in [
            (
                "unknown variant `value`, expected `a` or `b`",
                "unknown variant",
            ),
            (
                "invalid type: string \"value\", expected u64",
                "invalid type: string",
            ),
            ("missing field `name`", "missing field `name`"),
            ("must look like 1.2.3", "must look like 1.2.3"),
        ] {
            assert_eq!(without_values(message), expected);
        }
    }
}
