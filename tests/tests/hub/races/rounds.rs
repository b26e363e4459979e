//! One round of a race: a tenant of its own, in a table that all rounds share.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use futures_util::try_join;
use rolecall_aws::table::Table;
use rolecall_domain::check::StackStatus;
use rolecall_testing::{FakeCustomers, FakeRole};
use rolecall_tests::in_process::{Asked, InProcess, Stack, hub, publish_template};
use rolecall_tests::twin::Hub;
use rolecall_tests::wire::{Calls, uneven};
use rolecall_tests::world::unique;
use serde_json::{Value, json};

use rolecall_tests::books::Books;

/// Rounds of each race, and how many of them go on at the same time.
const ROUNDS: usize = 24;
const AT_ONCE: usize = 6;
/// One side may start so many requests later than the other.
const STEPS: usize = 12;

pub struct Round {
    pub tenant: String,
    pub hub: InProcess<FakeCustomers>,
    /// The table by the straight way.
    pub table: Table,
    number: usize,
    calls: Calls,
}

/// How often each outcome came up. A race that only ever ends one way is none.
pub struct Tally(Vec<(&'static str, AtomicUsize)>);

impl Tally {
    /// These are the legal outcomes.
    pub fn of(outcomes: &[&'static str]) -> Self {
        let zero = |outcome: &&'static str| (*outcome, AtomicUsize::new(0));
        Self(outcomes.iter().map(zero).collect())
    }

    /// # Panics
    /// When the outcome is not legal.
    #[track_caller]
    pub fn note(&self, outcome: &str) {
        let found = self.0.iter().find(|(name, _)| *name == outcome);
        let Some((_, count)) = found else {
            panic!("{outcome} is not a legal outcome");
        };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// # Panics
    /// When one of the outcomes never came up.
    #[track_caller]
    pub fn saw_all(&self) {
        for (outcome, count) in &self.0 {
            let count = count.load(Ordering::Relaxed);
            assert!(count > 0, "never in {ROUNDS} rounds: {outcome}");
        }
    }
}

/// Runs a race, round after round, over one table.
pub async fn run(race: impl AsyncFn(Round) -> Result<()>) -> Result<()> {
    let emulator = Hub::find();
    let table = emulator.twin().await;
    publish_template(&table).await?;
    let rounds = (0..ROUNDS).map(|number| {
        let round = Round::new(&emulator, &table, number);
        let race = Box::pin(race(round));
        async move { race.await.with_context(|| format!("round {number}")) }
    });
    stream::iter(rounds)
        .buffer_unordered(AT_ONCE)
        .try_collect::<()>()
        .await
}

/// For what is no race.
pub async fn once(test: impl AsyncFnOnce(Round) -> Result<()>) -> Result<()> {
    let emulator = Hub::find();
    let table = emulator.twin().await;
    publish_template(&table).await?;
    Box::pin(test(Round::new(&emulator, &table, 0))).await
}

impl Round {
    fn new(emulator: &Hub, table: &Table, number: usize) -> Self {
        let (uneven, calls) = uneven(&emulator.aws, table);
        Self {
            tenant: unique("tenant"),
            hub: InProcess::over(&uneven, FakeCustomers::new),
            table: table.clone(),
            number,
            calls,
        }
    }

    /// Both at the same moment, or nearly so: by turns, one side starts some requests later than
    /// the other, a few more every round, up to one after the other.
    pub async fn meet<A, B>(
        &self,
        one: impl Future<Output = Result<A>>,
        other: impl Future<Output = Result<B>>,
    ) -> Result<(A, B)> {
        let wanted = self.calls.count() + self.number / 2 % STEPS;
        let is_over = Cell::new(false);
        let from = async |wanted: usize| {
            while !is_over.get() && self.calls.count() < wanted {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let is_late = self.number.is_multiple_of(2);
        let one = async {
            from(if is_late { wanted } else { 0 }).await;
            let ended = one.await;
            is_over.set(true);
            ended
        };
        let other = async {
            from(if is_late { 0 } else { wanted }).await;
            let ended = other.await;
            is_over.set(true);
            ended
        };
        try_join!(one, other)
    }

    /// Another tenant of the same hub. What its customers' accounts are like is its own matter.
    pub fn neighbour(&self) -> Self {
        Self {
            tenant: unique("tenant"),
            hub: InProcess::over(&self.hub.api.env.store, FakeCustomers::new),
            table: self.table.clone(),
            number: self.number,
            calls: self.calls.clone(),
        }
    }

    pub async fn group(&self) -> Result<String> {
        let body = json!({"name": "Group", "color": "#112233"});
        let asked = self.post("/v1/groups".to_owned()).body(body);
        let made = self.hub.must(&asked).await?;
        Ok(made["group_id"].as_str().context("no id")?.to_owned())
    }

    pub async fn register(&self, group: &str) -> Result<Value> {
        let path = format!("/v1/groups/{group}/registrations");
        self.hub.must(&self.post(path)).await
    }

    /// A stack of a new registration, with its role in good order.
    pub async fn stack(&self) -> Result<Stack> {
        let group = self.group().await?;
        let stack = Stack::of(&self.register(&group).await?)?;
        self.build(&stack);
        Ok(stack)
    }

    /// Makes stack and role in the customer's account. The callback finds the stack still in the
    /// making, whoever pastes its line finds it complete.
    pub fn build(&self, stack: &Stack) {
        for customers in self.customers() {
            customers.create_stack(&stack.stack_id, &stack.role_arn, role_of(stack));
        }
        self.complete(&self.hub.api.env.customers, stack);
    }

    fn complete(&self, customers: &FakeCustomers, stack: &Stack) {
        let complete = StackStatus::CreateComplete;
        customers.change_stack(&stack.stack_id, |stack| stack.status = complete);
    }

    /// The same accounts, as each of the two functions sees them.
    pub fn customers(&self) -> [&FakeCustomers; 2] {
        [
            &self.hub.api.env.customers,
            &self.hub.callback.env.customers,
        ]
    }

    /// A connected account, its stack complete.
    pub async fn connect(&self) -> Result<(Stack, String)> {
        let stack = self.stack().await?;
        let answer = self.hub.tell(&stack.request("Create")).await?;
        ensure!(answer["Status"] == "SUCCESS", "{answer}");
        self.complete(&self.hub.callback.env.customers, &stack);
        Ok((stack, account_of(&answer)?))
    }

    pub fn post(&self, path: String) -> Asked<'_> {
        Asked::new(&self.tenant, "POST", path)
    }

    pub fn delete(&self, path: String) -> Asked<'_> {
        Asked::new(&self.tenant, "DELETE", path)
    }

    /// The stack's line, pasted.
    pub fn paste(&self, stack: &Stack) -> Asked<'_> {
        let path = format!("/v1/registrations/{}/complete", stack.registration_id);
        self.post(path).body(json!({"stack_info": stack.line()}))
    }

    /// What is written down of this tenant, checked.
    pub async fn books(&self) -> Result<Books> {
        Books::balanced(&self.table, &self.tenant).await
    }
}

pub fn role_of(stack: &Stack) -> FakeRole {
    FakeRole::healthy(
        stack.role_unique_id.clone(),
        stack.external_id.clone(),
        &hub(),
    )
}

/// Status and body.
pub async fn ask(round: &Round, asked: Asked<'_>) -> Result<(u16, Value)> {
    let response = round.hub.ask(&asked).await;
    let body = serde_json::from_str(&response.body).unwrap_or_default();
    Ok((response.status_code, body))
}

pub fn account_of(answer: &Value) -> Result<String> {
    let id = answer["Data"]["AccountId"].as_str();
    Ok(id
        .with_context(|| format!("no account: {answer}"))?
        .to_owned())
}

/// The code that an answer to CloudFormation leads its reason with; none for a yes.
pub fn refusal(answer: &Value) -> Option<String> {
    let code = answer["Reason"].as_str()?.split(':').next()?;
    (answer["Status"] == "FAILED").then(|| code.to_owned())
}
