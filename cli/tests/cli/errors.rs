//! Tests of the exit code and the message of each kind of failure.

use std::net::TcpListener;

use serde_json::json;

use super::program::{TOKEN, finished, run, with_hub};
use super::stub::{Reply, Stub};

const ACC: &str = "acc_0123456789abcdef0123456789abcdef";

#[test]
fn rejections_have_exit_codes() {
    let rejections = [
        (400, "cursor_invalid", 1),
        (403, "tenant_missing", 3),
        (404, "not_found", 4),
        (409, "account_deregistered", 5),
        (413, "body_too_large", 1),
        (422, "invalid_request", 1),
        (422, "verification_failed", 6),
        (429, "rate_limited", 7),
        (500, "internal_error", 8),
        (503, "verification_inconclusive", 7),
    ];
    for (status, code, exit) in rejections {
        let stub = Stub::one(Reply::problem(status, code));
        let ran = run(&stub, &["accounts", "check", ACC]);
        assert_eq!(ran.code, exit, "{code}: {ran:?}");
        assert!(ran.out.is_empty(), "{code}: {ran:?}");
        let expected = [
            format!("✗ {code}: It is {code}."),
            "request ID: req-42".to_owned(),
        ];
        for words in expected {
            assert!(ran.err.contains(&words), "{code}: {ran:?}");
        }
        // A check is not retried, because "retry later" is its result.
        assert_eq!(stub.requests().len(), 1, "{code}");
    }
}

#[test]
fn gateway_rejections_have_exit_codes() {
    let rejections = [
        (401, 3),
        (403, 3),
        (404, 4),
        (418, 1),
        (429, 7),
        (502, 8),
        (503, 7),
    ];
    for (status, exit) in rejections {
        let stub = Stub::one(Reply::new(status, json!({"message": "No"}).to_string()));
        let ran = run(&stub, &["accounts", "check", ACC]);
        assert_eq!(ran.code, exit, "{status}: {ran:?}");
        assert!(!ran.err.is_empty(), "{status}");
    }
}

#[test]
fn rejected_token_names_its_own_expiry() {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = now.expect("after 1970").as_secs();
    let answer = json!({"message": "Unauthorized"}).to_string();
    let cases = [
        (now - 3_700, "The token expired 61 min ago, at "),
        (now + 3_700, "which is valid until "),
    ];
    for (exp, words) in cases {
        let payload =
            URL_SAFE_NO_PAD.encode(json!({"exp": exp, "custom:tenant": "acme"}).to_string());
        let token = format!("eyJhbGciOiJSUzI1NiJ9.{payload}.c2ln");
        let stub = Stub::one(Reply::new(401, answer.clone()));
        let mut command = with_hub(&stub, &["groups", "list"]);
        let ran = finished(
            &command
                .env("ROLECALL_TOKEN", &token)
                .output()
                .expect("it starts"),
        );
        assert_eq!(ran.code, 3, "{ran:?}");
        assert!(
            ran.err.contains(words) && !ran.err.contains(&payload),
            "{ran:?}"
        );
    }
    let stub = Stub::one(Reply::new(401, answer));
    let ran = run(&stub, &["groups", "list"]);
    assert!(ran.err.contains("may have expired"), "{ran:?}");
}

#[test]
fn url_may_end_with_the_version_but_not_with_a_path() {
    for (end, exit) in [("/v1", 0), ("/v1/", 0), ("//", 0), ("/v1/groups", 2)] {
        let stub = Stub::one(Reply::ok(&json!({"items": []})));
        let mut command = with_hub(&stub, &["groups", "list"]);
        command.env("ROLECALL_API_URL", format!("{}{end}", stub.url()));
        let ran = finished(&command.output().expect("it starts"));
        assert_eq!(ran.code, exit, "{end}: {ran:?}");
        let requests: Vec<String> = stub
            .requests()
            .iter()
            .map(|one| one.target.clone())
            .collect();
        let expected: &[&str] = if exit == 0 { &["/v1/groups"] } else { &[] };
        assert_eq!(requests, expected, "{end}");
    }
}

#[test]
fn token_quoted_by_the_gateway_is_redacted() {
    let message = format!("Invalid key=value pair in Authorization header: 'Bearer {TOKEN}'");
    let stub = Stub::one(Reply::new(403, json!({"message": message}).to_string()));
    let ran = run(&stub, &["groups", "list"]);
    assert!(ran.err.contains("'Bearer [token]'"), "{ran:?}");
}

#[test]
fn invalid_fields_and_failed_checks_are_printed() {
    let problem = json!({
        "type": "urn:rolecall:problem:x", "title": "No", "status": 422, "code": "verification_failed",
        "detail": "trust_too_broad: A wildcard.", "request_id": "r", "errors":
            [{"field": "companion_roles[0].kind", "code": "invalid", "message": "no such kind"}],
        "report": {"verdict": "failed", "checked_at": "2026-11-21T21:01:46Z", "checks": [
            {"code": "trust_too_broad", "status": "failed", "title": "Too broad", "message": "A wildcard.",
             "remedy": "Restore the condition."},
        ]},
    });
    let stub = Stub::one(Reply::new(422, problem.to_string()));
    let ran = run(&stub, &["accounts", "check", ACC]);
    let expected = [
        "✗ verification_failed: 1 of 1 checks failed.",
        "companion_roles[0].kind: no such kind (invalid)",
        "✗ Too broad (trust_too_broad)\n    A wildcard.\n",
        "→ Restore the condition.",
    ];
    for words in expected {
        assert!(ran.err.contains(words), "{words}: {ran:?}");
    }
}

