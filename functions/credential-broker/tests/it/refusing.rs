//! Credentials that are not issued.

use crate::world::{World, event, now};
use rolecall_domain::SignedDuration;
use rolecall_domain::aws::RoleUniqueId;
use rolecall_domain::change::audit::{Event, Record};
use rolecall_domain::change::{Change, Occasion};
use rolecall_domain::check::AssumeOutcome;
use rolecall_domain::ports::{Receipts, Records, Slice};
use rolecall_domain::text::Actor;
use rolecall_testing::Moment;
use serde_json::{Value, json};

/// Nothing was issued, and nothing left a receipt.
async fn assert_nothing_left(world: &World) {
    assert!(world.store().all_receipts().is_empty());
    assert!(world.store().issue_events().is_empty());
}

#[tokio::test]
async fn profile_that_the_stack_does_not_give_is_403() {
    let world = World::new().await;
    let problem = world.expect("everything", json!({}), 403).await;
    assert_eq!(problem["code"], "access_not_granted");
    let detail = problem["detail"].as_str().expect("a text");
    assert!(detail.contains("everything"), "{detail}");
    assert_eq!(world.customers().calls_to_sts(), 0);
    assert_nothing_left(&world).await;
}

/// Bug D11 of similar systems: where the look-up missed, the previous account's credentials or those of a default
/// were returned.
#[tokio::test]
async fn unknown_account_is_404() {
    let world = World::new().await;
    world.expect("inventory", json!({}), 200).await;
    let unknown = format!("acc_{}", "0".repeat(32));
    let response = world.gateway.handle(&event("inventory", &unknown)).await;
    assert_eq!(response.status_code, 404);
    assert_eq!(world.customers().issued().len(), 1);
    assert_eq!(world.store().all_receipts().len(), 1);
}

#[tokio::test]
async fn deregistered_account_is_409_and_sts_is_not_called() {
    let world = World::new().await;
    world.deregistration()();
    let problem = world.expect("inventory", json!({}), 409).await;
    assert_eq!(problem["code"], "account_not_usable");
    assert_eq!(problem["account_status"], "deregistered");
    assert_eq!(world.customers().calls_to_sts(), 0);
    assert_nothing_left(&world).await;
}

/// Each moment between the first read and the response.
#[tokio::test]
async fn account_deregistered_during_the_request_gets_no_credentials() {
    for (call, moment) in [
        ("account_by_id", Moment::After),
        ("template", Moment::Before),
        ("check_schedule", Moment::After),
        ("admit_issue", Moment::After),
        ("issue", Moment::Before),
        ("issue", Moment::After),
        ("record_issue", Moment::Before),
    ] {
        let world = World::new().await;
        world.hooks.at(call, moment, world.deregistration());
        let response = world.ask("inventory", json!({})).await;
        assert_eq!(response.status_code, 409, "{call}: {}", response.body);
        assert!(
            !response.body.contains("secret-"),
            "{call}: {}",
            response.body
        );
        assert_nothing_left(&world).await;
    }
}

/// The receipt was recorded before the deregistration, which therefore finds it.
#[tokio::test]
async fn account_deregistered_after_the_receipt_knows_until_when_the_session_lives() {
    let world = World::new().await;
    let deregister = world.deregistration();
    world.hooks.at("record_issue", Moment::After, deregister);
    let document = world.expect("inventory", json!({}), 200).await;
    let id = &world.account.account_id;
    let until = world.store().sessions_until(id, now()).await.expect("read");
    assert_eq!(json!(until), document["Expiration"]);
}

#[tokio::test]
async fn renamed_account_still_gets_credentials() {
    let world = World::new().await;
    let (store, account) = (
        world.gateway.broker.store.port.clone(),
        world.account.clone(),
    );
    world.hooks.at("issue", Moment::After, move || {
        let occasion = Occasion::new(now(), Actor::Hub, "requested");
        let (before, after) = (Record::Account(account.clone()), account.edited(None, None));
        let change = Change::new();
        let change = change.update(
            before,
            Record::Account(after),
            Event::AccountChanged,
            &occasion,
        );
        let done = futures_util::FutureExt::now_or_never(store.commit(&change));
        done.expect("at once").expect("committed");
    });
    world.expect("inventory", json!({}), 200).await;
    assert_eq!(world.customers().issued().len(), 1);
    assert_eq!(world.store().all_receipts().len(), 1);
}

#[tokio::test]
async fn stale_proof_is_made_again_and_kept() {
    let world = World::new().await;
    world.wait(SignedDuration::from_hours(2));
    world.expect("inventory", json!({}), 200).await;
    let asked = world.customers().asked_of_sts();
    let probes: Vec<_> = asked.iter().map(|one| one.external_id.is_some()).collect();
    assert_eq!(probes, [true, false, true], "positive, negative, issue");
    let queued = world.gateway.broker.queue.take();
    assert_eq!(queued.len(), 1);
    assert_eq!(queued[0].account_id, world.account.account_id);
    assert_eq!(queued[0].leased_until, None);
    // The next issue relies on it.
    world.wait(SignedDuration::from_hours(1));
    world.expect("inventory", json!({}), 200).await;
    assert_eq!(world.customers().calls_to_sts(), 4);
    assert!(world.gateway.broker.queue.take().is_empty());
}

