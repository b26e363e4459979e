//! The last chapter: what everybody else could follow.

use std::collections::BTreeMap;

use anyhow::Result;

use super::narrator::Mark;
use super::stage::{SOON, Stage};
use crate::bus::BusEvent;
use crate::wait::until;
use rolecall_client::Account;

/// What was heard of one record.
#[derive(Default)]
struct Heard {
    known_as: String,
    events: BTreeMap<u64, String>,
}

pub(super) async fn what_others_heard(stage: &mut Stage, account: &Account) -> Result<()> {
    stage.chapter(
        "What others heard",
        "Every change went out on the event bus, numbered without a gap for each record, and \
         stays in the history.",
    );
    let bus = &mut stage.bus;
    let heard = until("every event, without a gap", SOON, async || {
        let heard = by_record(bus.heard().await?);
        Ok(is_gapless(&heard).then_some(heard))
    })
    .await?;
    for record in heard.values() {
        let events = record.events.iter();
        let told: Vec<String> = events.map(|(n, what)| format!("{n} {what}")).collect();
        stage.item(Mark::Dull, &record.known_as, &told.join(" → "));
    }
    stage.must(is_gapless(&heard), "no number is missing")?;
    stage.ran("event-publisher", stage.since).await?;
    stage.ran("account-health", stage.since).await?;
    stage.says(
        "hub",
        "the schedule found accounts due for a check all the while",
    );
    let history = stage.acme.history(&account.account_id).await?.items;
    stage.says("acme", "reads Shop's history:");
    for entry in &history {
        stage.item(
            Mark::Dull,
            &entry.event,
            &format!("{} {}", entry.at, entry.cause),
        );
    }
    stage.must(!history.is_empty(), "it is still there")?;
    let text = serde_json::to_string(&history)?;
    let secrets = ["external_id", "RegistrationToken", "ResponseURL"];
    let clean = !secrets.iter().any(|secret| text.contains(secret));
    stage.must(
        clean,
        "and holds no external ID, no token and no response URL",
    )
}

fn by_record(events: &[BusEvent]) -> BTreeMap<String, Heard> {
    let mut heard: BTreeMap<String, Heard> = BTreeMap::new();
    for event in events {
        if let (Some(id), Some(sequence)) = (event.record_id(), event.sequence()) {
            let record = heard.entry(id.to_owned()).or_default();
            record.known_as = known_as(event);
            record.events.insert(sequence, event.detail_type.clone());
        }
    }
    heard
}

/// What a person would call the record.
fn known_as(event: &BusEvent) -> String {
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
        "stk" => format!("leftover …{}", &id[id.len().saturating_sub(12)..]),
        _ => id.to_owned(),
    }
}

fn is_gapless(heard: &BTreeMap<String, Heard>) -> bool {
    let gapless = |record: &Heard| {
        let numbers = record.events.keys().copied();
        numbers.eq(1..=record.events.len() as u64)
    };
    !heard.is_empty() && heard.values().all(gapless)
}
