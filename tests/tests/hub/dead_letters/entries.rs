//! Audit entries that can't be published: their keys go to the dead-letter queue, the entries are
//! repaired and then replayed.

use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use rolecall_admin::replay::{Left, Replay};
use rolecall_aws::bus::EventBridgeBus;
use rolecall_aws::clients::Aws;
use rolecall_aws::config::AwsEnvironment;
use rolecall_aws::queue::DeadLetters;
use rolecall_aws::table::Table;
use rolecall_local::bus::BusListener;
use rolecall_local::logs::now_ms;
use rolecall_local::paths::Tree;
use rolecall_local::wait::until;
use rolecall_tests::stub::{Behavior, Stub};
use rolecall_tests::table::Item;
use rolecall_tests::world::{SOON, World, unique};
use serde_json::{Value, json};

use crate::dead_letters::letters::{Queue, error_line};

fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// The audit entries of a record, written directly to the table as copies of a group's entry.
struct History<'a> {
    world: &'a World,
    pk: String,
    record_id: String,
    first: Item,
}

impl<'a> History<'a> {
    async fn begin(world: &'a World) -> Result<Self> {
        let group = world.group().await?.group_id;
        let pk = format!("TENANT#{}", world.tenant);
        let first = world
            .item(&pk, &format!("AUDIT#{group}#0000000001"))
            .await?;
        Ok(Self {
            world,
            pk,
            record_id: unique("grp_made"),
            first: first.context("no entry")?,
        })
    }

    fn sk(&self, sequence: u64) -> String {
        format!("AUDIT#{}#{sequence:010}", self.record_id)
    }

    fn key(&self, sequence: u64) -> Value {
        json!({"pk": self.pk, "sk": self.sk(sequence)})
    }

    /// Writes these entries in one batch; the poisoned ones are unreadable.
    async fn write(&self, sequences: &[u64], poisoned: &[u64]) -> Result<()> {
        let entry = |sequence: &u64| {
            let mut item = self.first.clone();
            item.insert("sk".to_owned(), text(self.sk(*sequence)));
            item.insert("record_id".to_owned(), text(&self.record_id));
            let number = AttributeValue::N(sequence.to_string());
            item.insert("sequence".to_owned(), number);
            if poisoned.contains(sequence) {
                item.insert("event".to_owned(), text("Not An Event canary-4711"));
            }
            item
        };
        self.world
            .put_items(sequences.iter().map(entry).collect())
            .await
    }

    async fn repair(&self, sequence: u64) -> Result<()> {
        let key = (self.pk.as_str(), &*self.sk(sequence));
        let event = text("Group Changed");
        self.world.set_attribute(key, "event", event).await
    }

    /// Waits for `count` events of the record, and returns their sequences in the order of arrival.
    async fn wait_for_events(&self, bus: &mut BusListener, count: usize) -> Result<Vec<u64>> {
        until(&format!("{count} events"), SOON, async || {
            let events = bus.received().await?.iter();
            let own = events.filter(|event| event.record_id() == Some(&self.record_id));
            let sequences: Vec<u64> = own.filter_map(|event| event.sequence()).collect();
            Ok((sequences.len() >= count).then_some(sequences))
        })
        .await
    }
}

/// Runs the operator's replay command.
fn replay(world: &World) -> Result<Output> {
    replay_with(world, &[])
}

fn replay_with(world: &World, arguments: &[&str]) -> Result<Output> {
    let program = Tree::default().root().join("target/rolecall-admin");
    Ok(Command::new(program)
        .arg("replay-events")
        .args(arguments)
        .env("AWS_ENDPOINT_URL", world.endpoint_url())
        .env("AWS_REGION", &world.hub.file().region)
        .env("AWS_ACCESS_KEY_ID", world.hub_account_id())
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .output()?)
}

