//! Tests which requests are retried and how often, and that nothing is created twice.

use serde_json::json;

use super::program::{Run, run};
use super::stub::{Received, Reply, Stub};

const GRP: &str = "grp_0123456789abcdef0123456789abcdef";
const ACC: &str = "acc_0123456789abcdef0123456789abcdef";

fn keys(requests: &[Received]) -> Vec<&str> {
    requests
        .iter()
        .filter_map(|one| one.header("idempotency-key"))
        .collect()
}

fn run_script(script: Vec<Reply>, arguments: &[&str]) -> (Run, Vec<Received>) {
    let stub = Stub::new(script);
    let ran = run(&stub, arguments);
    (ran, stub.requests())
}

fn soon(status: u16, code: &str) -> Reply {
    Reply::problem(status, code).header("retry-after", "0")
}

fn page() -> Reply {
    Reply::ok(&json!({"items": [], "next_cursor": null}))
}

#[test]
fn reads_are_retried() {
    let script = vec![
        Reply::Hangup,
        soon(503, "verification_inconclusive"),
        soon(429, "rate_limited"),
        page(),
    ];
    let (ran, requests) = run_script(script, &["groups", "list"]);
    assert_eq!((ran.code, requests.len()), (0, 4), "{ran:?}");
    assert!(ran.err.contains("Retrying (2 of 4)."), "{ran:?}");
    assert!(ran.err.contains("Retrying in 0 s (3 of 4)."), "{ran:?}");
}

#[test]
fn retries_of_a_create_have_the_same_idempotency_key() {
    let made = Reply::new(201, json!({"group_id": GRP}).to_string());
    let script = vec![
        Reply::Hangup,
        soon(503, "verification_inconclusive"),
        made.clone(),
    ];
    let (ran, requests) = run_script(script, &["groups", "create", "Prod"]);
    assert_eq!((ran.code, requests.len()), (0, 3), "{ran:?}");
    let sent = keys(&requests);
    assert!(
        sent.len() == 3 && sent.iter().all(|key| *key == sent[0]),
        "{sent:?}"
    );
    assert_eq!(sent[0].len(), 32);
    let (_, again) = run_script(vec![made.clone()], &["groups", "create", "Prod"]);
    assert_ne!(keys(&again), [sent[0]], "another command, another key");
    let own = ["groups", "create", "Prod", "--idempotency-key", "mine-1"];
    let (_, requests) = run_script(vec![made], &own);
    assert_eq!(keys(&requests), ["mine-1"]);
}

#[test]
fn retries_are_limited() {
    let (ran, requests) = run_script(vec![soon(429, "rate_limited")], &["groups", "list"]);
    assert_eq!((ran.code, requests.len()), (7, 4), "{ran:?}");
    let (ran, requests) = run_script(vec![Reply::Hangup], &["groups", "list"]);
    assert_eq!((ran.code, requests.len()), (8, 4), "{ran:?}");
}

#[test]
fn long_retry_after_is_printed_and_not_waited_for() {
    let later = Reply::problem(429, "rate_limited").header("retry-after", "3600");
    let (ran, requests) = run_script(vec![later], &["registrations", "start", GRP]);
    assert_eq!((ran.code, requests.len()), (7, 1), "{ran:?}");
    assert!(ran.err.contains("Retry in 3600 s."), "{ran:?}");
}

#[test]
fn requests_that_are_not_idempotent_are_not_retried() {
    let lines: [&[&str]; 3] = [
        &["accounts", "check", ACC],
        &["accounts", "edit", ACC, "--name", "x"],
        &["groups", "edit", GRP, "--name", "x"],
    ];
    for line in lines {
        let (ran, requests) = run_script(vec![Reply::Hangup], line);
        assert_eq!((ran.code, requests.len()), (8, 1), "{line:?}: {ran:?}");
        assert!(keys(&requests).is_empty());
    }
}

#[test]
fn all_fetches_every_page() {
    let part = |ids: &[u8], next: Option<&str>| {
        let items: Vec<_> = ids.iter().map(|id| json!({"group_id": id})).collect();
        Reply::ok(&json!({"items": items, "next_cursor": next}))
    };
    let script = || {
        vec![
            part(&[1, 2], Some("a&b")),
            Reply::Hangup,
            part(&[3], Some("c")),
            part(&[], None),
        ]
    };
    let list = [
        "groups", "list", "--all", "--limit", "2", "--output", "json",
    ];
    let (ran, requests) = run_script(script(), &list);
    assert_eq!(ran.code, 0, "{ran:?}");
    let read: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    let all = json!({"items": [{"group_id": 1}, {"group_id": 2}, {"group_id": 3}],
        "next_cursor": null});
    assert_eq!(read, all);
    let targets: Vec<&str> = requests.iter().map(|one| one.target.as_str()).collect();
    let second = "/v1/groups?limit=2&cursor=a%26b";
    let expected = [
        "/v1/groups?limit=2",
        second,
        second,
        "/v1/groups?limit=2&cursor=c",
    ];
    assert_eq!(targets, expected);
    // Without --all: one page, and how to get the next one.
    let (ran, requests) = run_script(script(), &["groups", "list"]);
    assert_eq!((ran.code, requests.len()), (0, 1));
    assert!(ran.err.contains("--cursor a&b"), "{ran:?}");
}

#[test]
fn list_that_repeats_a_cursor_exits_8() {
    let page = Reply::ok(&json!({"items": [], "next_cursor": "a"}));
    let (ran, requests) = run_script(vec![page], &["groups", "list", "--all"]);
    assert_eq!((ran.code, requests.len()), (8, 2), "{ran:?}");
}
