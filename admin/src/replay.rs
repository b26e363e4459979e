//! `replay-events`: publishes the events that `event-publisher` could not publish, with the operator's
//! credentials. The function itself needs no permission to read the table or its dead-letter queue.

use crate::args::ReplayArgs;
use crate::aws::Account;
use crate::error::AdminError;
use crate::exit::Exit;
use crate::hub_stack::HubStack;
use rolecall_aws::bus::{EventBridgeBus, batches};
use rolecall_aws::failure::Failure;
use rolecall_aws::queue::{DeadLetter, DeadLetters};
use rolecall_aws::table::Table;
use rolecall_domain::Timestamp;
use rolecall_domain::change::audit::AuditEntry;
use rolecall_domain::ports::{EventBus, Publication, StoreError};
use serde_json::Value;

/// Messages per run. All are read before the first is published, so that they can be sorted.
const AT_MOST: usize = 1_000;

/// Runs the command.
///
/// # Errors
/// When the hub's stack or a call to AWS fails.
pub async fn run(arguments: &ReplayArgs) -> Result<Exit, AdminError> {
    let account = Account::of_operator(&arguments.hub)?;
    let hub = HubStack::read(&account, &arguments.hub.stack_name).await?;
    let replay = Replay {
        table: Table::new(account.dynamodb(), hub.output("TableName")?),
        bus: EventBridgeBus::new(account.eventbridge(), hub.output("EventBusName")?),
        queue: DeadLetters::new(account.sqs(), hub.output("PublishDeadLetterQueueUrl")?),
    };
    let replayed = if arguments.since.is_some() || arguments.record.is_some() {
        let wanted = Wanted {
            since: arguments.since,
            record_id: arguments.record.clone(),
        };
        let replayed = replay.run_from_table(&wanted).await;
        replayed.map_err(AdminError::Table)?
    } else {
        let replayed = replay.run().await;
        replayed.map_err(|failure| AdminError::Unreachable {
            operation: "ReceiveMessage",
            source: failure.to_string().into(),
        })?
    };
    print!("{}", replayed.report());
    Ok(replayed.exit())
}

#[derive(Debug)]
pub struct Replay<B> {
    pub table: Table,
    pub bus: B,
    pub queue: DeadLetters,
}

/// Selects the entries of the table to publish, independently of the queue.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub since: Option<Timestamp>,
    pub record_id: Option<String>,
}

/// Why an entry was not published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// The event bus rejects the entry permanently.
    Refused,
    /// The message has no key, or the entry can't be parsed.
    Unreadable,
    /// The table does not have the entry.
    Gone,
    /// The table, the bus or the queue did not respond. Another run may succeed.
    NotYet,
}

/// The result of a run.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Replayed {
    pub published: usize,
    /// Entries that were not published, by key or by message id.
    pub left: Vec<(String, Left)>,
}

impl Replayed {
    pub fn count(&self, why: Left) -> usize {
        self.left.iter().filter(|(_, left)| *left == why).count()
    }

    fn exit(&self) -> Exit {
        match (self.left.is_empty(), self.count(Left::NotYet)) {
            (true, _) => Exit::Done,
            (false, 0) => Exit::Refused,
            (false, _) => Exit::Later,
        }
    }

    /// Lists each remaining event with its reason, and then the totals.
    fn report(&self) -> String {
        let reasons = [
            ("refused", Left::Refused),
            ("unreadable", Left::Unreadable),
            ("not in the table", Left::Gone),
            ("to retry", Left::NotYet),
        ];
        let mut lines = Vec::new();
        for (word, why) in reasons {
            let left = self.left.iter().filter(|(_, left)| *left == why);
            lines.extend(left.map(|(name, _)| format!("{word}: {name}")));
        }
        lines.push(format!("published {}", self.published));
        lines.extend(reasons.map(|(word, why)| format!("{word} {}", self.count(why))));
        lines.join("\n") + "\n"
    }
}

