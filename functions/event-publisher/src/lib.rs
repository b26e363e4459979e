//! Publishes every audit entry on the event bus, in the order of each record's changes, at least
//! once. An entry that can't be published, ever, is left where people look, and holds up nothing.

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use aws_lambda_events::event::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use rolecall_aws::table::audit_entry_from_item;
use rolecall_domain::audit::AuditEntry;
use rolecall_domain::ports::{EventBus, Publication, StoreError};
use serde_json::{Value, json};

/// Where the keys of entries go that the bus will never take.
#[expect(
    async_fn_in_trait,
    reason = "the function is generic over it and needs no Send bound"
)]
pub trait GivenUp {
    type Error: std::error::Error;
    async fn leave(&self, key: &Value) -> Result<(), Self::Error>;
}

#[derive(Debug)]
pub struct Publisher<B, D> {
    pub bus: B,
    pub given_up: D,
}

/// Entries that one call to the bus may carry.
const AT_ONCE: usize = 10;

/// One record of the stream, decoded.
struct Item {
    sequence_number: Option<String>,
    key: Value,
    entry: Result<Option<AuditEntry>, StoreError>,
}

impl<B: EventBus, D: GivenUp> Publisher<B, D> {
    /// Works through the batch in order. The stream starts again at the record that is named in
    /// the response; what was published after it is published twice.
    pub async fn handle(&self, event: Event) -> DynamoDbEventResponse {
        let mut response = DynamoDbEventResponse::default();
        let mut waiting: Vec<Item> = Vec::new();
        for record in event.records {
            let item = decode(record);
            let full = waiting.len() == AT_ONCE;
            if (full || waiting.iter().any(|other| same_record(other, &item)))
                && let Some(failed) = self.publish(&mut waiting).await
            {
                response.batch_item_failures.push(failed);
                return response;
            }
            waiting.push(item);
        }
        response
            .batch_item_failures
            .extend(self.publish(&mut waiting).await);
        response
    }

    /// Publishes what is waiting. Returns the first that has to come again.
    async fn publish(&self, waiting: &mut Vec<Item>) -> Option<DynamoDbBatchItemFailure> {
        let items = std::mem::take(waiting);
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
        for item in &items {
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
        match self.given_up.leave(&item.key).await {
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

fn decode(record: EventRecord) -> Item {
    let change = record.change;
    let text = |name: &str| {
        let value = change.keys.get(name).cloned();
        value.and_then(|value| serde_dynamo::from_attribute_value::<_, String>(value).ok())
    };
    Item {
        key: json!({ "pk": text("pk"), "sk": text("sk") }),
        sequence_number: change.sequence_number.clone(),
        entry: audit_entry_from_item(change.new_image),
    }
}

fn same_record(a: &Item, b: &Item) -> bool {
    match (&a.entry, &b.entry) {
        (Ok(Some(a)), Ok(Some(b))) => (&a.tenant, &a.record_id) == (&b.tenant, &b.record_id),
        _ => false,
    }
}

impl GivenUp for rolecall_aws::queue::DeadLetters {
    type Error = rolecall_aws::failure::Failure;

    async fn leave(&self, key: &Value) -> Result<(), Self::Error> {
        Self::leave(self, key).await
    }
}
