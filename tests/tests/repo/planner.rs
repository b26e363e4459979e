//! The planner under failures: one failed item stops no other, and a sweep that achieves nothing
//! fails, so that Lambda counts an error.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::rc::Rc;

use rolecall_domain::aws::{AwsAccountId, Region};
use rolecall_domain::change::Change;
use rolecall_domain::check::Hub;
use rolecall_domain::ids::{AccountId, IdSeed, OrphanedStackId};
use rolecall_domain::ports::{CheckQueue, DeadLetters, Records, StoreError};
use rolecall_domain::schedule::{CheckSchedule, DueCheck, Subject};
use rolecall_domain::settings::Settings;
use rolecall_domain::text::Tenant;
use rolecall_domain::{SignedDuration, Timestamp};
use rolecall_testing::{FakeCustomers, FakeHost, Gate, InTurn, MemoryStore, Moment, Trouble};
use rolecall_usecases::{CHECKS_AT_ONCE, Environment};
use serde_json::{Value, json};
use stack_cleanup::{Cleanup, CleanupError, Summary};

/// Rejects calls to the table, and counts concurrent ones.
#[derive(Debug, Default)]
struct Watch {
    refused: RefCell<Vec<&'static str>>,
    /// The number of calls to reject before the others succeed.
    at_first: Cell<usize>,
    under_way: Cell<usize>,
    most: Cell<usize>,
}

#[derive(Debug, Clone, Default)]
struct Watched(Rc<Watch>);

impl Gate for Watched {
    async fn table(&self, call: &'static str, moment: Moment) -> Result<(), StoreError> {
        let watch = &self.0;
        if call == "orphaned_stack" {
            match moment {
                Moment::Before => watch.under_way.update(|calls| calls + 1),
                Moment::After => watch.under_way.update(|calls| calls - 1),
            }
            watch.most.set(watch.most.get().max(watch.under_way.get()));
            // Let every call start before the first one ends.
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
        }
        let refused = watch.refused.borrow();
        let refused = refused.contains(&call) || refused.contains(&"everything");
        if moment == Moment::Before && refused {
            return Err(StoreError::Unavailable("AccessDeniedException".into()));
        }
        if moment == Moment::Before && call == "lease" && watch.at_first.get() > 0 {
            watch.at_first.update(|left| left - 1);
            return Err(StoreError::Unavailable("one item".into()));
        }
        Ok(())
    }

    async fn customers(&self, _: &'static str, _: Moment) -> Result<(), Trouble> {
        Ok(())
    }
}

#[derive(Debug, Default)]
struct Queue {
    sent: RefCell<Vec<DueCheck>>,
    full: bool,
}

impl CheckQueue for Queue {
    async fn send(&self, due: &[DueCheck]) -> Vec<DueCheck> {
        if self.full {
            return due.to_vec();
        }
        self.sent.borrow_mut().extend(due.to_vec());
        Vec::new()
    }
}

#[derive(Debug)]
struct NoDeadLetters;

impl DeadLetters for NoDeadLetters {
    type Error = Infallible;

    async fn send(&self, message: &Value) -> Result<(), Infallible> {
        panic!("a dead letter: {message}")
    }
}

type Planner = Cleanup<
    Environment<InTurn<MemoryStore, Watched>, FakeCustomers, FakeHost>,
    Queue,
    NoDeadLetters,
>;

fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().expect("a time")
}

fn tenant() -> Tenant {
    Tenant::parse("acme").expect("valid")
}

/// A planner, the control of its table, and its store.
fn planner(queue: Queue) -> (Planner, Rc<Watch>, Rc<MemoryStore>) {
    let (gate, port) = (Watched::default(), Rc::new(MemoryStore::new()));
    let watch = Rc::clone(&gate.0);
    let store = InTurn {
        port: Rc::clone(&port),
        gate,
    };
    let env = Environment {
        store,
        customers: FakeCustomers::new(),
        host: FakeHost::new(now(), 1),
        settings: Settings::default(),
        hub: Hub {
            account: AwsAccountId::parse("111111111111").expect("valid"),
            region: Region::parse("us-east-1").expect("valid"),
            allow_own_account: false,
            trusted_principals: Vec::new(),
        },
        onboarding: None,
    };
    let planner = Cleanup {
        env,
        queue,
        dead_letters: NoDeadLetters,
    };
    (planner, watch, port)
}

