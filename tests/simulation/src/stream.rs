//! The table's stream to the consumers: shards, batches and retries; the event bus; and a consumer
//! that orders events by sequence and drops duplicates.

use crate::promises::Promise;
use crate::world::World;
use aws_lambda_events::event::dynamodb::{Event as StreamEvent, EventRecord};
use rolecall_domain::SignedDuration;
use rolecall_domain::change::audit::{AuditEntry, Event};
use rolecall_domain::ports::{DeadLetters, EventBus, Publication};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

const TIMEOUT: SignedDuration = SignedDuration::from_secs(150);
const BATCH: u64 = 50;

/// The stream: one shard per partition key, in commit order.
#[derive(Default)]
pub struct Stream {
    shards: BTreeMap<String, Shard>,
}

#[derive(Default)]
struct Shard {
    waiting: VecDeque<(u64, AuditEntry)>,
    number: u64,
    is_read: bool,
}

impl World {
    /// Adds a commit's entries to the stream.
    pub fn stream_out(self: &Rc<Self>, entries: impl Iterator<Item = AuditEntry>) {
        for entry in entries {
            let key = entry.tenant.as_str().to_owned();
            let mut stream = self.stream.borrow_mut();
            let shard = stream.shards.entry(key.clone()).or_default();
            shard.number += 1;
            shard.waiting.push_back((shard.number, entry));
            if !std::mem::replace(&mut shard.is_read, true) {
                let world = Rc::clone(self);
                self.machine
                    .start(async move { world.read_shard(&key).await });
            }
        }
    }

    /// Processes batches in sequence, and retries each until all of it is done.
    async fn read_shard(self: &Rc<Self>, key: &str) {
        loop {
            self.pause(0, 2).await;
            let most = usize::try_from(1 + self.machine.below(BATCH)).unwrap_or(1);
            let batch: Vec<(u64, AuditEntry)> = {
                let mut stream = self.stream.borrow_mut();
                let Some(shard) = stream.shards.get_mut(key) else {
                    return;
                };
                shard.is_read = !shard.waiting.is_empty();
                shard.waiting.iter().take(most).cloned().collect()
            };
            let Some((last, _)) = batch.last() else {
                return;
            };
            let mut event = StreamEvent::default();
            event.records = batch.iter().map(as_record).collect();
            let event = serde_json::to_value(event).expect("an event is JSON");
            let hub = self.hub();
            let work = async { hub.publisher.handle(event).await.expect("a batch") };
            let answer = self.invoke("event-publisher", TIMEOUT, work).await;
            let again_from = match answer {
                None => Some(batch[0].0),
                Some(answer) => answer.batch_item_failures.first().map(|failure| {
                    let number = failure.item_identifier.as_deref().unwrap_or_default();
                    number.parse().unwrap_or(batch[0].0)
                }),
            };
            let mut stream = self.stream.borrow_mut();
            if let Some(shard) = stream.shards.get_mut(key) {
                let kept = again_from.unwrap_or(last + 1);
                shard.waiting.retain(|(number, _)| *number >= kept);
            }
        }
    }
}

/// A stream record as DynamoDB formats it.
fn as_record((number, entry): &(u64, AuditEntry)) -> EventRecord {
    let mut image: serde_dynamo::Item = serde_dynamo::to_item(entry).expect("an entry is an item");
    let sort = format!("AUDIT#{}#{:010}", entry.record_id, entry.sequence);
    let keys: serde_dynamo::Item =
        serde_dynamo::to_item(json!({"pk": format!("TENANT#{}", entry.tenant), "sk": sort}))
            .expect("keys are an item");
    for name in ["pk", "sk"] {
        if let Some(value) = keys.get(name) {
            image.insert(name.to_owned(), value.clone());
        }
    }
    let mut record = EventRecord::default();
    record.event_name = "INSERT".to_owned();
    record.change.keys = keys;
    record.change.new_image = image;
    record.change.sequence_number = Some(number.to_string());
    record
}

