//! What is said again, how often, and that nothing is made twice.

use serde_json::json;

use super::program::{Ran, run};
use super::stub::{Asked, Reply, Stub};

const GRP: &str = "grp_0123456789abcdef0123456789abcdef";
const ACC: &str = "acc_0123456789abcdef0123456789abcdef";

fn keys(asked: &[Asked]) -> Vec<&str> {
    asked
        .iter()
        .filter_map(|one| one.header("idempotency-key"))
        .collect()
}

fn against(script: Vec<Reply>, arguments: &[&str]) -> (Ran, Vec<Asked>) {
    let stub = Stub::new(script);
    let ran = run(&stub, arguments);
    (ran, stub.asked())
}

fn soon(status: u16, code: &str) -> Reply {
    Reply::problem(status, code).header("retry-after", "0")
}

fn page() -> Reply {
    Reply::ok(&json!({"items": [], "next_cursor": null}))
}

#[test]
fn reads_are_said_again() {
    let script = vec![
        Reply::HangsUp,
        soon(503, "verification_inconclusive"),
        soon(429, "rate_limited"),
        page(),
    ];
    let (ran, asked) = against(script, &["groups", "list"]);
    assert_eq!((ran.code, asked.len()), (0, 4), "{ran:?}");
    assert!(ran.err.contains("Trying again."), "{ran:?}");
    assert!(ran.err.contains("Trying again in 0 s."), "{ran:?}");
}

#[test]
fn what_makes_something_carries_one_key_each_time() {
    let made = Reply::new(201, json!({"group_id": GRP}).to_string());
    let script = vec![
        Reply::HangsUp,
        soon(503, "verification_inconclusive"),
        made.clone(),
    ];
    let (ran, asked) = against(script, &["groups", "create", "Prod"]);
    assert_eq!((ran.code, asked.len()), (0, 3), "{ran:?}");
    let sent = keys(&asked);
    assert!(
        sent.len() == 3 && sent.iter().all(|key| *key == sent[0]),
        "{sent:?}"
    );
    assert_eq!(sent[0].len(), 32);
    let (_, again) = against(vec![made.clone()], &["groups", "create", "Prod"]);
    assert_ne!(keys(&again), [sent[0]], "another command, another key");
    let own = ["groups", "create", "Prod", "--idempotency-key", "mine-1"];
    let (_, asked) = against(vec![made], &own);
    assert_eq!(keys(&asked), ["mine-1"]);
}

#[test]
fn patience_has_an_end() {
    let (ran, asked) = against(vec![soon(429, "rate_limited")], &["groups", "list"]);
    assert_eq!((ran.code, asked.len()), (7, 4), "{ran:?}");
    let (ran, asked) = against(vec![Reply::HangsUp], &["groups", "list"]);
    assert_eq!((ran.code, asked.len()), (8, 4), "{ran:?}");
}

#[test]
fn who_asks_for_a_long_wait_is_told_and_not_waited_for() {
    let later = Reply::problem(429, "rate_limited").header("retry-after", "3600");
    let (ran, asked) = against(vec![later], &["registrations", "start", GRP]);
    assert_eq!((ran.code, asked.len()), (7, 1), "{ran:?}");
    assert!(ran.err.contains("Try again in 3600 s."), "{ran:?}");
}

#[test]
fn what_might_happen_twice_is_said_once() {
    let lines: [&[&str]; 3] = [
        &["accounts", "check", ACC],
        &["accounts", "edit", ACC, "--name", "x"],
        &["groups", "edit", GRP, "--name", "x"],
    ];
    for line in lines {
        let (ran, asked) = against(vec![Reply::HangsUp], line);
        assert_eq!((ran.code, asked.len()), (8, 1), "{line:?}: {ran:?}");
        assert!(keys(&asked).is_empty());
    }
}

#[test]
fn a_list_is_followed_to_its_end() {
    let part = |ids: &[u8], next: Option<&str>| {
        let items: Vec<_> = ids.iter().map(|id| json!({"group_id": id})).collect();
        Reply::ok(&json!({"items": items, "next_cursor": next}))
    };
    let script = || {
        vec![
            part(&[1, 2], Some("a&b")),
            Reply::HangsUp,
            part(&[3], Some("c")),
            part(&[], None),
        ]
    };
    let list = [
        "groups", "list", "--all", "--limit", "2", "--output", "json",
    ];
    let (ran, asked) = against(script(), &list);
    assert_eq!(ran.code, 0, "{ran:?}");
    let read: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    let all = json!({"items": [{"group_id": 1}, {"group_id": 2}, {"group_id": 3}],
        "next_cursor": null});
    assert_eq!(read, all);
    let targets: Vec<&str> = asked.iter().map(|one| one.target.as_str()).collect();
    let second = "/v1/groups?limit=2&cursor=a%26b";
    let wanted = [
        "/v1/groups?limit=2",
        second,
        second,
        "/v1/groups?limit=2&cursor=c",
    ];
    assert_eq!(targets, wanted);
    // Without --all: one page, and how to go on.
    let (ran, asked) = against(script(), &["groups", "list"]);
    assert_eq!((ran.code, asked.len()), (0, 1));
    assert!(ran.err.contains("--cursor a&b"), "{ran:?}");
}

#[test]
fn a_list_that_goes_in_circles_ends() {
    let circle = Reply::ok(&json!({"items": [], "next_cursor": "a"}));
    let (ran, asked) = against(vec![circle], &["groups", "list", "--all"]);
    assert_eq!((ran.code, asked.len()), (8, 2), "{ran:?}");
}
