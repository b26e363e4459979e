//! Finds due items and processes each of them. The failure of one item does not stop the others.

use crate::Summary;
use crate::tally::{Step, SweepError, Tally};
use futures_util::stream::{self, Stream, StreamExt};
use rolecall_aws::telemetry::{Ending, Outcome, RequestLog};
use rolecall_domain::ports::{CheckQueue, ScheduleStore, Slice, StoreError};
use rolecall_domain::record::orphan::OrphanedStack;
use rolecall_domain::schedule::{DueCheck, Subject};
use rolecall_domain::text::Tenant;
use rolecall_domain::{SignedDuration, Timestamp};
use rolecall_usecases::{CHECKS_AT_ONCE, Env, UseCaseError, check_orphan, expire_registration};
use std::pin::pin;

/// Items per read, and accounts per call to the queue.
const BATCH: usize = 50;

/// Shards that are read concurrently.
const SHARDS_AT_ONCE: usize = 4;

/// Duration of the lease on a due item. Must exceed the time that processing an item takes.
const LEASE: SignedDuration = SignedDuration::from_mins(15);

/// The same for queued accounts. Must exceed the time for which the queue retries a message, so
/// that a failing message reaches the dead-letter queue before the next one is sent.
const QUEUE_LEASE: SignedDuration = SignedDuration::from_mins(45);

/// Time reserved at the end of an invocation.
const RESERVE: SignedDuration = SignedDuration::from_secs(30);

/// Accounts come first, because queueing them is fast and checking a stack can be slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pass {
    Accounts,
    StacksAndRegistrations,
}

impl Pass {
    fn includes(self, subject: &Subject) -> bool {
        matches!(subject, Subject::Account(_)) == (self == Self::Accounts)
    }
}

/// One element of a shard's list of due items.
enum Found {
    Due(Tenant, Subject),
    Page { damaged: usize },
    Unread(StoreError),
}

/// The result of processing one element.
enum Done {
    Queue(DueCheck),
    StackChecked,
    RegistrationExpired,
    /// It is leased, here or by another sweep, and needs no further work.
    Leased,
    /// It belongs to the other pass or to the next sweep.
    Left,
    Page {
        damaged: usize,
    },
    Failed(Step, UseCaseError),
}

/// Works until nothing is due or time runs out. Remaining items stay due for the next sweep.
pub(crate) async fn sweep(
    env: &impl Env,
    queue: &impl CheckQueue,
    deadline: Timestamp,
) -> Result<Summary, SweepError> {
    let mut tally = Tally::default();
    for pass in [Pass::Accounts, Pass::StacksAndRegistrations] {
        sweep_for(env, queue, pass, deadline, &mut tally).await;
    }
    tally.conclude()
}

async fn sweep_for(
    env: &impl Env,
    queue: &impl CheckQueue,
    pass: Pass,
    deadline: Timestamp,
    tally: &mut Tally,
) {
    let shards = stream::iter(0..Subject::SHARDS)
        .map(|shard| due_in(env, shard, deadline).boxed_local())
        .flatten_unordered(SHARDS_AT_ONCE);
    let work = shards
        .map(|found| work_on(env, found, pass, deadline))
        .buffer_unordered(CHECKS_AT_ONCE);
    let mut work = pin!(work);
    let mut accounts = Vec::new();
    while let Some(done) = work.next().await {
        match done {
            Done::Queue(due) => accounts.push(due),
            Done::StackChecked => tally.stack_checked(),
            Done::RegistrationExpired => tally.registration_expired(),
            Done::Leased => tally.succeeded(Step::Lease),
            Done::Left => {}
            Done::Page { damaged } => tally.page_read(damaged),
            Done::Failed(step, error) => tally.failed(step, &error),
        }
        if accounts.len() == BATCH {
            enqueue(queue, &mut accounts, tally).await;
        }
    }
    enqueue(queue, &mut accounts, tally).await;
}

