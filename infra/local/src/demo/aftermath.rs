//! The last chapter: events and history.

use std::collections::BTreeMap;

use anyhow::Result;

use super::narrator::Mark;
use super::stage::{SOON, Stage};
use crate::bus::BusEvent;
use crate::wait::until;
use rolecall_client::Account;

/// The events of one record.
#[derive(Default)]
struct RecordEvents {
    label: String,
    events: BTreeMap<u64, String>,
}

pub(super) async fn show_events(stage: &mut Stage, account: &Account) -> Result<()> {
    stage.chapter(
        "Read the events and the history",
        "The hub publishes every change to the event bus, and keeps it in the history. Each record's \
         events are numbered without gaps.",
    );
    let bus = &mut stage.bus;
    let records = until("every event, without gaps", SOON, async || {
        let records = by_record(bus.received().await?);
        Ok(is_gapless(&records).then_some(records))
    })
    .await?;
    for record in records.values() {
        let events = record.events.iter();
        let events: Vec<String> = events.map(|(n, what)| format!("{n} {what}")).collect();
        stage.item(Mark::Dull, &record.label, &events.join(" → "));
    }
    stage.must(is_gapless(&records), "no event is missing")?;
    stage.ran("event-publisher", stage.since).await?;
    stage.ran("account-health", stage.since).await?;
    stage.action(
        "hub",
        "also checked the accounts on schedule during the demo",
    );
    let history = stage.acme.history(&account.account_id).await?.items;
    stage.action("acme", "reads the history of Shop:");
    for entry in &history {
        stage.item(
            Mark::Dull,
            &entry.event,
            &format!("{} {}", entry.at, entry.cause),
        );
    }
    stage.must(!history.is_empty(), "the history is still available")?;
    let text = serde_json::to_string(&history)?;
    let secrets = ["external_id", "RegistrationToken", "ResponseURL"];
    let clean = !secrets.iter().any(|secret| text.contains(secret));
    stage.must(
        clean,
        "it contains no external ID, no token and no response URL",
    )
}

fn by_record(events: &[BusEvent]) -> BTreeMap<String, RecordEvents> {
    let mut records: BTreeMap<String, RecordEvents> = BTreeMap::new();
    // Issued credentials change no record, so their events have no numbers of it.
    let changes = events
        .iter()
        .filter(|it| it.detail_type != "Credentials Issued");
    for event in changes {
        if let (Some(id), Some(sequence)) = (event.record_id(), event.sequence()) {
            let record = records.entry(id.to_owned()).or_default();
            record.label = label(event);
            record.events.insert(sequence, event.detail_type.clone());
        }
    }
    records
}

/// A label for the record.
fn label(event: &BusEvent) -> String {
    let id = event.record_id().unwrap_or_default();
    let field = |name: &str| {
        let record = event.detail.get("record");
        record
            .and_then(|record| record[name].as_str())
            .unwrap_or_default()
    };
    match id.split('_').next().unwrap_or_default() {
        "grp" => format!("group {}", field("name")),
        "acc" => format!("account {}", field("name")),
        "reg" => format!("registration {}", field("account_name"))
            .trim()
            .to_owned(),
        "stk" => format!("stack …{}", &id[id.len().saturating_sub(12)..]),
        _ => id.to_owned(),
    }
}

fn is_gapless(records: &BTreeMap<String, RecordEvents>) -> bool {
    let gapless = |record: &RecordEvents| {
        let numbers = record.events.keys().copied();
        numbers.eq(1..=record.events.len() as u64)
    };
    !records.is_empty() && records.values().all(gapless)
}