async fn sweep(planner: &Planner) -> Result<Summary, CleanupError> {
    let schedule = json!({"source": "aws.events", "detail-type": "Scheduled Event"});
    let deadline = now() + SignedDuration::from_mins(5);
    planner.handle(&schedule, deadline).await
}

fn seed(number: usize) -> IdSeed {
    let mut random = [0; 10];
    random[..8].copy_from_slice(&number.to_be_bytes());
    // The last digit decides the shard.
    random[9] = u8::try_from(number % 256).expect("a byte");
    IdSeed { at: now(), random }
}

async fn schedule(store: &MemoryStore, subject: Subject, age: i64) {
    let at = now() - SignedDuration::from_secs(age);
    let change = Change::new().schedule(CheckSchedule::first(tenant(), subject, at));
    store.commit(&change).await.expect("scheduled");
}

fn account(number: usize) -> Subject {
    Subject::Account(AccountId::new(seed(number)))
}

fn stack(number: usize) -> Subject {
    Subject::Stack(OrphanedStackId::new(seed(number)))
}

#[tokio::test]
async fn rejected_table_calls_fail_the_sweep() {
    for refused in ["everything", "due", "lease"] {
        let (planner, watch, store) = planner(Queue::default());
        schedule(&store, account(1), 1).await;
        schedule(&store, stack(2), 1).await;
        watch.refused.borrow_mut().push(refused);
        let error = sweep(&planner).await.expect_err(refused);
        assert!(error.to_string().contains("attempts failed"), "{error}");
    }
}

#[tokio::test]
async fn failing_queue_fails_the_sweep() {
    let queue = Queue {
        full: true,
        ..Queue::default()
    };
    let (planner, _, store) = planner(queue);
    schedule(&store, account(1), 1).await;
    let error = sweep(&planner).await.expect_err("no check was sent");
    assert!(
        error.to_string().contains("could not queue account checks"),
        "{error}"
    );
}

#[tokio::test]
async fn sweep_without_due_work_succeeds() {
    let (planner, _, _) = planner(Queue::default());
    assert_eq!(
        sweep(&planner).await.expect("a successful sweep"),
        Summary::default()
    );
}

#[tokio::test]
async fn failed_item_is_counted_and_stops_no_other() {
    let (planner, watch, store) = planner(Queue::default());
    for number in 0..120 {
        schedule(&store, account(number * 16), 60).await;
    }
    watch.at_first.set(60);
    let summary = sweep(&planner).await.expect("a sweep with some failures");
    assert_eq!((summary.failed, summary.accounts_queued), (60, 60));
    let summary = sweep(&planner).await.expect("a successful sweep");
    assert_eq!((summary.failed, summary.accounts_queued), (0, 60));
}

#[tokio::test]
async fn damaged_entries_are_removed_and_counted() {
    let (planner, _, store) = planner(Queue::default());
    let due = account(0x10);
    for number in 0..120 {
        let at = now() - SignedDuration::from_hours(1);
        store.schedule_damage(due.shard(), at, &format!("unknown-{number}"));
    }
    schedule(&store, due, 1).await;
    let summary = sweep(&planner).await.expect("a successful sweep");
    assert_eq!((summary.damaged, summary.accounts_queued), (120, 1));
    assert_eq!(
        sweep(&planner).await.expect("a successful sweep").damaged,
        0
    );
}

#[tokio::test]
async fn concurrent_stack_checks_are_limited() {
    let (planner, watch, store) = planner(Queue::default());
    for number in 0..400 {
        schedule(&store, stack(number), 60).await;
    }
    sweep(&planner).await.expect("swept");
    assert_eq!(watch.most.get(), CHECKS_AT_ONCE);
}
