//! No log level reveals a secret, not even levels that the template does not allow.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use rolecall_local::deploy::Options;
use rolecall_local::logs::now_ms;
use rolecall_tests::own_hub;
use rolecall_tests::world::{SOON, World, unique};

use crate::logs::provoke::Stage;
use crate::logs::watch::{FUNCTIONS, all_lines, plant, set_level, table_without_external_ids};

/// The secrets that the texts contain, each with one example.
fn findings<'a>(
    stage: &Stage,
    texts: impl IntoIterator<Item = &'a String>,
) -> BTreeMap<&'static str, &'a str> {
    let mut found = BTreeMap::new();
    for text in texts {
        for what in stage.secrets.in_text(text) {
            found.entry(what).or_insert(text.as_str());
        }
    }
    found
}

/// `debug` is the most verbose level that the template accepts; an operator can set `trace` by
/// hand. Changing a function's environment restarts it, even during a request, so this test uses a
/// separate hub.
#[tokio::test]
async fn no_log_level_reveals_secrets_bodies_or_events() -> Result<()> {
    own_hub::run(&Options::default(), async |hub| {
        every_level(Stage::of(World::of(hub, SOON)?).await?).await
    })
    .await
}

async fn every_level(mut stage: Stage) -> Result<()> {
    let world = stage.desk.world.clone();
    let mut bus = world.listen().await?;
    for level in ["info", "debug", "trace"] {
        let mut before = Vec::new();
        for function in FUNCTIONS {
            before.push(set_level(&world, function, level).await?);
        }
        let since = now_ms();
        stage.whole_story().await?;
        stage.refused_callers().await?;
        stage.failed_verifications().await?;
        stage.poison().await?;
        stage.damage().await?;
        let lines = all_lines(&world, since).await?;
        for (function, level) in FUNCTIONS.iter().zip(&before) {
            set_level(&world, function, level).await?;
        }
        ensure!(lines.len() > 50, "only {} lines at {level}", lines.len());
        let found = findings(&stage, &lines);
        assert!(found.is_empty(), "at {level}: {found:#?}");
    }

    let found = findings(&stage, &stage.told);
    assert!(found.is_empty(), "in API responses: {found:#?}");
    let events = bus.received().await?;
    let events: Vec<String> = events.iter().map(|event| format!("{event:?}")).collect();
    ensure!(events.len() > 10, "only {} events", events.len());
    let found = findings(&stage, &events);
    assert!(found.is_empty(), "in events: {found:#?}");
    let items = table_without_external_ids(&world).await?;
    ensure!(items.len() > 50, "only {} items", items.len());
    let found = findings(&stage, &items);
    assert!(found.is_empty(), "in the table: {found:#?}");
    Ok(())
}

/// The negative control: the same search finds a part of a secret that is planted in a log.
#[tokio::test]
async fn planted_secret_in_a_log_is_found() -> Result<()> {
    let mut stage = Stage::open().await?;
    let world = stage.desk.world.clone();
    let since = now_ms();
    let value = unique("planted-value-planted");
    stage.secrets.add("a planted value", &value);
    let mark = plant(&world, &value[..20]).await?;
    let lines = all_lines(&world, since).await?;
    let found = findings(&stage, &lines);
    let line = found.get("a planted value").context("not found")?;
    ensure!(line.contains(&mark), "{line}");
    Ok(())
}
