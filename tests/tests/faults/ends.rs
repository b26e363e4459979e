//! Checks after the story.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use rolecall_aws::table::Table;
use rolecall_local::bus::BusListener;
use rolecall_local::wait::until;
use rolecall_tests::faults::{FaultyProxy, Kind};
use rolecall_tests::world::{SOON, World};
use serde_json::{Value, json};

use crate::story::Outcome;
use rolecall_tests::books::Books;

/// Without enough faults, the test would prove nothing.
pub fn every_fault_kind_was_injected(proxy: &FaultyProxy) {
    let injected = proxy.injected();
    let count: usize = injected.values().sum();
    println!("{count} faults in {} calls:", proxy.calls());
    for ((service, kind), count) in &injected {
        println!("  {service:<16}{kind:<14?}{count:>5}", kind = kind);
    }
    for kind in Kind::ALL {
        let table = ("dynamodb".to_owned(), kind);
        assert!(injected.contains_key(&table), "no {kind:?} of the table");
    }
    for service in ["sts", "iam", "cloudformation", "events"] {
        let kinds = injected.keys().filter(|(name, _)| name == service).count();
        assert!(kinds >= 2, "{service} saw {kinds} kinds of faults");
    }
    let share = count * 100 / proxy.calls();
    assert!((5..=30).contains(&share), "{share} % of the calls were hit");
}

fn table(world: &World) -> Result<Table> {
    let aws = world.aws(world.hub_account_id())?;
    Ok(Table::new(aws.dynamodb(), &world.hub.file().table_name))
}

pub async fn every_request_is_answered(world: &World) -> Result<()> {
    let table = table(world)?;
    let request = table.client.scan().table_name(&table.name);
    let mut pages = request.consistent_read(true).into_paginator().send();
    let mut requests = 0;
    while let Some(page) = pages.next().await {
        for item in page?.items.unwrap_or_default() {
            let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
            let pk = text("pk").context("no key")?;
            if pk.starts_with("REQUEST#") {
                requests += 1;
                ensure!(text("answer").is_some(), "{pk} has no answer");
            }
        }
    }
    // At least three stacks, two of them deleted, and the requests that were delivered twice.
    ensure!(requests >= 6, "only {requests} requests");
    Ok(())
}

pub async fn accounts_are_correct(world: &World, outcome: &Outcome) -> Result<()> {
    let table = table(world)?;
    // The schedule may still be running.
    let books = until("consistent records", SOON, async || {
        Ok(Books::read_consistent(&table, &world.tenant).await.ok())
    });
    let books = match books.await {
        Ok(books) => books,
        Err(_) => Books::read_consistent(&table, &world.tenant).await?,
    };
    for account in &outcome.connected {
        let status = world.acme.account(&account.account_id).await?.status;
        ensure!(status == "active", "{} is {status}", account.account_id);
    }
    for account in &outcome.deregistered {
        ensure!(account.status == "deregistered");
    }
    for entry in &outcome.gone {
        let now = world.acme.orphaned_stack(&entry.orphaned_stack_id).await?;
        ensure!(now.status == "gone", "{} is {}", now.stack_id, now.status);
    }
    let mut aws_accounts = BTreeSet::new();
    for account in books.records("ACCOUNT#") {
        let id = account["account_id"].as_str().context("no id")?;
        ensure!(
            aws_accounts.insert(account["aws_account_id"].to_string()),
            "{id} is recorded twice"
        );
        // Only the network had faults, so no account may be unhealthy.
        let events = books.events(id);
        ensure!(!events.contains(&"Account Unhealthy"), "{id}: {events:?}");
    }
    let entries = books.records("STACK#");
    for stack_id in &outcome.refused_stacks {
        let followed = entries.iter().any(|entry| entry["stack_id"] == **stack_id);
        ensure!(followed, "{stack_id} is not tracked");
    }
    Ok(())
}

/// Every audit entry must be on the bus; duplicates are allowed.
pub async fn every_audit_entry_is_published(world: &World, bus: &mut BusListener) -> Result<()> {
    let books = Books::read_consistent(&table(world)?, &world.tenant).await?;
    let id = |entry: &Value| {
        Some(format!(
            "{}#{}",
            entry["record_id"].as_str()?,
            entry["sequence"]
        ))
    };
    let entries: BTreeSet<String> = books.records("AUDIT#").into_iter().filter_map(id).collect();
    ensure!(!entries.is_empty());
    until("all audit entries on the bus", SOON, async || {
        let published = bus.received().await?.iter();
        let published: BTreeSet<String> = published
            .filter_map(|event| event.detail["id"].as_str().map(str::to_owned))
            .collect();
        let missing: Vec<_> = entries.difference(&published).collect();
        if !missing.is_empty() {
            println!("not on the bus: {missing:?}");
        }
        Ok(missing.is_empty().then_some(()))
    })
    .await
}

pub async fn dead_letter_queues_are_empty(world: &World) -> Result<()> {
    let signer = world.hub.account().signer();
    for output in [
        "PublishDeadLetterQueueUrl",
        "CheckDeadLetterQueueUrl",
        "AsyncFailuresQueueUrl",
    ] {
        let queue = world.hub.file().output(output)?;
        let ask = json!({"QueueUrl": queue, "MaxNumberOfMessages": 10});
        let answer = signer.json("sqs", "AmazonSQS.ReceiveMessage", &ask).await?;
        ensure!(answer["Messages"].is_null(), "{output}: {answer}");
    }
    Ok(())
}