/// Checks the counts in the output, and the exit status.
#[track_caller]
fn counts(output: &Output, published: usize, unreadable: usize, gone: usize) {
    let said = String::from_utf8_lossy(&output.stdout);
    let wanted = format!(
        "published {published}\nrefused 0\nunreadable {unreadable}\nnot in the table {gone}\n\
         published but still in the queue 0\nto retry 0\n"
    );
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(said.ends_with(&wanted), "{said}{complained}");
    assert_eq!(output.status.success(), unreadable + gone == 0, "{said}");
}

#[tokio::test]
async fn unreadable_entry_waits_in_queue_until_repaired_and_replayed() -> Result<()> {
    let world = World::find().await?;
    let mut bus = world.listen().await?;
    let queue = Queue::of(&world, "PublishDeadLetterQueueUrl")?;
    queue.call("PurgeQueue", json!({})).await?;
    let history = History::begin(&world).await?;
    let since = now_ms();
    history.write(&[1, 2, 3, 4, 5], &[2, 3, 4]).await?;

    // Later entries are published, and the log has an error for each unreadable one.
    assert_eq!(history.wait_for_events(&mut bus, 2).await?, [1, 5]);
    for sequence in [2, 3, 4] {
        let letter = queue.letter(&history.sk(sequence)).await?;
        assert_eq!(letter, history.key(sequence));
        let line = (&*history.sk(sequence), "canary-4711");
        error_line(&world, "event-publisher", since, line).await?;
    }

    // Nothing is repaired yet.
    let output = replay(&world)?;
    counts(&output, 0, 3, 0);
    let said = String::from_utf8_lossy(&output.stdout);
    let named = format!("unreadable: {}/{} (", history.pk, history.sk(3));
    ensure!(said.contains(&named), "{said}");
    assert_eq!(queue.letters().await?.len(), 3);

    // Entries are published in the record's order, whatever the order in the queue; unreadable ones
    // stay.
    history.repair(4).await?;
    history.repair(2).await?;
    counts(&replay(&world)?, 2, 1, 0);
    assert_eq!(history.wait_for_events(&mut bus, 4).await?, [1, 5, 2, 4]);
    history.repair(3).await?;
    rejected_entry_stays_in_queue(&world, &queue).await?;
    counts(&replay(&world)?, 1, 0, 0);
    assert_eq!(history.wait_for_events(&mut bus, 5).await?, [1, 5, 2, 4, 3]);

    counts(&replay(&world)?, 0, 0, 0);
    messages_without_an_entry_stay(&world, &queue, &history).await?;
    assert_eq!(history.wait_for_events(&mut bus, 5).await?.len(), 5);
    entry_of_an_issue_is_replayed(&world, &queue, &mut bus, &history).await
}

/// The entries of issued credentials are in the table of receipts, which has its own stream.
async fn entry_of_an_issue_is_replayed(
    world: &World,
    queue: &Queue<'_>,
    bus: &mut BusListener,
    history: &History<'_>,
) -> Result<()> {
    let receipts = world.hub.file().output("ReceiptsTableName")?;
    let dynamodb = world.aws(world.hub_account_id())?.dynamodb();
    let issues = History {
        record_id: format!("{}/inventory/reader", unique("acc_made")),
        pk: history.pk.clone(),
        first: history.first.clone(),
        world,
    };
    let mut item = issues.first.clone();
    item.insert("sk".to_owned(), text(issues.sk(7)));
    item.insert("record_id".to_owned(), text(&issues.record_id));
    item.insert("sequence".to_owned(), AttributeValue::N("7".to_owned()));
    item.insert("event".to_owned(), text("Not An Event canary-4714"));
    let put = dynamodb.put_item().table_name(receipts);
    put.set_item(Some(item.clone())).send().await?;
    assert_eq!(queue.letter(&issues.sk(7)).await?, issues.key(7));
    counts(&replay(world)?, 0, 1, 0);
    item.insert("event".to_owned(), text("Credentials Issued"));
    let put = dynamodb.put_item().table_name(receipts);
    put.set_item(Some(item)).send().await?;
    counts(&replay(world)?, 1, 0, 0);
    assert_eq!(issues.wait_for_events(bus, 1).await?, [7]);
    let again = replay_with(world, &["--record", &issues.record_id])?;
    counts(&again, 1, 0, 0);
    Ok(())
}

