//! Calls to the table fail, or their responses are lost. The request must still be answered, without
//! waiting for a lease that the same delivery holds.

use crate::world::{Bucket, World, reason, start};
use rolecall_domain::SignedDuration;
use rolecall_domain::ports::{Clock, StoreError};
use rolecall_testing::{
    FakeCustomers, FakeHost, FakeKeys, Gate, InTurn, MemoryStore, Moment, Trouble,
};
use rolecall_usecases::Environment;
use serde_json::{Value, json};
use stack_callback::Callback;
use std::cell::Cell;
use std::rc::Rc;

/// Fails one call to the table a few times, before or after its effect.
#[derive(Debug)]
struct Fails {
    call: &'static str,
    moment: Moment,
    times: Cell<u32>,
}

impl Gate for Fails {
    async fn table(&self, call: &'static str, moment: Moment) -> Result<(), StoreError> {
        let left = self.times.get();
        if left == 0 || (call, moment) != (self.call, self.moment) {
            return Ok(());
        }
        self.times.set(left - 1);
        Err(StoreError::Unavailable("on purpose".into()))
    }

    async fn customers(&self, _: &'static str, _: Moment) -> Result<(), Trouble> {
        Ok(())
    }
}

type HubEnv = Environment<InTurn<MemoryStore, Fails>, FakeCustomers, FakeHost>;

async fn over(fails: Fails) -> (World<FakeCustomers>, Callback<HubEnv, FakeKeys, Bucket>) {
    let (world, other) = (World::new().await, World::new().await);
    let env = other.callback.env;
    let callback = Callback {
        env: Environment {
            store: InTurn {
                port: Rc::new(env.store),
                gate: fails,
            },
            customers: env.customers,
            host: env.host,
            settings: env.settings,
            hub: env.hub,
            onboarding: None,
        },
        keys: other.callback.keys,
        reply: other.callback.reply,
        response_origins: other.callback.response_origins,
    };
    (world, callback)
}

const CALLS: [&str; 4] = [
    "registration_by_id",
    "count_delivery",
    "claim_request",
    "commit",
];

#[tokio::test]
async fn create_is_answered_within_seconds_when_any_table_call_fails() {
    for call in CALLS {
        for moment in [Moment::Before, Moment::After] {
            for times in 1..=3 {
                let case = format!("{call}, {moment:?}, {times}");
                let times = Cell::new(times);
                let (world, callback) = over(Fails {
                    call,
                    moment,
                    times,
                })
                .await;
                let deadline = start() + SignedDuration::from_secs(120);
                let request = world.request("Create", "r1");
                let result = callback.handle(&request, deadline).await;
                result.unwrap_or_else(|error| panic!("{case}: {error}"));
                let bodies = callback.reply.bodies.lock().expect("no panic").clone();
                let answer: Value = serde_json::from_str(&bodies[0]).expect("JSON");
                assert_eq!(answer["Status"], "SUCCESS", "{case}: {answer}");
                let took = callback.env.host.now().duration_since(start());
                assert!(took < SignedDuration::from_secs(10), "{case}: {took}");
            }
        }
    }
}

#[tokio::test]
async fn refusal_is_answered_without_a_contact_if_the_template_cannot_be_read() {
    let (world, callback) = over(Fails {
        call: "template",
        moment: Moment::Before,
        times: Cell::new(u32::MAX),
    })
    .await;
    let mut request = world.preflight("Create", "r1");
    request["ResourceProperties"]["ExternalId"] = json!("mine");
    let deadline = start() + SignedDuration::from_secs(120);
    callback.handle(&request, deadline).await.expect("answered");
    assert!(callback.env.store.gate.times.get() < u32::MAX, "not read");
    let bodies = callback.reply.bodies.lock().expect("no panic").clone();
    let answer: Value = serde_json::from_str(&bodies[0]).expect("JSON");
    assert_eq!(answer["Status"], "FAILED", "{answer}");
    let end = format!(" Reference: {}", world.registration.registration_id);
    assert!(reason(&answer).ends_with(&end), "{answer}");
}
