//! Tests which calls are made to STS, in which order, and with which external ID.

use crate::world::*;
use rolecall_domain::check::{AssumeOutcome, Trigger};
use rolecall_testing::Asked;
use rolecall_usecases::check_account;

fn asked(world: &World<rolecall_testing::FakeCustomers>) -> Vec<Asked> {
    world.callback.env.customers.asked_of_sts()
}

#[tokio::test]
async fn role_is_assumed_with_the_stored_external_id_only() {
    let world = World::new().await;
    let stored = world.registration.external_id.clone();
    // The external ID in the request is compared, and never used.
    let mut forged = world.request("Create", "r0");
    forged["ResourceProperties"]["ExternalId"] = "another".into();
    world.ask(&forged).await;
    assert_eq!(asked(&world), []);

    world.ask(&world.request("Create", "r1")).await;
    let account = world.accounts().await.pop().expect("connected");
    let env = &world.callback.env;
    for trigger in [Trigger::OnDemand, Trigger::Scheduled] {
        let checked = check_account(env, account.clone(), trigger).await;
        checked.expect("checked");
    }
    let (probes, uses): (Vec<_>, Vec<_>) = asked(&world).into_iter().partition(|one| one.is_probe);
    assert_eq!(uses.len(), 3);
    assert!(
        uses.iter()
            .all(|one| one.external_id.as_ref() == Some(&stored))
    );
    assert!(
        probes
            .iter()
            .all(|one| one.external_id.as_ref() != Some(&stored))
    );
}

#[tokio::test]
async fn negative_probes_run_only_after_the_role_was_assumed() {
    let world = World::new().await;
    let customers = &world.callback.env.customers;
    customers.change_role(&role("R"), |role| {
        role.sts_says = Some(AssumeOutcome::Refused)
    });
    world.ask(&world.request("Create", "r1")).await;
    assert!(asked(&world).iter().all(|one| !one.is_probe));

    let world = World::new().await;
    world.ask(&world.request("Create", "r1")).await;
    let asked = asked(&world);
    let wrong = world.registration.external_id.wrong();
    assert!(!asked[0].is_probe);
    let probes: Vec<_> = asked[1..]
        .iter()
        .map(|one| one.external_id.clone())
        .collect();
    assert_eq!(probes, [None, Some(wrong)]);
}

#[tokio::test]
async fn role_that_propagates_late_is_retried_until_it_works() {
    let world = World::new().await;
    let customers = &world.callback.env.customers;
    customers.change_role(&role("R"), |role| role.unknown_to_sts = 4);
    let answer = world.ask(&world.request("Create", "r1")).await;
    assert_eq!(answer["Status"], "SUCCESS", "{answer}");
    assert_eq!(world.accounts().await.len(), 1);
}

#[tokio::test]
async fn throttled_or_unanswered_probe_records_no_account() {
    for outcome in [AssumeOutcome::Throttled, AssumeOutcome::Unreachable] {
        let world = World::new().await;
        let customers = &world.callback.env.customers;
        customers.change_role(&role("R"), |role| role.probes_meet = Some(outcome.clone()));
        let answer = world.ask(&world.request("Create", "r1")).await;
        assert_eq!(answer["Status"], "FAILED", "{answer}");
        assert_eq!(world.accounts().await, []);
    }
}
