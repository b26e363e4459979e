//! A group is deleted while a registration or an account joins it.

use anyhow::{Result, ensure};
use rolecall_domain::SignedDuration;
use rolecall_tests::in_process::{Asked, Stack};
use serde_json::{Value, json};

use crate::races::rounds::{Round, Tally, account_of, ask, refusal, run};
use rolecall_tests::books::Books;

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or_default())
}

/// Whether the group exists; its history must agree.
fn group_is_there(books: &Books, id: &str) -> Result<bool> {
    let records = books.records("GROUP#");
    let there = records.iter().any(|group| group["group_id"] == id);
    let ended = books.events(id).last() == Some(&"Group Deleted");
    ensure!(there != ended, "{:?}", books.events(id));
    Ok(there)
}

#[tokio::test]
async fn group_with_completing_registration_is_not_deleted() -> Result<()> {
    run(async |round: Round| {
        let group = round.group().await?;
        let stack = Stack::of(&round.register(&group).await?)?;
        round.build(&stack);
        let create = stack.request("Create");
        let delete = round.delete(format!("/v1/groups/{group}"));
        let (response, deleted) = (round.hub.call_back(&create), ask(&round, delete));
        let (response, deleted) = round.meet(response, deleted).await?;
        // The group was not empty at any time.
        ensure!(code(&deleted) == (409, "group_not_empty"), "{deleted:?}");
        let id = account_of(&response)?;
        let books = round.books().await?;
        ensure!(group_is_there(&books, &group)?);
        ensure!(books.only("ACCOUNT#")?["account_id"] == id.as_str());
        Ok(())
    })
    .await
}

/// An expired registration no longer protects its group, but its callback has a grace period.
#[tokio::test]
async fn late_callback_or_group_deletion_succeeds_but_never_both() -> Result<()> {
    let tally = Tally::of(&["connected", "deleted"]);
    run(async |mut round: Round| {
        // The registration has expired before its link is shown.
        round.hub.api.env.settings.registration_ttl = SignedDuration::from_millis(1);
        let group = round.group().await?;
        let stack = Stack::of(&round.register(&group).await?)?;
        round.build(&stack);
        let create = stack.request("Create");
        let delete = round.delete(format!("/v1/groups/{group}"));
        let (response, deleted) = (round.hub.call_back(&create), ask(&round, delete));
        let (response, deleted) = round.meet(response, deleted).await?;
        let books = round.books().await?;
        if let Ok(id) = account_of(&response) {
            tally.note("connected");
            ensure!(code(&deleted) == (409, "group_not_empty"), "{deleted:?}");
            ensure!(group_is_there(&books, &group)?);
            ensure!(books.only("ACCOUNT#")?["account_id"] == id.as_str());
        } else {
            tally.note("deleted");
            ensure!(
                refusal(&response).as_deref() == Some("not_found"),
                "{response}"
            );
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
async fn registration_is_never_created_in_deleted_group() -> Result<()> {
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
async fn account_never_moves_into_deleted_group() -> Result<()> {
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
