//! The issued credentials, and their records.

use crate::world::{World, now, published, template};
use rolecall_domain::SignedDuration;
use rolecall_domain::ports::{Receipts, Records, Slice};
use rolecall_domain::text::month::Month;
use serde_json::{Value, json};

#[tokio::test]
async fn document_has_what_sdks_read_at_the_top_level() {
    let world = World::new().await;
    let response = world.ask("inventory", json!({})).await;
    assert_eq!(response.status_code, 200, "{}", response.body);
    assert_eq!(response.headers["cache-control"], "no-store");
    let document: Value = serde_json::from_str(&response.body).expect("JSON");
    let expected = json!({
        "Version": 1,
        "AccessKeyId": "ASIA0000000000000001",
        "SecretAccessKey": "secret-1",
        "SessionToken": "token-1",
        "Token": "token-1",
        "Expiration": "2027-01-15T09:00:00Z",
        "AccountId": "222222222222",
        "account_id": world.account.account_id,
        "profile": "inventory",
        "region": "us-east-1",
    });
    assert_eq!(document, expected);
    // SDKs compare names without case.
    let names = document.as_object().expect("an object").keys();
    let mut lower: Vec<String> = names.map(|name| name.to_lowercase()).collect();
    lower.sort();
    lower.dedup();
    assert_eq!(lower.len(), 10);
    assert!(!lower.iter().any(|name| name == "code" || name == "message"));
}

#[tokio::test]
async fn session_is_narrowed_to_the_profile_and_named_after_the_service() {
    let world = World::new().await;
    let body = json!({"duration_seconds": 900, "session_name": "nightly"});
    world.expect("backup", body, 200).await;
    world.expect("inventory", json!({}), 200).await;
    let issued = world.customers().issued();
    let [backup, inventory] = issued.as_slice() else {
        panic!("{issued:?}");
    };
    assert_eq!(backup.name, "nightly@inventory-reader");
    assert_eq!(backup.seconds, 900);
    assert_eq!(backup.external_id, world.account.external_id);
    assert!(backup.policy.managed().is_empty());
    let policy = backup.policy.inline().expect("a policy");
    assert!(policy.contains("ec2:CreateSnapshot"), "{policy}");
    assert_eq!(inventory.name, "inventory-reader");
    assert_eq!(inventory.seconds, 3600);
    assert_eq!(inventory.policy.inline(), None);
    let audit = ["arn:aws:iam::aws:policy/SecurityAudit"];
    assert_eq!(inventory.policy.managed(), audit);
}

/// The operator has published another version of the profile since the stack was created.
#[tokio::test]
async fn session_has_the_version_of_the_profile_that_the_stack_gives() {
    let world = World::new().await;
    let newer = template("ec2:DeleteSnapshot");
    assert_ne!(newer.id(), world.account.template_id);
    world.store().keep_template(&newer).await.expect("kept");
    world.store().publish(published("ec2:DeleteSnapshot"));
    world.expect("backup", json!({}), 200).await;
    let issued = world.customers().issued();
    let policy = issued[0].policy.inline().expect("a policy");
    assert!(policy.contains("ec2:CreateSnapshot"), "{policy}");
}

#[tokio::test]
async fn every_issue_leaves_a_receipt_and_each_hour_one_event() {
    let world = World::new().await;
    let id = &world.account.account_id;
    for _ in 0..3 {
        world.expect("inventory", json!({}), 200).await;
        world.wait(SignedDuration::from_millis(1));
    }
    world
        .expect("backup", json!({"duration_seconds": 900}), 200)
        .await;
    let slice = Slice::first(3);
    let page = world.store().receipts(id, &slice).await.expect("read");
    assert_eq!(page.items.len(), 3);
    assert!(page.next.is_some());
    let newest = &page.items[0];
    assert_eq!(newest.profile.as_str(), "backup");
    assert_eq!(newest.service.as_str(), "inventory-reader");
    assert_eq!(newest.session_name, "inventory-reader");
    assert_eq!(newest.template_id, world.account.template_id);
    let text = serde_json::to_string(&page.items).expect("JSON");
    for secret in ["ASIA", "secret-", "token-"] {
        assert!(!text.contains(secret), "{text}");
    }
    let events = world.store().issue_events();
    assert_eq!(events.len(), 2, "{events:#?}");
    for event in &events {
        assert_eq!(event.event.as_str(), "Credentials Issued");
        assert_eq!(event.actor.to_string(), "service:inventory-reader");
        assert_eq!(event.record["account_id"], json!(id));
    }
    world.wait(SignedDuration::from_hours(1));
    world.expect("inventory", json!({}), 200).await;
    assert_eq!(world.store().issue_events().len(), 3);

    let until = world.store().sessions_until(id, now()).await.expect("read");
    let last = now() + SignedDuration::from_millis(3) + SignedDuration::from_hours(2);
    assert_eq!(until, Some(last));
    let month = Month::of(now());
    let tenant = &world.account.tenant;
    let issued = world.store().credentials_issued(tenant, &month).await;
    assert_eq!(issued.expect("read"), 5);
}
