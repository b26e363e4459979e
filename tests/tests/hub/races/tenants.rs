//! Two tenants compete for the same resource. Both customers claim the role and the stack, and
//! verification passes for both: only the stored records decide.

use anyhow::{Result, ensure};
use rolecall_domain::aws::StackId;
use rolecall_tests::in_process::{Asked, Stack};
use serde_json::{Value, json};

use crate::races::rounds::{Round, Tally, account_of, refusal, role_of, run};

/// Both register at the same time; returns both responses.
async fn race(rounds: [&Round; 2], stacks: [&Stack; 2]) -> Result<[Value; 2]> {
    let requests = stacks.map(|stack| stack.request("Create"));
    let one = rounds[0].hub.call_back(&requests[0]);
    let other = rounds[1].hub.call_back(&requests[1]);
    let (one, other) = rounds[0].meet(one, other).await?;
    Ok([one, other])
}

/// Checks that one tenant has the account. The other's registration stays pending, and its response
/// reveals neither the owner nor that there is another tenant. Returns the winner's index.
async fn check_one_winner(
    rounds: [&Round; 2],
    responses: &[Value; 2],
    codes: &[&str],
) -> Result<usize> {
    let winner = usize::from(responses[0]["Status"] != "SUCCESS");
    let (won, lost) = (rounds[winner], rounds[1 - winner]);
    let id = account_of(&responses[winner])?;
    let code = refusal(&responses[1 - winner]).unwrap_or_default();
    ensure!(codes.contains(&code.as_str()), "{}", responses[1 - winner]);
    let reason = responses[1 - winner].to_string();
    ensure!(
        !reason.contains(&won.tenant) && !reason.contains(&id),
        "{reason}"
    );

    let (theirs, others) = (won.books().await?, lost.books().await?);
    ensure!(theirs.only("ACCOUNT#")?["account_id"] == id.as_str());
    ensure!(others.records("ACCOUNT#").is_empty());
    let registration = others.only("REGISTRATION#")?;
    ensure!(
        registration["state"]["status"] == "pending",
        "{registration}"
    );
    ensure!(
        registration["last_attempt"]["code"] == code.as_str(),
        "{registration}"
    );
    let asked = Asked::new(&lost.tenant, "GET", format!("/v1/accounts/{id}"));
    ensure!(lost.hub.ask(&asked).await.status_code == 404);
    Ok(winner)
}

#[tokio::test]
async fn only_one_of_two_tenants_gets_the_same_role_and_stack() -> Result<()> {
    let tally = Tally::of(&["the first", "the second"]);
    run(async |round: Round| {
        let other_tenant = round.other_tenant();
        let stack = round.stack().await?;
        let same = other_tenant.stack().await?.posing_as(&stack);
        other_tenant.build(&same);
        let rounds = [&round, &other_tenant];
        let responses = race(rounds, [&stack, &same]).await?;
        let codes = ["role_already_registered", "stack_already_registered"];
        let winner = check_one_winner(rounds, &responses, &codes).await?;
        tally.note(["the first", "the second"][winner]);
        Ok(())
    })
    .await?;
    tally.saw_all();
    Ok(())
}

#[tokio::test]
async fn only_one_of_two_tenants_gets_the_same_role_in_two_stacks() -> Result<()> {
    let tally = Tally::of(&["the first", "the second"]);
    run(async |round: Round| {
        let other_tenant = round.other_tenant();
        let stack = round.stack().await?;
        let mut same = other_tenant.stack().await?.posing_as(&stack);
        same.stack_id = StackId::parse(format!("{}-2", stack.stack_id))?;
        other_tenant.build(&same);
        let rounds = [&round, &other_tenant];
        let responses = race(rounds, [&stack, &same]).await?;
        let winner = check_one_winner(rounds, &responses, &["role_already_registered"]).await?;
        tally.note(["the first", "the second"][winner]);
        Ok(())
    })
    .await?;
    tally.saw_all();
    Ok(())
}

#[tokio::test]
async fn two_tenants_can_connect_the_same_aws_account() -> Result<()> {
    run(async |round: Round| {
        let other_tenant = round.other_tenant();
        let stack = round.stack().await?;
        let group = other_tenant.group().await?;
        let registration = other_tenant.register(&group).await?;
        let account = stack.stack_id.account().to_string();
        let other = Stack::in_account(&registration, &account)?;
        other_tenant.build(&other);
        let responses = race([&round, &other_tenant], [&stack, &other]).await?;
        for (round, response) in [&round, &other_tenant].into_iter().zip(&responses) {
            let id = account_of(response)?;
            let books = round.books().await?;
            ensure!(books.only("ACCOUNT#")?["account_id"] == id.as_str());
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn tenant_connects_an_aws_account_only_once() -> Result<()> {
    let tally = Tally::of(&["the first", "the second"]);
    run(async |round: Round| {
        let group = round.group().await?;
        let first = Stack::of(&round.register(&group).await?)?;
        let account = first.stack_id.account().to_string();
        let second = Stack::in_account(&round.register(&group).await?, &account)?;
        for stack in [&first, &second] {
            round.build(stack);
            ensure!(role_of(stack).external_id == stack.external_id);
        }
        let responses = race([&round, &round], [&first, &second]).await?;
        let winner = usize::from(responses[0]["Status"] != "SUCCESS");
        tally.note(["the first", "the second"][winner]);
        let code = refusal(&responses[1 - winner]);
        ensure!(
            code.as_deref() == Some("account_already_connected"),
            "{responses:?}"
        );
        let books = round.books().await?;
        let account = books.only("ACCOUNT#")?;
        ensure!(account["account_id"] == json!(account_of(&responses[winner])?));
        Ok(())
    })
    .await?;
    tally.saw_all();
    Ok(())
}
