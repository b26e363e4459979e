//! A token can be read in the stack's parameters: what it makes the hub do and keep has an end.

use crate::world::{World, role, start};
use rolecall_domain::SignedDuration;
use rolecall_domain::check::AssumeOutcome;
use rolecall_domain::record::account::AccountState;
use rolecall_domain::record::registration::MOST_REFUSALS;
use rolecall_testing::FakeCustomers;
use rolecall_usecases::Env;
use serde_json::{Value, json};
use stack_callback::{DELIVERIES_A_DAY, PATIENT_DELIVERIES, ReplyError};

const MANY: u32 = DELIVERIES_A_DAY + 40;

fn day(world: &World<FakeCustomers>) {
    world
        .callback
        .env
        .host
        .advance(SignedDuration::from_hours(24));
}

/// A request about another stack each time.
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
async fn what_one_token_leaves_in_the_table_in_a_day_has_an_end() {
    for kind in ["Create", "Update", "Delete"] {
        let world = World::new().await;
        let mut kept = 0;
        for number in 0..MANY {
            world.ask(&stray(&world, kind, number)).await;
            if number == DELIVERIES_A_DAY {
                kept = world.callback.env.store.everything().len();
            }
        }
        let at_last = world.callback.env.store.everything().len();
        // The count itself, which may take another digit.
        assert!(
            at_last <= kept + 8,
            "{kind}: from {kept} to {at_last} bytes"
        );
        let requests = world.callback.env.store.kept_requests();
        let most = usize::try_from(DELIVERIES_A_DAY).expect("few") + 1;
        assert!(requests <= most, "{kind}: {requests}");
    }
}

#[tokio::test]
async fn beyond_the_days_number_a_create_is_refused_by_name_and_nothing_is_wedged() {
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
    // Such an answer is put once.
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
async fn a_recorded_stacks_end_is_heard_however_much_was_sent_before() {
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
async fn a_registration_that_was_refused_too_often_is_not_verified_any_more() {
    let world = World::new().await;
    let customers = &world.callback.env.customers;
    customers.change_role(&role("R"), |role| {
        role.sts_says = Some(AssumeOutcome::Refused);
    });
    for number in 0..MOST_REFUSALS {
        let answer = world.ask(&stray(&world, "Create", number)).await;
        assert_eq!(answer["Status"], "FAILED");
        // It stays open for as long as the test takes.
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
    assert_eq!(world.callback.env.now(), now, "it waited");
    assert_eq!(world.orphans().await.len(), orphans);
}

#[tokio::test]
async fn iam_is_waited_for_only_so_often_in_a_day() {
    let world = World::new().await;
    let customers = &world.callback.env.customers;
    let asks = |world: &World<FakeCustomers>| world.callback.env.now();
    for number in 0..PATIENT_DELIVERIES {
        world.ask(&stray(&world, "Delete", number)).await;
    }
    customers.change_role(&role("R"), |role| role.unknown_to_sts = 3);
    let before = asks(&world);
    let answer = world.ask(&world.request("Create", "impatient")).await;
    assert_eq!(answer["Status"], "FAILED");
    assert_eq!(asks(&world), before, "it waited");
    assert_eq!(customers.calls_to_sts(), 1);
}
