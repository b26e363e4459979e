//! What support can read: from the twelve digits of an AWS account alone, the story of its stack.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use rolecall_local::logs::now_ms;
use rolecall_local::wait::until;
use rolecall_tests::world::{SOON, World, unique};
use serde_json::{Value, json};

use crate::logs::watch::FUNCTIONS;
use rolecall_tests::desk::{Desk, Stack, in_a_notification};

/// The lines of requests that hold a text, of all functions, oldest first.
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

/// Waits until the functions told it all.
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
async fn twelve_digits_tell_the_story_of_a_stack_that_failed() -> Result<()> {
    let desk = Desk::open().await?;
    let world = desk.world.clone();
    let since = now_ms();
    let stack = desk.silent_stack().await?;
    let account = digits(&stack)?;
    let mut trust = world.trust_policy(account, &stack.role_arn).await?;
    trust["Statement"][0]["Condition"].take();
    world
        .set_trust_policy(account, &stack.role_arn, &trust)
        .await?;
    let create = desk.request("Create", &stack);
    let answer = desk.ask(&create).await?;
    answer.is_no_to(&create, "verification_failed: external_id_not_enforced");
    let mut delete = desk.request("Delete", &stack);
    delete["PhysicalResourceId"] = json!(answer.field("PhysicalResourceId"));
    desk.ask(&delete).await?.is_yes_to(&delete);
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
    // What support does next begins where the link was made.
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
async fn a_connected_stack_does_not_log_what_a_refused_one_does() -> Result<()> {
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

/// A paste that is refused has the digits as well.
#[tokio::test]
async fn a_refused_line_names_the_account_that_it_is_of() -> Result<()> {
    let world = World::find().await?;
    let since = now_ms();
    let registration = world.register(&world.group().await?).await?;
    let customer = world.customer();
    let (stack, line) = world.silent_stack(&customer, &registration).await?;
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

/// Anybody may publish: one short line each.
#[tokio::test]
async fn a_strangers_request_leaves_one_bounded_line() -> Result<()> {
    let desk = Desk::open().await?;
    let world = desk.world.clone();
    let stack = desk.silent_stack().await?;
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
        let mut event = in_a_notification(&[request]);
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

/// Names are dotted words, units are in names, and no value is a language's inside.
#[tokio::test]
async fn every_line_has_the_fields_that_the_guide_describes() -> Result<()> {
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
                "{name} is not in the guide"
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
