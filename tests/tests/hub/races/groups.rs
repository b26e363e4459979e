//! A group that is deleted at the very moment at which something joins it.

use anyhow::{Result, ensure};
use rolecall_domain::SignedDuration;
use rolecall_tests::in_process::{Asked, Stack};
use serde_json::{Value, json};

use crate::races::rounds::{Round, Tally, account_of, ask, refusal, run};
use rolecall_tests::books::Books;

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or_default())
}

/// Whether the group is there; its history says the same.
fn group_is_there(books: &Books, id: &str) -> Result<bool> {
    let records = books.records("GROUP#");
    let there = records.iter().any(|group| group["group_id"] == id);
    let ended = books.events(id).last() == Some(&"Group Deleted");
    ensure!(there != ended, "{:?}", books.events(id));
    Ok(there)
}

#[tokio::test]
async fn a_group_is_not_deleted_under_a_registration_that_completes() -> Result<()> {
    run(async |round: Round| {
        let group = round.group().await?;
        let stack = Stack::of(&round.register(&group).await?)?;
        round.build(&stack);
        let create = stack.request("Create");
        let delete = round.delete(format!("/v1/groups/{group}"));
        let (told, deleted) = (round.hub.tell(&create), ask(&round, delete));
        let (told, deleted) = round.meet(told, deleted).await?;
        // At no moment was the group empty.
        ensure!(code(&deleted) == (409, "group_not_empty"), "{deleted:?}");
        let id = account_of(&told)?;
        let books = round.books().await?;
        ensure!(group_is_there(&books, &group)?);
        ensure!(books.only("ACCOUNT#")?["account_id"] == id.as_str());
        Ok(())
    })
    .await
}

/// A registration whose time is over no longer keeps its group, but a callback has a grace.
#[tokio::test]
async fn a_late_callback_and_the_groups_deletion_end_one_way() -> Result<()> {
    let tally = Tally::of(&["connected", "deleted"]);
    run(async |mut round: Round| {
        // It has ended by the time that its link is shown.
        round.hub.api.env.settings.registration_ttl = SignedDuration::from_millis(1);
        let group = round.group().await?;
        let stack = Stack::of(&round.register(&group).await?)?;
        round.build(&stack);
        let create = stack.request("Create");
        let delete = round.delete(format!("/v1/groups/{group}"));
        let (told, deleted) = (round.hub.tell(&create), ask(&round, delete));
        let (told, deleted) = round.meet(told, deleted).await?;
        let books = round.books().await?;
        if let Ok(id) = account_of(&told) {
            tally.note("connected");
            ensure!(code(&deleted) == (409, "group_not_empty"), "{deleted:?}");
            ensure!(group_is_there(&books, &group)?);
            ensure!(books.only("ACCOUNT#")?["account_id"] == id.as_str());
        } else {
            tally.note("deleted");
            ensure!(refusal(&told).as_deref() == Some("not_found"), "{told}");
            ensure!(deleted.0 == 204, "{deleted:?}");
            ensure!(!group_is_there(&books, &group)?);
            ensure!(books.records("ACCOUNT#").is_empty());
            let entry = books.only("STACK#")?;
            ensure!(entry["stack_id"] == json!(stack.stack_id), "{entry}");
        }
        Ok(())
    })
    .await?;
    tally.saw_all();
    Ok(())
}

#[tokio::test]
async fn a_registration_begins_in_a_group_that_stays_or_not_at_all() -> Result<()> {
    let tally = Tally::of(&["begun", "deleted"]);
    run(async |round: Round| {
        let group = round.group().await?;
        let begin = round.post(format!("/v1/groups/{group}/registrations"));
        let delete = round.delete(format!("/v1/groups/{group}"));
        let (begun, deleted) = (ask(&round, begin), ask(&round, delete));
        let (begun, deleted) = round.meet(begun, deleted).await?;
        let books = round.books().await?;
        let there = group_is_there(&books, &group)?;
        match (code(&begun), code(&deleted)) {
            ((201, _), (409, "group_not_empty" | "conflict")) => {
                tally.note("begun");
                ensure!(there);
                books.only("REGISTRATION#")?;
            }
            ((404, "not_found") | (409, "conflict"), (204, _)) => {
                tally.note("deleted");
                ensure!(!there && books.records("REGISTRATION#").is_empty());
            }
            other => panic!("{other:?}"),
        }
        Ok(())
    })
    .await?;
    tally.saw_all();
    Ok(())
}

#[tokio::test]
async fn an_account_moves_into_a_group_that_stays_or_not_at_all() -> Result<()> {
    let tally = Tally::of(&["moved", "deleted"]);
    run(async |round: Round| {
        let (_, id) = round.connect().await?;
        let group = round.group().await?;
        let path = format!("/v1/accounts/{id}");
        let move_there = Asked::new(&round.tenant, "PATCH", path);
        let move_there = move_there.body(json!({"group_id": group}));
        let delete = round.delete(format!("/v1/groups/{group}"));
        let (moved, deleted) = (ask(&round, move_there), ask(&round, delete));
        let (moved, deleted) = round.meet(moved, deleted).await?;
        let books = round.books().await?;
        let there = group_is_there(&books, &group)?;
        let is_in = books.only("ACCOUNT#")?["group_id"] == group.as_str();
        match (code(&moved), code(&deleted)) {
            ((200, _), (409, "group_not_empty" | "conflict")) => {
                tally.note("moved");
                ensure!(there && is_in);
            }
            ((422, "invalid_request"), (204, _)) => {
                tally.note("deleted");
                ensure!(!there && !is_in);
            }
            other => panic!("{other:?}"),
        }
        Ok(())
    })
    .await?;
    tally.saw_all();
    Ok(())
}
