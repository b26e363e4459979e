//! What STS is asked, in which order, and with whose external ID.

use crate::world::*;
use rolecall_domain::check::{AssumeOutcome, Trigger};
use rolecall_testing::Asked;
use rolecall_usecases::check_account;

fn asked(world: &World<rolecall_testing::FakeCustomers>) -> Vec<Asked> {
    world.callback.env.customers.asked_of_sts()
}

#[tokio::test]
async fn a_role_is_assumed_with_the_stored_external_id_and_with_no_other() {
    let world = World::new().await;
    let stored = world.registration.external_id.clone();
    // What the request says is compared, never used.
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
async fn the_negative_probes_come_after_the_role_has_worked() {
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
async fn a_role_that_iam_knows_a_moment_later_is_waited_for() {
    let world = World::new().await;
    let customers = &world.callback.env.customers;
    customers.change_role(&role("R"), |role| role.unknown_to_sts = 4);
    let answer = world.ask(&world.request("Create", "r1")).await;
    assert_eq!(answer["Status"], "SUCCESS", "{answer}");
    assert_eq!(world.accounts().await.len(), 1);
}

#[tokio::test]
async fn a_throttled_or_unanswered_probe_records_nothing() {
    for outcome in [AssumeOutcome::Throttled, AssumeOutcome::Unreachable] {
        let world = World::new().await;
        let customers = &world.callback.env.customers;
        customers.change_role(&role("R"), |role| role.probes_meet = Some(outcome.clone()));
        let answer = world.ask(&world.request("Create", "r1")).await;
        assert_eq!(answer["Status"], "FAILED", "{answer}");
        assert_eq!(world.accounts().await, []);
    }
}
