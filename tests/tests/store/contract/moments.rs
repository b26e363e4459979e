//! The table's behavior during temporary DynamoDB failures.

use super::assert_refused;
use super::faults::{CONFLICT, CONFLICT_ON_ONE, Fault, THROTTLED, THROTTLED_PART, faulty};
use super::world::{World, first, owner_of};
use rolecall_aws::host::SystemHost;
use rolecall_domain::SignedDuration;
use rolecall_domain::change::{Change, PersistedAnswer};
use rolecall_domain::ports::{
    CommitError, Lists, Paces, Records, RequestClaim, Requests, ScheduleStore, StoreError, WorkerId,
};
use rolecall_domain::schedule::pace::{Limited, Pace};
use rolecall_domain::schedule::{CheckSchedule, Subject};
use rolecall_domain::settings::Settings;
use rolecall_testing::FakeCustomers;
use rolecall_tests::in_process::hub;
use rolecall_tests::twin::Hub;
use rolecall_usecases::retry::decide_again;
use rolecall_usecases::{Environment, UseCaseError};

async fn assert_committed_once(times: usize, fault: Fault, test: &str) {
    let (world, (table, faults)) = (World::new(test), faulty(&Hub::find()).await);
    let group = world.group();
    faults.inject(times, fault);
    let committed = table.commit(&world.creation(&group)).await;
    committed.expect("the commit is retried");
    assert!(faults.all_used());
    let id = group.group_id.as_str();
    let history = table.history(&world.tenant, id, &first(9)).await;
    assert_eq!(history.expect("read").items.len(), 1);
}

#[tokio::test]
async fn throttled_commit_is_retried() {
    assert_committed_once(2, THROTTLED, "a_throttled_commit").await;
}

#[tokio::test]
async fn commit_with_lost_response_is_applied_once() {
    assert_committed_once(1, Fault::LostAnswer, "a_lost_answer").await;
}

/// The use case decides again; no other loop sends the transaction a second time.
#[tokio::test]
async fn conflict_takes_one_call_and_is_stale() {
    let (world, (table, faults)) = (World::new("conflict"), faulty(&Hub::find()).await);
    // The transaction also fails a guard's condition, but the conflicting transaction may release
    // that guard.
    let change = Change::new().claim(world.guard(), &owner_of(&world.group()));
    faults.inject(99, CONFLICT);
    let refused = table.commit(&change).await;
    assert_refused!(refused, CommitError::Stale);
    assert_eq!(99 - faults.left(), 1);
}

#[tokio::test]
async fn nested_use_cases_decide_at_most_eight_times() {
    let (world, (table, faults)) = (World::new("decisions"), faulty(&Hub::find()).await);
    let env = Environment {
        store: table,
        customers: FakeCustomers::new(),
        host: SystemHost,
        settings: Settings::default(),
        hub: hub(),
        onboarding: None,
    };
    let commit = async |change: &Change| {
        let inner = async || decide_again(&env, async || Ok(env.store.commit(change).await?)).await;
        decide_again(&env, inner).await
    };
    faults.inject(3, CONFLICT);
    let decided = commit(&world.creation(&world.group())).await;
    decided.expect("the fourth decision is applied");
    assert!(faults.all_used());
    faults.inject(99, CONFLICT);
    let decided = commit(&world.creation(&world.group())).await;
    assert!(
        matches!(decided, Err(UseCaseError::Contended)),
        "{decided:?}"
    );
    assert_eq!(99 - faults.left(), 8);
}

/// Only the SDK retries, three times in total.
#[tokio::test]
async fn throttled_table_gets_three_calls_and_is_unavailable() {
    for (fault, calls) in [(THROTTLED, 3), (THROTTLED_PART, 1)] {
        let (world, (table, faults)) = (World::new("throttled"), faulty(&Hub::find()).await);
        faults.inject(99, fault);
        let refused = table.commit(&world.creation(&world.group())).await;
        let unavailable = matches!(refused, Err(CommitError::Store(StoreError::Unavailable(_))));
        assert!(unavailable, "{refused:?}");
        assert_eq!(99 - faults.left(), calls);
        let before = faults.left();
        let (now, key) = (world.now(), world.request());
        let claim = table.claim_request(&key, WorkerId(1), now, now).await;
        assert!(
            matches!(claim, Err(StoreError::Unavailable(_))),
            "{claim:?}"
        );
        assert!(before - faults.left() <= 3);
    }
}

#[tokio::test]
async fn single_write_is_retried_after_a_transaction_conflict() {
    let (world, (table, faults)) = (World::new("single"), faulty(&Hub::find()).await);
    let (tenant, now) = (&world.tenant, world.now());
    let until = now + SignedDuration::from_secs(60);
    let subject = Subject::Account(world.account(&world.group().group_id).account_id);
    let conflict_twice = || faults.inject(2, CONFLICT_ON_ONE);

    conflict_twice();
    let schedule = CheckSchedule::first(tenant.clone(), subject.clone(), now);
    let never = CheckSchedule::never(tenant.clone(), subject.clone());
    let set = table.reschedule(&never, &schedule).await;
    assert!(set.expect("put"));
    conflict_twice();
    let pace = Pace::once_in(SignedDuration::from_secs(1));
    let asked = Limited::Check(subject.clone());
    let wait = table.admit(tenant, &asked, pace, now).await;
    assert_eq!(wait.expect("asked"), None);
    conflict_twice();
    let taken = table.lease(tenant, &subject, now, until).await;
    assert!(taken.expect("asked"));
    conflict_twice();
    let (key, body) = (world.request(), "done".to_owned());
    let claim = table.claim_request(&key, WorkerId(1), now, until).await;
    assert!(matches!(claim.expect("asked"), RequestClaim::Yours { .. }));
    conflict_twice();
    let kept = table.keep_answer(&PersistedAnswer { key, body }).await;
    assert_eq!(kept.expect("kept"), "done");
}
