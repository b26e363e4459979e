//! The story: accounts are connected by callback and by paste, refused, checked and deregistered.

use anyhow::{Context, Result, ensure};
use futures_util::try_join;
use rolecall_client::QuickCreateLink;
use rolecall_client::{Account, OrphanedStack, Registration};
use rolecall_local::customer::Customer;
use rolecall_local::stacks::StackState;
use rolecall_local::wait::until;
use rolecall_tests::accounts::{kinds, without_preflight};
use rolecall_tests::world::World;
use serde_json::{Value, json};

use crate::LATER;
use rolecall_tests::desk::{Answer, Desk, Stack};

/// How often a user retries an attempt that the hub could not verify.
const TRIES: usize = 6;

/// The results of the story.
pub struct Outcome {
    pub connected: Vec<Account>,
    pub deregistered: Vec<Account>,
    pub gone: Vec<OrphanedStack>,
    pub refused_stacks: Vec<String>,
}

/// A failed message is delivered again after 20 seconds instead of twelve minutes.
pub async fn shorten_retry_delay(world: &World) -> Result<()> {
    let file = world.hub.file();
    let queue = file.output("CheckQueueUrl")?;
    let quick = json!({"QueueUrl": queue, "Attributes": {"VisibilityTimeout": "20"}});
    let signer = world.hub.account().signer();
    signer
        .json("sqs", "AmazonSQS.SetQueueAttributes", &quick)
        .await?;
    Ok(())
}

pub async fn run(world: &World, customers: &[Customer; 3]) -> Result<Outcome> {
    let [shop, sandbox, refused] = customers;
    let (shop, sandbox, pasted, refused_stacks) = try_join!(
        connect(world, shop),
        connect(world, sandbox),
        paste(world),
        refuse(world, refused),
    )?;
    try_join!(check(world, &pasted), deliver_requests_twice(world))?;
    let (shop, gone) = try_join!(
        deregister(world, &customers[0], &shop),
        delete_stack(world, &customers[1], &sandbox)
    )?;
    Ok(Outcome {
        connected: vec![pasted],
        deregistered: vec![shop.0, gone.0],
        gone: vec![shop.1, gone.1],
        refused_stacks,
    })
}

async fn settled(customer: &Customer, stack_id: &str) -> Result<StackState> {
    let region = stack_id.split(':').nth(3).unwrap_or_default();
    customer.stacks_in(region).settled(stack_id, LATER).await
}

/// Connects an account through its link. A stack that the hub could not verify is created again, as
/// its reason says.
async fn connect(world: &World, customer: &Customer) -> Result<Account> {
    let group = world.group().await?;
    let id = world.register(&group).await?.registration_id;
    for _ in 0..TRIES {
        let registration = world.acme.registration(&id).await?;
        let stack_id = customer.create(&registration.link()?).await?;
        let stack = settled(customer, &stack_id).await?;
        let registration = world.acme.registration(&id).await?;
        if stack.is_complete() {
            let account_id = registration.account_id.context("no account was recorded")?;
            return Ok(world.acme.account(&account_id).await?);
        }
        ensure_temporary_failure(customer, &stack_id).await?;
        ensure!(
            registration.account_id.is_none(),
            "a refused stack was recorded"
        );
        customer
            .stacks_in(&world.hub.file().region)
            .delete(&stack_id)
            .await?;
        settled(customer, &stack_id).await?;
    }
    anyhow::bail!("no account after {TRIES} stacks")
}

/// A valid stack may only be refused because the hub could not verify it.
async fn ensure_temporary_failure(customer: &Customer, stack_id: &str) -> Result<()> {
    let reason = match customer.failure_reason(stack_id, "Preflight").await {
        Ok(reason) => reason,
        Err(_) => customer.failure_reason(stack_id, "Registration").await?,
    };
    let passing = [
        "internal_error",
        "deadline_exceeded",
        "verification_inconclusive",
    ];
    ensure!(
        passing.iter().any(|code| reason.starts_with(code)),
        "{reason}"
    );
    Ok(())
}

async fn paste(world: &World) -> Result<Account> {
    let registration = world.register(&world.group().await?).await?;
    let (_, line) = world
        .stack_without_callback(&world.customer(), &registration)
        .await?;
    let id = &registration.registration_id;
    // The client does not repeat this call by itself; the API contract allows it.
    let complete = async |name: Option<&'static str>| {
        until("the pasted account", LATER, async || {
            Ok(world.acme.complete(id, &line, name).await.ok())
        })
        .await
    };
    let account = complete(Some("Pasted")).await?;
    let again = complete(None).await?;
    ensure!(account.account_id == again.account_id);
    Ok(account)
}

