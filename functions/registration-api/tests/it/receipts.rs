//! Receipts of issued credentials, and sessions that outlive a deregistration.

use crate::world::{ACME, GLOBEX, World, start};
use rolecall_domain::access::ProfileName;
use rolecall_domain::credentials::{Receipt, SessionName};
use rolecall_domain::ids::IdSeed;
use rolecall_domain::ports::Receipts;
use rolecall_domain::record::account::Account;
use rolecall_domain::text::service::ServiceName;
use rolecall_domain::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub async fn issue(world: &World, account: &Account, at: Timestamp) -> Receipt {
    let service = ServiceName::parse("inventory-reader").expect("valid");
    let profile = ProfileName::parse("inventory").expect("valid");
    let name = SessionName::new(&service, None);
    let random = [7; 10];
    let end = at + SignedDuration::from_hours(1);
    let seed = IdSeed { at, random };
    let receipt = Receipt::new(seed, account, (&service, &profile), &name, end);
    let recorded = world.api.env.store.record_issue(&receipt, account).await;
    recorded.expect("recorded");
    receipt
}

#[tokio::test]
async fn receipts_are_listed_for_the_tenant_of_the_account() {
    let world = World::new();
    let (account, _) = world.connect(ACME).await;
    let mut made = Vec::new();
    for seconds in 0..3 {
        let at = start() + SignedDuration::from_secs(seconds);
        made.insert(0, issue(&world, &account, at).await.view());
    }
    let path = format!("GET /v1/accounts/{}/receipts", account.account_id);
    let first = world
        .expect(ACME, &format!("{path}?limit=2"), Value::Null, 200)
        .await;
    assert_eq!(first["items"], json!(made[..2]));
    let cursor = first["next_cursor"].as_str().expect("a cursor");
    let next = format!("{path}?limit=2&cursor={cursor}");
    let rest = world.expect(ACME, &next, Value::Null, 200).await;
    assert_eq!(rest["items"], json!(made[2..]));
    assert_eq!(rest["next_cursor"], Value::Null);
    world.expect(GLOBEX, &path, Value::Null, 404).await;
}

#[tokio::test]
async fn deregistration_says_until_when_sessions_live_and_how_to_end_them() {
    let world = World::new();
    let (account, _) = world.connect(ACME).await;
    let path = format!("/v1/accounts/{}", account.account_id);
    let read = format!("GET {path}");
    let before = world.expect(ACME, &read, Value::Null, 200).await;
    assert_eq!(before["sessions_until"], Value::Null);
    let receipt = issue(&world, &account, start()).await;
    let during = world.expect(ACME, &read, Value::Null, 200).await;
    assert_eq!(during["sessions_until"], json!(receipt.expires_at));
    let gone = world
        .expect(ACME, &format!("DELETE {path}"), Value::Null, 200)
        .await;
    let sessions = &gone["sessions"];
    assert_eq!(sessions["until"], json!(receipt.expires_at), "{gone}");
    assert!(sessions["remedy"].is_string(), "{sessions}");
    let command = sessions["command"].as_str().expect("a command");
    assert!(command.contains("aws:TokenIssueTime"), "{command}");
    assert!(command.contains(account.role.arn.name()), "{command}");
    assert_eq!(gone["account"]["sessions_until"], json!(receipt.expires_at));
    world.wait(3_600_000);
    let later = world
        .expect(ACME, &format!("DELETE {path}"), Value::Null, 200)
        .await;
    assert_eq!(later["sessions"], Value::Null);
}
