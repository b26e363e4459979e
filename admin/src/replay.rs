//! `replay-events`: publishes the events that `event-publisher` could not publish, with the operator's
//! credentials. The function itself needs no permission to read the tables or its dead-letter queue.

use crate::args::ReplayArgs;
use crate::aws::Account;
use crate::error::AdminError;
use crate::exit::Exit;
use crate::hub_stack::HubStack;
use rolecall_aws::bus::{EventBridgeBus, batches, judge};
use rolecall_aws::failure::Failure;
use rolecall_aws::queue::{DeadLetter, DeadLetters};
use rolecall_aws::table::{Audits, Table};
use rolecall_domain::change::audit::AuditEntry;
use rolecall_domain::ports::{Publication, StoreError};
use rolecall_domain::{SignedDuration, Timestamp};
use serde_json::Value;
use std::collections::BTreeSet;

/// Messages that are read before the first of them is published, so that they can be sorted. Few
/// enough to be published before they become visible again.
const AT_ONCE: usize = 1_000;

/// Operators know when the first lost entry arrived in the stream. The entry itself has the time of
/// its decision, which is earlier by up to the longest run of a function. Consumers drop duplicates.
const DECIDED_EARLIER: SignedDuration = SignedDuration::from_mins(15);

/// Runs the command.
///
/// # Errors
/// When the hub's stack or a call to AWS fails.
pub async fn run(arguments: &ReplayArgs) -> Result<Exit, AdminError> {
    let account = Account::of_operator(&arguments.hub)?;
    let hub = HubStack::read(&account, &arguments.hub.stack_name).await?;
    let replay = Replay {
        table: Table::new(account.dynamodb(), hub.output("TableName")?),
        receipts: Table::new(account.dynamodb(), hub.output("ReceiptsTableName")?),
        bus: EventBridgeBus::new(account.eventbridge(), hub.output("EventBusName")?),
        queue: DeadLetters::new(account.sqs(), hub.output("PublishDeadLetterQueueUrl")?),
    };
    let replayed = if arguments.since.is_some() || arguments.record.is_some() {
        let wanted = Wanted {
            since: arguments.since,
            record_id: arguments.record.clone(),
        };
        replay.run_from_table(&wanted).await
    } else {
        replay.run().await
    };
    print!("{}", replayed.report());
    if let Some(error) = &replayed.stopped {
        eprintln!("{}", error.report());
    }
    Ok(replayed.exit())
}

#[derive(Debug)]
pub struct Replay {
    pub table: Table,
    /// The table of receipts, which has the entries of issued credentials.
    pub receipts: Table,
    pub bus: EventBridgeBus,
    pub queue: DeadLetters,
}

/// Selects the entries of the tables to publish, independently of the queue.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub since: Option<Timestamp>,
    pub record_id: Option<String>,
}

impl Wanted {
    /// The entries of the table of records, and of the table of receipts. The entries of an account's credentials
    /// are separate records, whose IDs begin with the account's.
    fn of_tables(&self) -> [Audits<'_>; 2] {
        match self.record_id.as_deref() {
            None => [Audits::All, Audits::All],
            Some(id) if id.contains('/') => [Audits::OfRecord(id), Audits::OfRecord(id)],
            Some(id) => [Audits::OfRecord(id), Audits::OfIssues(id)],
        }
    }

    fn includes(&self, at: Timestamp) -> bool {
        self.since
            .is_none_or(|since| at.duration_until(since) <= DECIDED_EARLIER)
    }
}

/// Why an entry was not published, or is still in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// The event bus rejects the entry permanently.
    Refused,
    /// The message has no key, or the entry can't be parsed.
    Unreadable,
    /// No table has the entry.
    Gone,
    /// The entry was published, but the message could not be removed: the next run publishes it again.
    NotRemoved,
    /// The table or the bus did not respond, or the run had stopped. Another run may succeed.
    NotYet,
}

impl Left {
    const ALL: [(Self, &str); 5] = [
        (Self::Refused, "refused"),
        (Self::Unreadable, "unreadable"),
        (Self::Gone, "not in the table"),
        (Self::NotRemoved, "published but still in the queue"),
        (Self::NotYet, "to retry"),
    ];
}

/// The result of a run.
#[derive(Debug, Default)]
pub struct Replayed {
    pub published: usize,
    pub left: Vec<Remaining>,
    /// Why the run ended early. It could not have published or removed anything more.
    pub stopped: Option<AdminError>,
    /// The bus did not accept an entry. Later entries would overtake it.
    waits: bool,
}

