//! A service in a tight loop, and invalid input.

use crate::world::{World, event};
use rolecall_domain::SignedDuration;
use serde_json::{Value, json};

#[tokio::test]
async fn loop_leaves_a_bounded_number_of_receipts() {
    let world = World::new().await;
    let mut issued = 0;
    let mut last = None;
    for _ in 0..600 {
        let response = world.ask("inventory", json!({})).await;
        issued += usize::from(response.status_code == 200);
        last = Some(response);
        world.wait(SignedDuration::from_millis(100));
    }
    // 100 in a burst, and one every ten seconds for a minute.
    assert!((100..=107).contains(&issued), "{issued}");
    assert_eq!(world.store().all_receipts().len(), issued);
    let refused = last.expect("asked");
    assert_eq!(refused.status_code, 429, "{}", refused.body);
    let wait: u32 = refused.headers["retry-after"].parse().expect("a number");
    assert!((1..=10).contains(&wait), "{wait}");
    world.wait(SignedDuration::from_secs(i64::from(wait)));
    world.expect("inventory", json!({}), 200).await;
}

#[tokio::test]
async fn refused_requests_count_against_a_limit_of_their_own() {
    let world = World::new().await;
    let mut codes = Vec::new();
    for _ in 0..60 {
        let response = world.ask("everything", json!({})).await;
        codes.push(response.status_code);
    }
    assert_eq!(codes[..50], [403; 50]);
    assert_eq!(codes[50..], [429; 10]);
    // Granted requests are not affected.
    world.expect("inventory", json!({}), 200).await;
}

#[tokio::test]
async fn invalid_input_names_each_field() {
    let world = World::new().await;
    for (body, field) in [
        (json!({"duration_seconds": 899}), "duration_seconds"),
        (json!({"duration_seconds": 3601}), "duration_seconds"),
        (json!({"duration_seconds": -900}), "duration_seconds"),
        (json!({"duration_seconds": 900.5}), "duration_seconds"),
        (json!({"duration_seconds": "900"}), "duration_seconds"),
        (json!({"session_name": ""}), "session_name"),
        (json!({"session_name": "a b"}), "session_name"),
        (json!({"session_name": "x".repeat(33)}), "session_name"),
        (json!({"session_name": "a@b"}), "session_name"),
        (json!({"session_name": 7}), "session_name"),
        (json!({"profile": "backup"}), "profile"),
    ] {
        let problem = world.expect("inventory", body.clone(), 422).await;
        assert_eq!(problem["code"], "invalid_request", "{body}");
        assert_eq!(problem["errors"][0]["field"], field, "{body}");
    }
    let both = json!({"duration_seconds": 1, "session_name": "/", "x": 1});
    let problem = world.expect("inventory", both, 422).await;
    assert_eq!(problem["errors"].as_array().map(Vec::len), Some(3));
    assert_eq!(world.customers().calls_to_sts(), 0);
}

#[tokio::test]
async fn body_and_query_are_checked() {
    let world = World::new().await;
    let id = world.account.account_id.to_string();
    let with = |name: &str, value: Value| {
        let mut event = event("inventory", &id);
        event[name] = value;
        event
    };
    for (event, status) in [
        (event("inventory", &id), 200),
        (with("body", json!("")), 200),
        (with("body", json!("{")), 400),
        (with("body", json!("[]")), 422),
        (with("body", json!("x".repeat(9000))), 413),
        (with("queryStringParameters", json!({"a": "1"})), 422),
    ] {
        let response = world.gateway.handle(&event).await;
        assert_eq!(response.status_code, status, "{event}: {}", response.body);
    }
}
