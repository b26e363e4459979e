//! An account is deregistered while something else happens to it.

use anyhow::{Context, Result, ensure};
use rolecall_aws::host::SystemHost;
use rolecall_domain::SignedDuration;
use rolecall_domain::aws::RoleArn;
use rolecall_domain::check::AssumeOutcome;
use rolecall_domain::ports::Clock;
use rolecall_testing::FakeCustomers;
use rolecall_tests::accounts::{kinds, sqs_batch};
use rolecall_tests::in_process::{Stack, hub};
use rolecall_usecases::Environment;
use serde_json::{Value, json};

use crate::races::rounds::{Round, Tally, account_of, ask, refusal, role_of, run};
use rolecall_tests::books::Books;

/// Checks that the account is deregistered once, and that one orphaned stack tracks its stack.
fn left_once<'a>(books: &'a Books, id: &str) -> Result<(&'a Value, &'a Value)> {
    let account = books.only("ACCOUNT#")?;
    ensure!(account["state"]["status"] == "deregistered", "{account}");
    let entry = books.only("STACK#")?;
    ensure!(entry["account_id"] == id, "{entry}");
    let named = &account["state"]["orphaned_stack_id"];
    ensure!(entry["orphaned_stack_id"] == *named, "{entry}");
    let events = books.events(id);
    let times = events
        .iter()
        .filter(|event| **event == "Account Deregistered");
    ensure!(times.count() == 1, "{events:?}");
    ensure!(events.last() == Some(&"Account Deregistered"), "{events:?}");
    Ok((account, entry))
}

fn evidence(of: &Value) -> Vec<&str> {
    kinds(of["evidence"]["seen"].as_array().map_or(&[], Vec::as_slice))
}

