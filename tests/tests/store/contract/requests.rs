//! CloudFormation's requests: one worker at a time, one answer for ever.

use super::world::World;
use rolecall_domain::change::{PersistedAnswer, RequestKey};
use rolecall_domain::ports::{RequestClaim, Store};
use rolecall_domain::{SignedDuration, Timestamp};

fn seconds(from: Timestamp, seconds: i64) -> Timestamp {
    from + SignedDuration::from_secs(seconds)
}

pub(crate) async fn a_request_has_one_worker_at_a_time(store: &impl Store, world: &World) {
    let key = world.request();
    let start = world.now();
    let claim = async |key: &RequestKey, at: i64| {
        let (now, until) = (seconds(start, at), seconds(start, at + 60));
        store.claim_request(key, now, until).await.expect("asked")
    };
    let first = RequestClaim::Yours {
        first_received_at: start,
    };
    assert_eq!(claim(&key, 0).await, first);
    let until = seconds(start, 60);
    assert_eq!(claim(&key, 1).await, RequestClaim::Busy { until });
    assert_eq!(claim(&key, 59).await, RequestClaim::Busy { until });
    // The worker is gone; when the request first came stays known.
    assert_eq!(claim(&key, 60).await, first);
    let until = seconds(start, 120);
    assert_eq!(claim(&key, 61).await, RequestClaim::Busy { until });

    let other = RequestKey {
        request_id: "other".to_owned(),
        ..key
    };
    let first_received_at = seconds(start, 61);
    assert_eq!(
        claim(&other, 61).await,
        RequestClaim::Yours { first_received_at }
    );
}

pub(crate) async fn an_answer_is_kept_for_ever(store: &impl Store, world: &World) {
    let answer = |key: &RequestKey, body: &str| PersistedAnswer {
        key: key.clone(),
        body: body.to_owned(),
    };
    let (claimed, unclaimed) = (world.request(), world.request());
    let until = seconds(world.now(), 60);
    let claim = store.claim_request(&claimed, world.now(), until).await;
    assert!(matches!(claim.expect("asked"), RequestClaim::Yours { .. }));
    for key in [&claimed, &unclaimed] {
        for body in ["first", "second"] {
            let kept = store.keep_answer(&answer(key, body)).await;
            assert_eq!(kept.expect("kept"), "first");
        }
        let body = "first".to_owned();
        for now in [world.now(), seconds(world.now(), 3600)] {
            let claim = store.claim_request(key, now, seconds(now, 60)).await;
            let answered = RequestClaim::Answered { body: body.clone() };
            assert_eq!(claim.expect("asked"), answered);
        }
    }
}
