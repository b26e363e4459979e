//! Anyone can publish to the topic. A request without a valid token costs one PUT and nothing else.

use crate::world::{Bucket, World, start};
use rolecall_domain::SignedDuration;
use rolecall_domain::link::token::KeyRing;
use rolecall_domain::ports::{Clock, StoreError, TokenKeys};
use rolecall_testing::{FakeCustomers, FakeHost, MemoryStore};
use rolecall_usecases::{Env, Environment};
use serde_json::{Value, json};
use stack_callback::{Callback, CallbackError, ReplyError};
use std::sync::Arc;

const KINDS: [&str; 3] = ["Create", "Update", "Delete"];

fn forged(world: &World<FakeCustomers>, kind: &str, token: Value) -> Value {
    let mut request = world.request_about(kind, "r1", "rolecall/x");
    request["ResourceProperties"]["RegistrationToken"] = token;
    request
}

/// No token, malformed tokens, and a well-formed token that no key signed.
fn forged_tokens(world: &World<FakeCustomers>) -> [Value; 4] {
    let (id, secret) = world.token.split_once('.').expect("two parts");
    let other = "A".repeat(secret.len());
    [
        json!(null),
        json!("reg_x.y"),
        json!(format!("{id}.forged")),
        json!(format!("{id}.{other}")),
    ]
}

#[tokio::test]
async fn forged_message_causes_one_put_and_no_table_write() {
    let failures = [
        None,
        Some(ReplyError::TimedOut),
        Some(ReplyError::Broken),
        Some(ReplyError::Refused(301)),
        Some(ReplyError::Refused(403)),
        Some(ReplyError::Refused(429)),
        Some(ReplyError::Refused(500)),
        Some(ReplyError::NotCallable),
    ];
    for failure in failures {
        let world = World::new().await;
        let reply = &world.callback.reply;
        if let Some(failure) = failure {
            reply.refuse_all(failure);
        }
        let before = world.callback.env.store.everything();
        let mut sent = 0;
        for kind in KINDS {
            for token in forged_tokens(&world) {
                let result = world.deliver(&forged(&world, kind, token)).await;
                assert!(result.is_ok(), "Lambda would deliver it again: {result:?}");
                sent += 1;
                assert_eq!(reply.puts(), sent);
            }
        }
        assert_eq!(world.callback.env.store.everything(), before);
        assert_eq!(world.callback.env.now(), start(), "it must not wait");
        assert_eq!(world.callback.env.customers.calls_to_sts(), 0);
    }
}

#[tokio::test]
async fn forged_message_with_hanging_bucket_ends_after_three_seconds() {
    for kind in KINDS {
        let world = World::new().await;
        *world.callback.reply.hangs.lock().expect("no panic") = true;
        let request = forged(&world, kind, json!("reg_x.y"));
        world.deliver(&request).await.expect("not delivered again");
        assert_eq!(world.callback.reply.puts(), 1);
        let took = world.callback.env.now().duration_since(start());
        assert_eq!(took, SignedDuration::from_secs(3));
    }
}

#[tokio::test]
async fn rejected_answer_is_sent_once_and_not_delivered_again() {
    for status in [301, 307, 400, 403, 404, 412] {
        for kind in KINDS {
            let world = World::new().await;
            world.callback.reply.refuse_all(ReplyError::Refused(status));
            let mut request = world.request_about(kind, "r1", "rolecall/x");
            request["OldResourceProperties"] = json!({});
            world.deliver(&request).await.expect("not delivered again");
            assert_eq!(world.callback.reply.puts(), 1, "{kind} {status}");
        }
    }
}

#[tokio::test]
async fn retryable_answer_is_retried_for_thirty_seconds() {
    for failure in [
        ReplyError::TimedOut,
        ReplyError::Broken,
        ReplyError::Refused(429),
        ReplyError::Refused(500),
        ReplyError::Refused(503),
    ] {
        let world = World::new().await;
        world.callback.reply.refuse_all(failure);
        let result = world.deliver(&world.request("Create", "r1")).await;
        assert!(matches!(result, Err(CallbackError::Undelivered)));
        assert!(world.callback.reply.puts() > 5);
        let took = world.callback.env.now().duration_since(start());
        assert!(took <= SignedDuration::from_secs(30), "{took}");
    }
}

#[tokio::test]
async fn foreign_response_url_is_never_called_and_is_an_error_only_with_a_valid_token() {
    let world = World::new().await;
    let before = world.callback.env.store.everything();
    for kind in KINDS {
        let mut request = world.request_about(kind, "r1", "rolecall/x");
        request["ResponseURL"] = json!("https://evil.example/");
        let result = world.deliver(&request).await;
        assert!(matches!(result, Err(CallbackError::ForeignHost)));
        for token in forged_tokens(&world) {
            request["ResourceProperties"]["RegistrationToken"] = token;
            world.deliver(&request).await.expect("ignored");
        }
    }
    assert_eq!(world.callback.reply.puts(), 0);
    assert_eq!(world.callback.env.store.everything(), before);
}

#[derive(Debug, Clone, Copy)]
enum Unreadable {
    Fails,
    Hangs,
}

impl TokenKeys for Unreadable {
    async fn ring(&self) -> Result<Arc<KeyRing>, StoreError> {
        match self {
            Self::Fails => Err(StoreError::Unavailable("on purpose".into())),
            Self::Hangs => std::future::pending().await,
        }
    }

    async fn newest_ring(&self) -> Result<Arc<KeyRing>, StoreError> {
        self.ring().await
    }
}

async fn without_keys(
    keys: Unreadable,
) -> (
    World<FakeCustomers>,
    Callback<Environment<MemoryStore, FakeCustomers, FakeHost>, Unreadable, Bucket>,
) {
    let (world, other) = (World::new().await, World::new().await);
    let callback = Callback {
        env: other.callback.env,
        keys,
        reply: Bucket::default(),
        response_origins: other.callback.response_origins,
    };
    (world, callback)
}

#[tokio::test]
async fn request_without_readable_keys_ends_soon_and_is_delivered_again() {
    for keys in [Unreadable::Fails, Unreadable::Hangs] {
        let (world, callback) = without_keys(keys).await;
        let deadline = start() + SignedDuration::from_secs(120);
        let request = world.request("Create", "r1");
        let result = callback.handle(&request, deadline).await;
        assert!(matches!(result, Err(CallbackError::NoKeys)), "{result:?}");
        assert_eq!(callback.reply.puts(), 0);
        let took = callback.env.host.now().duration_since(start());
        assert!(took <= SignedDuration::from_secs(11), "{keys:?}: {took}");
    }
}

#[tokio::test]
async fn malformed_token_is_rejected_without_reading_keys() {
    let (world, callback) = without_keys(Unreadable::Hangs).await;
    let deadline = start() + SignedDuration::from_secs(120);
    for token in forged_tokens(&world).iter().take(3) {
        let request = forged(&world, "Create", token.clone());
        callback.handle(&request, deadline).await.expect("answered");
    }
    assert_eq!(callback.reply.puts(), 3);
    assert_eq!(callback.env.host.now(), start());
}