#[test]
fn verdict_of_a_successful_response_determines_the_exit_code() {
    let verdicts = [
        ("answered", 0),
        ("passed", 0),
        ("inconclusive", 7),
        ("failed", 6),
    ];
    for (verdict, exit) in verdicts {
        let stub = Stub::one(Reply::ok(
            &json!({"verdict": verdict, "reason": "no right"}),
        ));
        let ran = run(&stub, &["decode", ACC, "abc"]);
        assert_eq!(ran.code, exit, "{verdict}: {ran:?}");
        assert!(ran.out.contains("no right"), "{ran:?}");
    }
}

#[test]
fn unreachable_hub_exits_8() {
    let port = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = port.local_addr().expect("bound");
    drop(port);
    let mut command = super::program::command(&["groups", "list"]);
    let command = command
        .env("ROLECALL_API_URL", format!("http://{address}"))
        .env("ROLECALL_TOKEN", TOKEN);
    let ran = finished(&command.output().expect("it starts"));
    assert_eq!(ran.code, 8, "{ran:?}");
    assert!(
        ran.err.contains(&format!(
            "hub_unreachable: Could not reach the hub at http://{address}."
        )),
        "{ran:?}"
    );
}

#[test]
fn hub_without_a_certificate_does_not_get_the_token() {
    let stub = Stub::one(Reply::ok(&json!({"items": []})));
    let mut command = with_hub(&stub, &["accounts", "check", ACC]);
    command.env("ROLECALL_API_URL", stub.url().replace("http:", "https:"));
    let ran = finished(&command.output().expect("it starts"));
    assert_eq!(ran.code, 8, "{ran:?}");
    assert!(stub.requests().is_empty());
}

#[test]
fn invalid_responses_exit_8() {
    let replies = [
        Reply::new(200, "<html>welcome</html>"),
        Reply::new(200, ""),
        Reply::new(302, "").header("location", "http://127.0.0.1:1/elsewhere"),
    ];
    for reply in replies {
        let stub = Stub::one(reply.clone());
        let ran = run(&stub, &["groups", "list"]);
        assert_eq!(ran.code, 8, "{reply:?}: {ran:?}");
        assert!(ran.out.is_empty(), "{ran:?}");
        assert_eq!(stub.requests().len(), 1, "{reply:?}");
    }
}

#[test]
fn missing_or_invalid_settings_are_reported() {
    let lines: [(&[(&str, &str)], i32); 5] = [
        (&[("ROLECALL_TOKEN", TOKEN)], 2),
        (
            &[
                ("ROLECALL_API_URL", "http://hub.example.com"),
                ("ROLECALL_TOKEN", TOKEN),
            ],
            2,
        ),
        (&[("ROLECALL_API_URL", "https://127.0.0.1:1")], 3),
        (
            &[
                ("ROLECALL_API_URL", "https://127.0.0.1:1"),
                ("ROLECALL_TOKEN", ""),
            ],
            3,
        ),
        (
            &[
                ("ROLECALL_API_URL", "https://127.0.0.1:1"),
                ("ROLECALL_TOKEN", "a b"),
            ],
            3,
        ),
    ];
    for (variables, exit) in lines {
        let mut command = super::program::command(&["groups", "list"]);
        command.envs(variables.iter().copied());
        let ran = finished(&command.output().expect("it starts"));
        assert_eq!(ran.code, exit, "{variables:?}: {ran:?}");
    }
}

#[test]
fn token_can_be_read_from_a_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("token");
    std::fs::write(&path, format!("{TOKEN}\n")).expect("written");
    let stub = Stub::one(Reply::ok(&json!({"items": []})));
    let named = path.to_str().expect("UTF-8");
    let mut by_argument = with_hub(&stub, &["groups", "list", "--token-file", named]);
    by_argument.env("ROLECALL_TOKEN", "another-one");
    let mut by_variable = with_hub(&stub, &["groups", "list"]);
    by_variable
        .env_remove("ROLECALL_TOKEN")
        .env("ROLECALL_TOKEN_FILE", &path);
    let marked = directory.path().join("marked");
    std::fs::write(&marked, format!("\u{feff}{TOKEN}\r\n")).expect("written");
    let wide = directory.path().join("wide");
    let text = format!("\u{feff}{TOKEN}\r\n");
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(&wide, bytes).expect("written");
    let mut from_windows = [marked, wide].map(|path| {
        let mut command = with_hub(&stub, &["groups", "list"]);
        command
            .env_remove("ROLECALL_TOKEN")
            .env("ROLECALL_TOKEN_FILE", path);
        command
    });
    let others = from_windows.iter_mut();
    for command in [&mut by_argument, &mut by_variable]
        .into_iter()
        .chain(others)
    {
        let ran = finished(&command.output().expect("it starts"));
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    let expected = format!("Bearer {TOKEN}");
    for request in stub.requests() {
        assert_eq!(request.header("authorization"), Some(expected.as_str()));
    }
    let missing = ["groups", "list", "--token-file", "/nowhere/at/all"];
    assert_eq!(run(&stub, &missing).code, 3);
}
