//! Chapters 7 to 9: letting an account go, losing one, and what others heard of it all.

use anyhow::Result;
use serde_json::Value;

use super::narrator::Mark;
use super::stage::{SOON, Stage};
use crate::logs::now_ms;
use crate::wait::until;
use rolecall_client::{Account, OrphanedStack};

/// Deregistering leaves a stack behind, which stays flagged until it is proven gone.
pub(super) async fn an_account_is_let_go(stage: &mut Stage, account: &Account) -> Result<String> {
    let customer = stage.hub.customer(0)?;
    stage.chapter(
        "Shop is let go",
        "Deregistering does not reach into the customer's account: the stack and its role stay \
         behind. The hub says so, and does not forget it.",
    );
    let since = now_ms();
    let gone = stage.acme.deregister(&account.account_id).await?;
    let orphan = &gone.orphaned_stack;
    let id = orphan.orphaned_stack_id.clone();
    stage.says("acme", "deregisters Shop");
    stage.says(
        "hub",
        "done; this is left in the customer's account, and how to delete it:",
    );
    stage.fact(
        "leftover",
        &format!("{} in {}", orphan.stack_name, orphan.region),
    );
    stage.fact("console", &orphan.console_url);
    stage.fact("or", orphan.delete_command.as_deref().unwrap_or_default());
    stage.must(
        gone.account.status == "deregistered",
        "the account is deregistered",
    )?;
    let flagged = orphan.status == "orphaned" && kinds(orphan) == ["deregistered"];
    stage.must(
        flagged,
        "the same transaction flagged the stack as orphaned",
    )?;
    let again = stage.acme.deregister(&account.account_id).await?;
    let same = again.orphaned_stack.orphaned_stack_id == id;
    stage.must(same, "asking again gives the same answer")?;
    stage
        .bus
        .wait_for("Account Deregistered", &account.account_id)
        .await?;
    stage.says("bus", "`Account Deregistered` wakes stack-cleanup");
    stage.ran_and_logged("stack-cleanup", since).await?;
    let checked = wait_for(stage, &id, "the first check", |o| has(o, "stack_status")).await?;
    stage.must(
        checked.status == "orphaned",
        "its first check: the role still answers",
    )?;

    let since = now_ms();
    let deleted = customer.delete(&account.stack_id).await?;
    stage.says("customer", "deletes the stack");
    stage.fact("stack", &deleted.status);
    stage.ran_and_logged("stack-callback", since).await?;
    let told = stage.acme.orphaned_stack(&id).await?;
    stage.must(
        has(&told, "delete_callback"),
        "the stack said goodbye: a Delete callback",
    )?;
    Ok(id)
}

/// A customer may leave without a word to the hub's people.
pub(super) async fn a_customer_leaves(stage: &mut Stage, account: &Account) -> Result<()> {
    let customer = stage.hub.customer(2)?;
    stage.chapter(
        "Sandbox leaves by itself",
        "The customer deletes the stack of an account that is still registered. No ghost stays.",
    );
    let since = now_ms();
    customer.delete(&account.stack_id).await?;
    stage.says("customer", "deletes Sandbox's stack without asking anybody");
    stage.ran_and_logged("stack-callback", since).await?;
    let now = stage.acme.account(&account.account_id).await?;
    stage.must(
        now.status == "disconnected",
        "the account is disconnected at once",
    )?;
    Ok(())
}

/// A goodbye alone closes nothing.
pub(super) async fn the_proof(
    stage: &mut Stage,
    shop_stack: &str,
    sandbox: &Account,
) -> Result<()> {
    stage.chapter(
        "The proof",
        "A goodbye is a claim. The hub closes an entry only when AWS has refused the role twice, \
         a quiet period apart, with nothing to the contrary in between.",
    );
    let quiet = stage.hub.seconds("QuietPeriodSeconds")?;
    stage.says(
        "hub",
        &format!("watches both; the quiet period is {quiet} s here, 15 min on AWS"),
    );
    let closed = wait_for(stage, shop_stack, "the proof", |o| o.status == "gone").await?;
    show_evidence(stage, &closed);
    stage.must(has(&closed, "role_unassumable"), "the role is silent")?;
    stage.must(
        closed.status == "gone",
        "Shop's stack is gone, and its evidence is kept",
    )?;
    stage.bus.wait_for("Stack Gone", shop_stack).await?;
    let dismissed = stage
        .acme
        .dismiss(shop_stack, "no longer of interest")
        .await;
    stage.must_refuse(dismissed, 409, "already_gone")?;
    let id = &sandbox.account_id;
    let ended = until("the account's end", SOON * 2, async || {
        stage.hub.tick().await?;
        let now = stage.acme.account(id).await?;
        Ok((now.status == "deregistered").then_some(now))
    })
    .await?;
    let cause = ended.rest.get("cause").and_then(Value::as_str);
    let by_proof = cause == Some("stack_gone");
    stage.must(
        by_proof,
        "Sandbox is deregistered by the same proof: stack_gone",
    )
}

/// A stack that was made without the callback can't say goodbye; a person settles that.
pub(super) async fn a_silent_stack(stage: &mut Stage, account: &Account) -> Result<()> {
    let customer = stage.hub.customer(1)?;
    stage.chapter(
        "Data lake goes silently",
        "A stack without the callback can't tell of its deletion, and a silent role alone proves \
         nothing: the hub keeps the entry open and says why. A person may close it.",
    );
    let orphan = stage
        .acme
        .deregister(&account.account_id)
        .await?
        .orphaned_stack;
    let proof = orphan
        .rest
        .get("proof")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    stage.says(
        "acme",
        "deregisters Data lake, and the customer deletes its stack",
    );
    stage.fact("proof", &proof);
    stage.must(
        proof == "unavailable",
        "the hub says that no proof can come",
    )?;
    customer.delete(&account.stack_id).await?;
    let id = &orphan.orphaned_stack_id;
    let silent = wait_for(stage, id, "a refused check", |o| has(o, "role_unassumable")).await?;
    stage.must(
        silent.status == "orphaned",
        "the role is silent, but the entry stays open",
    )?;
    let closed = stage
        .acme
        .dismiss(id, "I saw DELETE_COMPLETE in the console")
        .await?;
    stage.says("acme", "dismisses the entry, with the reason why");
    show_evidence(stage, &closed);
    stage.must(
        closed.status == "dismissed",
        "the entry is dismissed, by name",
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
    stage.says("hub", "its evidence:");
    for seen in &stack.evidence {
        let text = |name: &str| seen[name].as_str().unwrap_or_default();
        let what = [text("status"), text("reason"), text("cause")].join(" ");
        let line = format!("{} {}", text("at"), what.trim());
        stage.item(Mark::Good, text("kind"), line.trim());
    }
}

fn kinds(stack: &OrphanedStack) -> Vec<&str> {
    let kinds = stack.evidence.iter().map(|seen| seen["kind"].as_str());
    kinds.map(Option::unwrap_or_default).collect()
}

fn has(stack: &OrphanedStack, kind: &str) -> bool {
    kinds(stack).contains(&kind)
}
