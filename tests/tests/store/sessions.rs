//! The contract of the console's sessions, over memory and over the table; and their encryption.

use rolecall_aws::sealer::AeadSealer;
use rolecall_aws::sessions::SessionTable;
use rolecall_domain::link::token::KeyRing;
use rolecall_domain::ports::{Sealer, Sessions};
use rolecall_domain::session::{Person, Session, SessionId, SessionKey, UserKey};
use rolecall_domain::text::Tenant;
use rolecall_domain::{SignedDuration, Timestamp};
use rolecall_testing::{FakeHost, FakeKeys, MemorySessions};
use rolecall_tests::twin::Hub;
use rolecall_tests::world::unique;

fn now() -> Timestamp {
    "2026-11-29T10:00:00.123Z".parse().expect("a time")
}

fn after(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

fn user() -> UserKey {
    UserKey::of("https://issuer.example", &unique("subject"))
}

fn session(user: &UserKey, secret: u8) -> Session {
    Session {
        key: SessionId::new(user.clone(), [secret; 32]).key(),
        person: Person {
            tenant: Tenant::parse("acme").expect("a tenant"),
            subject: "s".to_owned(),
            name: None,
            email: Some("olivia@acme.example".to_owned()),
        },
        created_at: now(),
        seen_at: now(),
        browser: "Firefox, Linux".to_owned(),
        version: 1,
        tokens: "k1.sealed".to_owned(),
        tokens_expire_at: after(3600),
        renewing_until: None,
    }
}

async fn opened(sessions: &impl Sessions, user: &UserKey, secret: u8) -> Session {
    let session = session(user, secret);
    sessions
        .open(&session, after(43_200))
        .await
        .expect("opened");
    session
}

async fn stored(sessions: &impl Sessions, key: &SessionKey) -> Option<Session> {
    let found = sessions.find(key).await.expect("read");
    found.map(|found| found.session)
}

async fn session_reads_back(sessions: &impl Sessions) {
    let user = user();
    let session = opened(sessions, &user, 1).await;
    assert_eq!(stored(sessions, &session.key).await, Some(session.clone()));
    let other = SessionId::new(user, [2; 32]).key();
    assert_eq!(stored(sessions, &other).await, None);
    sessions.see(&session.key, after(70)).await.expect("seen");
    let seen = stored(sessions, &session.key).await.expect("stored");
    assert_eq!(seen.seen_at, after(70));
}

async fn attempt_is_used_once(sessions: &impl Sessions) {
    let mark = unique("mark");
    assert!(
        sessions
            .use_attempt(&mark, after(900))
            .await
            .expect("written")
    );
    assert!(
        !sessions
            .use_attempt(&mark, after(900))
            .await
            .expect("written")
    );
}

async fn ended_session_stays_ended(sessions: &impl Sessions) {
    let session = opened(sessions, &user(), 1).await;
    sessions.end(&session.key, None).await.expect("ended");
    // Requests that had read it before.
    sessions
        .see(&session.key, after(1))
        .await
        .expect("no effect");
    let renewed = Session {
        version: 2,
        ..session.clone()
    };
    assert!(!sessions.renew(&renewed).await.expect("refused"));
    assert!(
        !sessions
            .begin_renewal(&session, now(), after(15))
            .await
            .expect("refused")
    );
    sessions.abandon_renewal(&session).await.expect("no effect");
    sessions.end(&session.key, None).await.expect("again");
    assert_eq!(stored(sessions, &session.key).await, None);
}

async fn one_renewal_at_a_time(sessions: &impl Sessions) {
    let session = opened(sessions, &user(), 1).await;
    let begin = async |at, until| {
        sessions
            .begin_renewal(&session, at, until)
            .await
            .expect("an answer")
    };
    assert!(begin(now(), after(15)).await);
    assert!(!begin(now(), after(15)).await);
    assert!(!begin(after(14), after(29)).await);
    // Whoever reserved it has failed.
    assert!(begin(after(15), after(30)).await);
    sessions.abandon_renewal(&session).await.expect("abandoned");
    assert!(begin(after(16), after(31)).await);
    let renewed = Session {
        version: 2,
        tokens: "k1.other".to_owned(),
        tokens_expire_at: after(7200),
        ..session.clone()
    };
    assert!(sessions.renew(&renewed).await.expect("written"));
    assert_eq!(stored(sessions, &session.key).await, Some(renewed.clone()));
    // A renewal of the version before.
    assert!(!sessions.renew(&renewed).await.expect("refused"));
    assert!(!begin(after(40), after(55)).await);
}

async fn refused_version_ends_only_itself(sessions: &impl Sessions) {
    let session = opened(sessions, &user(), 1).await;
    let renewed = Session {
        version: 2,
        ..session.clone()
    };
    assert!(sessions.renew(&renewed).await.expect("written"));
    sessions
        .end(&session.key, Some(1))
        .await
        .expect("no effect");
    assert!(stored(sessions, &session.key).await.is_some());
    sessions.end(&session.key, Some(2)).await.expect("ended");
    assert_eq!(stored(sessions, &session.key).await, None);
}

async fn sessions_of_a_person_end_together(sessions: &impl Sessions) {
    let (one, other) = (user(), user());
    let first = opened(sessions, &one, 1).await;
    opened(sessions, &one, 2).await;
    let strange = opened(sessions, &other, 3).await;
    let of_one = sessions.of_user(&one).await.expect("read");
    assert_eq!(of_one.len(), 2);
    sessions.end_all(&one, after(5)).await.expect("ended");
    assert!(sessions.of_user(&one).await.expect("read").is_empty());
    assert!(stored(sessions, &strange.key).await.is_some());
    // A request that opened its session at the same time.
    sessions.open(&first, after(43_200)).await.expect("opened");
    let found = sessions
        .find(&first.key)
        .await
        .expect("read")
        .expect("stored");
    assert_eq!(found.ended_at, Some(after(5)));
    let limits = rolecall_domain::session::Limits {
        idle: SignedDuration::from_hours(1),
        absolute: SignedDuration::from_hours(12),
    };
    assert!(!found.session.is_live(limits, found.ended_at, after(6)));
    let later = Session {
        created_at: after(6),
        ..found.session
    };
    assert!(later.is_live(limits, found.ended_at, after(7)));
}

async fn table() -> SessionTable {
    let hub = Hub::find();
    SessionTable::new(hub.aws.dynamodb(), hub.sessions_table().await)
}

macro_rules! hold {
    ($($promise:ident)*) => {
        mod memory {
            $(#[tokio::test]
            async fn $promise() {
                super::$promise(&super::MemorySessions::new()).await;
            })*
        }
        mod table {
            $(#[tokio::test]
            async fn $promise() {
                super::$promise(&super::table().await).await;
            })*
        }
    };
}

hold! {
    session_reads_back
    attempt_is_used_once
    ended_session_stays_ended
    one_renewal_at_a_time
    refused_version_ends_only_itself
    sessions_of_a_person_end_together
}

/// DynamoDB removes items whose time to live, in seconds, has passed. Milliseconds would mean never.
#[tokio::test]
async fn time_to_live_is_in_seconds() {
    let hub = Hub::find();
    let name = hub.sessions_table().await;
    let table = SessionTable::new(hub.aws.dynamodb(), &*name);
    opened(&table, &user(), 1).await;
    table
        .use_attempt(&unique("mark"), after(900))
        .await
        .expect("written");
    table.end_all(&user(), now()).await.expect("written");
    let items = hub.aws.dynamodb().scan().table_name(name).send().await;
    let items = items.expect("read").items.unwrap_or_default();
    assert_eq!(items.len(), 3);
    for item in items {
        let ttl = item["ttl"]
            .as_n()
            .expect("a number")
            .parse::<i64>()
            .expect("whole");
        let year = 366 * 24 * 3600 + 5 * 24 * 3600;
        assert!(
            (now().as_second()..now().as_second() + year).contains(&ttl),
            "{ttl}"
        );
    }
}

const ONE: &str = r#"{"k1":"0123456789abcdef0123456789abcdef"}"#;
const TWO: &str =
    r#"{"k1":"0123456789abcdef0123456789abcdef","k2":"fedcba9876543210fedcba9876543210"}"#;
const OTHER: &str = r#"{"k1":"ffffffffffffffffffffffffffffffff"}"#;

fn sealer(secret: &str) -> AeadSealer<FakeKeys, FakeHost> {
    let ring = KeyRing::parse(secret).expect("keys");
    AeadSealer::new(FakeKeys::new(ring), FakeHost::new(now(), 1))
}

#[tokio::test]
async fn sealed_text_opens_with_its_key_and_its_context_only() {
    let one = sealer(ONE);
    let sealed = one
        .seal("session a", "refresh token")
        .await
        .expect("sealed");
    assert!(!sealed.contains("refresh"));
    let again = one
        .seal("session a", "refresh token")
        .await
        .expect("sealed");
    assert_ne!(sealed, again, "the nonce is random");
    let open = async |sealer: &AeadSealer<_, _>, context: &str, sealed: &str| {
        sealer
            .unseal(context, sealed)
            .await
            .expect("the keys are there")
    };
    let text = Some("refresh token".to_owned());
    assert_eq!(open(&one, "session a", &sealed).await, text);
    // After a rotation, old texts open, and new ones have the new key.
    let two = sealer(TWO);
    assert_eq!(open(&two, "session a", &sealed).await, text);
    let newer = two
        .seal("session a", "refresh token")
        .await
        .expect("sealed");
    assert!(newer.starts_with("k2."), "{newer}");
    for (sealer, context, sealed) in [
        (&one, "session b", &sealed),
        (&sealer(OTHER), "session a", &sealed),
        (&one, "session a", &newer),
        (&two, "session a", &sealed.replacen("k1", "k2", 1)),
        (
            &one,
            "session a",
            &format!("{}A", &sealed[..sealed.len() - 1]),
        ),
        (&one, "session a", &"k1.AAAA".to_owned()),
        (&one, "session a", &String::new()),
    ] {
        assert_eq!(
            open(sealer, context, sealed).await,
            None,
            "{context} {sealed}"
        );
    }
}