/// An entry that the stream dropped after a day is in no queue, so it is read from the table.
#[tokio::test]
async fn entries_in_no_queue_are_republished_from_the_table() -> Result<()> {
    let world = World::find().await?;
    let mut bus = world.listen().await?;
    let history = History::begin(&world).await?;
    history.write(&[1, 2, 3], &[]).await?;
    assert_eq!(history.wait_for_events(&mut bus, 3).await?, [1, 2, 3]);

    let record = replay_with(&world, &["--record", &history.record_id])?;
    counts(&record, 3, 0, 0);
    assert_eq!(history.wait_for_events(&mut bus, 6).await?[3..], [1, 2, 3]);

    // `--since` selects by time: the second entry is older than all others.
    let old = text("2020-01-01T00:00:00Z");
    let key = (history.pk.as_str(), &*history.sk(2));
    world.set_attribute(key, "at", old).await?;
    let arguments = [
        "--since",
        "2021-01-01T00:00:00Z",
        "--record",
        &history.record_id,
    ];
    counts(&replay_with(&world, &arguments)?, 2, 0, 0);
    assert_eq!(history.wait_for_events(&mut bus, 8).await?[6..], [1, 3]);

    // An unreadable entry is reported and does not stop the others.
    let key = (history.pk.as_str(), &*history.sk(1));
    world
        .set_attribute(key, "event", text("Not An Event canary-4713"))
        .await?;
    let output = replay_with(&world, &["--record", &history.record_id])?;
    counts(&output, 2, 1, 0);
    let said = String::from_utf8_lossy(&output.stdout);
    let named = format!("unreadable: {}/{} (", history.pk, history.sk(1));
    ensure!(said.contains(&named) && !said.contains("canary"), "{said}");
    Ok(())
}

/// An entry that the bus rejects stays in the queue, too.
async fn rejected_entry_stays_in_queue(world: &World, queue: &Queue<'_>) -> Result<()> {
    let refusal = json!({"__type": "ValidationException", "message": "too large"});
    let stub = Stub::start(Behavior::Answer(400, refusal.to_string())).await;
    let environment = AwsEnvironment::read(&|name: &str| {
        let value = match name {
            "AWS_REGION" => "us-east-1",
            "AWS_ENDPOINT_URL" => stub.url.as_str(),
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => "111111111111",
            _ => return None,
        };
        Some(value.to_owned())
    })?;
    let (hub, elsewhere) = (world.aws(world.hub_account_id())?, Aws::new(&environment)?);
    let replay = Replay {
        table: Table::new(hub.dynamodb(), &world.hub.file().table_name),
        receipts: Table::new(
            hub.dynamodb(),
            world.hub.file().output("ReceiptsTableName")?,
        ),
        bus: EventBridgeBus::new(elsewhere.eventbridge(), "rolecall"),
        queue: DeadLetters::new(hub.sqs(), queue.url),
    };
    let replayed = replay.run().await;
    assert_eq!((replayed.published, replayed.count(Left::Refused)), (0, 1));
    assert_eq!(stub.requests().len(), 1);
    assert_eq!(queue.letters().await?.len(), 1);
    Ok(())
}

async fn messages_without_an_entry_stay(
    world: &World,
    queue: &Queue<'_>,
    history: &History<'_>,
) -> Result<()> {
    let gone = history.key(99).to_string();
    let foreign = json!({"pk": history.pk, "sk": "TEMPLATE"}).to_string();
    for body in [&*gone, &*foreign, "canary-4712, no key at all"] {
        queue
            .call("SendMessage", json!({"MessageBody": body}))
            .await?;
    }
    let output = replay(world)?;
    counts(&output, 0, 2, 1);
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(!said.contains("canary"), "{said}");
    assert_eq!(queue.letters().await?.len(), 3);
    queue.call("PurgeQueue", json!({})).await?;
    Ok(())
}
