//! What standard output gets, and what a terminal must be kept from.

use serde_json::{Value, json};

use super::program::{run, signed_in};
use super::stub::{Reply, Stub};

const GRP: &str = "grp_0123456789abcdef0123456789abcdef";
const ACC: &str = "acc_0123456789abcdef0123456789abcdef";

fn shown(body: &str, arguments: &[&str]) -> String {
    let ran = run(&Stub::one(Reply::new(200, body)), arguments);
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.out
}

#[test]
fn tables_line_up() {
    let page = json!({"next_cursor": null, "items": [
        {"account_id": ACC, "name": "Łódź 東京", "aws_account_id": "222222222222", "status": "active",
         "region": "eu-west-1", "stack_name": "rolecall-1"},
        {"account_id": ACC, "name": "b", "aws_account_id": "333333333333", "status": "unhealthy",
         "region": "us-east-1", "stack_name": "rolecall-2"},
    ]});
    let table = shown(&page.to_string(), &["accounts", "list", GRP]);
    let wanted = "\
ACCOUNT                               NAME       AWS ACCOUNT   STATUS     REGION     STACK
acc_0123456789abcdef0123456789abcdef  Łódź 東京  222222222222  active     eu-west-1  rolecall-1
acc_0123456789abcdef0123456789abcdef  b          333333333333  unhealthy  us-east-1  rolecall-2
";
    assert_eq!(table, wanted);
}

#[test]
fn json_is_the_api_s_own() {
    // Neither sorted nor with other numbers.
    let body = r#"{"zeta":1.50,"name":"a\u001b\"b","alpha":[],"big":12345678901234567890123}"#;
    let json = shown(body, &["accounts", "show", ACC, "--output", "json"]);
    let wanted = "{\n  \"zeta\": 1.50,\n  \"name\": \"a\\u001b\\\"b\",\n  \"alpha\": [],\n  \"big\": 12345678901234567890123\n}\n";
    assert_eq!(json, wanted);
}

#[test]
fn json_is_there_for_a_refusal_too() {
    let stub = Stub::one(Reply::problem(404, "not_found"));
    let ran = run(&stub, &["accounts", "show", ACC, "--output", "json"]);
    assert_eq!(ran.code, 4);
    let problem: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(problem["code"], "not_found");
    assert!(ran.err.contains("✗ not_found"), "{ran:?}");
}

/// Also where the gateway refused, nothing was reached, or the command itself is wrong.
#[test]
fn every_failure_is_a_problem_in_json() {
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
            "gateway_refusal",
            json!(502),
        ),
        (
            Reply::new(200, "<html>hello</html>"),
            8,
            "unusable_answer",
            Value::Null,
        ),
        (Reply::HangsUp, 8, "unreachable", Value::Null),
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
    let mut command = super::program::bare(&["groups", "list", "--output", "json"]);
    command.env("ROLECALL_API_URL", "https://127.0.0.1:1");
    let ran = super::program::ended(&command.output().expect("it starts"));
    let problem: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(
        (ran.code, &problem["code"]),
        (3, &json!("unauthorized")),
        "{ran:?}"
    );
}

/// Nothing was checked, so no check is shown.
#[test]
fn a_change_of_an_account_shows_no_report() {
    let account = json!({"account_id": ACC, "name": "New", "status": "active", "companion_roles": [],
        "last_report": {"verdict": "passed", "checked_at": "2026-11-21T21:01:46Z", "checks": [
            {"code": "trust_too_broad", "status": "passed", "message": "Only we are trusted."}]}});
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
fn other_people_s_words_move_no_cursor() {
    let nasty = "a\u{1b}[2J\u{9b}31m\u{202e}\r\n\u{7}b";
    let account = json!({
        "account_id": nasty, "name": nasty, "status": nasty, "console_url": nasty, "health": nasty,
        "evidence": [{"kind": nasty, "at": nasty, "reason": nasty}],
        "last_report": {"verdict": nasty, "checked_at": nasty, "checks": [
            {"code": nasty, "status": "failed", "message": nasty, "remedy": nasty, "command": nasty,
             "evidence": {nasty: [nasty]}}]},
        "companion_roles": [{"kind": nasty, "state": nasty, "options": {nasty: nasty}, "checks": []}],
    });
    // `run` looks for them in everything that is printed.
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
    let text = shown("[profile \u{1b}x]\nregion = y\n", &["aws-config", GRP]);
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
fn what_is_to_be_pasted_is_whole() {
    let policy = r#"{"Version":"2012-10-17","Statement":[]}"#;
    let wanted = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": []\n}\n";
    assert_eq!(shown(policy, &["required-permissions"]), wanted);
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
fn companion_roles_and_simulations_are_laid_out() {
    let answer = json!({"account": {"companion_roles": [
            {"kind": "switch-role", "state": "failed", "options": {"require_mfa": true},
             "role_arn": "arn:aws:iam::222222222222:role/x", "checks": [
                {"code": "policy_missing", "status": "failed", "message": "Not attached.",
                 "command": "aws iam attach-role-policy"}]}]},
        "update": {"console_url": "https://console", "template_url": "https://t",
            "parameters": {"SwitchRole": "yes"}, "command": "aws cloudformation update-stack"}});
    let line = ["accounts", "companions", "set", ACC, "--none"];
    let text = shown(&answer.to_string(), &line);
    let wanted = [
        "$ aws iam attach-role-policy",
        "\naws cloudformation update-stack\n",
        "SwitchRole",
    ];
    for words in wanted {
        assert!(text.contains(words), "{words}: {text}");
    }
    let same = json!({"account": {"companion_roles": []}, "update": null});
    let text = shown(&same.to_string(), &line);
    assert!(text.contains("The stack has this already."), "{text}");
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
fn what_leaves_nothing_says_so() {
    let stub = Stub::one(Reply::new(204, ""));
    assert_eq!(
        run(&stub, &["groups", "delete", GRP]).out,
        "The group is deleted.\n"
    );
    let quiet = run(&stub, &["groups", "delete", GRP, "--output", "json"]);
    assert_eq!((quiet.code, quiet.out.as_str()), (0, ""));
}

#[test]
fn a_reader_may_leave_early() {
    let items: Vec<Value> = (0..20_000).map(|n| json!({"name": n})).collect();
    let stub = Stub::one(Reply::ok(&json!({"items": items, "next_cursor": null})));
    let mut child = signed_in(&stub, &["groups", "list"])
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
}
