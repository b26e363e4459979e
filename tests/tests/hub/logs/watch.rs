//! Sets the log level of the hub's functions and reads their logs.

use anyhow::{Context, Result, ensure};
use rolecall_local::wait::until;
use rolecall_tests::world::{SOON, World, unique};
use serde_json::{Value, json};

pub const FUNCTIONS: [&str; 7] = [
    "registration-api",
    "stack-callback",
    "stack-cleanup",
    "account-health",
    "credential-broker",
    "console",
    "event-publisher",
];

/// Sets a function's log level, and returns the previous one.
pub async fn set_level(world: &World, function: &str, level: &str) -> Result<String> {
    let signer = world.hub.account().signer();
    let name = world.hub.function_name(function)?;
    let url = format!(
        "{}/2015-03-31/functions/{name}/configuration",
        signer.base("lambda")
    );
    let read = http::Request::get(&url).body(Vec::new())?;
    let answer = signer.send("lambda", read).await?;
    let configuration: Value = serde_json::from_slice(&answer.body)?;
    let mut variables = configuration["Environment"]["Variables"].clone();
    let before = variables["RUST_LOG"]
        .as_str()
        .context("no RUST_LOG")?
        .to_owned();
    variables["RUST_LOG"] = json!(level);
    let body = json!({"Environment": {"Variables": variables}}).to_string();
    let change = http::Request::put(&url).body(body.into_bytes())?;
    let answer = signer.send("lambda", change).await?;
    ensure!(answer.is_success(), "{}", answer.text());
    Ok(before)
}

/// An event that a function handles without effect, in any state of the hub.
fn harmless(world: &World, function: &str) -> Value {
    match function {
        "registration-api" => json!({"rawPath": "/v1/groups"}),
        "stack-callback" => json!({}),
        "stack-cleanup" => world.hub.schedule_event(),
        _ => json!({"Records": []}),
    }
}

/// All log lines of the functions. Waits until each has logged a run that began after this call.
pub async fn all_lines(world: &World, since: u64) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for function in FUNCTIONS {
        let before = world.hub.runs(function, since).await?.len();
        world
            .hub
            .invoke(function, &harmless(world, function))
            .await?;
        let runs = until("the log of a run", SOON, async || {
            let runs = world.hub.runs(function, since).await?;
            Ok((runs.len() > before).then_some(runs))
        })
        .await?;
        ensure!(runs.len() < 10_000, "more than one page of the log");
        lines.extend(runs.into_iter().flat_map(|run| run.lines));
    }
    Ok(lines)
}

/// Makes a function log a value, as careless code would.
pub async fn plant(world: &World, value: &str) -> Result<String> {
    let mark = unique("planted");
    let event = json!({"source": "unknown", "id": format!("{mark} {value}")});
    world.hub.invoke("stack-cleanup", &event).await?;
    Ok(mark)
}

/// Every item of the hub's table, except for the external IDs that belong there: in registrations,
/// accounts and orphaned stacks, and in the guard that makes each one unique.
pub async fn table_without_external_ids(world: &World) -> Result<Vec<String>> {
    let aws = world.aws(world.hub_account_id())?;
    let table = &world.hub.file().table_name;
    let mut pages = aws
        .dynamodb()
        .scan()
        .table_name(table)
        .into_paginator()
        .send();
    let mut items = Vec::new();
    while let Some(page) = pages.next().await {
        for item in page?.items.unwrap_or_default() {
            let mut item: Value = serde_dynamo::from_item(item)?;
            let sk = item["sk"].as_str().unwrap_or_default().to_owned();
            let pk = item["pk"].as_str().unwrap_or_default().to_owned();
            let kinds = ["REGISTRATION", "ACCOUNT#", "STACK#"];
            if kinds.iter().any(|kind| sk.starts_with(kind)) {
                item["external_id"].take();
            }
            if pk.starts_with("GUARD#EXTERNAL_ID#") {
                item["pk"].take();
            }
            items.push(item.to_string());
        }
    }
    Ok(items)
}
