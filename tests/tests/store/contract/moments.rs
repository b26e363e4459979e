//! The table in DynamoDB's bad moments.

use super::assert_refused;
use super::faults::{CONFLICT, CONFLICT_ON_ONE, Fault, THROTTLED, THROTTLED_PART, faulty};
use super::world::{World, first, owner_of};
use rolecall_domain::SignedDuration;
use rolecall_domain::change::{Change, PersistedAnswer};
use rolecall_domain::ports::{
    Checkups, CommitError, Lists, Paces, Records, RequestClaim, Requests, StoreError,
};
use rolecall_domain::schedule::pace::{Limited, Pace};
use rolecall_domain::schedule::{Checkup, Subject};
use rolecall_tests::twin::Hub;
use std::time::{Duration, Instant};

async fn assert_committed_once(times: usize, fault: Fault, test: &str) {
    let (world, (table, faults)) = (World::new(test), faulty(&Hub::find()).await);
    let group = world.group();
    faults.come(times, fault);
    let committed = table.commit(&world.creation(&group)).await;
    committed.expect("it was only a bad moment");
    assert!(faults.are_over());
    let id = group.group_id.as_str();
    let history = table.history(&world.tenant, id, &first(9)).await;
    assert_eq!(history.expect("read").items.len(), 1);
}

#[tokio::test]
async fn a_conflict_is_tried_again() {
    assert_committed_once(3, CONFLICT, "a_conflict").await;
}

#[tokio::test]
async fn a_throttled_commit_is_tried_again() {
    assert_committed_once(2, THROTTLED, "a_throttled_commit").await;
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_made_once() {
    assert_committed_once(1, Fault::LostAnswer, "a_lost_answer").await;
}

#[tokio::test]
async fn a_conflict_that_lasts_is_no_refusal() {
    let (world, (table, faults)) = (World::new("lasting"), faulty(&Hub::find()).await);
    // The refusal that comes with it is of a guard; what is in the way may be about to free it.
    let change = Change::new().claim(world.guard(), &owner_of(&world.group()));
    faults.come(99, CONFLICT);
    let start = Instant::now();
    let refused = table.commit(&change).await;
    // Not stale: whoever decides again at once makes it worse.
    let unavailable =
        |error: &CommitError| matches!(error, CommitError::Store(StoreError::Unavailable(_)));
    assert_refused!(refused, error if unavailable(error));
    let took = start.elapsed();
    assert!(took > Duration::from_millis(500), "{took:?}");
    assert!(took < Duration::from_secs(9), "{took:?}");
}

/// The SDK tries three times, and nothing around it any more.
#[tokio::test]
async fn a_throttled_table_gets_three_calls_and_is_called_unavailable() {
    for (fault, calls) in [(THROTTLED, 3), (THROTTLED_PART, 1)] {
        let (world, (table, faults)) = (World::new("throttled"), faulty(&Hub::find()).await);
        faults.come(99, fault);
        let refused = table.commit(&world.creation(&world.group())).await;
        let unavailable = matches!(refused, Err(CommitError::Store(StoreError::Unavailable(_))));
        assert!(unavailable, "{refused:?}");
        assert_eq!(99 - faults.left(), calls);
        let before = faults.left();
        let (now, key) = (world.now(), world.request());
        let claim = table.claim_request(&key, now, now).await;
        assert!(
            matches!(claim, Err(StoreError::Unavailable(_))),
            "{claim:?}"
        );
        assert!(before - faults.left() <= 3);
    }
}

#[tokio::test]
async fn a_single_write_waits_for_a_transaction() {
    let (world, (table, faults)) = (World::new("single"), faulty(&Hub::find()).await);
    let (tenant, now) = (&world.tenant, world.now());
    let until = now + SignedDuration::from_secs(60);
    let subject = Subject::Account(world.account(&world.group().group_id).account_id);
    let bad_moment = || faults.come(2, CONFLICT_ON_ONE);

    bad_moment();
    let checkup = Checkup::first(tenant.clone(), subject.clone(), now);
    let never = Checkup::never(tenant.clone(), subject.clone());
    let set = table.reschedule(&never, &checkup).await;
    assert!(set.expect("put"));
    bad_moment();
    let pace = Pace::once_in(SignedDuration::from_secs(1));
    let asked = Limited::Check(subject.clone());
    let wait = table.admit(tenant, &asked, pace, now).await;
    assert_eq!(wait.expect("asked"), None);
    bad_moment();
    let taken = table.lease(tenant, &subject, now, until).await;
    assert!(taken.expect("asked"));
    bad_moment();
    let (key, body) = (world.request(), "done".to_owned());
    let claim = table.claim_request(&key, now, until).await;
    assert!(matches!(claim.expect("asked"), RequestClaim::Yours { .. }));
    bad_moment();
    let kept = table.keep_answer(&PersistedAnswer { key, body }).await;
    assert_eq!(kept.expect("kept"), "done");
}
