//! ID tokens are renewed without losing a session.

use crate::world::World;
use futures_util::FutureExt;
use rolecall_domain::SignedDuration;
use rolecall_domain::ports::Sessions;
use rolecall_domain::session::Session;

#[tokio::test]
async fn token_is_renewed_once_before_it_expires() {
    let world = World::new();
    let mut browser = world.signed_in().await;
    world.after(3500);
    assert_eq!(browser.get("/").await.status_code, 200);
    assert_eq!(world.issuer().renewals(), 0);
    world.after(60);
    assert_eq!(browser.get("/").await.status_code, 200);
    assert_eq!(world.issuer().renewals(), 1);
    assert_eq!(browser.get("/").await.status_code, 200);
    assert_eq!(world.issuer().renewals(), 1);
    let session = &world.sessions().all()[0];
    assert_eq!(session.version, 2);
    assert_eq!(
        session.tokens_expire_at,
        world.now() + SignedDuration::from_hours(1)
    );
}

#[tokio::test]
async fn request_waits_while_another_renews_and_reads_again() {
    let world = World::new();
    let mut browser = world.signed_in().await;
    world.after(3590);
    let session = world.sessions().all()[0].clone();
    let until = world.now() + SignedDuration::from_secs(3);
    let begun = world
        .sessions()
        .begin_renewal(&session, world.now(), until)
        .await;
    assert!(begun.expect("in memory"));
    // The other request never finishes: this one takes over once its time is up.
    assert_eq!(browser.get("/").await.status_code, 200);
    assert!(world.now() >= until);
    assert_eq!(world.issuer().renewals(), 1);
}

#[tokio::test]
async fn renewal_is_reserved_for_one_request() {
    let world = World::new();
    world.signed_in().await;
    let session = world.sessions().all()[0].clone();
    let (now, until) = (world.now(), world.now() + SignedDuration::from_secs(15));
    let sessions = world.sessions();
    assert!(
        sessions
            .begin_renewal(&session, now, until)
            .await
            .expect("memory")
    );
    assert!(
        !sessions
            .begin_renewal(&session, now, until)
            .await
            .expect("memory")
    );
    assert!(
        sessions
            .begin_renewal(&session, until, until)
            .await
            .expect("memory")
    );
}

#[tokio::test]
async fn person_who_was_removed_is_signed_out_with_the_token() {
    let world = World::new();
    let mut browser = world.signed_in().await;
    world.issuer().forget();
    assert_eq!(browser.get("/").await.status_code, 200);
    world.after(3590);
    assert_eq!(browser.get("/").await.status_code, 401);
    assert!(world.sessions().all().is_empty());
}

/// Two requests with the same refresh token, of which the issuer refuses the second: the session that the
/// first one renewed stays, and the second one uses it.
#[tokio::test]
async fn refused_renewal_ends_only_the_version_that_it_tried() {
    let world = World::new();
    let mut browser = world.signed_in().await;
    let session = world.sessions().all()[0].clone();
    world.after(3590);
    let renewed = Session {
        version: 2,
        tokens_expire_at: world.now() + SignedDuration::from_hours(1),
        ..session
    };
    let sessions = world.sessions().clone();
    world.issuer().meanwhile(move || {
        let first = sessions.renew(&renewed).now_or_never();
        assert!(first.expect("at once").expect("memory"));
    });
    world.issuer().forget();
    assert_eq!(browser.get("/").await.status_code, 200);
    assert_eq!(world.sessions().all()[0].version, 2);
    // The same without another request: the session has ended.
    world.after(3590);
    assert_eq!(browser.get("/").await.status_code, 401);
    assert!(world.sessions().all().is_empty());
}