/// An entry that needs another run.
#[derive(Debug)]
pub struct Remaining {
    /// By its key, its record or its message's id.
    pub name: String,
    pub why: Left,
    pub cause: Option<String>,
    message: Option<DeadLetter>,
}

impl Replayed {
    pub fn count(&self, why: Left) -> usize {
        self.left.iter().filter(|left| left.why == why).count()
    }

    fn exit(&self) -> Exit {
        match &self.stopped {
            Some(error) => error.exit(),
            None if self.left.is_empty() => Exit::Success,
            None if self.count(Left::NotYet) + self.count(Left::NotRemoved) > 0 => Exit::RetryLater,
            None => Exit::Rejected,
        }
    }

    /// Lists each remaining event with its reason, and then the totals.
    fn report(&self) -> String {
        let mut lines = Vec::new();
        for (why, word) in Left::ALL {
            for left in self.left.iter().filter(|left| left.why == why) {
                let cause = left.cause.as_ref();
                let cause = cause.map_or(String::new(), |cause| format!(" ({cause})"));
                lines.push(format!("{word}: {}{cause}", left.name));
            }
        }
        lines.push(format!("published {}", self.published));
        lines.extend(Left::ALL.map(|(why, word)| format!("{word} {}", self.count(why))));
        lines.join("\n") + "\n"
    }

    /// Whether nothing more can be published in this run.
    fn is_over(&self) -> bool {
        self.waits || self.stopped.is_some()
    }

    fn leave(&mut self, origin: Origin<'_>, why: Left, cause: Option<String>) {
        self.left.push(Remaining {
            name: origin.name(),
            why,
            cause,
            message: origin.message(),
        });
    }

    /// Ends the run if everything else would fail in the same way.
    fn stop_at(&mut self, error: AdminError) {
        if error.is_denied() {
            self.stopped.get_or_insert(error);
        }
    }

    /// Leaves an entry that the bus did not accept.
    fn unpublished(&mut self, origin: Origin<'_>, failure: &Failure) {
        let error = AdminError::of_failure("PutEvents", failure.clone());
        // A missing permission is not a fault of the entry.
        let permanent = judge(failure) == Publication::Refused && !error.is_denied();
        let why = if permanent {
            Left::Refused
        } else {
            self.waits = true;
            Left::NotYet
        };
        self.leave(origin, why, Some(error.in_one_line()));
        self.stop_at(error);
    }
}

/// Where an entry comes from.
#[derive(Debug, Clone, Copy)]
enum Origin<'a> {
    Queue(&'a DeadLetter),
    Table(&'a AuditEntry),
}

impl Origin<'_> {
    fn name(self) -> String {
        match self {
            Self::Queue(message) => name(message),
            Self::Table(entry) => {
                format!("{}#{} of {}", entry.record_id, entry.sequence, entry.tenant)
            }
        }
    }

    fn message(self) -> Option<DeadLetter> {
        match self {
            Self::Queue(message) => Some(message.clone()),
            Self::Table(_) => None,
        }
    }
}

impl Replay {
    /// Publishes every entry whose key is in the queue, in the order of each record's sequence within a
    /// thousand messages. A message is removed once its entry is published. All others are made visible
    /// again at the end, so that none is read twice.
    pub async fn run(&self) -> Replayed {
        let mut replayed = Replayed::default();
        let mut known = BTreeSet::new();
        while !replayed.is_over() {
            let messages = self.take(&mut known, &mut replayed).await;
            if messages.is_empty() {
                break;
            }
            self.publish(messages, &mut replayed).await;
        }
        for message in replayed.left.iter().filter_map(|it| it.message.as_ref()) {
            if let Err(error) = self.queue.put_back(message).await {
                // The message is not lost: SQS makes it visible again in a few minutes.
                eprintln!("note: could not release message {}: {error}", message.id);
            }
        }
        replayed
    }

    /// Takes messages that this run has not seen. Stops the run if the queue can't be read.
    async fn take(&self, known: &mut BTreeSet<String>, replayed: &mut Replayed) -> Vec<DeadLetter> {
        let mut messages = Vec::new();
        while messages.len() < AT_ONCE {
            match self.queue.take().await {
                Ok(taken) if taken.is_empty() => break,
                Ok(taken) => {
                    let mut new = |message: &DeadLetter| known.insert(message.id.clone());
                    messages.extend(taken.into_iter().filter(|message| new(message)));
                }
                Err(failure) => {
                    let error = AdminError::of_failure("ReceiveMessage", failure);
                    replayed.stopped = Some(error);
                    break;
                }
            }
        }
        messages
    }

