//! Tests of standard output.

use serde_json::{Value, json};

use super::program::{run, with_hub};
use super::stub::{Reply, Stub};

const GRP: &str = "grp_0123456789abcdef0123456789abcdef";
const ACC: &str = "acc_0123456789abcdef0123456789abcdef";

fn shown(body: &str, arguments: &[&str]) -> String {
    let ran = run(&Stub::one(Reply::new(200, body)), arguments);
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.out
}

#[test]
fn table_columns_line_up() {
    let page = json!({"next_cursor": null, "items": [
        {"account_id": ACC, "name": "Łódź 東京", "aws_account_id": "222222222222", "status": "active",
         "region": "eu-west-1", "stack_name": "rolecall-1"},
        {"account_id": ACC, "name": "b", "aws_account_id": "333333333333", "status": "unhealthy",
         "region": "us-east-1", "stack_name": "rolecall-2"},
    ]});
    let table = shown(&page.to_string(), &["accounts", "list", GRP]);
    let expected = "\
ID                                    NAME       AWS ACCOUNT   STATUS     REGION     STACK
acc_0123456789abcdef0123456789abcdef  Łódź 東京  222222222222  active     eu-west-1  rolecall-1
acc_0123456789abcdef0123456789abcdef  b          333333333333  unhealthy  us-east-1  rolecall-2
";
    assert_eq!(table, expected);
}

#[test]
fn json_keeps_order_and_numbers() {
    // The order of fields and the spelling of numbers are kept.
    let body = r#"{"zeta":1.50,"name":"a\u001b\"b","alpha":[],"big":12345678901234567890123}"#;
    let json = shown(body, &["accounts", "show", ACC, "--output", "json"]);
    let expected = "{\n  \"zeta\": 1.50,\n  \"name\": \"a\\u001b\\\"b\",\n  \"alpha\": [],\n  \"big\": 12345678901234567890123\n}\n";
    assert_eq!(json, expected);
}

#[test]
fn rejection_is_printed_as_json() {
    let stub = Stub::one(Reply::problem(404, "not_found"));
    let ran = run(&stub, &["accounts", "show", ACC, "--output", "json"]);
    assert_eq!(ran.code, 4);
    let problem: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(problem["code"], "not_found");
    assert!(ran.err.contains("✗ not_found"), "{ran:?}");
}

#[test]
fn every_error_is_a_problem_in_json() {
    let unauthorized = Reply::new(401, json!({"message": "Unauthorized"}).to_string());
    let cases = [
        (unauthorized, 3, "unauthorized", json!(401)),
        (
            Reply::new(403, json!({"message": "Forbidden"}).to_string()),
            3,
            "forbidden",
            json!(403),
        ),
        (
            Reply::new(429, json!({"message": "Too Many"}).to_string()),
            7,
            "rate_limited",
            json!(429),
        ),
        (
            Reply::new(502, "<html>bad</html>"),
            8,
            "gateway_error",
            json!(502),
        ),
        (
            Reply::new(200, "<html>hello</html>"),
            8,
            "invalid_response",
            Value::Null,
        ),
        (Reply::Hangup, 8, "hub_unreachable", Value::Null),
    ];
    for (reply, exit, code, status) in cases {
        let ran = run(
            &Stub::one(reply),
            &["accounts", "check", ACC, "--output", "json"],
        );
        assert_eq!(ran.code, exit, "{code}: {ran:?}");
        let problem: Value = serde_json::from_str(&ran.out).expect("JSON");
        assert_eq!(
            (&problem["code"], &problem["status"]),
            (&json!(code), &status),
            "{ran:?}"
        );
        assert!(
            problem["detail"].as_str().is_some_and(|it| !it.is_empty()),
            "{ran:?}"
        );
        assert!(!ran.err.is_empty());
    }
    let mut command = super::program::command(&["groups", "list", "--output", "json"]);
    command.env("ROLECALL_API_URL", "https://127.0.0.1:1");
    let ran = super::program::finished(&command.output().expect("it starts"));
    let problem: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(
        (ran.code, &problem["code"]),
        (3, &json!("signed_out")),
        "{ran:?}"
    );
}

/// Changing the name runs no check.
#[test]
fn edited_account_is_shown_without_its_last_check() {
    let account = json!({"account_id": ACC, "name": "New", "status": "active", "companion_roles": [],
        "last_report": {"verdict": "passed", "checked_at": "2026-11-21T21:01:46Z", "checks": [
            {"code": "trust_too_broad", "status": "passed", "title": "Trust is narrow", "message": "Only the hub."}]}});
    let line = ["accounts", "edit", ACC, "--name", "New"];
    let text = shown(&account.to_string(), &line);
    assert!(
        text.contains("New") && !text.contains("trust_too_broad"),
        "{text}"
    );
    let json = shown(
        &account.to_string(),
        &[&line[..], &["--output", "json"]].concat(),
    );
    assert_eq!(serde_json::from_str::<Value>(&json).expect("JSON"), account);
}

