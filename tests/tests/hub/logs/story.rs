//! What the logs contain for support: the 12-digit account ID alone leads to the history of its
//! stack.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use rolecall_local::logs::now_ms;
use rolecall_local::wait::until;
use rolecall_tests::world::{SOON, World, unique};
use serde_json::{Value, json};

use crate::logs::watch::FUNCTIONS;
use rolecall_tests::desk::{Desk, Stack, sns_notification};

/// The request lines of all functions that contain a text, oldest first.
async fn lines_about(world: &World, since: u64, text: &str) -> Result<Vec<(&'static str, Value)>> {
    let mut lines = Vec::new();
    for function in FUNCTIONS {
        for run in world.hub.runs(function, since).await? {
            let about = run.records().filter(|line| line["message"] == "request");
            let about = about.filter(|line| line.to_string().contains(text));
            lines.extend(about.map(|line| (function, line)));
        }
    }
    let time = |line: &Value| line["timestamp"].as_str().unwrap_or_default().to_owned();
    lines.sort_by_key(|(_, line)| time(line));
    Ok(lines)
}

/// Waits until all lines of the story are in the logs.
async fn story(
    world: &World,
    since: u64,
    digits: &str,
    ends: impl Fn(&str, &Value) -> bool,
) -> Result<Vec<(&'static str, Value)>> {
    until(&format!("the story of {digits}"), SOON, async || {
        let lines = lines_about(world, since, digits).await?;
        let over = lines.iter().any(|(function, line)| ends(function, line));
        Ok(over.then_some(lines))
    })
    .await
}

#[track_caller]
fn told<'a>(lines: &'a [(&str, Value)], function: &str, action: &str) -> &'a Value {
    let found = lines
        .iter()
        .find(|(from, line)| *from == function && line["action"] == action);
    let (_, line) = found.unwrap_or_else(|| panic!("{function}, {action}: {lines:#?}"));
    line
}

fn digits(stack: &Stack) -> Result<&str> {
    stack.stack_id.split(':').nth(4).context("no account")
}

#[tokio::test]
async fn account_id_finds_all_log_lines_of_a_failed_stack() -> Result<()> {
    let desk = Desk::open().await?;
    let world = desk.world.clone();
    let since = now_ms();
    let stack = desk.stack_without_callback().await?;
    let account = digits(&stack)?;
    let mut trust = world.trust_policy(account, &stack.role_arn).await?;
    trust["Statement"][0]["Condition"].take();
    world
        .set_trust_policy(account, &stack.role_arn, &trust)
        .await?;
    let create = desk.request("Create", &stack);
    let answer = desk.ask(&create).await?;
    answer.assert_failed(&create, "verification_failed: external_id_not_enforced");
    let mut delete = desk.request("Delete", &stack);
    delete["PhysicalResourceId"] = json!(answer.field("PhysicalResourceId"));
    desk.ask(&delete).await?.assert_success(&delete);
    world.hub.tick().await?;

    let lines = story(&world, since, account, |function, line| {
        function == "event-publisher" && line["action"] == "Stack Evidence Added"
    })
    .await?;
    let refused = told(&lines, "stack-callback", "Create");
    assert_eq!(refused["outcome"], "refused", "{refused:#}");
    assert_eq!(refused["code"], "verification_failed", "{refused:#}");
    let checks = refused["checks.failed"].as_str().context("no checks")?;
    ensure!(checks.contains("external_id_not_enforced"), "{refused:#}");
    assert_eq!(refused["request.id"], create["RequestId"]);
    let registration = &stack.registration.registration_id;
    for (from, line) in &lines {
        assert_eq!(line["tenant.id"], world.tenant, "{from}: {line:#}");
        assert_eq!(
            line["registration.id"],
            json!(registration),
            "{from}: {line:#}"
        );
        assert_eq!(line["aws_account.id"], account, "{from}: {line:#}");
    }
    let deleted = told(&lines, "stack-callback", "Delete");
    assert_eq!(deleted["outcome"], "succeeded", "{deleted:#}");
    told(&lines, "event-publisher", "Stack Deleting");
    // The registration's ID then identifies the request that created the link.
    let whole = lines_about(&world, since, registration).await?;
    let made = told(
        &whole,
        "registration-api",
        "POST /v1/groups/{group_id}/registrations",
    );
    assert_eq!(made["outcome"], "succeeded");
    Ok(())
}

