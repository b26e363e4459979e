//! Quick checks run often, full checks once a day and after every difference that a quick check
//! finds.

use super::world::{World, days, hours};
use rolecall_domain::SignedDuration;
use rolecall_domain::check::{AssumeOutcome, CheckCode, CheckStatus, Verdict};

/// The number of STS calls since `before`.
fn asked(world: &World, before: usize) -> usize {
    world.env().customers.calls_to_sts() - before
}

#[tokio::test]
async fn quick_check_calls_sts_twice_and_writes_no_report() {
    let mut world = World::connected().await;
    let report = world.report().await;
    let waited = world.next_check().await;
    assert_eq!(waited, hours(1));
    assert_eq!(asked(&world, 0), 2, "with the external ID, and without");
    assert_eq!(world.report().await, report);
    let schedule = world.check_schedule().await;
    assert_eq!(schedule.last_checked_at, Some(world.now()));
    let next = schedule
        .next_check_at
        .expect("due")
        .duration_since(world.now());
    assert!(
        (54..=66).contains(&next.as_mins()),
        "about an hour, with jitter"
    );
}

#[tokio::test]
async fn full_check_runs_once_a_day() {
    let mut world = World::connected().await;
    let first = world.now();
    let mut thorough = Vec::new();
    while world.now() < first + days(3) {
        let before = world.env().customers.calls_to_sts();
        world.next_check().await;
        match asked(&world, before) {
            2 => {}
            3 => thorough.push(world.now().duration_since(first).as_hours()),
            other => panic!("{other} calls"),
        }
        assert_eq!(world.report().await.verdict, Verdict::Passed);
    }
    assert!((2..=3).contains(&thorough.len()), "{thorough:?}");
    assert!(thorough[0] >= 24, "{thorough:?}");
    assert_eq!(world.events().len(), 4, "nothing changed");
}

#[tokio::test]
async fn quick_check_that_finds_a_change_triggers_full_check() {
    let mut world = World::connected().await;
    world.change_role(|role| role.enforces_external_id = false);
    for _ in 0..3 {
        world.next_check().await;
    }
    let report = world.report().await;
    let status = report.status_of(CheckCode::ExternalIdNotEnforced);
    assert_eq!(status, Some(CheckStatus::Failed));
    assert_eq!(world.account().await.state().as_str(), "unhealthy");
    world.change_role(|role| role.enforces_external_id = true);
    world.next_check().await;
    assert_eq!(world.account().await.state().as_str(), "active");
    let events = world.events();
    assert_eq!(events[4..], ["Account Unhealthy", "Account Recovered"]);
}

#[tokio::test]
async fn throttled_check_keeps_status_and_makes_no_further_calls() {
    let mut world = World::connected().await;
    world.change_role(|role| role.sts_says = Some(AssumeOutcome::Throttled));
    let mut waits = Vec::new();
    for _ in 0..5 {
        let before = world.env().customers.calls_to_sts();
        waits.push(world.next_check().await.as_mins());
        assert_eq!(asked(&world, before), 1);
    }
    assert_eq!(waits[0], 60);
    assert!(
        waits[1..4].iter().all(|wait| (5..=6).contains(wait)),
        "{waits:?}"
    );
    assert!(
        (10..=13).contains(&waits[4]),
        "the interval must grow: {waits:?}"
    );
    assert_eq!(world.report().await.verdict, Verdict::Passed);
    world.change_role(|role| role.sts_says = None);
    world.next_check().await;
    assert_eq!(world.account().await.state().as_str(), "active");
    assert_eq!(world.events().len(), 4, "nothing changed");
}

#[tokio::test]
async fn duplicate_messages_count_as_one_failure() {
    let mut world = World::connected().await;
    world.refuse(true);
    world.pass(hours(1));
    let due = world.sweep().await.remove(0);
    for _ in 0..5 {
        assert_eq!(world.check(&due).await, 0);
    }
    assert_eq!(world.check_schedule().await.streak, 1);
    assert_eq!(world.account().await.state().as_str(), "active");
}

#[tokio::test]
async fn hanging_account_delays_no_other_account() {
    let mut world = World::connected().await;
    world.change_role(|role| role.never_answers = true);
    world.pass(hours(1));
    let due = world.sweep().await.remove(0);
    let before = world.now();
    assert_eq!(world.check(&due).await, 1, "the message must be retried");
    let took = world.now().duration_since(before);
    assert!(
        took < SignedDuration::from_secs(120),
        "within the invocation"
    );
    world.change_role(|role| role.never_answers = false);
    assert_eq!(world.check(&due).await, 0);
    assert_eq!(world.report().await.verdict, Verdict::Passed);
}
