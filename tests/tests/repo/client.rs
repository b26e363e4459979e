//! Every call of `shared/client` is an operation of the API, under the same name.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rolecall_client::HubClient;
use rolecall_client::http::Http;
use rolecall_local::paths::Tree;
use rolecall_tests::contract;
use rolecall_tests::stub::{Behavior, Stub};
use serde_json::{Value, json};

/// `listGroupAccounts` becomes `list_group_accounts`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[test]
fn calls_are_named_like_the_operations_of_the_contract() -> Result<()> {
    let folder = Tree::default().root().join("shared/client/src");
    let calls = std::fs::read_to_string(folder.join("calls.rs"))?;
    let calls = calls + &std::fs::read_to_string(folder.join("operator.rs"))?;
    let contract = contract::load();
    let paths = contract["paths"].as_object().context("no paths")?;
    let operations = paths.values().filter_map(Value::as_object).flatten();
    let names = operations.filter_map(|(_, operation)| operation["operationId"].as_str());
    let operations: BTreeSet<String> = names.map(snake_case).collect();
    let functions = calls
        .lines()
        .filter_map(|line| line.strip_prefix("pub fn "));
    let found: BTreeSet<&str> = functions
        .filter_map(|rest| rest.split(['(', '<']).next())
        .filter(|name| !name.ends_with("on_behalf"))
        .collect();
    let unknown = found.iter().filter(|name| !operations.contains(**name));
    assert_eq!(unknown.collect::<Vec<_>>(), Vec::<&&str>::new());
    assert!(found.len() > 20, "{found:?}");
    Ok(())
}

fn client(stub: &Stub) -> HubClient {
    HubClient::new(Http::new(), &stub.url, Some("token")).retrying(Duration::from_secs(20))
}

#[tokio::test]
async fn calls_that_must_not_be_repeated_are_sent_once() -> Result<()> {
    let busy = Behavior::AnswerWith(429, "retry-after: 0".to_owned());
    for behavior in [
        Behavior::Answer(503, String::new()),
        Behavior::Cut,
        busy.clone(),
    ] {
        let stub = Stub::start(behavior.clone()).await;
        let answer = client(&stub).check("acc_1").await;
        ensure!(
            answer.is_err() && stub.requests().len() == 1,
            "{behavior:?}"
        );
    }
    // All others are.
    let group = json!({"group_id": "grp_1", "name": "a", "color": "#000000"});
    let then = Behavior::Answer(200, group.to_string());
    let stub = Stub::start_sequence(vec![Behavior::Answer(503, String::new()), then.clone()]).await;
    let _ = client(&stub).group("grp_1").await;
    assert_eq!(stub.requests().len(), 2);
    // A client that paces itself repeats what was rate limited.
    let stub = Stub::start_sequence(vec![busy, then]).await;
    let _ = client(&stub).pacing().check("acc_1").await;
    assert_eq!(stub.requests().len(), 2);
    Ok(())
}

#[tokio::test]
async fn generated_idempotency_keys_are_random() -> Result<()> {
    let stub = Stub::start(Behavior::Answer(400, String::new())).await;
    for _ in 0..8 {
        let _ = client(&stub).create_group("a", "#000000").await;
    }
    let requests = stub.requests();
    let keys = requests.iter().map(|request| {
        let head = request.to_ascii_lowercase();
        let (_, rest) = head.split_once("idempotency-key: ").context("no key")?;
        Ok(rest.lines().next().unwrap_or_default().to_owned())
    });
    let keys = keys.collect::<Result<BTreeSet<String>>>()?;
    // A clock's first digits would be the same.
    let firsts: BTreeSet<&str> = keys.iter().filter_map(|key| key.get(..8)).collect();
    assert_eq!((keys.len(), firsts.len()), (8, 8), "{keys:?}");
    ensure!(keys.iter().all(|key| key.len() == 32), "{keys:?}");
    Ok(())
}
