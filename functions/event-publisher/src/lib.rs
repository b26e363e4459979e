//! Publishes every audit entry on the event bus, in the order of each record's changes, at least
//! once. An entry that can't be published, ever, is left where people look, and holds up nothing.

pub mod replay;

use aws_lambda_events::event::dynamodb::EventRecord;
use aws_lambda_events::event::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use rolecall_aws::table::audit_entry_from_item;
use rolecall_domain::audit::AuditEntry;
use rolecall_domain::ports::{DeadLetters, EventBus, Publication, StoreError};
use serde_json::{Value, json};

/// `dead_letters` takes the keys of entries that the bus will never take.
#[derive(Debug)]
pub struct Publisher<B, D> {
    pub bus: B,
    pub dead_letters: D,
}

/// Not what a stream sends: none of its records could be named in a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the event is no batch of stream records")]
pub struct NoBatch;

/// Entries that one call to the bus may carry.
const AT_ONCE: usize = 10;

/// One record of the stream, decoded.
struct Item {
    sequence_number: Option<String>,
    key: Value,
    entry: Result<Option<AuditEntry>, StoreError>,
}

impl<B: EventBus, D: DeadLetters> Publisher<B, D> {
    /// Works through the batch in order. The stream starts again at the record that is named in
    /// the response; what was published after it is published twice.
    ///
    /// # Errors
    /// When the event is no batch.
    pub async fn handle(&self, mut event: Value) -> Result<DynamoDbEventResponse, NoBatch> {
        let records = event.get_mut("Records").map(Value::take);
        let Some(Value::Array(records)) = records else {
            return Err(NoBatch);
        };
        let items = records.into_iter().map(decode).collect();
        let mut response = DynamoDbEventResponse::default();
        for call in calls(items, |item| item.entry.as_ref().ok()?.as_ref()) {
            if let Some(failed) = self.publish(&call).await {
                response.batch_item_failures.push(failed);
                break;
            }
        }
        Ok(response)
    }

    /// Publishes what goes into one call. Returns the first that has to come again.
    async fn publish(&self, items: &[Item]) -> Option<DynamoDbBatchItemFailure> {
        let entries: Vec<AuditEntry> = items
            .iter()
            .filter_map(|item| item.entry.as_ref().ok().cloned().flatten())
            .collect();
        let mut publications = if entries.is_empty() {
            Vec::new()
        } else {
            self.bus.publish(&entries).await
        }
        .into_iter();
        for item in items {
            let outcome = match &item.entry {
                Ok(None) => Publication::Published,
                Ok(Some(_)) => publications.next().unwrap_or(Publication::NotYet),
                Err(error) => {
                    tracing::error!(key = %item.key, %error, "an audit entry can't be read");
                    Publication::Refused
                }
            };
            let done = match outcome {
                Publication::Published => true,
                Publication::NotYet => false,
                Publication::Refused => self.give_up(item).await,
            };
            if !done {
                let mut failure = DynamoDbBatchItemFailure::default();
                failure.item_identifier = item.sequence_number.clone();
                return Some(failure);
            }
        }
        None
    }

    async fn give_up(&self, item: &Item) -> bool {
        match self.dead_letters.leave(&item.key).await {
            Ok(()) => {
                tracing::error!(key = %item.key, "an audit entry was given up; its key is in the dead-letter queue");
                true
            }
            Err(error) => {
                tracing::error!(key = %item.key, %error, "a key could not be left in the dead-letter queue");
                false
            }
        }
    }
}

/// Decoded on its own, so that a record that is none takes no other along.
fn decode(record: Value) -> Item {
    let text = |pointer| record.pointer(pointer).and_then(Value::as_str);
    let key = json!({ "pk": text("/dynamodb/Keys/pk/S"), "sk": text("/dynamodb/Keys/sk/S") });
    let sequence_number = text("/dynamodb/SequenceNumber").map(str::to_owned);
    let entry = match serde_json::from_value::<EventRecord>(record) {
        Ok(record) => audit_entry_from_item(record.change.new_image),
        Err(_) => Err(StoreError::Corrupt {
            key: key.to_string(),
            reason: "it is no record of a stream".to_owned(),
        }),
    };
    Item {
        sequence_number,
        key,
        entry,
    }
}

/// Parts what is to be published, in order, into calls: at most one entry of a record in each, or
/// a partial failure could put them out of order.
fn calls<T>(items: Vec<T>, entry: impl Fn(&T) -> Option<&AuditEntry>) -> Vec<Vec<T>> {
    let same_record = |a: &T, b: &T| match (entry(a), entry(b)) {
        (Some(a), Some(b)) => (&a.tenant, &a.record_id) == (&b.tenant, &b.record_id),
        _ => false,
    };
    let mut calls: Vec<Vec<T>> = Vec::new();
    for item in items {
        match calls.last_mut() {
            Some(call) if call.len() < AT_ONCE && !call.iter().any(|it| same_record(it, &item)) => {
                call.push(item);
            }
            _ => calls.push(vec![item]),
        }
    }
    calls
}
