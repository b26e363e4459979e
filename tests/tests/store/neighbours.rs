//! The hub's queue, event bus and token keys, on the emulator.

use rolecall_aws::bus::EventBridgeBus;
use rolecall_aws::clients::{Aws, VERIFYING};
use rolecall_aws::config::AwsEnvironment;
use rolecall_aws::queue::{DeadLetters, SqsCheckQueue};
use rolecall_aws::token_key::TokenKeys;
use rolecall_domain::Timestamp;
use rolecall_domain::change::audit::{AuditEntry, Event};
use rolecall_domain::ids::{AccountId, IdSeed};
use rolecall_domain::link::token::KeyId;
use rolecall_domain::ports::{
    CheckQueue, DeadLetters as _, EventBus, Publication, StoreError, TokenKeys as _,
};
use rolecall_domain::schedule::DueCheck;
use rolecall_domain::text::person::Person;
use rolecall_domain::text::{Actor, Tenant};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn hub() -> Aws {
    let path = std::env::var("ROLECALL_HUB").expect("no hub to test against: run `make test`");
    let text = std::fs::read_to_string(path).expect("ROLECALL_HUB must name a readable file");
    let file: Value = serde_json::from_str(&text).expect("ROLECALL_HUB must name a JSON file");
    let environment = AwsEnvironment::read(&|name: &str| {
        let value = match name {
            "AWS_REGION" => file["region"].as_str(),
            "AWS_ACCESS_KEY_ID" => file["hub_account_id"].as_str(),
            "AWS_SECRET_ACCESS_KEY" => Some("local"),
            "AWS_ENDPOINT_URL" => file["endpoint_url"].as_str(),
            _ => None,
        };
        value.map(str::to_owned)
    });
    Aws::new(&environment.expect("complete")).expect("an HTTP client")
}

fn tenant() -> Tenant {
    Tenant::parse("acme").expect("valid")
}

fn account(number: u8) -> AccountId {
    AccountId::new(IdSeed {
        at: Timestamp::UNIX_EPOCH,
        random: [number; 10],
    })
}

async fn make_queue(aws: &Aws, name: &str) -> String {
    let answer = aws.sqs().create_queue().queue_name(name).send().await;
    let answer = answer.expect("a new queue");
    answer.queue_url().expect("a URL").to_owned()
}

/// Removes and returns all messages of a queue.
async fn drain(aws: &Aws, url: &str) -> Vec<Value> {
    let mut bodies = Vec::new();
    loop {
        let request = aws
            .sqs()
            .receive_message()
            .queue_url(url)
            .wait_time_seconds(1);
        let answer = request.max_number_of_messages(10).send().await;
        let answer = answer.expect("a readable queue");
        if answer.messages().is_empty() {
            return bodies;
        }
        for message in answer.messages() {
            let body = message.body().expect("a body");
            bodies.push(serde_json::from_str(body).expect("JSON"));
            let handle = message.receipt_handle().expect("a handle");
            let request = aws.sqs().delete_message().queue_url(url);
            request
                .receipt_handle(handle)
                .send()
                .await
                .expect("deleted");
        }
    }
}

fn due(number: u8) -> DueCheck {
    DueCheck {
        tenant: tenant(),
        account_id: account(number),
        leased_until: None,
    }
}

#[tokio::test]
async fn checks_beyond_one_batch_all_arrive() {
    let aws = hub();
    let url = make_queue(&aws, "neighbours-checks").await;
    let due: Vec<_> = (0..25).map(due).collect();
    let queue = SqsCheckQueue::new(aws.sqs(), &url);
    assert_eq!(queue.send(&due).await, []);
    let arrived: BTreeSet<AccountId> = drain(&aws, &url)
        .await
        .into_iter()
        .map(|body| serde_json::from_value::<DueCheck>(body).expect("a check request"))
        .map(|request| request.account_id)
        .collect();
    assert_eq!(arrived, due.into_iter().map(|due| due.account_id).collect());
}

#[tokio::test]
async fn unsent_checks_are_returned() {
    let aws = hub();
    let gone = make_queue(&aws, "neighbours-gone").await;
    let gone = gone.replace("neighbours-gone", "neighbours-never-made");
    let due: Vec<_> = (0..12).map(due).collect();
    let queue = SqsCheckQueue::new(aws.sqs(), &gone);
    assert_eq!(queue.send(&due).await, due);
    let dead_letters = DeadLetters::new(aws.sqs(), &gone);
    assert!(dead_letters.send(&json!({"key": 1})).await.is_err());
}

#[tokio::test]
async fn dead_letter_contains_the_key() {
    let aws = hub();
    let url = make_queue(&aws, "neighbours-dead").await;
    let key = json!({"pk": "TENANT#acme", "sk": "AUDIT#acc_1#0000000001"});
    let left = DeadLetters::new(aws.sqs(), &url).send(&key).await;
    left.expect("the message was sent");
    assert_eq!(drain(&aws, &url).await, [key]);
}

