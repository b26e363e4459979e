//! Publishes every audit entry to the event bus at least once, in the order of each record's
//! changes. The key of an entry that can never be published goes to the dead-letter queue, and the
//! entries after it are published.

// Text of any language can't be cut at a number of bytes.
#![cfg_attr(not(test), warn(clippy::string_slice))]

use aws_lambda_events::event::dynamodb::EventRecord;
use aws_lambda_events::event::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use rolecall_aws::bus::batches;
use rolecall_aws::table::audit_entry_from_item;
use rolecall_aws::telemetry::{Ending, Outcome, RequestLog, with_causes};
use rolecall_domain::aws::{AwsAccountId, StackId};
use rolecall_domain::change::audit::AuditEntry;
use rolecall_domain::ids::{AccountId, OrphanedStackId, RegistrationId};
use rolecall_domain::ports::{DeadLetters, EventBus, Publication, StoreError};
use serde_json::{Value, json};

/// `dead_letters` receives the keys of entries that the bus rejects permanently.
#[derive(Debug)]
pub struct Publisher<B, D> {
    pub bus: B,
    pub dead_letters: D,
}

/// The event did not come from a stream, so a response could name none of its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the event is not a batch of stream records")]
pub struct NotABatch;

/// One record of the stream, decoded.
struct Item {
    sequence_number: Option<String>,
    key: Value,
    entry: Result<Option<AuditEntry>, StoreError>,
}

impl<B: EventBus, D: DeadLetters> Publisher<B, D> {
    /// Processes the batch in order. Lambda resumes the stream at the record that the response
    /// names, so entries after it may be published twice.
    ///
    /// # Errors
    /// When the event is not a batch.
    pub async fn handle(&self, mut event: Value) -> Result<DynamoDbEventResponse, NotABatch> {
        let records = event.get_mut("Records").map(Value::take);
        let Some(Value::Array(records)) = records else {
            return Err(NotABatch);
        };
        let items = records.into_iter().map(decode).collect();
        let mut response = DynamoDbEventResponse::default();
        for call in batches(items, |item| item.entry.as_ref().ok()?.as_ref()) {
            if let Some(failed) = self.publish(&call).await {
                response.batch_item_failures.push(failed);
                break;
            }
        }
        Ok(response)
    }

    /// Publishes the items of one call. Returns the first one that must be delivered again.
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
            let publication = match &item.entry {
                Ok(None) => continue,
                Ok(Some(_)) => publications.next().unwrap_or(Publication::NotYet),
                Err(_) => Publication::Refused,
            };
            let sent = match publication {
                Publication::Refused => Some(self.dead_letters.send(&item.key).await),
                Publication::Published | Publication::NotYet => None,
            };
            let sent = sent.map(|sent| sent.map_err(|error| error.to_string()));
            let done = !matches!(
                (publication, &sent),
                (Publication::NotYet, _) | (_, Some(Err(_)))
            );
            item.write(publication, sent);
            if !done {
                let mut failure = DynamoDbBatchItemFailure::default();
                failure.item_identifier = item.sequence_number.clone();
                return Some(failure);
            }
        }
        None
    }
}

impl Item {
    /// Logs the entry. An entry that was not published is logged as an error, whether it will be
    /// retried or its key is in the dead-letter queue.
    fn write(&self, publication: Publication, sent: Option<Result<(), String>>) {
        let entry = self.entry.as_ref().ok().and_then(Option::as_ref);
        let log = RequestLog::start(entry.map_or("publish", |entry| entry.event.as_str()));
        if let Some(entry) = entry {
            describe(&log, entry);
        }
        let mut ending = Ending {
            key: Some(self.key.to_string()),
            ..Ending::default()
        };
        if publication == Publication::Published {
            return log.end(Outcome::Succeeded, &ending);
        }
        let mut error = match (&self.entry, publication) {
            (Err(error), _) => with_causes(error),
            (Ok(_), Publication::NotYet) => "the event bus did not accept it".to_owned(),
            (Ok(_), _) => "the event bus rejected it permanently".to_owned(),
        };
        match sent {
            Some(Ok(())) => error.push_str("; its key is in the dead-letter queue"),
            Some(Err(cause)) => {
                error.push_str("; its key could not be sent to the dead-letter queue: ");
                error.push_str(&cause);
            }
            None => error.push_str("; it will be retried"),
        }
        ending.error = Some(error);
        log.end(Outcome::Failed, &ending);
    }
}

/// Logs the ids in the entry's record. A snapshot is untyped, so each id is parsed.
fn describe(log: &RequestLog, entry: &AuditEntry) {
    log.tenant(&entry.tenant);
    let text = |name: &str| entry.record.get(name).and_then(Value::as_str);
    if let Some(Ok(id)) = text("registration_id").map(RegistrationId::parse) {
        log.registration_id(&id);
    }
    if let Some(Ok(id)) = text("account_id").map(AccountId::parse) {
        log.account_id(&id);
    }
    if let Some(Ok(id)) = text("orphaned_stack_id").map(OrphanedStackId::parse) {
        log.orphaned_stack_id(&id);
    }
    if let Some(Ok(id)) = text("aws_account_id").map(AwsAccountId::parse) {
        log.aws_account(&id);
    }
    if let Some(Ok(id)) = text("stack_id").map(StackId::parse) {
        log.stack(&id);
    }
}

/// Decodes each record separately, so that a malformed one does not fail the others.
fn decode(record: Value) -> Item {
    let text = |pointer| record.pointer(pointer).and_then(Value::as_str);
    let key = json!({ "pk": text("/dynamodb/Keys/pk/S"), "sk": text("/dynamodb/Keys/sk/S") });
    let sequence_number = text("/dynamodb/SequenceNumber").map(str::to_owned);
    let entry = match serde_json::from_value::<EventRecord>(record) {
        Ok(record) => audit_entry_from_item(record.change.new_image),
        Err(_) => Err(StoreError::Corrupt {
            key: key.to_string(),
            reason: "not a stream record".to_owned(),
        }),
    };
    Item {
        sequence_number,
        key,
        entry,
    }
}
