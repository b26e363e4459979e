//! Each request is answered before the deadline, and all answers to the same request are identical.

use crate::world::{World, start};
use rolecall_domain::SignedDuration;
use rolecall_domain::change::audit::{Event, Record};
use rolecall_domain::change::{Change, Occasion};
use rolecall_domain::ports::{Records, StoreError};
use rolecall_domain::text::Actor;
use rolecall_testing::{FakeCustomers, Gate, InTurn, Moment, Trouble};
use rolecall_usecases::Env;
use serde_json::{Value, json};
use stack_callback::CallbackError;
use std::rc::Rc;

/// A fault of STS.
#[derive(Debug)]
enum Misbehaving {
    Panics,
    Hangs,
}

impl Gate for Misbehaving {
    async fn table(&self, _: &'static str, _: Moment) -> Result<(), StoreError> {
        Ok(())
    }

    async fn customers(&self, _: &'static str, _: Moment) -> Result<(), Trouble> {
        match self {
            Self::Panics => panic!("on purpose"),
            Self::Hangs => std::future::pending().await,
        }
    }
}

impl Misbehaving {
    fn customers(self) -> InTurn<FakeCustomers, Self> {
        InTurn {
            port: Rc::default(),
            gate: self,
        }
    }
}

fn reason(answer: &Value) -> &str {
    answer["Reason"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn panic_is_answered_and_later_answers_are_identical() {
    let world = World::with(Misbehaving::Panics.customers()).await;
    let answer = world.ask(&world.request("Create", "r1")).await;
    assert_eq!(answer["Status"], "FAILED");
    assert!(reason(&answer).starts_with("internal_error: "), "{answer}");
    world
        .deliver(&world.request("Create", "r1"))
        .await
        .expect("answered again");
    let bodies = world.bodies();
    assert_eq!(bodies[0], bodies[1]);
    assert!(world.accounts().await.is_empty());
    let orphans = world.orphans().await;
    assert_eq!(orphans.len(), 1, "the stack is recorded as refused");
}

#[tokio::test]
async fn unfinished_update_is_answered_with_success_and_delivered_again() {
    let world = World::new().await;
    world.ask(&world.request("Create", "r1")).await;
    let account = world.accounts().await.remove(0);
    let hung = World::with(Misbehaving::Hangs.customers()).await;
    let occasion = Occasion::new(start(), Actor::Hub, "test");
    let registration = hung.registration.completed(
        account.account_id.clone(),
        account.stack_id.clone(),
        account.role.arn.clone(),
    );
    let before = Record::Registration(hung.registration.clone());
    let change = Change::new()
        .create(
            Record::Account(account),
            Event::AccountRegistered,
            &occasion,
        )
        .update(
            before,
            Record::Registration(registration),
            Event::RegistrationCompleted,
            &occasion,
        );
    hung.callback
        .env
        .store
        .commit(&change)
        .await
        .expect("recorded");

    let mut update = hung.request_about("Update", "u1", "rolecall/x");
    update["OldResourceProperties"] = json!({});
    let result = hung.deliver(&update).await;
    assert!(
        matches!(result, Err(CallbackError::Unfinished)),
        "{result:?}"
    );
    let answer: Value = serde_json::from_str(&hung.bodies()[0]).expect("JSON");
    assert_eq!(answer["Status"], "SUCCESS");
}

#[tokio::test]
async fn answer_is_sent_before_the_deadline() {
    let world = World::with(Misbehaving::Hangs.customers()).await;
    let answer = world.ask(&world.request("Create", "r1")).await;
    assert!(
        reason(&answer).starts_with("deadline_exceeded: "),
        "{answer}"
    );
    let took = world.callback.env.now().duration_since(start());
    assert!(took < SignedDuration::from_secs(120), "{took}");
}

#[tokio::test]
async fn answer_is_retried_until_the_bucket_recovers() {
    let world = World::new().await;
    *world.callback.reply.refusals.lock().expect("no panic") = 3;
    let answer = world.ask(&world.request("Create", "r1")).await;
    assert_eq!(answer["Status"], "SUCCESS");
}

#[tokio::test]
async fn undelivered_answer_is_sent_again_with_the_next_delivery() {
    let world = World::new().await;
    *world.callback.reply.refusals.lock().expect("no panic") = u32::MAX;
    let result = world.deliver(&world.request("Create", "r1")).await;
    assert!(matches!(result, Err(CallbackError::Undelivered)));
    assert_eq!(
        world.accounts().await.len(),
        1,
        "the account is recorded before the answer is sent"
    );
    *world.callback.reply.refusals.lock().expect("no panic") = 0;
    let answer = world.ask(&world.request("Create", "r1")).await;
    let account_id = world.accounts().await[0].account_id.to_string();
    assert_eq!(answer["Data"]["AccountId"], json!(account_id));
}

#[tokio::test]
async fn answers_to_the_same_request_are_identical() {
    let world = World::new().await;
    let create = world.request("Create", "r1");
    let wrapped = json!({ "Records": [{ "Sns": { "Message": create.to_string() } }] });
    for event in [&create, &wrapped, &create] {
        world.deliver(event).await.expect("handled");
    }
    let bodies = world.bodies();
    assert_eq!(bodies.len(), 3);
    assert!(bodies.iter().all(|body| body == &bodies[0]), "{bodies:?}");
    assert_eq!(world.accounts().await.len(), 1);
}

#[tokio::test]
async fn concurrent_deliveries_register_one_account() {
    let world = World::new().await;
    let create = world.request("Create", "r1");
    let (a, b) = tokio::join!(world.deliver(&create), world.deliver(&create));
    a.and(b).expect("handled");
    let bodies = world.bodies();
    assert_eq!(bodies[0], bodies[1]);
    assert_eq!(world.accounts().await.len(), 1);
}

#[tokio::test]
async fn property_of_wrong_type_is_refused_by_name() {
    for property in ["RoleArn", "ExternalId", "TemplateVersion", "TemplateId"] {
        for wrong in [
            json!(7),
            json!(["x"]),
            json!({ "a": 1 }),
            json!(null),
            json!(true),
        ] {
            let world = World::new().await;
            let mut request = world.request("Create", "r1");
            request["ResourceProperties"][property] = wrong.clone();
            let answer = world.ask(&request).await;
            assert_eq!(answer["Status"], "FAILED", "{property} {wrong}");
            let reason = reason(&answer);
            assert!(reason.starts_with("malformed_request: "), "{reason}");
            assert!(reason.contains(property), "{reason}");
            assert!(world.accounts().await.is_empty());
        }
    }
}

#[tokio::test]
async fn request_without_valid_token_writes_nothing() {
    let world = World::new().await;
    let before = world.callback.env.store.trail().len();
    for (request_type, status) in [
        ("Create", "FAILED"),
        ("Update", "FAILED"),
        ("Delete", "SUCCESS"),
    ] {
        for token in [json!("reg_x.y"), json!(7), json!(null)] {
            let mut request = world.request_about(request_type, "r1", "rolecall/x");
            request["ResourceProperties"]["RegistrationToken"] = token;
            let answer = world.ask(&request).await;
            assert_eq!(answer["Status"], status, "{request_type}");
            if status == "FAILED" {
                assert!(reason(&answer).starts_with("invalid_token: "), "{answer}");
            }
        }
    }
    assert_eq!(world.callback.env.store.trail().len(), before);
    assert!(world.orphans().await.is_empty());
}

#[tokio::test]
async fn foreign_response_url_is_never_called_and_nothing_is_recorded() {
    let world = World::new().await;
    let mut request = world.request("Create", "r1");
    request["ResponseURL"] = json!("https://evil.example/");
    let result = world.deliver(&request).await;
    assert!(matches!(result, Err(CallbackError::ForeignHost)));
    assert!(world.bodies().is_empty());
    assert!(world.accounts().await.is_empty());
}
