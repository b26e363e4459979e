//! CloudFormation's requests: one worker at a time, and one permanent response.

use super::world::World;
use rolecall_domain::aws::StackId;
use rolecall_domain::change::{PersistedAnswer, RequestKey};
use rolecall_domain::pages::Verification;
use rolecall_domain::ports::{RequestClaim, Store, WorkerId};
use rolecall_domain::{SignedDuration, Timestamp};

fn seconds(from: Timestamp, seconds: i64) -> Timestamp {
    from + SignedDuration::from_secs(seconds)
}

pub(crate) async fn request_has_one_worker_at_a_time(store: &impl Store, world: &World) {
    let key = world.request();
    let start = world.now();
    let claim_as = async |worker: u64, key: &RequestKey, at: i64| {
        let (now, until) = (seconds(start, at), seconds(start, at + 60));
        let claim = store.claim_request(key, WorkerId(worker), now, until);
        claim.await.expect("asked")
    };
    let claim = async |key: &RequestKey, at: i64| claim_as(u64::MAX, key, at).await;
    let first = RequestClaim::Yours {
        first_received_at: start,
    };
    assert_eq!(claim_as(1, &key, 0).await, first);
    let until = seconds(start, 60);
    assert_eq!(claim(&key, 1).await, RequestClaim::Busy { until });
    assert_eq!(claim(&key, 59).await, RequestClaim::Busy { until });
    // The worker may have lost the response to its claim.
    assert_eq!(claim_as(1, &key, 30).await, first);
    let until = seconds(start, 90);
    assert_eq!(claim(&key, 60).await, RequestClaim::Busy { until });
    // The worker's lease has expired; the time of the first delivery stays recorded.
    assert_eq!(claim(&key, 90).await, first);
    let until = seconds(start, 150);
    assert_eq!(claim_as(1, &key, 91).await, RequestClaim::Busy { until });

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

/// A tenant may send another tenant's stack and request IDs with its own registration.
pub(crate) async fn requests_are_separate_per_registration(store: &impl Store, world: &World) {
    let mine = world.request();
    let theirs = RequestKey {
        registration_id: world.request().registration_id,
        ..mine.clone()
    };
    let (now, until) = (world.now(), seconds(world.now(), 60));
    for key in [&theirs, &mine] {
        let claim = store.claim_request(key, WorkerId(1), now, until).await;
        let claim = claim.expect("asked");
        assert!(matches!(claim, RequestClaim::Yours { .. }), "{claim:?}");
        let answer = PersistedAnswer {
            key: key.clone(),
            body: key.registration_id.to_string(),
        };
        let kept = store.keep_answer(&answer).await.expect("kept");
        assert_eq!(kept, answer.body);
    }
}

pub(crate) async fn deliveries_are_counted_by_registration_and_day(
    store: &impl Store,
    world: &World,
) {
    let [one, other] = [world.request(), world.request()].map(|key| key.registration_id);
    let day = SignedDuration::from_hours(24);
    let count = async |id, at| store.count_delivery(id, at).await.expect("counted");
    for expected in 1..=3 {
        assert_eq!(count(&one, world.now()).await, expected);
    }
    assert_eq!(count(&other, world.now()).await, 1);
    assert_eq!(count(&one, world.now() + day).await, 1);
    assert_eq!(count(&one, world.now()).await, 4);
}

pub(crate) async fn registration_remembers_one_pasted_stack(store: &impl Store, world: &World) {
    let id = world.request().registration_id;
    let (first, second) = (world.stack_id(), world.stack_id());
    let start = world.now();
    let note = async |stack: &StackId, at: i64| {
        let now = seconds(start, at);
        store.first_pasted_at(&id, stack, now).await.expect("noted")
    };
    assert_eq!(note(&first, 0).await, start);
    assert_eq!(note(&first, 5).await, start);
    assert_eq!(note(&second, 6).await, seconds(start, 6));
    assert_eq!(note(&second, 7).await, seconds(start, 6));
    assert_eq!(note(&first, 8).await, seconds(start, 8));
}

pub(crate) async fn registration_has_one_noted_verification(store: &impl Store, world: &World) {
    let [one, other] = [world.request(), world.request()].map(|key| key.registration_id);
    let note = |at: i64| Verification {
        stack_id: world.stack_id(),
        since: seconds(world.now(), at),
    };
    assert_eq!(store.verification(&one).await.expect("read"), None);
    for noted in [note(0), note(5), note(3)] {
        let stored = store.note_verification(&one, &noted).await;
        stored.expect("stored");
        assert_eq!(store.verification(&one).await.expect("read"), Some(noted));
    }
    assert_eq!(store.verification(&other).await.expect("read"), None);
}

pub(crate) async fn answer_is_stored_permanently(store: &impl Store, world: &World) {
    let answer = |key: &RequestKey, body: &str| PersistedAnswer {
        key: key.clone(),
        body: body.to_owned(),
    };
    let (claimed, unclaimed) = (world.request(), world.request());
    let until = seconds(world.now(), 60);
    let claim = store
        .claim_request(&claimed, WorkerId(1), world.now(), until)
        .await;
    assert!(matches!(claim.expect("asked"), RequestClaim::Yours { .. }));
    for key in [&claimed, &unclaimed] {
        for body in ["first", "second"] {
            let kept = store.keep_answer(&answer(key, body)).await;
            assert_eq!(kept.expect("kept"), "first");
        }
        let body = "first".to_owned();
        for now in [world.now(), seconds(world.now(), 3600)] {
            let claim = store
                .claim_request(key, WorkerId(1), now, seconds(now, 60))
                .await;
            let answered = RequestClaim::Answered { body: body.clone() };
            assert_eq!(claim.expect("asked"), answered);
        }
    }
}
