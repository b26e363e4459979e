//! Converts between values and items. Items that can't be parsed are reported, never skipped.

use super::keys::{CLOSING_UNTIL_MS, DUE_AT, DUE_SHARD, Item, Key, TTL, due_shard, is_audit};
use crate::failure::Failure;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use jiff::Timestamp;
use rolecall_domain::change::IdempotencyRecord;
use rolecall_domain::change::audit::{AuditEntry, Record};
use rolecall_domain::credentials::Receipt;
use rolecall_domain::ports::StoreError;
use rolecall_domain::record::account::Account;
use rolecall_domain::record::group::Group;
use rolecall_domain::record::orphan::OrphanedStack;
use rolecall_domain::record::registration::Registration;
use rolecall_domain::schedule::{CheckSchedule, KeptReport};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A stored value that can compute its own key.
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
    Receipt: |it| Key::receipt(&it.account_id, it.receipt_id.as_str());
}

pub(super) fn unavailable(
    error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> StoreError {
    StoreError::Unavailable(error.into())
}

/// DynamoDB failed the request.
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

/// Parses an item without comparing its key.
pub(super) fn decode<T: DeserializeOwned>(key: &Key, item: Item) -> Result<T, StoreError> {
    serde_dynamo::from_item(item).map_err(|error| corrupt(key, without_values(&error.to_string())))
}

/// Removes quoted values from a decoder's message, because the reason is logged and the value may
/// be secret. Field names are safe to keep.
fn without_values(message: &str) -> &str {
    let names_a_field = ["missing field", "duplicate field"]
        .iter()
        .any(|start| message.starts_with(start));
    match message.split_once(['`', '"']) {
        Some((start, _)) if !names_a_field => start.trim_end(),
        _ => message,
    }
}

/// Parses an item and verifies that its content matches its key.
pub(super) fn decode_stored<T: Stored>(item: Item) -> Result<T, StoreError> {
    let key = Key::read(&item);
    let value: T = decode(&key, item)?;
    if value.key() == key {
        Ok(value)
    } else {
        Err(corrupt(&key, "its content belongs to another key"))
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
        Record::OrphanedStack(orphan) => encode(key, orphan),
    }
}

/// A schedule is in the index only while it has a due time.
pub(super) fn encode_schedule(key: &Key, schedule: &CheckSchedule) -> Result<Item, StoreError> {
    let mut item = encode(key, schedule)?;
    if let Some(next) = schedule.next_check_at {
        let shard = due_shard(schedule.subject.shard());
        item.insert(DUE_SHARD.to_owned(), text(shard));
        item.insert(DUE_AT.to_owned(), number(next.as_millisecond()));
    }
    Ok(item)
}

/// Adds the report's time as a number, for conditions.
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

/// Parses an item from the table's stream: returns the audit entry if it is one.
///
/// # Errors
/// [`StoreError::Corrupt`] if the key is an audit entry's but the item can't be parsed.
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

/// The first whole millisecond at or after the time.
pub(super) fn end_millis(at: Timestamp) -> i64 {
    let passed = at.as_millisecond();
    let exact = at.subsec_nanosecond() % 1_000_000 == 0;
    if exact { passed } else { passed + 1 }
}

/// A time to live in seconds, as DynamoDB requires.
pub(super) fn ttl(at: Timestamp) -> i64 {
    at.as_second() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decode_reason_contains_no_value() {
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
