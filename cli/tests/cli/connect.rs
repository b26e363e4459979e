//! Tests of `connect`: the requests, the output and the exit codes.

use serde_json::{Value, json};

use super::program::{Run, run};
use super::stub::{Received, Reply, Stub};

const GRP: &str = "grp_0123456789abcdef0123456789abcdef";
const REG: &str = "reg_0123456789abcdef0123456789abcdef";
const ACC: &str = "acc_0123456789abcdef0123456789abcdef";
const LINK: &str = "https://console.aws.amazon.com/cloudformation/home#/stacks/create/review?x=1";

fn registration(status: &str, changes: Value) -> Value {
    let mut whole = json!({
        "registration_id": REG, "group_id": GRP, "status": status, "stack_name": "rolecall-1",
        "quick_create_url": LINK, "account_id": null, "progress": null, "last_attempt": null,
        "expires_at": "2026-11-22T21:01:46Z",
    });
    for (name, value) in changes.as_object().into_iter().flatten() {
        whole[name] = value.clone();
    }
    whole
}

fn pending() -> Reply {
    Reply::ok(&registration("pending", json!({})))
}

fn completed() -> Reply {
    let end = json!({"account_id": ACC, "quick_create_url": null});
    Reply::ok(&registration("completed", end))
}

fn account() -> Reply {
    Reply::ok(
        &json!({"account_id": ACC, "name": "Shop", "status": "active",
        "aws_account_id": "222222222222"}),
    )
}

fn connect(script: Vec<Reply>, arguments: &[&str]) -> (Run, Vec<Received>) {
    let stub = Stub::new(script);
    let ran = run(
        &stub,
        &[&["connect", "--interval", "1ms"], arguments].concat(),
    );
    (ran, stub.requests())
}

fn lines(requests: &[Received]) -> Vec<String> {
    requests.iter().map(Received::line).collect()
}

