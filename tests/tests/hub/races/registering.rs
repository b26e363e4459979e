//! Several ways to complete one registration, at the same time.

use anyhow::{Result, ensure};
use rolecall_tests::in_process::Stack;
use serde_json::{Value, json};

use crate::races::rounds::{Round, Tally, account_of, ask, refusal, run};
use rolecall_tests::books::Books;

/// Checks that there is one account, created by one completion of the registration.
fn check_one_account(books: &Books, id: &str) -> Result<()> {
    let account = books.only("ACCOUNT#")?;
    ensure!(
        account["account_id"] == id,
        "{account} does not have the ID {id}"
    );
    let registration = books.only("REGISTRATION#")?;
    ensure!(registration["state"]["account_id"] == id, "{registration}");
    let events = books.events(registration["registration_id"].as_str().unwrap_or_default());
    let completions = events
        .iter()
        .filter(|event| **event == "Registration Completed");
    ensure!(completions.count() == 1, "{events:?}");
    Ok(())
}

#[tokio::test]
async fn concurrent_requests_of_one_stack_connect_one_account() -> Result<()> {
    run(async |round: Round| {
        let stack = round.stack().await?;
        let (one, other) = (stack.request("Create"), stack.request("Create"));
        let (one, other) = (round.hub.call_back(&one), round.hub.call_back(&other));
        let (one, other) = round.meet(one, other).await?;
        ensure!(account_of(&one)? == account_of(&other)?, "{one} {other}");
        let books = round.books().await?;
        check_one_account(&books, &account_of(&one)?)?;
        ensure!(books.records("STACK#").is_empty());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn concurrent_deliveries_of_one_request_get_identical_responses() -> Result<()> {
    run(async |round: Round| {
        let stack = round.stack().await?;
        let request = stack.request("Create");
        let mut again = request.clone();
        let url = format!(
            "{}-again",
            request["ResponseURL"].as_str().unwrap_or_default()
        );
        again["ResponseURL"] = json!(url);
        let (one, other) = (round.hub.call_back(&request), round.hub.call_back(&again));
        let (one, other) = round.meet(one, other).await?;
        let sent = &round.hub.callback.reply;
        let first = sent.answer(request["ResponseURL"].as_str().unwrap_or_default())?;
        ensure!(first == sent.answer(&url)?, "{one} {other}");
        check_one_account(&round.books().await?, &account_of(&one)?)
    })
    .await
}

/// The losing stack is rejected because the registration was used, and tracked until it is deleted.
async fn only_the_winner_is_recorded(
    round: &Round,
    winner: (&Stack, &str),
    loser: &Stack,
    followed: bool,
) -> Result<()> {
    let books = round.books().await?;
    check_one_account(&books, winner.1)?;
    let account = books.only("ACCOUNT#")?;
    ensure!(account["stack_id"] == json!(winner.0.stack_id), "{account}");
    for guard in [
        format!("STACK#{}", loser.stack_id),
        format!("ROLE_ARN#{}", loser.role_arn),
        format!("ROLE_UNIQUE_ID#{}", loser.role_unique_id),
    ] {
        ensure!(books.guard(&guard).await?.is_none(), "{guard} is held");
    }
    let entries = books.records("STACK#");
    ensure!(entries.len() == usize::from(followed), "{entries:?}");
    if let Some(entry) = entries.first() {
        ensure!(entry["stack_id"] == json!(loser.stack_id), "{entry}");
        ensure!(entry["status"]["name"] == "deleting", "{entry}");
    }
    Ok(())
}

/// Creates two stacks for one registration.
async fn two_stacks(round: &Round) -> Result<[Stack; 2]> {
    let group = round.group().await?;
    let registration = round.register(&group).await?;
    let stacks = [Stack::of(&registration)?, Stack::of(&registration)?];
    stacks.iter().for_each(|stack| round.build(stack));
    Ok(stacks)
}

#[tokio::test]
async fn only_one_of_two_stacks_of_one_registration_connects() -> Result<()> {
    let tally = Tally::of(&["the first", "the second"]);
    run(async |round: Round| {
        let [first, second] = two_stacks(&round).await?;
        let requests = (first.request("Create"), second.request("Create"));
        let (one, other) = (
            round.hub.call_back(&requests.0),
            round.hub.call_back(&requests.1),
        );
        let (one, other) = round.meet(one, other).await?;
        let won = one["Status"] == "SUCCESS";
        tally.note(if won { "the first" } else { "the second" });
        let (yes, no) = if won { (&one, &other) } else { (&other, &one) };
        ensure!(refusal(no).as_deref() == Some("registration_used"), "{no}");
        let (winner, loser) = if won {
            (&first, &second)
        } else {
            (&second, &first)
        };
        only_the_winner_is_recorded(&round, (winner, &account_of(yes)?), loser, true).await
    })
    .await?;
    tally.saw_all();
    Ok(())
}

#[tokio::test]
async fn callback_and_paste_of_one_stack_connect_one_account() -> Result<()> {
    let tally = Tally::of(&["callback first", "paste first"]);
    run(async |round: Round| {
        let stack = round.stack().await?;
        let create = stack.request("Create");
        let (response, pasted) = (
            round.hub.call_back(&create),
            ask(&round, round.paste(&stack)),
        );
        let (response, pasted) = round.meet(response, pasted).await?;
        let id = account_of(&response)?;
        ensure!(
            pasted.0 == 200 && pasted.1["account_id"] == id.as_str(),
            "{pasted:?}"
        );
        let books = round.books().await?;
        check_one_account(&books, &id)?;
        // In either order, the account has the logical ID of the resource whose Delete will come.
        ensure!(books.only("ACCOUNT#")?["logical_resource_id"] == "Registration");
        let events = books.events(&id);
        tally.note(match events.as_slice() {
            ["Account Registered"] => "callback first",
            ["Account Registered", "Account Changed"] => "paste first",
            other => panic!("{other:?}"),
        });
        Ok(())
    })
    .await?;
    tally.saw_all();
    Ok(())
}

#[tokio::test]
async fn only_one_of_callback_and_paste_of_two_stacks_connects() -> Result<()> {
    let tally = Tally::of(&["the callback", "the paste"]);
    run(async |round: Round| {
        let [called, shown] = two_stacks(&round).await?;
        let create = called.request("Create");
        let (response, pasted) = (
            round.hub.call_back(&create),
            ask(&round, round.paste(&shown)),
        );
        let (response, pasted) = round.meet(response, pasted).await?;
        if response["Status"] == "SUCCESS" {
            tally.note("the callback");
            ensure!(
                pasted.0 == 409 && pasted.1["code"] == "registration_used",
                "{pasted:?}"
            );
            let id = account_of(&response)?;
            // A rejected paste leaves nothing to track.
            return only_the_winner_is_recorded(&round, (&called, &id), &shown, false).await;
        }
        tally.note("the paste");
        ensure!(
            refusal(&response).as_deref() == Some("registration_used"),
            "{response}"
        );
        let id = pasted.1["account_id"].as_str().unwrap_or_default();
        only_the_winner_is_recorded(&round, (&shown, id), &called, true).await
    })
    .await?;
    tally.saw_all();
    Ok(())
}

#[tokio::test]
async fn concurrent_pastes_connect_one_account() -> Result<()> {
    run(async |round: Round| {
        let stack = round.stack().await?;
        let paste = || ask(&round, round.paste(&stack));
        let (one, other) = (paste(), paste());
        let (one, other) = round.meet(one, other).await?;
        ensure!((one.0, other.0) == (200, 200), "{one:?} {other:?}");
        ensure!(one.1["account_id"] == other.1["account_id"]);
        let id = one.1["account_id"].as_str().unwrap_or_default();
        check_one_account(&round.books().await?, id)
    })
    .await
}

/// Checks that the registration is either completed with its account, or revoked without one.
async fn revoked_or_completed(
    round: &Round,
    revoked: &(u16, Value),
    completed: Option<String>,
) -> Result<&'static str> {
    let books = round.books().await?;
    let registration = books.only("REGISTRATION#")?;
    match completed {
        Some(id) => {
            ensure!(revoked.0 == 409, "{revoked:?}");
            ensure!(revoked.1["code"] == "registration_completed", "{revoked:?}");
            check_one_account(&books, &id)?;
            Ok("completed")
        }
        None => {
            ensure!(
                revoked.0 == 200 && revoked.1["status"] == "revoked",
                "{revoked:?}"
            );
            ensure!(
                registration["state"]["status"] == "revoked",
                "{registration}"
            );
            ensure!(books.records("ACCOUNT#").is_empty());
            Ok("revoked")
        }
    }
}

#[tokio::test]
async fn paste_or_revocation_succeeds_but_never_both() -> Result<()> {
    let tally = Tally::of(&["completed", "revoked"]);
    run(async |round: Round| {
        let stack = round.stack().await?;
        let revoke = round.delete(format!("/v1/registrations/{}", stack.registration_id));
        let (pasted, revoked) = (ask(&round, round.paste(&stack)), ask(&round, revoke));
        let (pasted, revoked) = round.meet(pasted, revoked).await?;
        let id = pasted.1["account_id"].as_str().map(str::to_owned);
        if id.is_none() {
            ensure!(pasted.0 == 409, "{pasted:?}");
            ensure!(pasted.1["code"] == "registration_revoked", "{pasted:?}");
        }
        tally.note(revoked_or_completed(&round, &revoked, id).await?);
        Ok(())
    })
    .await?;
    tally.saw_all();
    Ok(())
}

#[tokio::test]
async fn callback_or_revocation_succeeds_but_never_both() -> Result<()> {
    let tally = Tally::of(&["completed", "revoked"]);
    run(async |round: Round| {
        let stack = round.stack().await?;
        let revoke = round.delete(format!("/v1/registrations/{}", stack.registration_id));
        let create = stack.request("Create");
        let (response, revoked) = (round.hub.call_back(&create), ask(&round, revoke));
        let (response, revoked) = round.meet(response, revoked).await?;
        if let Some(code) = refusal(&response) {
            ensure!(code == "registration_revoked", "{response}");
        }
        let id = account_of(&response).ok();
        tally.note(revoked_or_completed(&round, &revoked, id).await?);
        Ok(())
    })
    .await?;
    tally.saw_all();
    Ok(())
}