fn entry(sequence: u64) -> AuditEntry {
    AuditEntry {
        tenant: tenant(),
        record_id: account(1).as_str().to_owned(),
        sequence,
        event: Event::AccountRegistered,
        at: Timestamp::UNIX_EPOCH,
        actor: Actor::Stack,
        session_name: None,
        person: Person::default(),
        cause: "callback".to_owned(),
        record: json!({"account_id": account(1).as_str()}),
    }
}

/// Creates a bus that sends all its events to a queue.
async fn make_bus(aws: &Aws, name: &str) -> String {
    let url = make_queue(aws, name).await;
    let arn = aws_sdk_sqs::types::QueueAttributeName::QueueArn;
    let request = aws.sqs().get_queue_attributes().queue_url(&url);
    let answer = request.attribute_names(arn.clone()).send().await;
    let answer = answer.expect("the queue's attributes");
    let queue_arn = answer
        .attributes()
        .and_then(|all| all.get(&arn))
        .expect("an ARN");
    let events = aws.eventbridge();
    events
        .create_event_bus()
        .name(name)
        .send()
        .await
        .expect("a new bus");
    let rule = events.put_rule().name("all").event_bus_name(name);
    let rule = rule.event_pattern(json!({"source": ["rolecall"]}).to_string());
    rule.send().await.expect("a new rule");
    let target = aws_sdk_eventbridge::types::Target::builder()
        .id("queue")
        .arn(queue_arn);
    let targets = events.put_targets().rule("all").event_bus_name(name);
    let targets = targets.targets(target.build().expect("complete"));
    targets.send().await.expect("a new target");
    url
}

#[tokio::test]
async fn events_match_the_contract() {
    let aws = hub();
    let queue = make_bus(&aws, "neighbours-bus").await;
    let bus = EventBridgeBus::new(aws.eventbridge(), "neighbours-bus");
    let published = bus.publish(&[entry(1), entry(2)]).await;
    assert_eq!(published, [Publication::Published; 2]);
    let events = drain(&aws, &queue).await;
    assert_eq!(events.len(), 2);
    for event in &events {
        assert_eq!(event["source"], "rolecall");
        assert_eq!(event["detail-type"], "Account Registered");
        let detail = &event["detail"];
        let id = format!("{}#{}", account(1), detail["sequence"]);
        assert_eq!(detail["id"], json!(id));
        assert_eq!(detail["tenant"], "acme");
        assert_eq!(detail["actor"], "stack");
        assert_eq!(detail["record"]["account_id"], account(1).as_str());
    }
}

async fn put_secret(aws: &Aws, arn: &str, keys: &Value) {
    let request = aws.secretsmanager().put_secret_value().secret_id(arn);
    let answer = request.secret_string(keys.to_string()).send().await;
    answer.expect("a new secret version");
}

#[tokio::test]
async fn token_keys_are_read_once_and_cached() {
    let aws = hub();
    let key = "0123456789abcdef0123456789abcdef";
    let request = aws.secretsmanager().create_secret().name("neighbours-keys");
    let answer = request
        .secret_string(json!({"k1": key}).to_string())
        .send()
        .await;
    let answer = answer.expect("a new secret");
    let arn = answer.arn().expect("an ARN");

    let keys = TokenKeys::new(aws.secretsmanager(), arn);
    assert_eq!(
        keys.ring().await.expect("readable").signer(),
        &KeyId::parse("k1").expect("a key")
    );
    put_secret(&aws, arn, &json!({"k1": key, "k2": key})).await;
    assert_eq!(
        keys.ring().await.expect("kept").signer(),
        &KeyId::parse("k1").expect("a key")
    );
    // The keys were read a moment ago, so a flood of bad tokens causes no further calls.
    assert_eq!(
        keys.newest_ring().await.expect("kept").signer(),
        &KeyId::parse("k1").expect("a key")
    );
    let fresh = TokenKeys::new(aws.secretsmanager(), arn);
    assert_eq!(
        fresh.ring().await.expect("readable").signer(),
        &KeyId::parse("k2").expect("a key")
    );

    put_secret(&aws, arn, &json!({"k1": "short"})).await;
    let broken = TokenKeys::new(aws.secretsmanager(), arn);
    assert!(matches!(
        broken.ring().await,
        Err(StoreError::Unavailable(_))
    ));
    let absent = TokenKeys::new(aws.secretsmanager(), format!("{arn}-not"));
    assert!(matches!(
        absent.ring().await,
        Err(StoreError::Unavailable(_))
    ));
}

#[tokio::test]
async fn opening_connections_is_quick() {
    let aws = hub();
    let begun = std::time::Instant::now();
    aws.open_connections(VERIFYING).await;
    assert!(begun.elapsed() < std::time::Duration::from_secs(3));
}
