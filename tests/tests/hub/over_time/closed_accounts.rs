//! AWS Organizations reports that an account was closed or left the organization.

use super::world::{World, days, hours};
use rolecall_domain::check::{CheckCode, CheckStatus};
use rolecall_domain::record::account::{AccountState, DeregistrationCause};
use rolecall_domain::record::evidence::EvidenceKind;
use rolecall_domain::text::Actor;
use rolecall_usecases::deregister;
use serde_json::{Value, json};

fn closed(world: &World) -> Value {
    let status = json!({ "accountId": "222222222222", "state": "SUCCEEDED" });
    world.organization_event(
        "CloseAccountResult",
        json!({ "closeAccountStatus": status }),
    )
}

fn departed(world: &World, method: &str) -> Value {
    let details = json!({ "accountId": "222222222222", "departedMethod": method });
    world.organization_event("AccountDepartedOrganization", details)
}

#[tokio::test]
async fn closed_account_fails_as_account_suspended() {
    let mut world = World::connected().await;
    let event = closed(&world);
    for _ in 0..3 {
        world.send_event(&event).await;
    }
    assert_eq!(world.events()[4..], ["Account Changed"], "recorded once");
    world.refuse(true);
    for _ in 0..3 {
        world.next_check().await;
    }
    let report = world.report().await;
    let failed = report.decisive().expect("it failed").code;
    assert_eq!(failed, CheckCode::AccountSuspended);
    let status = report.status_of(CheckCode::RoleUnassumable);
    assert_eq!(status, Some(CheckStatus::Skipped));
    assert_eq!(world.events()[5..], ["Account Unhealthy"]);
}

#[tokio::test]
async fn closed_account_is_checked_less_often_and_finally_deregistered() {
    let mut world = World::connected().await;
    let event = closed(&world);
    world.send_event(&event).await;
    world.refuse(true);
    let begun = world.now();
    let mut waits = Vec::new();
    while !world.account().await.is_deregistered() {
        waits.push(world.next_check().await.as_hours());
        assert!(
            world.now() < begun + days(120),
            "the account is never deregistered"
        );
    }
    assert!(world.now() >= begun + days(90));
    assert!(waits.len() < 40, "{waits:?}");
    assert!(waits.iter().max() >= Some(&100), "{waits:?}");
    let account = world.account().await;
    let AccountState::Deregistered { cause, .. } = account.state() else {
        panic!("{:?}", account.state());
    };
    assert_eq!(*cause, DeregistrationCause::StackGone);
    let entry = world.entries().await.remove(0);
    assert_eq!(entry.status().as_str(), "gone");
    let kinds: Vec<_> = entry.evidence().iter().map(|seen| &seen.kind).collect();
    let told = EvidenceKind::AccountClosed { permanently: false };
    assert!(kinds.contains(&&told) && kinds.contains(&&EvidenceKind::RoleUnassumable));
    assert_eq!(world.check_schedule().await.next_check_at, None);
    world.pass(days(30));
    assert_eq!(world.sweep().await, []);
}

#[tokio::test]
async fn reinstated_account_recovers() {
    let mut world = World::connected().await;
    let event = closed(&world);
    world.send_event(&event).await;
    world.refuse(true);
    for _ in 0..4 {
        world.next_check().await;
    }
    assert_eq!(world.account().await.state().as_str(), "unhealthy");
    world.refuse(false);
    world.pass(hours(2));
    world.next_check().await;
    let account = world.account().await;
    assert_eq!(
        (account.state().as_str(), account.closed()),
        ("active", None)
    );
    world.send_event(&event).await;
    assert!(
        world.account().await.closed().is_none(),
        "an old event must not close the account again"
    );
}

#[tokio::test]
async fn permanently_closed_account_is_deregistered_when_its_role_fails() {
    let mut world = World::connected().await;
    let event = departed(&world, "Cleaned");
    let (summary, _) = world.send_event(&event).await;
    assert_eq!(summary.records_updated, 1);
    world.next_check().await;
    assert!(
        !world.account().await.is_deregistered(),
        "its role still works"
    );
    world.refuse(true);
    world.next_check().await;
    assert!(world.account().await.is_deregistered());
    assert_eq!(world.entries().await[0].status().as_str(), "gone");
}

#[tokio::test]
async fn account_that_left_its_organization_gets_immediate_full_check() {
    let mut world = World::connected().await;
    world.next_check().await;
    let before = world.env().customers.calls_to_sts();
    let event = departed(&world, "Left");
    world.send_event(&event).await;
    let due = world.sweep().await;
    assert_eq!(due.len(), 1);
    world.check(&due[0]).await;
    let asked = world.env().customers.calls_to_sts() - before;
    assert_eq!(asked, 3, "a full check");
    assert_eq!(world.events().len(), 4, "nothing changed");
}

#[tokio::test]
async fn account_closure_is_recorded_on_orphaned_stack() {
    let mut world = World::connected().await;
    let account = world.account().await;
    let gone = deregister(world.env(), account, &Actor::Hub).await;
    gone.expect("deregistered");
    let event = closed(&world);
    for _ in 0..3 {
        assert_eq!(world.send_event(&event).await.0.records_updated, 1);
    }
    let entry = world.entries().await.remove(0);
    assert!(entry.proof_is_available());
    let told = entry
        .evidence()
        .iter()
        .filter(|seen| matches!(seen.kind, EvidenceKind::AccountClosed { .. }));
    assert_eq!(told.count(), 1);
    world.refuse(true);
    for _ in 0..100 {
        world.pass(days(1));
        world.sweep().await;
    }
    assert_eq!(world.entries().await[0].status().as_str(), "gone");
    let other = json!({ "accountId": "333333333333", "departedMethod": "Cleaned" });
    let event = world.organization_event("AccountDepartedOrganization", other);
    assert_eq!(world.send_event(&event).await.0.records_updated, 0);
}