/// EventBridge.
pub struct Bus(pub Rc<World>);

impl EventBus for Bus {
    async fn publish(&self, entries: &[AuditEntry]) -> Vec<Publication> {
        let world = &self.0;
        let mut records: Vec<&str> = entries.iter().map(|it| it.record_id.as_str()).collect();
        records.sort_unstable();
        if records.windows(2).any(|two| two[0] == two[1]) {
            let what = "one call carried two events of one record".to_owned();
            world.broken(Promise::Delivered, what);
        }
        world.machine.turn().await;
        if world.goes_wrong(world.faults.hangs) {
            world.pause(3600, 3601).await;
        }
        let mut publications = Vec::new();
        for entry in entries {
            if world.goes_wrong(world.faults.fails_before) {
                publications.push(Publication::NotYet);
                continue;
            }
            let entry = entry.clone();
            world.send(async move |world: Rc<World>| world.deliver_event(entry).await);
            // The event was accepted, but the response was lost.
            let is_confirmed = !world.goes_wrong(world.faults.fails_after);
            let publication = if is_confirmed {
                Publication::Published
            } else {
                Publication::NotYet
            };
            publications.push(publication);
        }
        publications
    }
}

/// The dead-letter queue for events that can't be published; this simulation has none.
pub struct NoDeadLetters(pub Rc<World>);

#[derive(Debug, thiserror::Error)]
#[error("not sent")]
pub struct NotSent;

impl DeadLetters for NoDeadLetters {
    type Error = NotSent;

    async fn send(&self, key: &Value) -> Result<(), NotSent> {
        let what = format!("{key} went to the dead-letter queue");
        self.0.broken(Promise::Delivered, what);
        Ok(())
    }
}

/// A consumer that follows the event contract.
#[derive(Default)]
pub struct Consumer {
    records: BTreeMap<String, Received>,
}

#[derive(Default)]
struct Received {
    /// In order and without gaps.
    in_order: Vec<AuditEntry>,
    /// Events that arrived before an earlier one.
    early: BTreeMap<u64, AuditEntry>,
}

impl Consumer {
    /// The events of a record in order, and the number of events that wait for an earlier one.
    pub fn knows(&self, record_id: &str) -> (&[AuditEntry], usize) {
        let received = self.records.get(record_id);
        received.map_or((&[], 0), |received| {
            (&received.in_order, received.early.len())
        })
    }

    /// Every record with events.
    pub fn records(&self) -> impl Iterator<Item = &str> {
        self.records.keys().map(String::as_str)
    }

    /// Returns false if another event had the same number.
    fn take(&mut self, entry: AuditEntry) -> bool {
        let received = self.records.entry(entry.record_id.clone()).or_default();
        let place = usize::try_from(entry.sequence)
            .unwrap_or(usize::MAX)
            .wrapping_sub(1);
        let known = received
            .in_order
            .get(place)
            .or_else(|| received.early.get(&entry.sequence));
        if let Some(known) = known {
            return *known == entry;
        }
        received.early.insert(entry.sequence, entry);
        while let Some(next) = received.early.remove(&(received.in_order.len() as u64 + 1)) {
            received.in_order.push(next);
        }
        true
    }
}

impl World {
    /// Delivers an event to the consumer and, if it applies, to `stack-cleanup`.
    async fn deliver_event(self: Rc<Self>, entry: AuditEntry) {
        let deregistered = (entry.event == Event::AccountDeregistered).then(|| {
            json!({
                "source": "rolecall",
                "detail-type": entry.event.as_str(),
                "detail": {"tenant": entry.tenant, "record_id": entry.record_id},
            })
        });
        let what = format!(
            "{} {} of {}",
            entry.event.as_str(),
            entry.sequence,
            entry.record_id
        );
        if !self.consumer.borrow_mut().take(entry) {
            let what = format!("two events with one number: {what}");
            self.broken(Promise::Delivered, what);
        }
        if let Some(event) = deregistered {
            self.wake_cleanup(event).await;
        }
    }
}
