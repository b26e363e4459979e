//! Rate limits.

use super::world::World;
use futures_util::future::join_all;
use rolecall_domain::SignedDuration;
use rolecall_domain::ids::{AccountId, RegistrationId};
use rolecall_domain::ports::Store;
use rolecall_domain::schedule::Subject;
use rolecall_domain::schedule::pace::{Errand, Limited, Pace};

const PACE: Pace = Pace {
    burst: 3,
    every: SignedDuration::from_secs(10),
};

/// Sends one request after so many milliseconds; returns the time to wait in milliseconds.
async fn ask(
    store: &impl Store,
    world: &World,
    what: &Limited,
    pace: Pace,
    millis: i64,
) -> Option<i128> {
    let now = world.now() + SignedDuration::from_millis(millis);
    let asked = store.admit(&world.tenant, what, pace, now).await;
    asked.expect("asked").map(|wait| wait.as_millis())
}

pub(crate) async fn burst_is_admitted_then_one_request_per_interval(
    store: &impl Store,
    world: &World,
) {
    let what = Limited::Paste(RegistrationId::new(world.seed()));
    let ask = async |millis| ask(store, world, &what, PACE, millis).await;
    for _ in 0..3 {
        assert_eq!(ask(0).await, None);
    }
    assert_eq!(ask(0).await, Some(10_000));
    assert_eq!(ask(9_999).await, Some(1));
    assert_eq!(ask(10_000).await, None);
    assert_eq!(ask(10_000).await, Some(10_000));
    // Rejected requests don't count.
    assert_eq!(ask(30_000).await, None);
    assert_eq!(ask(30_000).await, None);
    assert_eq!(ask(30_000).await, Some(10_000));
    for _ in 0..3 {
        assert_eq!(ask(3_600_000).await, None, "the bucket is full again");
    }
    assert_eq!(ask(3_600_000).await, Some(10_000));
}

pub(crate) async fn pace_of_once_per_interval_works(store: &impl Store, world: &World) {
    let account = AccountId::new(world.seed());
    let pace = Pace::once_in(SignedDuration::from_secs(30));
    let check = Limited::Check(Subject::Account(account));
    let ask = async |millis| ask(store, world, &check, pace, millis).await;
    assert_eq!(ask(0).await, None);
    assert_eq!(ask(29_000).await, Some(1_000));
    assert_eq!(ask(30_000).await, None);
    assert_eq!(ask(31_000).await, Some(29_000));
}

pub(crate) async fn buckets_are_independent(store: &impl Store, world: &World) {
    let [account, other] = [(); 2].map(|()| AccountId::new(world.seed()));
    let pace = Pace::once_in(SignedDuration::from_secs(30));
    let all = [
        Limited::Check(Subject::Account(account.clone())),
        Limited::Check(Subject::Account(other)),
        Limited::Question(account.clone()),
        Limited::Choice(account),
        Limited::Tenant(Errand::AccountCheck),
        Limited::Tenant(Errand::Paste),
        Limited::Tenant(Errand::Change),
    ];
    for what in &all {
        assert_eq!(ask(store, world, what, pace, 0).await, None, "{what:?}");
    }
    let other_tenant = world.other_tenant();
    for what in &all {
        let own = ask(store, world, what, pace, 0).await;
        assert!(own.is_some(), "{what:?}");
        let theirs = ask(store, &other_tenant, what, pace, 0).await;
        assert_eq!(theirs, None, "{what:?}");
    }
}

pub(crate) async fn concurrent_requests_never_exceed_the_bucket(store: &impl Store, world: &World) {
    let what = Limited::Tenant(Errand::Simulation);
    // One full bucket, and one that is partly used.
    for (millis, most) in [(0, 3), (20_000, 2)] {
        let asked = (0..12).map(|_| ask(store, world, &what, PACE, millis));
        let waits = join_all(asked).await;
        let admitted = waits.iter().filter(|wait| wait.is_none()).count();
        assert_eq!(admitted, most, "{waits:?}");
    }
}
