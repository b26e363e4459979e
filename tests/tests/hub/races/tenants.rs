//! Two tenants who reach for the same thing. Each one's customer says that the role and the stack
//! are theirs, and verification finds nothing wrong: only what is written down decides.

use anyhow::{Result, ensure};
use rolecall_domain::aws::StackId;
use rolecall_tests::in_process::{Asked, Stack};
use serde_json::{Value, json};

use crate::races::rounds::{Round, Tally, account_of, refusal, role_of, run};

/// Both register at once; what each was told.
async fn race(rounds: [&Round; 2], stacks: [&Stack; 2]) -> Result<[Value; 2]> {
    let requests = stacks.map(|stack| stack.request("Create"));
    let one = rounds[0].hub.tell(&requests[0]);
    let other = rounds[1].hub.tell(&requests[1]);
    let (one, other) = rounds[0].meet(one, other).await?;
    Ok([one, other])
}

/// One has the account; the other has a registration that is still open, and is told neither whose
/// it is now nor that there is another tenant.
async fn one_has_it(rounds: [&Round; 2], told: &[Value; 2], codes: &[&str]) -> Result<usize> {
    let winner = usize::from(told[0]["Status"] != "SUCCESS");
    let (won, lost) = (rounds[winner], rounds[1 - winner]);
    let id = account_of(&told[winner])?;
    let code = refusal(&told[1 - winner]).unwrap_or_default();
    ensure!(codes.contains(&code.as_str()), "{}", told[1 - winner]);
    let reason = told[1 - winner].to_string();
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
        registration["last_report"]["code"] == code.as_str(),
        "{registration}"
    );
    let asked = Asked::new(&lost.tenant, "GET", format!("/v1/accounts/{id}"));
    ensure!(lost.hub.ask(&asked).await.status_code == 404);
    Ok(winner)
}

#[tokio::test]
async fn of_two_tenants_with_one_role_and_stack_one_has_it() -> Result<()> {
    let tally = Tally::of(&["the first", "the second"]);
    run(async |round: Round| {
        let neighbour = round.neighbour();
        let stack = round.stack().await?;
        let same = neighbour.stack().await?.posing_as(&stack);
        neighbour.build(&same);
        let rounds = [&round, &neighbour];
        let told = race(rounds, [&stack, &same]).await?;
        let codes = ["role_already_registered", "stack_already_registered"];
        let winner = one_has_it(rounds, &told, &codes).await?;
        tally.note(["the first", "the second"][winner]);
        Ok(())
    })
    .await?;
    tally.saw_all();
    Ok(())
}

#[tokio::test]
async fn of_two_tenants_with_one_role_in_two_stacks_one_has_it() -> Result<()> {
    let tally = Tally::of(&["the first", "the second"]);
    run(async |round: Round| {
        let neighbour = round.neighbour();
        let stack = round.stack().await?;
        let mut same = neighbour.stack().await?.posing_as(&stack);
        same.stack_id = StackId::parse(format!("{}-2", stack.stack_id))?;
        neighbour.build(&same);
        let rounds = [&round, &neighbour];
        let told = race(rounds, [&stack, &same]).await?;
        let winner = one_has_it(rounds, &told, &["role_already_registered"]).await?;
        tally.note(["the first", "the second"][winner]);
        Ok(())
    })
    .await?;
    tally.saw_all();
    Ok(())
}

#[tokio::test]
async fn two_tenants_may_connect_one_aws_account_at_once() -> Result<()> {
    run(async |round: Round| {
        let neighbour = round.neighbour();
        let stack = round.stack().await?;
        let group = neighbour.group().await?;
        let registration = neighbour.register(&group).await?;
        let account = stack.stack_id.account().to_string();
        let other = Stack::in_account(&registration, &account)?;
        neighbour.build(&other);
        let told = race([&round, &neighbour], [&stack, &other]).await?;
        for (round, told) in [&round, &neighbour].into_iter().zip(&told) {
            let id = account_of(told)?;
            let books = round.books().await?;
            ensure!(books.only("ACCOUNT#")?["account_id"] == id.as_str());
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn one_tenant_connects_one_aws_account_once() -> Result<()> {
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
        let told = race([&round, &round], [&first, &second]).await?;
        let winner = usize::from(told[0]["Status"] != "SUCCESS");
        tally.note(["the first", "the second"][winner]);
        let code = refusal(&told[1 - winner]);
        ensure!(
            code.as_deref() == Some("account_already_connected"),
            "{told:?}"
        );
        let books = round.books().await?;
        let account = books.only("ACCOUNT#")?;
        ensure!(account["account_id"] == json!(account_of(&told[winner])?));
        Ok(())
    })
    .await?;
    tally.saw_all();
    Ok(())
}