#[test]
fn chosen_access_is_shown_with_the_update() {
    let choice = json!({
        "account_id": ACC, "access": ["inventory"], "requested_access": ["backup", "inventory"],
        "update": {
            "console_url": "https://console.example/update",
            "template_url": "https://bucket.example/role.yaml",
            "command": "aws cloudformation update-stack",
        },
    });
    let line = ["accounts", "access", "set", ACC, "backup", "inventory"];
    let expected = "\
Requested access
backup, inventory

Update the stack to apply the change
  console   https://console.example/update
  template  https://bucket.example/role.yaml

Command
aws cloudformation update-stack
";
    assert_eq!(shown(&choice.to_string(), &line), expected);
    let expected = "\
Access at the last check
inventory

Requested access
backup, inventory
";
    let line = ["accounts", "access", "show", ACC];
    assert_eq!(shown(&choice.to_string(), &line), expected);
    let nothing = json!({"requested_access": [], "update": null});
    let line = ["accounts", "access", "set", ACC, "--none"];
    let text = shown(&nothing.to_string(), &line);
    assert!(text.starts_with("Requested access\nNone.\n"), "{text}");
    let unchanged = "No change: the stack already has this configuration.\n";
    assert!(text.ends_with(unchanged), "{text}");
}

#[test]
fn control_characters_in_responses_are_escaped() {
    let nasty = "a\u{1b}[2J\u{9b}31m\u{202e}\r\n\u{7}b";
    let account = json!({
        "account_id": nasty, "name": nasty, "status": nasty, "console_url": nasty, "health": nasty,
        "evidence": [{"kind": nasty, "at": nasty, "reason": nasty}],
        "last_report": {"verdict": nasty, "checked_at": nasty, "checks": [
            {"code": nasty, "status": "failed", "title": nasty, "message": nasty, "remedy": nasty, "command": nasty,
             "evidence": {nasty: [nasty]}}]},
        "companion_roles": [{"kind": nasty, "state": nasty, "options": {nasty: nasty}, "checks": []}],
    });
    // `run` asserts that the output has no control characters.
    let table = shown(&account.to_string(), &["accounts", "show", ACC]);
    assert!(
        table.contains("a\\u{1b}[2J\\u{9b}31m\\u{202e}\\u{d}\\u{a}\\u{7}b"),
        "{table}"
    );
    let json = shown(
        &account.to_string(),
        &["accounts", "show", ACC, "--output", "json"],
    );
    let read: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(read, account);
    let export = json!({"content": "[profile \u{1b}x]\nregion = y\n", "account_count": 1, "omitted": [], "block": null});
    let text = shown(&export.to_string(), &["export", "--format", "aws-config"]);
    assert_eq!(text, "[profile \\u{1b}x]\nregion = y\n");
    let list = json!({"items": [{"name": nasty}], "next_cursor": nasty});
    shown(&list.to_string(), &["groups", "list"]);
    let refusal = json!({"status": 409, "code": nasty, "detail": nasty, "request_id": nasty,
        "errors": [{"field": nasty, "code": nasty, "message": nasty}]});
    let ran = run(
        &Stub::one(Reply::new(409, refusal.to_string())),
        &["groups", "list"],
    );
    assert_eq!(ran.code, 5, "{ran:?}");
}

#[test]
fn text_to_paste_is_not_wrapped() {
    let policy = r#"{"Version":"2012-10-17","Statement":[]}"#;
    let expected = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": []\n}\n";
    assert_eq!(shown(policy, &["required-permissions"]), expected);
    let command = format!(
        "aws cloudformation delete-stack --stack-name {}",
        "x".repeat(200)
    );
    let answer = json!({"account": {"account_id": ACC, "status": "deregistered"},
        "orphaned_stack": {"stack_name": "s", "delete_command": command}});
    let text = shown(&answer.to_string(), &["accounts", "deregister", ACC]);
    assert!(text.lines().any(|line| line == command), "{text}");
}

#[test]
fn companion_roles_and_simulations_are_shown() {
    let answer = json!({"companion_roles": [
            {"kind": "switch-role", "state": "failed", "options": {"require_mfa": true},
             "role_arn": "arn:aws:iam::222222222222:role/x", "checks": [
                {"code": "policy_missing", "status": "failed", "title": "Missing", "message": "Not attached.",
                 "command": "aws iam attach-role-policy"}]}],
        "update": {"console_url": "https://console", "template_url": "https://t",
            "command": "aws cloudformation update-stack"}});
    let line = ["accounts", "companions", "set", ACC, "--none"];
    let text = shown(&answer.to_string(), &line);
    let expected = [
        "$ aws iam attach-role-policy",
        "\naws cloudformation update-stack\n",
        "https://t",
    ];
    for words in expected {
        assert!(text.contains(words), "{words}: {text}");
    }
    let same = json!({"companion_roles": [], "update": null});
    let text = shown(&same.to_string(), &line);
    assert!(
        text.contains("No change: the stack already has this configuration."),
        "{text}"
    );
    let answer = json!({"kind": "switch-role", "verdict": "answered", "results": [
        {"action": "s3:GetObject", "resource": "*", "decision": "allowed", "because": "a policy",
         "matched": ["ReadOnlyAccess"], "missing_context": []}]});
    let text = shown(
        &answer.to_string(),
        &["accounts", "simulate", ACC, "--action", "s3:GetObject"],
    );
    assert!(text.contains("ReadOnlyAccess"), "{text}");
}

#[test]
fn empty_response_prints_a_message() {
    let stub = Stub::one(Reply::new(204, ""));
    assert_eq!(
        run(&stub, &["groups", "delete", GRP]).out,
        "Deleted the group.\n"
    );
    let quiet = run(&stub, &["groups", "delete", GRP, "--output", "json"]);
    assert_eq!((quiet.code, quiet.out.as_str()), (0, ""));
}

#[test]
fn closed_pipe_is_not_an_error() {
    let items: Vec<Value> = (0..20_000).map(|n| json!({"name": n})).collect();
    let stub = Stub::one(Reply::ok(&json!({"items": items, "next_cursor": null})));
    let mut child = with_hub(&stub, &["groups", "list"])
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
}