    async fn publish(&self, messages: Vec<DeadLetter>, replayed: &mut Replayed) {
        let mut readable = Vec::new();
        for message in messages {
            let origin = Origin::Queue(&message);
            if replayed.is_over() {
                replayed.leave(origin, Left::NotYet, None);
                continue;
            }
            match self.read(&message).await {
                Ok(Some(entry)) => readable.push((message, entry)),
                Ok(None) => replayed.leave(origin, Left::Gone, None),
                Err(StoreError::Corrupt { reason, .. }) => {
                    replayed.leave(origin, Left::Unreadable, Some(reason));
                }
                Err(error) => {
                    let error = AdminError::from(error);
                    replayed.leave(origin, Left::NotYet, Some(error.in_one_line()));
                    replayed.stop_at(error);
                }
            }
        }
        readable.sort_by_key(|(_, entry)| entry.sequence);
        for call in batches(readable, |(_, entry)| Some(entry)) {
            if replayed.is_over() {
                for (message, _) in &call {
                    replayed.leave(Origin::Queue(message), Left::NotYet, None);
                }
                continue;
            }
            let entries: Vec<AuditEntry> = call.iter().map(|(_, it)| it.clone()).collect();
            let results = self.bus.send(&entries).await;
            for ((message, _), result) in call.iter().zip(results) {
                match result {
                    Ok(()) => self.remove(message, replayed).await,
                    Err(failure) => replayed.unpublished(Origin::Queue(message), &failure),
                }
            }
        }
    }

    /// Removes the message of a published entry.
    async fn remove(&self, message: &DeadLetter, replayed: &mut Replayed) {
        replayed.published += 1;
        if let Err(failure) = self.queue.remove(message).await {
            let error = AdminError::of_failure("DeleteMessage", failure);
            let cause = Some(error.in_one_line());
            replayed.leave(Origin::Queue(message), Left::NotRemoved, cause);
            replayed.stop_at(error);
        }
    }

    /// Publishes entries from both tables, in the order of each record's sequence. Entries that Lambda
    /// stopped retrying after a day are in no queue. The queue is not changed.
    pub async fn run_from_table(&self, wanted: &Wanted) -> Replayed {
        let mut replayed = Replayed::default();
        let [records, issues] = wanted.of_tables();
        for (table, which) in [(&self.table, records), (&self.receipts, issues)] {
            let published = self.publish_table(table, which, wanted, &mut replayed);
            if let Err(error) = published.await {
                replayed.stopped = Some(error.into());
            }
            if replayed.is_over() {
                break;
            }
        }
        replayed
    }

    async fn publish_table(
        &self,
        table: &Table,
        which: Audits<'_>,
        wanted: &Wanted,
        replayed: &mut Replayed,
    ) -> Result<(), StoreError> {
        let mut position = None;
        loop {
            let page = table.audit_page(which, position).await?;
            let mut entries = Vec::with_capacity(page.entries.len());
            for entry in page.entries {
                match entry {
                    Ok(entry) if wanted.includes(entry.at) => entries.push(entry),
                    Ok(_) => {}
                    Err(StoreError::Corrupt { key, reason }) => replayed.left.push(Remaining {
                        name: key,
                        why: Left::Unreadable,
                        cause: Some(reason),
                        message: None,
                    }),
                    Err(error) => return Err(error),
                }
            }
            for call in batches(entries, |entry| Some(entry)) {
                let results = self.bus.send(&call).await;
                for (entry, result) in call.iter().zip(results) {
                    match result {
                        Ok(()) => replayed.published += 1,
                        Err(failure) => replayed.unpublished(Origin::Table(entry), &failure),
                    }
                }
                if replayed.is_over() {
                    return Ok(());
                }
            }
            position = page.next;
            if position.is_none() {
                return Ok(());
            }
        }
    }

    /// The entry, from whichever table has its key.
    async fn read(&self, message: &DeadLetter) -> Result<Option<AuditEntry>, StoreError> {
        let key = key(message);
        match self.table.audit_entry(&key).await? {
            None => self.receipts.audit_entry(&key).await,
            found => Ok(found),
        }
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