impl<B: EventBus> Replay<B> {
    /// Publishes every entry whose key is in the queue, in the order of each record's sequence. A
    /// message is removed once its entry is published. All others are made visible again.
    ///
    /// # Errors
    /// When the queue can't be read.
    pub async fn run(&self) -> Result<Replayed, Failure> {
        let mut readable = Vec::new();
        let mut left = Vec::new();
        for message in self.take_all().await? {
            match self.read(&message).await {
                Ok(Some(entry)) => readable.push((message, entry)),
                Ok(None) => left.push((message, Left::Gone)),
                Err(StoreError::Corrupt { .. }) => left.push((message, Left::Unreadable)),
                Err(StoreError::Unavailable(_)) => left.push((message, Left::NotYet)),
            }
        }
        readable.sort_by_key(|(_, entry)| entry.sequence);
        let mut published = 0;
        let mut stopped = false;
        for call in batches(readable, |(_, entry)| Some(entry)) {
            // After a temporary failure, later entries would overtake earlier ones.
            let publications = if stopped {
                vec![Publication::NotYet; call.len()]
            } else {
                let entries: Vec<AuditEntry> = call.iter().map(|(_, it)| it.clone()).collect();
                self.bus.publish(&entries).await
            };
            for ((message, _), publication) in call.into_iter().zip(publications) {
                match publication {
                    Publication::Published if self.queue.remove(&message).await.is_ok() => {
                        published += 1;
                    }
                    Publication::Refused => left.push((message, Left::Refused)),
                    Publication::Published => left.push((message, Left::NotYet)),
                    Publication::NotYet => {
                        stopped = true;
                        left.push((message, Left::NotYet));
                    }
                }
            }
        }
        Ok(Replayed {
            published,
            left: self.put_back(left).await,
        })
    }

    /// Publishes entries from the table, in the order of each record's sequence. Entries that Lambda
    /// stopped retrying after a day are in no queue. The queue is not changed.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn run_from_table(&self, wanted: &Wanted) -> Result<Replayed, StoreError> {
        let mut replayed = Replayed::default();
        let mut position = None;
        loop {
            let record = wanted.record_id.as_deref();
            let page = self.table.audit_page(record, position).await?;
            let mut entries = Vec::with_capacity(page.entries.len());
            for entry in page.entries {
                match entry {
                    Ok(entry) if wanted.since.is_none_or(|since| entry.at >= since) => {
                        entries.push(entry);
                    }
                    Ok(_) => {}
                    Err(StoreError::Corrupt { key, .. }) => {
                        replayed.left.push((key, Left::Unreadable));
                    }
                    Err(error) => return Err(error),
                }
            }
            for call in batches(entries, |entry| Some(entry)) {
                let publications = self.bus.publish(&call).await;
                for (entry, publication) in call.iter().zip(publications) {
                    let why = match publication {
                        Publication::Published => {
                            replayed.published += 1;
                            continue;
                        }
                        Publication::Refused => Left::Refused,
                        Publication::NotYet => Left::NotYet,
                    };
                    let name =
                        format!("{}#{} of {}", entry.record_id, entry.sequence, entry.tenant);
                    replayed.left.push((name, why));
                }
                // Later entries would fail too, or be published out of order.
                if replayed.count(Left::NotYet) > 0 {
                    return Ok(replayed);
                }
            }
            position = page.next;
            if position.is_none() {
                return Ok(replayed);
            }
        }
    }

    async fn take_all(&self) -> Result<Vec<DeadLetter>, Failure> {
        let mut messages = Vec::new();
        while messages.len() < AT_MOST {
            let taken = self.queue.take().await?;
            if taken.is_empty() {
                break;
            }
            messages.extend(taken);
        }
        Ok(messages)
    }

    async fn read(&self, message: &DeadLetter) -> Result<Option<AuditEntry>, StoreError> {
        self.table.audit_entry(&key(message)).await
    }

    async fn put_back(&self, left: Vec<(DeadLetter, Left)>) -> Vec<(String, Left)> {
        let mut names = Vec::with_capacity(left.len());
        for (message, why) in left {
            if let Err(error) = self.queue.put_back(&message).await {
                // The message is not lost: SQS makes it visible again in a few minutes.
                eprintln!("note: could not release message {}: {error}", message.id);
            }
            names.push((name(&message), why));
        }
        names
    }
}

/// The key in the message, or null if the message is not JSON.
fn key(message: &DeadLetter) -> Value {
    serde_json::from_str(&message.body).unwrap_or_default()
}

/// The entry's key, or the message's id if there is no key.
fn name(message: &DeadLetter) -> String {
    let key = key(message);
    match (key["pk"].as_str(), key["sk"].as_str()) {
        (Some(pk), Some(sk)) => format!("{pk}/{sk}"),
        _ => format!("message {}", message.id),
    }
}
