//! A token can be read in the stack's parameters, so the work and the storage it can cause are bounded.

use crate::world::{World, role, start};
use rolecall_domain::SignedDuration;
use rolecall_domain::check::AssumeOutcome;
use rolecall_domain::record::account::AccountState;
use rolecall_domain::record::registration::MOST_REFUSALS;
use rolecall_testing::FakeCustomers;
use rolecall_usecases::Env;
use serde_json::{Value, json};
use stack_callback::{DELIVERIES_A_DAY, DELIVERIES_THAT_WAIT, ReplyError};

const MANY: u32 = DELIVERIES_A_DAY + 40;

fn day(world: &World<FakeCustomers>) {
    world
        .callback
        .env
        .host
        .advance(SignedDuration::from_hours(24));
}

/// A request about a different stack for each number.
fn stray(world: &World<FakeCustomers>, kind: &str, number: u32) -> Value {
    let mut request = world.request_about(kind, &format!("{kind}-{number}"), "rolecall/x");
    request["StackId"] = json!(format!(
        "arn:aws:cloudformation:us-east-1:222222222222:stack/stray/{number}"
    ));
    request
}

fn reason(answer: &Value) -> &str {
    answer["Reason"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn items_written_by_one_token_per_day_are_bounded() {
    for kind in ["Create", "Update", "Delete"] {
        let world = World::new().await;
        let mut at_limit = 0;
        for number in 0..MANY {
            world.ask(&stray(&world, kind, number)).await;
            if number == DELIVERIES_A_DAY {
                at_limit = world.callback.env.store.everything().len();
            }
        }
        let at_end = world.callback.env.store.everything().len();
        // The counter may grow by a digit.
        assert!(
            at_end <= at_limit + 8,
            "{kind}: from {at_limit} to {at_end} bytes"
        );
        let requests = world.callback.env.store.kept_requests();
        // And the counter, and the note of the last verification.
        let most = usize::try_from(DELIVERIES_A_DAY).expect("few") + 2;
        assert!(requests <= most, "{kind}: {requests}");
    }
}

#[tokio::test]
async fn create_over_the_daily_limit_is_refused_and_update_and_delete_succeed() {
    let world = World::new().await;
    for number in 0..DELIVERIES_A_DAY {
        world.ask(&stray(&world, "Update", number)).await;
    }
    let answer = world.ask(&world.request("Create", "late")).await;
    assert!(reason(&answer).starts_with("rate_limited: "), "{answer}");
    for kind in ["Update", "Delete"] {
        let answer = world.ask(&stray(&world, kind, MANY)).await;
        assert_eq!(answer["Status"], "SUCCESS", "{answer}");
    }
    assert_eq!(world.callback.env.customers.calls_to_sts(), 0);
    // Such an answer is sent once, without retries.
    world.callback.reply.refuse_all(ReplyError::Refused(503));
    let before = world.callback.reply.puts();
    let again = world.deliver(&world.request("Create", "later")).await;
    again.expect("not delivered again");
    assert_eq!(world.callback.reply.puts(), before + 1);

    *world.callback.reply.refusals.lock().expect("no panic") = 0;
    day(&world);
    let answer = world.ask(&world.request("Create", "next-day")).await;
    assert_eq!(answer["Status"], "SUCCESS", "{answer}");
}

#[tokio::test]
async fn deletion_of_recorded_stack_is_recorded_over_the_daily_limit() {
    let world = World::new().await;
    let made = world.ask(&world.request("Create", "create")).await;
    assert_eq!(made["Status"], "SUCCESS");
    for number in 0..MANY {
        world.ask(&stray(&world, "Delete", number)).await;
    }
    let delete = world.request_about("Delete", "delete", "rolecall/x");
    assert_eq!(world.ask(&delete).await["Status"], "SUCCESS");
    let account = world.accounts().await.remove(0);
    assert!(matches!(account.state(), AccountState::Disconnected { .. }));
}

#[tokio::test]
async fn registration_with_too_many_refusals_is_not_verified() {
    let world = World::new().await;
    let customers = &world.callback.env.customers;
    customers.change_role(&role("R"), |role| {
        role.sts_says = Some(AssumeOutcome::Refused);
    });
    for number in 0..MOST_REFUSALS {
        let answer = world.ask(&stray(&world, "Create", number)).await;
        assert_eq!(answer["Status"], "FAILED");
        // Keeps the registration from expiring during the test.
        world.callback.env.host.set(start());
    }
    customers.change_role(&role("R"), |role| role.sts_says = None);
    let (calls, now) = (customers.calls_to_sts(), world.callback.env.now());
    let orphans = world.orphans().await.len();
    let answer = world.ask(&world.request("Create", "good")).await;
    let reason = reason(&answer);
    assert!(reason.starts_with("registration_exhausted: "), "{reason}");
    assert!(reason.contains(&MOST_REFUSALS.to_string()), "{reason}");
    assert_eq!(customers.calls_to_sts(), calls);
    assert_eq!(world.callback.env.now(), now, "it must not wait");
    assert_eq!(world.orphans().await.len(), orphans);
}

#[tokio::test]
async fn waits_for_propagation_per_day_are_bounded() {
    let world = World::new().await;
    let customers = &world.callback.env.customers;
    let now = |world: &World<FakeCustomers>| world.callback.env.now();
    for number in 0..DELIVERIES_THAT_WAIT {
        world.ask(&stray(&world, "Delete", number)).await;
    }
    customers.change_role(&role("R"), |role| role.unknown_to_sts = 3);
    let before = now(&world);
    let answer = world.ask(&world.request("Create", "impatient")).await;
    assert_eq!(answer["Status"], "FAILED");
    assert_eq!(now(&world), before, "it must not wait");
    assert_eq!(customers.calls_to_sts(), 1);
}
