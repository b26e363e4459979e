//! Connect by callback and by paste, be refused, be checked, be let go, leave.

use anyhow::{Context, Result, ensure};
use futures_util::try_join;
use rolecall_client::QuickCreateLink;
use rolecall_client::{Account, OrphanedStack, Registration};
use rolecall_local::customer::Customer;
use rolecall_local::stacks::StackState;
use rolecall_local::wait::until;
use rolecall_tests::accounts::kinds;
use rolecall_tests::world::World;
use serde_json::{Value, json};

use crate::LATER;
use rolecall_tests::desk::{Answer, Desk, Stack};

/// Whatever a user tries over, because the hub said that it could not.
const TRIES: usize = 6;

/// What the story left behind.
pub struct Told {
    pub connected: Vec<Account>,
    pub let_go: Vec<Account>,
    pub gone: Vec<OrphanedStack>,
    pub refused_stacks: Vec<String>,
}

/// A message that could not be dealt with comes again in seconds, not after twelve minutes.
pub async fn queues_are_quick(world: &World) -> Result<()> {
    let file = world.hub.file();
    let queue = file.output("CheckQueueUrl")?;
    let quick = json!({"QueueUrl": queue, "Attributes": {"VisibilityTimeout": "20"}});
    let signer = world.hub.account().signer();
    signer
        .json("sqs", "AmazonSQS.SetQueueAttributes", &quick)
        .await?;
    Ok(())
}

pub async fn tell(world: &World, customers: &[Customer; 3]) -> Result<Told> {
    let [shop, sandbox, refused] = customers;
    let (shop, sandbox, pasted, refused_stacks) = try_join!(
        connect(world, shop),
        connect(world, sandbox),
        paste(world),
        is_refused(world, refused),
    )?;
    try_join!(is_checked(world, &pasted), requests_come_twice(world))?;
    let (shop, gone) = try_join!(
        is_let_go(world, &customers[0], &shop),
        leaves(world, &customers[1], &sandbox)
    )?;
    Ok(Told {
        connected: vec![pasted],
        let_go: vec![shop.0, gone.0],
        gone: vec![shop.1, gone.1],
        refused_stacks,
    })
}

async fn settled(customer: &Customer, stack_id: &str) -> Result<StackState> {
    let region = stack_id.split(':').nth(3).unwrap_or_default();
    customer.stacks_in(region).settled(stack_id, LATER).await
}

/// From the link to the account. A stack that the hub could not deal with is made again, as its
/// reason says.
async fn connect(world: &World, customer: &Customer) -> Result<Account> {
    let group = world.group().await?;
    let id = world.register(&group).await?.registration_id;
    for _ in 0..TRIES {
        let registration = world.acme.registration(&id).await?;
        let stack_id = customer.create(&registration.link()?).await?;
        let stack = settled(customer, &stack_id).await?;
        let registration = world.acme.registration(&id).await?;
        if stack.is_complete() {
            let account_id = registration.account_id.context("nobody was recorded")?;
            return Ok(world.acme.account(&account_id).await?);
        }
        may_be_tried_again(customer, &stack_id).await?;
        ensure!(registration.account_id.is_none(), "refused and recorded");
        customer
            .stacks_in(&world.hub.file().region)
            .delete(&stack_id)
            .await?;
        settled(customer, &stack_id).await?;
    }
    anyhow::bail!("{TRIES} stacks and no account")
}

/// A stack that is right is refused for no other reason than that the hub could not look.
async fn may_be_tried_again(customer: &Customer, stack_id: &str) -> Result<()> {
    let reason = customer.failure_reason(stack_id, "Registration").await?;
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
    let (_, line) = world.silent_stack(&world.customer(), &registration).await?;
    let id = &registration.registration_id;
    let account = world.acme.complete(id, &line, Some("Pasted")).await?;
    let again = world.acme.complete(id, &line, None).await?;
    ensure!(account.account_id == again.account_id);
    Ok(account)
}

/// A customer who overwrites the external ID is told so in the end. Gives the stacks that failed.
async fn is_refused(world: &World, customer: &Customer) -> Result<Vec<String>> {
    let id = world.register(&world.group().await?).await?.registration_id;
    let mut stacks = Vec::new();
    for _ in 0..TRIES {
        let link: QuickCreateLink = world.acme.registration(&id).await?.link()?;
        let mut edited = link;
        let own = "one-of-my-own".to_owned();
        edited.parameters.insert("ExternalId".to_owned(), own);
        let stack_id = customer.create(&edited).await?;
        let stack = settled(customer, &stack_id).await?;
        ensure!(!stack.is_complete(), "a wrong external ID was accepted");
        stacks.push(stack_id.clone());
        let reason = customer.failure_reason(&stack_id, "Registration").await?;
        if reason.starts_with("verification_failed: external_id_mismatch") {
            return Ok(stacks);
        }
        may_be_tried_again(customer, &stack_id).await?;
    }
    anyhow::bail!("{TRIES} stacks and no clear word")
}

async fn is_checked(world: &World, account: &Account) -> Result<()> {
    until("a check on demand", LATER, async || {
        // Inconclusive, or too soon after one that was.
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

/// Two deliveries of each request, at the same time, have one answer.
async fn requests_come_twice(world: &World) -> Result<()> {
    let desk = Desk::of(world.clone()).await?;
    let registration: Registration = world.register(&world.group().await?).await?;
    let stack = desk.silent_stack_of(&registration).await?;
    for kind in ["Create", "Update", "Delete"] {
        let request = desk.request(kind, &stack);
        let again = desk.again(&request);
        let (one, other) = try_join!(answer(&desk, &request), answer(&desk, &again))?;
        ensure!(one.text == other.text, "{} and {}", one.text, other.text);
        if one.field("Status") == "SUCCESS" {
            one.is_yes_to(&request);
        } else {
            // What the hub could not look at, it says so of; the story goes on without it.
            return a_passing_refusal(&stack, &one);
        }
    }
    Ok(())
}

fn a_passing_refusal(_: &Stack, answer: &Answer) -> Result<()> {
    let reason = answer.field("Reason");
    ensure!(
        reason.starts_with("verification_inconclusive") || reason.starts_with("internal_error"),
        "{reason}"
    );
    Ok(())
}

/// Lambda delivers an event again whose function failed; a call to it here is tried once only.
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

/// Let go by the hub, deleted by the customer, proven gone.
async fn is_let_go(
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
        // Too soon after the last one, or inconclusive: then what that one saw is told.
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

/// A customer deletes the stack; the hub notices, and lets go once it is proven.
async fn leaves(
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
    let account = until("that a customer left", LATER, async || {
        world.hub.tick().await?;
        // One that fails comes again.
        let _ = world.scheduled_check(id).await;
        let account = world.acme.account(id).await?;
        Ok((account.status == "deregistered").then_some(account))
    })
    .await?;
    ensure!(account.rest["cause"] == "stack_gone", "{:?}", account.rest);
    let entry = account.rest["orphaned_stack_id"].as_str();
    let entry = world
        .acme
        .orphaned_stack(entry.context("no entry")?)
        .await?;
    Ok((account, entry))
}
