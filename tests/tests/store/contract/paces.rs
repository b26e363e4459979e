//! How much was asked for lately.

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

/// One more request after so many milliseconds; how long to wait, in milliseconds.
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

pub(crate) async fn a_burst_passes_and_then_one_for_each_interval(
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
    // What is refused does not count.
    assert_eq!(ask(30_000).await, None);
    assert_eq!(ask(30_000).await, None);
    assert_eq!(ask(30_000).await, Some(10_000));
    for _ in 0..3 {
        assert_eq!(ask(3_600_000).await, None, "it is full again");
    }
    assert_eq!(ask(3_600_000).await, Some(10_000));
}

pub(crate) async fn once_in_an_interval_is_a_pace(store: &impl Store, world: &World) {
    let account = AccountId::new(world.seed());
    let pace = Pace::once_in(SignedDuration::from_secs(30));
    let check = Limited::Check(Subject::Account(account));
    let ask = async |millis| ask(store, world, &check, pace, millis).await;
    assert_eq!(ask(0).await, None);
    assert_eq!(ask(29_000).await, Some(1_000));
    assert_eq!(ask(30_000).await, None);
    assert_eq!(ask(31_000).await, Some(29_000));
}

pub(crate) async fn each_bucket_is_on_its_own(store: &impl Store, world: &World) {
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
    let neighbour = world.neighbour();
    for what in &all {
        let own = ask(store, world, what, pace, 0).await;
        assert!(own.is_some(), "{what:?}");
        let theirs = ask(store, &neighbour, what, pace, 0).await;
        assert_eq!(theirs, None, "{what:?}");
    }
}

pub(crate) async fn of_many_at_once_as_many_pass_as_there_is_room_for(
    store: &impl Store,
    world: &World,
) {
    let what = Limited::Tenant(Errand::Simulation);
    // A bucket that is full, and one that is not.
    for (millis, most) in [(0, 3), (20_000, 2)] {
        let asked = (0..12).map(|_| ask(store, world, &what, PACE, millis));
        let waits = join_all(asked).await;
        let admitted = waits.iter().filter(|wait| wait.is_none()).count();
        assert_eq!(admitted, most, "{waits:?}");
    }
}
