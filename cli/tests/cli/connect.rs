//! `connect`: what it follows, what it tells, how it ends.

use serde_json::{Value, json};

use super::program::{Ran, run};
use super::stub::{Asked, Reply, Stub};

const GRP: &str = "grp_0123456789abcdef0123456789abcdef";
const REG: &str = "reg_0123456789abcdef0123456789abcdef";
const ACC: &str = "acc_0123456789abcdef0123456789abcdef";
const LINK: &str = "https://console.aws.amazon.com/cloudformation/home#/stacks/create/review?x=1";

fn registration(status: &str, changes: Value) -> Value {
    let mut whole = json!({
        "registration_id": REG, "group_id": GRP, "status": status, "stack_name": "rolecall-1",
        "quick_create_url": LINK, "account_id": null, "last_report": null,
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
    Reply::ok(&json!({"account_id": ACC, "name": "Shop", "status": "active"}))
}

fn against(script: Vec<Reply>, arguments: &[&str]) -> (Ran, Vec<Asked>) {
    let stub = Stub::new(script);
    let ran = run(&stub, &[&["connect", "--poll-ms", "1"], arguments].concat());
    (ran, stub.asked())
}

fn lines(asked: &[Asked]) -> Vec<String> {
    asked.iter().map(Asked::line).collect()
}

#[test]
fn it_starts_follows_and_shows_the_account() {
    let made = Reply::new(201, registration("pending", json!({})).to_string());
    let script = vec![made, pending(), pending(), completed(), account()];
    let (ran, asked) = against(script, &[GRP, "--name", "Shop", "--open"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let look = format!("GET /v1/registrations/{REG}");
    let start = format!("POST /v1/groups/{GRP}/registrations");
    let show = format!("GET /v1/accounts/{ACC}");
    assert_eq!(
        lines(&asked),
        [start, look.clone(), look.clone(), look, show]
    );
    assert_eq!(asked[0].json(), json!({"account_name": "Shop"}));
    assert!(asked[0].header("idempotency-key").is_some());
    let (link, rest) = ran.out.split_once('\n').expect("lines");
    assert_eq!(link, LINK);
    assert!(rest.contains(ACC) && rest.contains("Shop"), "{ran:?}");
    assert!(
        ran.err
            .contains("Not on a terminal, so no browser is opened."),
        "{ran:?}"
    );
    assert!(
        ran.err.contains(&format!("connect --registration {REG}")),
        "{ran:?}"
    );
    assert!(ran.err.contains("connected"), "{ran:?}");
}

/// Nothing will come by itself, so nobody is left waiting for it.
#[test]
fn a_stack_that_reports_nothing_is_told_at_once() {
    let silent = json!({"report_by": "paste", "region": "ap-northeast-1"});
    let made = Reply::new(201, registration("pending", silent).to_string());
    let (ran, asked) = against(vec![made, completed(), account()], &[GRP]);
    assert_eq!((ran.code, asked.len()), (0, 3), "{ran:?}");
    let told = [
        "This stack in ap-northeast-1 does not report to the hub by itself.",
        &format!("rolecall registrations complete {REG} "),
    ];
    for words in told {
        assert_eq!(ran.err.matches(words).count(), 1, "{words}: {ran:?}");
    }
    let (ran, _) = against(
        vec![pending(), completed(), account()],
        &["--registration", REG],
    );
    assert!(!ran.err.contains("registrations complete"), "{ran:?}");
}

#[test]
fn a_refused_attempt_is_told_once_with_the_way_out() {
    let second = format!("{LINK}-2");
    let refused = registration(
        "pending",
        json!({"stack_name": "rolecall-1-2",
        "quick_create_url": second, "last_report": {
            "code": "verification_failed", "detail": "The role is open.", "verdict": "failed",
            "checked_at": "2026-11-21T21:01:46Z", "checks": [
                {"code": "external_id_not_enforced", "status": "failed", "message": "Anybody may.",
                 "remedy": "Restore the condition."}],
            "failed_stack": {"stack_name": "rolecall-1", "aws_account_id": "222222222222",
                "region": "eu-west-1", "console_url": "https://console",
                "delete_command": "aws cloudformation delete-stack --stack-name rolecall-1"}}}),
    );
    let refused = Reply::ok(&refused);
    let script = vec![
        pending(),
        refused.clone(),
        refused.clone(),
        refused,
        completed(),
        account(),
    ];
    let (ran, asked) = against(script, &["--registration", REG]);
    assert_eq!((ran.code, asked.len()), (0, 6), "{ran:?}");
    let told = [
        "An attempt was refused",
        "✗ external_id_not_enforced",
        "→ Restore the condition.",
        "\naws cloudformation delete-stack --stack-name rolecall-1\n",
    ];
    for words in told {
        assert_eq!(ran.err.matches(words).count(), 1, "{words}: {ran:?}");
    }
    let links: Vec<&str> = ran.out.lines().take(2).collect();
    assert_eq!(links, [LINK, &second]);
}

#[test]
fn a_completed_one_shows_its_account_at_once() {
    let arguments = ["--registration", REG, "--output", "json"];
    let (ran, asked) = against(vec![completed(), account()], &arguments);
    assert_eq!((ran.code, asked.len()), (0, 2), "{ran:?}");
    let shown: Value = serde_json::from_str(&ran.out).expect("JSON and nothing else");
    assert_eq!(shown["account_id"], ACC);
}

#[test]
fn json_has_the_account_alone() {
    let script = vec![pending(), completed(), account()];
    let (ran, _) = against(script, &["--registration", REG, "--output", "json"]);
    let shown: Value = serde_json::from_str(&ran.out).expect("JSON and nothing else");
    assert_eq!(shown["status"], "active");
    assert!(ran.err.contains(LINK), "{ran:?}");
}

#[test]
fn an_ended_registration_ends_it() {
    for status in ["expired", "revoked"] {
        let end = Reply::ok(&registration(status, json!({"quick_create_url": null})));
        let (ran, _) = against(vec![pending(), end], &["--registration", REG]);
        assert_eq!(ran.code, 5, "{ran:?}");
        assert!(ran.err.contains(status), "{ran:?}");
    }
}

#[test]
fn the_time_is_over_and_it_says_how_to_go_on() {
    let (ran, asked) = against(vec![pending()], &["--registration", REG, "--timeout", "0s"]);
    assert_eq!((ran.code, asked.len()), (7, 1), "{ran:?}");
    assert_eq!(ran.out, format!("{LINK}\n"));
    let hint = format!("Go on with: rolecall connect --registration {REG}");
    assert!(ran.err.contains(&hint), "{ran:?}");
}

#[test]
fn a_hub_that_is_away_for_a_moment_ends_nothing() {
    let mut script = vec![pending()];
    script.extend(std::iter::repeat_n(Reply::HangsUp, 5));
    script.extend([completed(), account()]);
    let (ran, _) = against(script, &["--registration", REG]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("Still following."), "{ran:?}");
}

#[test]
fn a_token_that_ends_on_the_way_ends_it() {
    let expired = Reply::new(401, json!({"message": "Unauthorized"}).to_string());
    let (ran, _) = against(vec![pending(), expired], &["--registration", REG]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(
        ran.err.contains(&format!("connect --registration {REG}")),
        "{ran:?}"
    );
}

#[test]
fn what_is_no_registration_is_not_followed() {
    for answer in [
        json!({}),
        json!({"registration_id": "../x", "status": "pending"}),
    ] {
        let (ran, asked) = against(vec![Reply::ok(&answer)], &["--registration", REG]);
        assert_eq!((ran.code, asked.len()), (8, 1), "{ran:?}");
    }
}
