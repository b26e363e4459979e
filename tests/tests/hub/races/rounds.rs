//! One round of a race: a new tenant in a table that all rounds share.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use futures_util::try_join;
use rolecall_aws::table::Table;
use rolecall_domain::check::StackStatus;
use rolecall_testing::{FakeCustomers, FakeRole};
use rolecall_tests::in_process::{Asked, InProcess, Stack, hub};
use rolecall_tests::twin::Hub;
use rolecall_tests::wire::{Calls, uneven};
use rolecall_tests::world::unique;
use serde_json::{Value, json};

use rolecall_tests::books::Books;

/// Rounds of each race, and how many run at the same time.
const ROUNDS: usize = 24;
const AT_ONCE: usize = 6;
/// The largest delay of one side, counted in requests of the other side.
const STEPS: usize = 12;

pub struct Round {
    pub tenant: String,
    pub hub: InProcess<FakeCustomers>,
    /// The table without delays.
    pub table: Table,
    number: usize,
    calls: Calls,
}

/// Counts the outcomes. A race with only one outcome is not a race.
pub struct Tally(Vec<(&'static str, AtomicUsize)>);

impl Tally {
    /// The allowed outcomes.
    pub fn of(outcomes: &[&'static str]) -> Self {
        let zero = |outcome: &&'static str| (*outcome, AtomicUsize::new(0));
        Self(outcomes.iter().map(zero).collect())
    }

    /// # Panics
    /// If the outcome is not allowed.
    #[track_caller]
    pub fn note(&self, outcome: &str) {
        let found = self.0.iter().find(|(name, _)| *name == outcome);
        let Some((_, count)) = found else {
            panic!("{outcome} is not an allowed outcome");
        };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// # Panics
    /// If an outcome never occurred.
    #[track_caller]
    pub fn saw_all(&self) {
        for (outcome, count) in &self.0 {
            let count = count.load(Ordering::Relaxed);
            assert!(count > 0, "never in {ROUNDS} rounds: {outcome}");
        }
    }
}

/// Runs many rounds of a race over one table.
pub async fn run(race: impl AsyncFn(Round) -> Result<()>) -> Result<()> {
    let emulator = Hub::find();
    let table = emulator.twin().await;
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

/// Runs a test that is not a race.
pub async fn once(test: impl AsyncFnOnce(Round) -> Result<()>) -> Result<()> {
    let emulator = Hub::find();
    let table = emulator.twin().await;
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

    /// Runs both at nearly the same time. Alternately, one side starts a few requests later than
    /// the other; the delay grows from round to round until the two run one after the other.
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

    /// Another tenant of the same hub, with its own view of the customers' accounts.
    pub fn other_tenant(&self) -> Self {
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

    /// A stack of a new registration, with a healthy role.
    pub async fn stack(&self) -> Result<Stack> {
        let group = self.group().await?;
        let stack = Stack::of(&self.register(&group).await?)?;
        self.build(&stack);
        Ok(stack)
    }

    /// Creates the stack and the role in the customer's account. The callback sees the stack in
    /// progress; the API sees it complete.
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

    /// The customers' accounts, as each of the two functions sees them.
    pub fn customers(&self) -> [&FakeCustomers; 2] {
        [
            &self.hub.api.env.customers,
            &self.hub.callback.env.customers,
        ]
    }

    /// A connected account whose stack is complete.
    pub async fn connect(&self) -> Result<(Stack, String)> {
        let stack = self.stack().await?;
        let answer = self.hub.call_back(&stack.request("Create")).await?;
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

    /// A request to complete the registration with the stack's line.
    pub fn paste(&self, stack: &Stack) -> Asked<'_> {
        let path = format!("/v1/registrations/{}/complete", stack.registration_id);
        self.post(path).body(json!({"stack_info": stack.line()}))
    }

    /// The tenant's stored records, checked for consistency.
    pub async fn books(&self) -> Result<Books> {
        Books::read_consistent(&self.table, &self.tenant).await
    }
}

pub fn role_of(stack: &Stack) -> FakeRole {
    FakeRole::healthy(
        stack.role_unique_id.clone(),
        stack.external_id.clone(),
        &hub(),
    )
}

/// Sends a request; returns status and body.
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

/// The code at the start of a failed response's reason; none for a success.
pub fn refusal(answer: &Value) -> Option<String> {
    let code = answer["Reason"].as_str()?.split(':').next()?;
    (answer["Status"] == "FAILED").then(|| code.to_owned())
}
