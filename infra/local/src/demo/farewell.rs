//! Chapters 9 to 12: deregistration, deleted stacks, and the proof of a deletion.

use anyhow::Result;
use serde_json::Value;

use super::narrator::Mark;
use super::stage::{SOON, Stage};
use super::usage;
use crate::logs::now_ms;
use crate::service::Service;
use crate::wait::until;
use rolecall_client::{Account, OrphanedStack};

/// After deregistration, the stack is orphaned until its deletion is proven.
pub(super) async fn deregister(
    stage: &mut Stage,
    account: &Account,
    service: &Service,
) -> Result<String> {
    let customer = stage.hub.customer(0)?;
    stage.chapter(
        "Deregister Shop",
        "Deregistration does not change the customer's account: the stack and its role remain. The hub \
         records the stack as orphaned, and tracks it until its deletion is proven.",
    );
    let since = now_ms();
    let gone = stage.acme.deregister(&account.account_id).await?;
    let orphan = &gone.orphaned_stack;
    let id = orphan.orphaned_stack_id.clone();
    stage.action("acme", "deregisters Shop");
    stage.action(
        "hub",
        "returns the orphaned stack, and the command that deletes it:",
    );
    stage.fact(
        "orphaned stack",
        &format!("{} in {}", orphan.stack_name, orphan.region),
    );
    stage.fact("console", &orphan.console_url);
    stage.fact(
        "command",
        orphan.delete_command.as_deref().unwrap_or_default(),
    );
    stage.must(
        gone.account.status == "deregistered",
        "the account is deregistered",
    )?;
    let flagged = orphan.status == "orphaned" && kinds(orphan) == ["deregistered"];
    stage.must(
        flagged,
        "the same transaction records the stack as orphaned",
    )?;
    let again = stage.acme.deregister(&account.account_id).await?;
    let same = again.orphaned_stack.orphaned_stack_id == id;
    stage.must(same, "deregistering again returns the same result")?;
    usage::is_refused(stage, service, account).await?;
    stage
        .bus
        .wait_for("Account Deregistered", &account.account_id)
        .await?;
    stage.action("bus", "delivers `Account Deregistered` to stack-cleanup");
    stage.ran_and_logged("stack-cleanup", since).await?;
    let checked = wait_for(stage, &id, "the first check", |o| has(o, "stack_status")).await?;
    stage.must(
        checked.status == "orphaned",
        "the first check finds that the role still exists",
    )?;

    let since = now_ms();
    let deleted = customer.delete(&account.stack_id).await?;
    stage.action("customer", "deletes the stack");
    stage.fact("stack", &deleted.status);
    stage.ran_and_logged("stack-callback", since).await?;
    let orphan = stage.acme.orphaned_stack(&id).await?;
    stage.must(
        has(&orphan, "delete_callback"),
        "the stack's Delete callback is recorded",
    )?;
    Ok(id)
}

/// A customer deletes the stack of a connected account.
pub(super) async fn customer_deletes_stack(stage: &mut Stage, account: &Account) -> Result<()> {
    let customer = stage.hub.customer(2)?;
    stage.chapter(
        "A customer deletes Sandbox's stack",
        "The customer deletes the stack of an account that is still connected. The hub disconnects the \
         account at once.",
    );
    let since = now_ms();
    customer.delete(&account.stack_id).await?;
    stage.action("customer", "deletes Sandbox's stack");
    stage.ran_and_logged("stack-callback", since).await?;
    let now = stage.acme.account(&account.account_id).await?;
    stage.must(now.status == "disconnected", "the account is disconnected")?;
    Ok(())
}

/// A Delete callback alone does not prove the deletion.
pub(super) async fn prove_deletion(
    stage: &mut Stage,
    shop_stack: &str,
    sandbox: &Account,
) -> Result<()> {
    stage.chapter(
        "Prove the deletions",
        "A Delete callback is only a claim. CloudFormation deletes a stack's preflight last, so the hub \
         considers a deletion proven when AWS has refused the role after that.",
    );
    stage.action("hub", "checks both roles");
    let closed = wait_for(stage, shop_stack, "the proof", |o| o.status == "gone").await?;
    show_evidence(stage, &closed);
    stage.must(has(&closed, "role_unassumable"), "AWS refuses the role")?;
    stage.must(
        closed.status == "gone",
        "Shop's stack is gone, and its record contains the evidence",
    )?;
    stage.bus.wait_for("Stack Gone", shop_stack).await?;
    let dismissed = stage.acme.dismiss(shop_stack, "no longer needed").await;
    stage.must_refuse(dismissed, 409, "already_gone")?;
    let id = &sandbox.account_id;
    let ended = until("the account's deregistration", SOON * 2, async || {
        stage.hub.tick().await?;
        let now = stage.acme.account(id).await?;
        Ok((now.status == "deregistered").then_some(now))
    })
    .await?;
    let cause = ended.rest.get("cause").and_then(Value::as_str);
    let by_proof = cause == Some("stack_gone");
    stage.must(by_proof, "the same proof deregisters Sandbox (stack_gone)")
}

/// The deletion of a stack without a callback can't be proven. A user dismisses it.
pub(super) async fn dismiss(stage: &mut Stage, account: &Account) -> Result<()> {
    let customer = stage.hub.customer(1)?;
    stage.chapter(
        "Dismiss Data lake's stack",
        "A stack without a callback can't report its deletion, and a refused role alone proves nothing. \
         The hub keeps tracking the stack until a user dismisses it.",
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
    stage.action(
        "acme",
        "deregisters Data lake, and the customer deletes its stack",
    );
    stage.fact("proof", &proof);
    stage.must(
        proof == "unavailable",
        "the hub reports that the deletion can't be proven",
    )?;
    customer.delete(&account.stack_id).await?;
    let id = &orphan.orphaned_stack_id;
    let silent = wait_for(stage, id, "a refused check", |o| has(o, "role_unassumable")).await?;
    stage.must(
        silent.status == "orphaned",
        "AWS refuses the role, but the stack stays orphaned",
    )?;
    let closed = stage
        .acme
        .dismiss(id, "I saw DELETE_COMPLETE in the console")
        .await?;
    stage.action("acme", "dismisses the stack, and gives the reason");
    show_evidence(stage, &closed);
    stage.must(closed.status == "dismissed", "the stack is dismissed")
}

/// Runs the schedule, which otherwise runs once a minute, until the stack is in the expected state.
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
    stage.action("hub", "returns the evidence:");
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