/// Every due item of a shard, once. Reading continues from a position, so that an item that stays
/// due is not returned again.
fn due_in(env: &impl Env, shard: u8, deadline: Timestamp) -> impl Stream<Item = Found> {
    let pages = stream::unfold(Some(None), move |after| async move {
        let after: Option<String> = after?;
        let now = env.now();
        if now + RESERVE >= deadline {
            return None;
        }
        let slice = Slice::first(BATCH).after(after);
        match env.store().due(shard, now, &slice).await {
            Ok(due) => {
                let damaged = due.damaged;
                let found = due.subjects.into_iter();
                let mut found: Vec<Found> = found
                    .map(|(tenant, subject)| Found::Due(tenant, subject))
                    .collect();
                found.push(Found::Page { damaged });
                Some((found, due.next.map(Some)))
            }
            Err(error) => Some((vec![Found::Unread(error)], None)),
        }
    });
    pages.flat_map(stream::iter)
}

async fn work_on(env: &impl Env, found: Found, pass: Pass, deadline: Timestamp) -> Done {
    match found {
        Found::Page { damaged } => Done::Page { damaged },
        Found::Unread(error) => {
            let log = RequestLog::start("find due work");
            log.end(Outcome::Failed, &Ending::error(&error));
            Done::Failed(Step::Read, error.into())
        }
        Found::Due(tenant, subject) if pass.includes(&subject) => {
            work_on_subject(env, tenant, subject, deadline).await
        }
        Found::Due(..) => Done::Left,
    }
}

async fn work_on_subject(
    env: &impl Env,
    tenant: Tenant,
    subject: Subject,
    deadline: Timestamp,
) -> Done {
    let now = env.now();
    if now + RESERVE >= deadline {
        return Done::Left;
    }
    let (action, step, lease) = match subject {
        Subject::Account(_) => ("queue a check", Step::Queue, QUEUE_LEASE),
        Subject::Stack(_) => ("check a stack", Step::Stacks, LEASE),
        Subject::Registration(_) => ("expire a registration", Step::Registrations, LEASE),
    };
    let log = RequestLog::start(action);
    log.tenant(&tenant);
    match &subject {
        Subject::Account(id) => log.account_id(id),
        Subject::Stack(id) => log.orphaned_stack_id(id),
        Subject::Registration(id) => log.registration_id(id),
    }
    let until = now + lease;
    let failed = |step, error: UseCaseError| {
        log.end(Outcome::Failed, &Ending::error(&error));
        Done::Failed(step, error)
    };
    match env.store().lease(&tenant, &subject, now, until).await {
        Ok(true) => {}
        Ok(false) => return Done::Leased,
        Err(error) => return failed(Step::Lease, error.into()),
    }
    match subject {
        Subject::Account(account_id) => Done::Queue(DueCheck {
            tenant,
            account_id,
            leased_until: Some(until),
        }),
        Subject::Stack(id) => match check_orphan(env, &tenant, &id).await {
            Ok(entry) => {
                stack_checked(&log, entry.as_ref());
                entry.map_or(Done::Leased, |_| Done::StackChecked)
            }
            Err(error) => failed(step, error),
        },
        Subject::Registration(id) => match expire_registration(env, &tenant, &id).await {
            Ok(Some(expired)) => {
                log.registration(&expired);
                log.end(Outcome::Succeeded, &Ending::default());
                Done::RegistrationExpired
            }
            Ok(None) => {
                log.end(Outcome::Skipped, &Ending::default());
                Done::Leased
            }
            Err(error) => failed(step, error),
        },
    }
}

/// An account that the queue did not accept is due again when its lease ends.
async fn enqueue(queue: &impl CheckQueue, accounts: &mut Vec<DueCheck>, tally: &mut Tally) {
    let accounts = std::mem::take(accounts);
    if accounts.is_empty() {
        return;
    }
    let rejected = queue.send(&accounts).await;
    for due in &rejected {
        let log = RequestLog::start("queue a check");
        log.tenant(&due.tenant);
        log.account_id(&due.account_id);
        let ending = Ending {
            error: Some("the queue did not accept the check".to_owned()),
            ..Ending::default()
        };
        log.end(Outcome::Failed, &ending);
    }
    tally.queued(accounts.len() - rejected.len(), rejected.len());
}

/// Logs the check of an orphaned stack.
pub(crate) fn stack_checked(log: &RequestLog, entry: Option<&OrphanedStack>) {
    if let Some(entry) = entry {
        log.orphaned_stack(entry);
    }
    let outcome = entry.map_or(Outcome::Skipped, |_| Outcome::Succeeded);
    log.end(outcome, &Ending::default());
}