#[tokio::test]
async fn connected_stack_logs_succeeded_without_error_codes() -> Result<()> {
    let desk = Desk::open().await?;
    let world = desk.world.clone();
    let since = now_ms();
    let (connected, stack) = desk.connected().await?;
    let id = &connected.account.account_id;
    world.acme.check(id).await?;
    world.scheduled_check(id).await?;
    let account = digits(&stack)?;
    world.acme.deregister(id).await?;
    let lines = story(&world, since, account, |function, line| {
        function == "stack-cleanup" && line["action"] == "first check of a stack"
    })
    .await?;
    for (function, action) in [
        ("stack-callback", "Create"),
        ("registration-api", "POST /v1/accounts/{account_id}/checks"),
        ("account-health", "scheduled check"),
        ("registration-api", "DELETE /v1/accounts/{account_id}"),
    ] {
        let line = told(&lines, function, action);
        assert_eq!(line["outcome"], "succeeded", "{line:#}");
        ensure!(line.get("code").is_none(), "{line:#}");
        assert_eq!(line["account.id"], json!(id), "{line:#}");
    }
    let orphan = told(&lines, "stack-cleanup", "first check of a stack");
    ensure!(orphan["orphaned_stack.status"].is_string(), "{orphan:#}");
    Ok(())
}

/// A rejected completion is also logged with the account ID.
#[tokio::test]
async fn rejected_completion_is_logged_with_account_id() -> Result<()> {
    let world = World::find().await?;
    let since = now_ms();
    let registration = world.register(&world.group().await?).await?;
    let customer = world.customer();
    let (stack, line) = world
        .stack_without_callback(&customer, &registration)
        .await?;
    customer.delete(&stack.stack_id).await?;
    let paste = world
        .acme
        .complete(&registration.registration_id, &line, None);
    ensure!(paste.await.is_err(), "the role is gone");
    let account = customer.account_id();
    let lines = story(&world, since, account, |_, _| true).await?;
    let action = "POST /v1/registrations/{registration_id}/complete";
    let line = told(&lines, "registration-api", action);
    assert_eq!(line["outcome"], "refused", "{line:#}");
    ensure!(line["code"].is_string() && line["http.status_code"].is_u64());
    Ok(())
}

/// Anyone may publish to the topic, so each forged message gets one short line.
#[tokio::test]
async fn forged_request_writes_one_short_log_line() -> Result<()> {
    let desk = Desk::open().await?;
    let world = desk.world.clone();
    let stack = desk.stack_without_callback().await?;
    let long = "x".repeat(200);
    let mut forged = desk.request("Create", &stack);
    forged["ResourceProperties"]["RegistrationToken"] = json!(long);
    let mut foreign_url = desk.request("Create", &stack);
    foreign_url["ResourceProperties"]["RegistrationToken"] = json!(long);
    foreign_url["ResponseURL"] = json!("https://example.com/");
    for (request, outcome) in [
        (forged, "unauthenticated"),
        (foreign_url, "unauthenticated"),
        (json!({"RequestType": long}), "malformed"),
        (json!(long), "malformed"),
    ] {
        let since = now_ms();
        let mark = unique("stranger");
        let mut event = sns_notification(&[request]);
        event["Records"][0]["Sns"]["MessageId"] = json!(mark);
        desk.send(&event).await?;
        let lines = until("the line", SOON, async || {
            let runs = world.hub.runs("stack-callback", since).await?;
            let run = runs
                .into_iter()
                .find(|run| run.lines.concat().contains(&mark));
            Ok(run.map(|run| run.lines))
        })
        .await?;
        let [line] = lines.as_slice() else {
            anyhow::bail!("one line: {lines:#?}");
        };
        ensure!(line.len() < 1_500, "{} bytes: {line}", line.len());
        let line: Value = serde_json::from_str(line)?;
        assert_eq!(line["outcome"], outcome, "{line:#}");
        assert_ne!(line["level"], "ERROR", "{line:#}");
    }
    Ok(())
}

/// Field names are lowercase and dotted, names contain units, and values contain no Rust debug
/// output.
#[tokio::test]
async fn log_lines_have_only_documented_fields() -> Result<()> {
    let desk = Desk::open().await?;
    let world = desk.world.clone();
    let since = now_ms();
    let (connected, stack) = desk.connected().await?;
    let account = digits(&stack)?;
    world.acme.check(&connected.account.account_id).await?;
    world.scheduled_check(&connected.account.account_id).await?;
    let guide = std::fs::read_to_string(
        rolecall_local::paths::Tree::default()
            .root()
            .join("docs/operations.md"),
    )?;
    let lines = story(&world, since, account, |function, _| {
        function == "event-publisher"
    })
    .await?;
    let outcomes = BTreeSet::from(["succeeded", "skipped", "refused"]);
    for (function, line) in &lines {
        let fields = line.as_object().context("an object")?;
        for (name, value) in fields {
            let dotted = name.split('.').all(|word| {
                !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
            });
            ensure!(dotted, "{function}: {name}");
            let envelope = ["timestamp", "level", "target", "message"].contains(&name.as_str());
            ensure!(
                envelope || guide.contains(&format!("`{name}`")),
                "docs/operations.md does not describe {name}"
            );
            let value = value.to_string();
            ensure!(
                !value.contains("Some(") && !value.contains("None"),
                "{name}: {value}"
            );
        }
        let outcome = line["outcome"].as_str().unwrap_or_default();
        ensure!(outcomes.contains(outcome), "{function}: {line:#}");
        ensure!(line["duration_ms"].is_u64(), "{function}: {line:#}");
    }
    Ok(())
}