#[test]
fn starts_a_registration_waits_and_shows_the_account() {
    let made = Reply::new(201, registration("pending", json!({})).to_string());
    let script = vec![made, pending(), pending(), completed(), account()];
    let (ran, requests) = connect(script, &[GRP, "--name", "Shop", "--open"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let read = format!("GET /v1/registrations/{REG}");
    let start = format!("POST /v1/groups/{GRP}/registrations");
    let show = format!("GET /v1/accounts/{ACC}");
    assert_eq!(
        lines(&requests),
        [start, read.clone(), read.clone(), read, show]
    );
    assert_eq!(requests[0].json(), json!({"account_name": "Shop"}));
    assert!(requests[0].header("idempotency-key").is_some());
    let (link, rest) = ran.out.split_once('\n').expect("lines");
    assert_eq!(link, LINK);
    assert!(rest.contains(ACC) && rest.contains("Shop"), "{ran:?}");
    assert!(
        ran.err
            .contains("Not opening a browser: standard error is not a terminal."),
        "{ran:?}"
    );
    assert!(
        ran.err.contains(&format!("connect --registration {REG}")),
        "{ran:?}"
    );
    assert!(
        ran.err
            .contains("✓ Connected account Shop (AWS account 222222222222)."),
        "{ran:?}"
    );
}

/// Without the instructions, the user would wait for a stack that never reports.
#[test]
fn paste_instructions_are_printed_once_with_the_link() {
    let paste = json!({"report_by": "paste", "region": "ap-northeast-1"});
    let made = Reply::new(201, registration("pending", paste).to_string());
    let (ran, requests) = connect(vec![made, completed(), account()], &[GRP]);
    assert_eq!((ran.code, requests.len()), (0, 3), "{ran:?}");
    let expected = [
        "The stack in ap-northeast-1 does not report to the hub by itself.",
        &format!("rolecall registrations complete {REG} "),
    ];
    for words in expected {
        assert_eq!(ran.err.matches(words).count(), 1, "{words}: {ran:?}");
    }
    let (ran, _) = connect(
        vec![pending(), completed(), account()],
        &["--registration", REG],
    );
    assert!(!ran.err.contains("registrations complete"), "{ran:?}");
}

#[test]
fn failed_attempt_is_printed_once_with_its_remedy() {
    let second = format!("{LINK}-2");
    let rejected = registration(
        "pending",
        json!({"stack_name": "rolecall-1-2",
        "quick_create_url": second, "last_attempt": {
            "code": "verification_failed", "title": "Verification failed",
            "detail": "The role is open.", "attempted_at": "2026-11-21T21:01:46Z",
            "stack": {"stack_name": "rolecall-1", "aws_account_id": "222222222222",
                "region": "eu-west-1", "console_url": "https://console",
                "delete_command": "aws cloudformation delete-stack --stack-name rolecall-1"},
            "report": {"verdict": "failed", "checked_at": "2026-11-21T21:01:46Z", "checks": [
                {"code": "external_id_not_enforced", "status": "failed", "title": "Not enforced", "message": "A gap.",
                 "remedy": "Restore the condition."}]}}}),
    );
    let rejected = Reply::ok(&rejected);
    let script = vec![
        pending(),
        rejected.clone(),
        rejected.clone(),
        rejected,
        completed(),
        account(),
    ];
    let (ran, requests) = connect(script, &["--registration", REG]);
    assert_eq!((ran.code, requests.len()), (0, 6), "{ran:?}");
    let expected = [
        "✗ The attempt to connect failed:",
        "Verification failed",
        "The role is open.",
        "✗ Not enforced (external_id_not_enforced)\n    A gap.\n",
        "→ Restore the condition.",
        "\naws cloudformation delete-stack --stack-name rolecall-1\n",
    ];
    for words in expected {
        assert_eq!(ran.err.matches(words).count(), 1, "{words}: {ran:?}");
    }
    let links: Vec<&str> = ran.out.lines().take(2).collect();
    assert_eq!(links, [LINK, &second]);
}

/// The user sees immediately that the customer has opened the link, and the progress of the stack.
#[test]
fn every_step_of_a_stack_is_printed_once_as_it_happens() {
    let progress = json!({"stack_id": "arn:aws:cloudformation:eu-west-1:222222222222:stack/rolecall-1/1",
        "aws_account_id": "222222222222", "region": "eu-west-1", "started_at": "2026-11-21T21:01:46Z"});
    let started = Reply::ok(&registration("pending", json!({"progress": progress})));
    let rolled_back = json!({"quick_create_url": format!("{LINK}-2"), "last_attempt": {
        "code": "stack_rolled_back", "title": "Stack rolled back", "detail": "See its events.",
        "attempted_at": "2026-11-21T21:02:46Z", "report": null,
        "stack": {"stack_name": "rolecall-1", "aws_account_id": "222222222222", "region": "eu-west-1",
            "console_url": "https://console", "delete_command": null}}});
    let mut again = rolled_back.clone();
    again["progress"] = progress.clone();
    let script = vec![
        pending(),
        started.clone(),
        started,
        Reply::ok(&registration("pending", rolled_back)),
        Reply::ok(&registration("pending", again)),
        completed(),
        account(),
    ];
    let (ran, _) = connect(script, &["--registration", REG]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let start = "✓ The stack was started in AWS account 222222222222, Region eu-west-1.";
    let steps = [
        "create the stack:",
        start,
        "✗ The attempt to connect failed:",
        "Stack rolled back",
        "https://console",
        start,
        "✓ The role was created, and it passed every check.",
        "✓ Connected account Shop",
    ];
    let mut rest = ran.err.as_str();
    for step in steps {
        let at = rest.find(step).unwrap_or_else(|| panic!("{step}: {ran:?}"));
        rest = &rest[at + step.len()..];
    }
    assert_eq!(ran.err.matches(start).count(), 2, "{ran:?}");
}

#[test]
fn completed_registration_shows_its_account() {
    let arguments = ["--registration", REG, "--output", "json"];
    let (ran, requests) = connect(vec![completed(), account()], &arguments);
    assert_eq!((ran.code, requests.len()), (0, 2), "{ran:?}");
    let shown: Value = serde_json::from_str(&ran.out).expect("JSON and nothing else");
    assert_eq!(shown["account_id"], ACC);
}

#[test]
fn json_output_is_the_account_only() {
    let script = vec![pending(), completed(), account()];
    let (ran, _) = connect(script, &["--registration", REG, "--output", "json"]);
    let shown: Value = serde_json::from_str(&ran.out).expect("JSON and nothing else");
    assert_eq!(shown["status"], "active");
    assert!(ran.err.contains(LINK), "{ran:?}");
}

#[test]
fn ended_registration_exits_5() {
    for status in ["expired", "revoked"] {
        let end = Reply::ok(&registration(status, json!({"quick_create_url": null})));
        let (ran, _) = connect(vec![pending(), end], &["--registration", REG]);
        assert_eq!(ran.code, 5, "{ran:?}");
        assert!(ran.err.contains(status), "{ran:?}");
    }
}

#[test]
fn timeout_exits_7_and_prints_how_to_resume() {
    let (ran, requests) = connect(vec![pending()], &["--registration", REG, "--timeout", "0s"]);
    assert_eq!((ran.code, requests.len()), (7, 1), "{ran:?}");
    assert_eq!(ran.out, format!("{LINK}\n"));
    let hint = format!("resume with: rolecall connect --registration {REG}");
    assert!(ran.err.contains(&hint), "{ran:?}");
}

#[test]
fn unreachable_hub_does_not_end_the_wait() {
    let mut script = vec![pending()];
    script.extend(std::iter::repeat_n(Reply::Hangup, 5));
    script.extend([completed(), account()]);
    let (ran, _) = connect(script, &["--registration", REG]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("Still waiting."), "{ran:?}");
}

#[test]
fn token_that_expires_while_waiting_exits_3() {
    let expired = Reply::new(401, json!({"message": "Unauthorized"}).to_string());
    let (ran, _) = connect(vec![pending(), expired], &["--registration", REG]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(
        ran.err.contains(&format!("connect --registration {REG}")),
        "{ran:?}"
    );
}

#[test]
fn response_that_is_not_a_registration_exits_8() {
    for answer in [
        json!({}),
        json!({"registration_id": "../x", "status": "pending"}),
    ] {
        let (ran, requests) = connect(vec![Reply::ok(&answer)], &["--registration", REG]);
        assert_eq!((ran.code, requests.len()), (8, 1), "{ran:?}");
    }
}