/// A customer who changes the external ID, and removes the preflight that would find it before a
/// role is created, gets the correct error in the end. Returns the failed stacks.
async fn refuse(world: &World, customer: &Customer) -> Result<Vec<String>> {
    let id = world.register(&world.group().await?).await?.registration_id;
    let mut stacks = Vec::new();
    for _ in 0..TRIES {
        let link: QuickCreateLink = world.acme.registration(&id).await?.link()?;
        let mut edited = link;
        let own = "one-of-my-own".to_owned();
        edited.parameters.insert("ExternalId".to_owned(), own);
        let template = customer.fetch_template(&edited.template_url).await?;
        let template = without_preflight(&template)?;
        let stack_id = customer.create_from(&edited, &template).await?;
        let stack = settled(customer, &stack_id).await?;
        ensure!(!stack.is_complete(), "a wrong external ID was accepted");
        stacks.push(stack_id.clone());
        let reason = customer.failure_reason(&stack_id, "Registration").await?;
        if reason.starts_with("verification_failed: external_id_mismatch") {
            return Ok(stacks);
        }
        ensure_temporary_failure(customer, &stack_id).await?;
    }
    anyhow::bail!("no verification error after {TRIES} stacks")
}

async fn check(world: &World, account: &Account) -> Result<()> {
    until("a check on demand", LATER, async || {
        // Inconclusive, or rate limited after an inconclusive check.
        let Ok(report) = world.acme.check(&account.account_id).await else {
            return Ok(None);
        };
        ensure!(report.verdict == "passed", "{report:?}");
        Ok(Some(()))
    })
    .await?;
    until("a scheduled check", LATER, async || {
        world.hub.tick().await?;
        Ok(world.scheduled_check(&account.account_id).await.ok())
    })
    .await
}

/// Two concurrent deliveries of each request get the same response.
async fn deliver_requests_twice(world: &World) -> Result<()> {
    let desk = Desk::of(world.clone()).await?;
    let registration: Registration = world.register(&world.group().await?).await?;
    let stack = desk.stack_without_callback_of(&registration).await?;
    for kind in ["Create", "Update", "Delete"] {
        let request = desk.request(kind, &stack);
        let again = desk.again(&request);
        let (one, other) = try_join!(answer(&desk, &request), answer(&desk, &again))?;
        ensure!(one.text == other.text, "{} and {}", one.text, other.text);
        if one.field("Status") == "SUCCESS" {
            one.assert_success(&request);
        } else {
            // The hub could not verify this request and says so; the story continues without it.
            return is_temporary_refusal(&stack, &one);
        }
    }
    Ok(())
}

fn is_temporary_refusal(_: &Stack, answer: &Answer) -> Result<()> {
    let reason = answer.field("Reason");
    ensure!(
        reason.starts_with("verification_inconclusive") || reason.starts_with("internal_error"),
        "{reason}"
    );
    Ok(())
}

/// Lambda would retry a failed function; a direct invocation runs once, so retry here.
async fn answer(desk: &Desk, request: &Value) -> Result<Answer> {
    let mut result = desk.ask(request).await;
    for _ in 0..TRIES {
        if result.is_ok() {
            break;
        }
        result = desk.ask(request).await;
    }
    result
}

/// Deregistered through the API, deleted by the customer, and confirmed as deleted.
async fn deregister(
    world: &World,
    customer: &Customer,
    account: &Account,
) -> Result<(Account, OrphanedStack)> {
    let left = world.acme.deregister(&account.account_id).await?;
    let again = world.acme.deregister(&account.account_id).await?;
    let id = &left.orphaned_stack.orphaned_stack_id;
    ensure!(*id == again.orphaned_stack.orphaned_stack_id);
    customer
        .stacks_in(&account.region)
        .delete(&account.stack_id)
        .await?;
    settled(customer, &account.stack_id).await?;
    let gone = proven(world, id).await?;
    ensure!(kinds(&gone.evidence).contains(&"deregistered"));
    Ok((world.acme.account(&account.account_id).await?, gone))
}

async fn proven(world: &World, id: &str) -> Result<OrphanedStack> {
    until(&format!("the proof for {id}"), LATER, async || {
        world.hub.tick().await?;
        // The check may be rate limited or inconclusive; then the last check's result counts.
        let path = format!("/v1/orphaned-stacks/{id}/checks");
        world
            .acme
            .raw(http::Method::POST, &path, &[], Vec::new())
            .await?;
        let entry = world.acme.orphaned_stack(id).await?;
        Ok((entry.status == "gone").then_some(entry))
    })
    .await
}

/// A customer deletes the stack; the hub deregisters the account after confirming the deletion.
async fn delete_stack(
    world: &World,
    customer: &Customer,
    account: &Account,
) -> Result<(Account, OrphanedStack)> {
    customer
        .stacks_in(&account.region)
        .delete(&account.stack_id)
        .await?;
    settled(customer, &account.stack_id).await?;
    let id = &account.account_id;
    let account = until("the deregistration", LATER, async || {
        world.hub.tick().await?;
        // A failed check is retried.
        let _ = world.scheduled_check(id).await;
        let account = world.acme.account(id).await?;
        Ok((account.status == "deregistered").then_some(account))
    })
    .await?;
    ensure!(account.rest["cause"] == "stack_gone", "{:?}", account.rest);
    let entry = account.rest["orphaned_stack_id"].as_str();
    let entry = world
        .acme
        .orphaned_stack(entry.context("no orphaned stack")?)
        .await?;
    Ok((account, entry))
}