#[tokio::test]
async fn concurrent_deregistrations_take_effect_once() -> Result<()> {
    run(async |round: Round| {
        let (_, id) = round.connect().await?;
        let leave = || ask(&round, round.delete(format!("/v1/accounts/{id}")));
        let (one, other) = round.meet(leave(), leave()).await?;
        ensure!((one.0, other.0) == (200, 200), "{one:?} {other:?}");
        let entry = |answer: &(u16, Value)| answer.1["orphaned_stack"]["orphaned_stack_id"].clone();
        ensure!(entry(&one) == entry(&other) && entry(&one).is_string());
        let books = round.books().await?;
        let (_, followed) = left_once(&books, &id)?;
        ensure!(followed["orphaned_stack_id"] == entry(&one));
        ensure!(followed["version"] == 1, "{followed}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn deregistration_during_check_stops_further_checks() -> Result<()> {
    let tally = Tally::of(&["checked", "left before"]);
    run(async |round: Round| {
        let (stack, id) = round.connect().await?;
        // The check finds a failure, so it has a result to store.
        for customers in round.customers() {
            customers.change_role(&stack.role_arn, |role| {
                role.sts_says = Some(AssumeOutcome::Refused);
            });
        }
        let check = round.post(format!("/v1/accounts/{id}/checks"));
        let leave = round.delete(format!("/v1/accounts/{id}"));
        let (checked, left) = (ask(&round, check), ask(&round, leave));
        let (checked, left) = round.meet(checked, left).await?;
        ensure!(left.0 == 200, "{left:?}");
        tally.note(match (checked.0, checked.1["code"].as_str()) {
            (422, Some("verification_failed")) => "checked",
            (409, Some("account_deregistered")) => "left before",
            other => panic!("{other:?}"),
        });
        left_once(&round.books().await?, &id)?;

        // If the check scheduled another one, that one removes the account from the schedule.
        let env = Environment {
            onboarding: None,
            store: round.table.clone(),
            customers: FakeCustomers::new(),
            host: SystemHost,
            settings: round.hub.api.env.settings,
            hub: hub(),
        };
        let batch = sqs_batch(&json!({"tenant": round.tenant, "account_id": id}));
        let deadline = SystemHost.now() + SignedDuration::from_secs(60);
        let failures = account_health::handle(&env, &batch, deadline).await?;
        ensure!(failures.batch_item_failures.is_empty());
        let books = round.books().await?;
        ensure!(!books.schedule_is_due(&id));
        left_once(&books, &id)?;
        Ok(())
    })
    .await?;
    tally.saw_all();
    Ok(())
}

/// An update that replaces the stack's role.
fn update(round: &Round, stack: &Stack) -> Result<(Value, RoleArn)> {
    let new = RoleArn::parse(format!("{}-new", stack.role_arn))?;
    for customers in round.customers() {
        customers.put_role(&new, role_of(stack));
        customers.change_role(&new, |role| {
            let id = format!("{}N", stack.role_unique_id);
            role.unique_id = rolecall_domain::aws::RoleUniqueId::parse(id).expect("an id");
        });
        customers.change_stack(&stack.stack_id, |stack| {
            stack.roles.insert(new.name().to_owned());
        });
    }
    let mut update = stack.request("Update");
    update["OldResourceProperties"] = update["ResourceProperties"].clone();
    update["ResourceProperties"]["RoleArn"] = json!(new);
    Ok((update, new))
}

#[tokio::test]
async fn deregistration_during_update_records_the_current_role() -> Result<()> {
    let tally = Tally::of(&["updated", "left before"]);
    run(async |round: Round| {
        let (stack, id) = round.connect().await?;
        let (update, new) = update(&round, &stack)?;
        let leave = round.delete(format!("/v1/accounts/{id}"));
        let (response, left) = (round.hub.call_back(&update), ask(&round, leave));
        let (response, left) = round.meet(response, left).await?;
        // Any other response would leave the customer's stack stuck.
        ensure!(response["Status"] == "SUCCESS", "{response}");
        ensure!(response["PhysicalResourceId"] == update["PhysicalResourceId"]);
        ensure!(left.0 == 200, "{left:?}");
        let books = round.books().await?;
        let (account, entry) = left_once(&books, &id)?;
        ensure!(
            entry["role_arn"] == account["role"]["arn"],
            "{entry} {account}"
        );
        let guard = books.guard(&format!("ROLE_ARN#{new}")).await?;
        if account["role"]["arn"] == json!(new) {
            tally.note("updated");
            let former = &account["previous_role"]["arn"];
            ensure!(*former == json!(stack.role_arn), "{account}");
        } else {
            tally.note("left before");
            ensure!(guard.is_none(), "{guard:?}");
        }
        Ok(())
    })
    .await?;
    tally.saw_all();
    Ok(())
}

#[tokio::test]
async fn delete_during_create_is_never_lost() -> Result<()> {
    let tally = Tally::of(&["created first", "deleted first"]);
    run(async |round: Round| {
        let stack = round.stack().await?;
        let (create, delete) = (stack.request("Create"), stack.request("Delete"));
        let (created, deleted) = (round.hub.call_back(&create), round.hub.call_back(&delete));
        let (created, deleted) = round.meet(created, deleted).await?;
        ensure!(deleted["Status"] == "SUCCESS", "{deleted}");
        let books = round.books().await?;
        let registration = books.only("REGISTRATION#")?;
        if let Ok(id) = account_of(&created) {
            tally.note("created first");
            let account = books.only("ACCOUNT#")?;
            ensure!(account["state"]["status"] == "disconnected", "{account}");
            ensure!(
                evidence(&account["state"]) == ["delete_callback"],
                "{account}"
            );
            ensure!(registration["state"]["account_id"] == id.as_str());
        } else {
            tally.note("deleted first");
            ensure!(
                refusal(&created).as_deref() == Some("conflict"),
                "{created}"
            );
            ensure!(books.records("ACCOUNT#").is_empty());
            ensure!(registration["state"]["status"] == "pending");
            let entry = books.only("STACK#")?;
            ensure!(entry["status"]["name"] == "deleting", "{entry}");
            ensure!(evidence(entry).ends_with(&["delete_callback"]), "{entry}");
        }
        Ok(())
    })
    .await?;
    tally.saw_all();
    Ok(())
}

#[tokio::test]
async fn delete_during_refused_create_is_never_lost() -> Result<()> {
    run(async |round: Round| {
        let stack = round.stack().await?;
        let mut create = stack.request("Create");
        create["ResourceProperties"]["ExternalId"] = json!("another");
        let delete = stack.request("Delete");
        let (created, deleted) = (round.hub.call_back(&create), round.hub.call_back(&delete));
        let (created, deleted) = round.meet(created, deleted).await?;
        ensure!(deleted["Status"] == "SUCCESS", "{deleted}");
        ensure!(
            refusal(&created).as_deref() == Some("verification_failed"),
            "{created}"
        );
        let books = round.books().await?;
        ensure!(books.records("ACCOUNT#").is_empty());
        let entry = books.only("STACK#")?;
        ensure!(entry["status"]["name"] == "deleting", "{entry}");
        ensure!(evidence(entry).contains(&"delete_callback"), "{entry}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn deregistration_during_stack_deletion_keeps_the_evidence() -> Result<()> {
    let tally = Tally::of(&["stack first", "person first"]);
    run(async |round: Round| {
        let (stack, id) = round.connect().await?;
        let delete = stack.request("Delete");
        let leave = round.delete(format!("/v1/accounts/{id}"));
        let (response, left) = (round.hub.call_back(&delete), ask(&round, leave));
        let (response, left) = round.meet(response, left).await?;
        ensure!(
            response["Status"] == "SUCCESS" && left.0 == 200,
            "{response} {left:?}"
        );
        let books = round.books().await?;
        let (_, entry) = left_once(&books, &id)?;
        ensure!(entry["status"]["name"] == "deleting", "{entry}");
        let seen = evidence(entry);
        for kind in ["deregistered", "delete_callback"] {
            let times = seen.iter().filter(|seen| **seen == kind).count();
            ensure!(times == 1, "{kind}: {entry}");
        }
        let before = books.events(&id).contains(&"Account Disconnected");
        tally.note(if before {
            "stack first"
        } else {
            "person first"
        });
        Ok(())
    })
    .await?;
    tally.saw_all();
    Ok(())
}

#[tokio::test]
async fn concurrent_deletes_disconnect_once() -> Result<()> {
    run(async |round: Round| {
        let (stack, id) = round.connect().await?;
        let (one, other) = (stack.request("Delete"), stack.request("Delete"));
        let (one, other) = (round.hub.call_back(&one), round.hub.call_back(&other));
        let (one, other) = round.meet(one, other).await?;
        ensure!(one["Status"] == "SUCCESS" && other["Status"] == "SUCCESS");
        let books = round.books().await?;
        let account = books.only("ACCOUNT#")?;
        ensure!(account["state"]["status"] == "disconnected", "{account}");
        let events = books.events(&id);
        let times = events
            .iter()
            .filter(|event| **event == "Account Disconnected");
        ensure!(times.count() == 1, "{events:?}");
        ensure!(
            evidence(&account["state"]) == ["delete_callback"],
            "{account}"
        );
        books.history(&id).last().context("no history")?;
        Ok(())
    })
    .await
}
