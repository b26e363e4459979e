//! Chapters 7 to 9: letting an account go, losing one, and what others heard of it all.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::Value;

use super::narrator::Mark;
use super::stage::{SOON, Stage};
use crate::client::{Account, OrphanedStack};
use crate::logs::now_ms;
use crate::wait::until;

/// Deregistering leaves a stack behind, which stays flagged until it is proven gone.
pub(super) async fn an_account_is_let_go(stage: &mut Stage, account: &Account) -> Result<()> {
    let customer = stage.hub.customer(0)?;
    stage.n.chapter(
        "Shop is let go",
        "Deregistering does not reach into the customer's account: the stack and its role stay \
         behind. The hub says so, and does not forget it.",
    );
    let since = now_ms();
    let gone = stage.acme.deregister(&account.account_id).await?;
    let orphan = &gone.orphaned_stack;
    let id = orphan.orphaned_stack_id.clone();
    stage.n.says("acme", "deregisters Shop");
    stage.n.says(
        "hub",
        "done; this is left in the customer's account, and how to delete it:",
    );
    stage.n.fact(
        "leftover",
        &format!("{} in {}", orphan.stack_name, orphan.region),
    );
    stage.n.fact("console", &orphan.console_url);
    stage.n.fact("or", &orphan.delete_command);
    stage.n.must(
        gone.account.status == "deregistered",
        "the account is deregistered",
    )?;
    let flagged = orphan.status == "orphaned" && kinds(orphan) == ["deregistered"];
    stage.n.must(
        flagged,
        "the same transaction flagged the stack as orphaned",
    )?;
    let again = stage.acme.deregister(&account.account_id).await?;
    let same = again.orphaned_stack.orphaned_stack_id == id;
    stage.n.must(same, "asking again gives the same answer")?;
    stage
        .bus
        .wait_for("Account Deregistered", &account.account_id)
        .await?;
    stage
        .n
        .says("bus", "`Account Deregistered` wakes stack-cleanup");
    stage.show_runs("stack-cleanup", since).await?;
    let checked = wait_for(stage, &id, "the first check", |o| has(o, "stack_status")).await?;
    stage.n.must(
        checked.status == "orphaned",
        "its first check: the role still answers",
    )?;

    let since = now_ms();
    let deleted = customer.delete(&account.stack_id).await?;
    stage.n.says("customer", "deletes the stack");
    stage.n.fact("stack", &deleted.status);
    stage.show_runs("stack-callback", since).await?;
    let told = stage.acme.orphaned_stack(&id).await?;
    stage.n.must(
        has(&told, "delete_callback"),
        "the stack said goodbye: a Delete callback",
    )?;
    let quiet = stage.hub.seconds("QuietPeriodSeconds")?;
    stage.n.says(
        "hub",
        &format!(
            "a goodbye is no proof: AWS must refuse the role twice, {quiet} s apart (15 min on AWS)"
        ),
    );
    let closed = wait_for(stage, &id, "the proof", |o| o.status == "gone").await?;
    show_evidence(stage, &closed);
    stage
        .n
        .must(has(&closed, "role_unassumable"), "the role is silent")?;
    stage.n.must(
        closed.status == "gone",
        "the stack is gone, and its evidence is kept",
    )?;
    stage.bus.wait_for("Stack Gone", &id).await?;
    let dismissed = stage.acme.dismiss(&id, "no longer of interest").await;
    stage.must_refuse(dismissed, 409, "already_gone")
}

/// A customer may leave without a word to the hub's people.
pub(super) async fn a_customer_leaves(stage: &mut Stage, account: &Account) -> Result<()> {
    let customer = stage.hub.customer(2)?;
    stage.n.chapter(
        "Sandbox leaves by itself",
        "The customer deletes the stack of an account that is still registered. No ghost stays.",
    );
    let since = now_ms();
    customer.delete(&account.stack_id).await?;
    stage
        .n
        .says("customer", "deletes Sandbox's stack without asking anybody");
    stage.show_runs("stack-callback", since).await?;
    let now = stage.acme.account(&account.account_id).await?;
    stage.n.must(
        now.status == "disconnected",
        "the account is disconnected at once",
    )?;
    stage.n.says(
        "hub",
        "watches it until it is proven that nothing is left ...",
    );
    let ended = until("the account's end", SOON * 2, async || {
        stage.hub.tick().await?;
        let now = stage.acme.account(&account.account_id).await?;
        Ok((now.status == "deregistered").then_some(now))
    })
    .await?;
    stage.n.must(
        ended.status == "deregistered",
        "... and lets it go: deregistered",
    )?;
    let event = stage
        .bus
        .wait_for("Account Deregistered", &account.account_id)
        .await?;
    let cause = event
        .detail
        .get("cause")
        .and_then(Value::as_str)
        .unwrap_or_default();
    stage.n.fact("cause", cause);
    Ok(())
}

/// What others could follow, and what the history keeps.
pub(super) async fn what_others_heard(stage: &mut Stage, account: &Account) -> Result<()> {
    stage.n.chapter(
        "What others heard",
        "Every change went out on the event bus, numbered without a gap, and stays in the history.",
    );
    let mut by_record: BTreeMap<String, Vec<(u64, String)>> = BTreeMap::new();
    for event in stage.bus.heard().await? {
        let record = event.record_id().context("an event without its record")?;
        let sequence = event.sequence().context("an event without its number")?;
        let entry = (sequence, event.detail_type.clone());
        by_record.entry(record.to_owned()).or_default().push(entry);
    }
    for (record, events) in &mut by_record {
        events.sort();
        events.dedup();
        let told: Vec<String> = events
            .iter()
            .map(|(n, what)| format!("{n} {what}"))
            .collect();
        stage.n.item(Mark::Dull, record, &told.join(", "));
    }
    let history = stage.acme.history(&account.account_id).await?;
    stage
        .n
        .must(!history.items.is_empty(), "Shop's history is still there")?;
    let text = serde_json::to_string(&history.items)?;
    let secrets = ["external_id", "RegistrationToken", "ResponseURL"];
    let clean = !secrets.iter().any(|secret| text.contains(secret));
    stage.n.must(
        clean,
        "and holds no external ID, no token and no response URL",
    )
}

/// Lets the hub look (the schedule does it once a minute), until it has seen what is awaited.
async fn wait_for(
    stage: &Stage,
    id: &str,
    what: &str,
    seen: impl Fn(&OrphanedStack) -> bool,
) -> Result<OrphanedStack> {
    until(what, SOON * 2, async || {
        let stack = stage.acme.orphaned_stack(id).await?;
        if seen(&stack) {
            return Ok(Some(stack));
        }
        stage.hub.tick().await?;
        Ok(None)
    })
    .await
}

fn show_evidence(stage: &Stage, stack: &OrphanedStack) {
    stage.n.says("hub", "its evidence:");
    for seen in &stack.evidence {
        let text = |name: &str| seen[name].as_str().unwrap_or_default();
        let what = [text("status"), text("reason"), text("cause")].join(" ");
        let line = format!("{} {}", text("at"), what.trim());
        stage.n.item(Mark::Good, text("kind"), line.trim());
    }
}

fn kinds(stack: &OrphanedStack) -> Vec<&str> {
    let kinds = stack.evidence.iter().map(|seen| seen["kind"].as_str());
    kinds.map(Option::unwrap_or_default).collect()
}

fn has(stack: &OrphanedStack, kind: &str) -> bool {
    kinds(stack).contains(&kind)
}
