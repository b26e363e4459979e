//! At every level that an operator can set, and beyond: nothing is told.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use rolecall_local::deploy::Options;
use rolecall_local::logs::now_ms;
use rolecall_tests::own_hub;
use rolecall_tests::world::{SOON, World, unique};

use crate::logs::provoke::Stage;
use crate::logs::watch::{FUNCTIONS, all_lines, plant, set_level, table_without_external_ids};

/// What the texts hold that they should not, each with an example of where.
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

/// `debug` is the most that the template takes; `trace` is what an operator sets by hand. A function whose
/// environment changes is restarted, in the middle of a request too: so not on the hub of all tests.
#[tokio::test]
async fn no_level_of_logging_tells_a_secret_a_body_or_an_event() -> Result<()> {
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
    assert!(found.is_empty(), "in answers: {found:#?}");
    let heard = bus.heard().await?;
    let heard: Vec<String> = heard.iter().map(|event| format!("{event:?}")).collect();
    ensure!(heard.len() > 10, "only {} events", heard.len());
    let found = findings(&stage, &heard);
    assert!(found.is_empty(), "in events: {found:#?}");
    let items = table_without_external_ids(&world).await?;
    ensure!(items.len() > 50, "only {} items", items.len());
    let found = findings(&stage, &items);
    assert!(found.is_empty(), "in the table: {found:#?}");
    Ok(())
}

/// The negative control: a line of a log that holds a part of a secret would have been found, at
/// the same place and by the same search.
#[tokio::test]
async fn a_secret_in_a_log_would_be_found() -> Result<()> {
    let mut stage = Stage::open().await?;
    let world = stage.desk.world.clone();
    let since = now_ms();
    let value = unique("planted-value-planted");
    stage.secrets.add("what was planted", &value);
    let mark = plant(&world, &value[..20]).await?;
    let lines = all_lines(&world, since).await?;
    let found = findings(&stage, &lines);
    let line = found.get("what was planted").context("not found")?;
    ensure!(line.contains(&mark), "{line}");
    Ok(())
}