#[tokio::test]
async fn failing_proof_refuses_with_its_check() {
    let other = RoleUniqueId::parse("AROA0000000000000009").expect("valid");
    for (what, code) in [
        ("refused", "role_unassumable"),
        ("open", "external_id_not_enforced"),
        ("recreated", "role_recreated"),
        ("region", "sts_region_disabled"),
    ] {
        let world = World::new().await;
        world.wait(SignedDuration::from_hours(3));
        world
            .customers()
            .change_role(&world.account.role.arn, |role| match what {
                "refused" => role.sts_says = Some(AssumeOutcome::Refused),
                "open" => role.enforces_external_id = false,
                "region" => role.sts_says = Some(AssumeOutcome::RegionDisabled),
                _ => role.unique_id = other.clone(),
            });
        let problem = world.expect("inventory", json!({}), 409).await;
        assert_eq!(problem["code"], "account_not_usable", "{what}");
        assert_eq!(problem["check"], code, "{what}");
        assert!(world.customers().issued().is_empty(), "{what}");
        assert_eq!(world.gateway.broker.queue.take().len(), 1, "{what}");
        // Further requests do not immediately call STS again.
        let calls = world.customers().calls_to_sts();
        let again = world.expect("inventory", json!({}), 409).await;
        assert_eq!(again["check"], code, "{what}");
        assert_eq!(world.customers().calls_to_sts(), calls, "{what}");
        assert_nothing_left(&world).await;
    }
}

/// A session of another role is dropped, also while the proof is fresh.
#[tokio::test]
async fn credentials_of_another_role_never_leave() {
    let world = World::new().await;
    let other = RoleUniqueId::parse("AROA0000000000000009").expect("valid");
    world
        .customers()
        .change_role(&world.account.role.arn, |role| role.unique_id = other);
    let response = world.ask("inventory", json!({})).await;
    assert_eq!(response.status_code, 409, "{}", response.body);
    assert!(!response.body.contains("secret-"));
    let problem: Value = serde_json::from_str(&response.body).expect("JSON");
    assert_eq!(problem["check"], "role_recreated");
    assert_nothing_left(&world).await;
}

#[tokio::test]
async fn inconclusive_answer_of_sts_is_503_with_retry_after() {
    for outcome in [AssumeOutcome::Throttled, AssumeOutcome::Unreachable] {
        let world = World::new().await;
        world
            .customers()
            .change_role(&world.account.role.arn, |role| {
                role.sts_says = Some(outcome)
            });
        let response = world.ask("inventory", json!({})).await;
        assert_eq!(response.status_code, 503, "{}", response.body);
        assert!(response.headers.contains_key("retry-after"));
        assert_nothing_left(&world).await;
    }
}

#[tokio::test]
async fn unhealthy_account_is_409_with_the_failing_check() {
    use rolecall_domain::check::{Check, CheckCode, CheckStatus, Report};
    use rolecall_domain::messages::{Detail, Message};
    use rolecall_domain::schedule::{KeptReport, Subject};
    let world = World::new().await;
    let account = &world.account;
    let report = Report::new(
        now(),
        vec![Check {
            code: CheckCode::TrustTooBroad,
            status: CheckStatus::Failed,
            message: Detail::TimedOut.localized(),
            remedy: None,
            remedy_for_customer: None,
            remedy_for_connected_customer: None,
            command: None,
            evidence: std::collections::BTreeMap::new(),
        }],
    );
    let unhealthy = account.turned_unhealthy().expect("it was active");
    let occasion = Occasion::new(now(), Actor::Hub, "trust_too_broad");
    let (before, after) = (Record::Account(account.clone()), Record::Account(unhealthy));
    let change = Change::new().update(before, after, Event::AccountUnhealthy, &occasion);
    let change = change.keep(KeptReport {
        tenant: account.tenant.clone(),
        subject: Subject::Account(account.account_id.clone()),
        report,
    });
    world.store().commit(&change).await.expect("committed");
    let problem = world.expect("inventory", json!({}), 409).await;
    assert_eq!(problem["code"], "account_not_usable");
    assert_eq!(problem["account_status"], "unhealthy");
    assert_eq!(problem["check"], "trust_too_broad");
    assert_eq!(world.customers().calls_to_sts(), 0);
    let slice = Slice::first(10);
    let id = &account.account_id;
    let receipts = world.store().receipts(id, &slice).await.expect("read");
    assert!(receipts.items.is_empty());
}
