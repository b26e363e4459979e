//! Finds what is due and works on it, item by item: no failure of one stops another.

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

/// Items that one read finds, and accounts that are handed over together.
const BATCH: usize = 50;

/// Shards that are read at once.
const SHARDS_AT_ONCE: usize = 4;

/// For how long a due item is taken: longer than anything done with it takes.
const LEASE: SignedDuration = SignedDuration::from_mins(15);

/// The same for what is handed over: longer than the queue tries a message, so that one which fails
/// ends up in the dead-letter queue before the next one is sent.
const QUEUE_LEASE: SignedDuration = SignedDuration::from_mins(45);

/// What is kept free at the end of an invocation.
const RESERVE: SignedDuration = SignedDuration::from_secs(30);

/// Accounts are only handed over, so they come first: a stack may take its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pass {
    Accounts,
    StacksAndRegistrations,
}

impl Pass {
    fn takes(self, subject: &Subject) -> bool {
        matches!(subject, Subject::Account(_)) == (self == Self::Accounts)
    }
}

/// What a shard's list comes to, piece by piece.
enum Found {
    Due(Tenant, Subject),
    Page { damaged: usize },
    Unread(StoreError),
}

/// What became of one piece.
enum Done {
    Queue(DueCheck),
    StackChecked,
    RegistrationExpired,
    /// It was taken, or is another's; nothing more came of it.
    Leased,
    /// It is another pass's, or the next sweep's.
    Left,
    Page {
        damaged: usize,
    },
    Failed(Step, UseCaseError),
}

/// Works until nothing is due, or the time is nearly over: the rest is due next time too.
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
            hand_over(queue, &mut accounts, tally).await;
        }
    }
    hand_over(queue, &mut accounts, tally).await;
}

/// Everything that is due in a shard, once: a position is gone on from, so that what stays due
/// is not met again.
fn due_in(env: &impl Env, shard: u8, deadline: Timestamp) -> impl Stream<Item = Found> {
    let pages = stream::unfold(Some(None), move |after| async move {
        let after: Option<String> = after?;
        let now = env.now();
        if now + RESERVE >= deadline {
            return None;
        }
        let slice = Slice {
            limit: BATCH,
            after,
        };
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
        Found::Due(tenant, subject) if pass.takes(&subject) => {
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
        Subject::Registration(_) => ("end a registration", Step::Registrations, LEASE),
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

/// What the queue did not take is due again when its lease ends.
async fn hand_over(queue: &impl CheckQueue, accounts: &mut Vec<DueCheck>, tally: &mut Tally) {
    let accounts = std::mem::take(accounts);
    if accounts.is_empty() {
        return;
    }
    let left = queue.send(&accounts).await;
    for due in &left {
        let log = RequestLog::start("queue a check");
        log.tenant(&due.tenant);
        log.account_id(&due.account_id);
        let ending = Ending {
            error: Some("the queue did not take the check".to_owned()),
            ..Ending::default()
        };
        log.end(Outcome::Failed, &ending);
    }
    tally.handed_over(accounts.len() - left.len(), left.len());
}

/// The line of a check of an orphaned stack.
pub(crate) fn stack_checked(log: &RequestLog, entry: Option<&OrphanedStack>) {
    if let Some(entry) = entry {
        log.orphaned_stack(entry);
    }
    let outcome = entry.map_or(Outcome::Skipped, |_| Outcome::Succeeded);
    log.end(outcome, &Ending::default());
}
