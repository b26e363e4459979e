//! Tests of the session after signing in: its files, its renewal, and the recipients of its token.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::issuer::{Issuer, Person, Waiting};
use super::program::{TOKEN, finished};
use super::stub::{Reply, Stub};

fn signed_in() -> (Person, Issuer) {
    let (person, issuer) = (Person::new(), Issuer::start());
    person.sign_in(&issuer);
    (person, issuer)
}

fn mode(path: &Path) -> u32 {
    let metadata = std::fs::metadata(path).expect("it exists");
    metadata.permissions().mode() & 0o777
}

fn expire(person: &Person) {
    person.change_session("expires_at", json!("2026-01-01T00:00:00Z"));
}

#[test]
fn whoami_shows_the_person_the_tenant_and_the_hub() {
    let (person, issuer) = signed_in();
    let ran = person.run(&["whoami", "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let identity: Value = serde_json::from_str(&ran.out).expect("JSON");
    let expected = [
        ("context", json!("default")),
        ("api_url", json!(issuer.url())),
        ("tenant", json!("acme")),
        ("role", json!("member")),
        ("user", json!("ana@acme.example")),
        ("subject", json!("user-1")),
        ("issuer", json!(issuer.url())),
        ("credentials", json!("session")),
        ("is_renewed", json!(true)),
    ];
    for (name, value) in expected {
        assert_eq!(identity[name], value, "{name}");
    }
    assert!(
        identity["valid_until"]
            .as_str()
            .is_some_and(|it| it.ends_with('Z'))
    );
    let text = person.run(&["whoami"]).out;
    assert!(text.contains("tenant                 acme\n"), "{text}");
    // A token of the environment is used instead, and said so.
    let mut command = person.command(&["whoami", "--json"]);
    let ran = finished(
        &command
            .env("ROLECALL_TOKEN", TOKEN)
            .output()
            .expect("it starts"),
    );
    let identity: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(identity["credentials"], "ROLECALL_TOKEN");
    assert_eq!(identity["user"], Value::Null);
}

#[test]
fn files_are_private_under_a_loose_umask() {
    let (person, issuer) = (Person::new(), Issuer::start());
    let arguments = ["login", "--no-browser", "--api-url", &issuer.url()];
    let program = person.command(&arguments);
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "umask 000; exec \"$@\"", "sh"]);
    command.arg(program.get_program()).args(arguments);
    command.env_clear().env("HOME", person.home.path());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut waiting = Waiting::start(command);
    let redirect = issuer.sign_in(&waiting.url(&issuer));
    waiting.paste(&redirect);
    assert_eq!(waiting.finish().code, 0);
    assert_eq!(mode(&person.config()), 0o600);
    assert_eq!(mode(&person.sessions()), 0o700);
    for file in std::fs::read_dir(person.sessions()).expect("a directory") {
        let path = file.expect("a file").path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn session_that_others_can_read_is_tightened_and_named() {
    let (person, _issuer) = signed_in();
    let path = person.session();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("changed");
    let ran = person.run(&["groups", "list"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains(&path.display().to_string()), "{ran:?}");
    assert_eq!(mode(&path), 0o600);
    assert_eq!(person.run(&["groups", "list"]).err, "");
}

#[test]
fn twenty_commands_at_once_renew_the_token_once() {
    let (person, issuer) = signed_in();
    expire(&person);
    let children: Vec<_> = (0..20)
        .map(|_| {
            person
                .command(&["groups", "list"])
                .spawn()
                .expect("it starts")
        })
        .collect();
    for child in children {
        let ran = finished(&child.wait_with_output().expect("it ends"));
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    assert_eq!(issuer.change(|state| state.refreshes), 1);
    let bearers = issuer.bearers();
    assert_eq!(bearers.len(), 20);
    assert!(bearers.iter().all(|it| *it == bearers[0]));
    // The renewed session has the new refresh token.
    expire(&person);
    assert_eq!(person.run(&["groups", "list"]).code, 0);
    assert_eq!(issuer.change(|state| state.refreshes), 2);
}

#[test]
fn token_that_expires_within_a_minute_is_renewed_first() {
    let (person, issuer) = (Person::new(), Issuer::start());
    issuer.change(|state| state.lifetime = 30);
    person.sign_in(&issuer);
    issuer.change(|state| state.lifetime = 3_600);
    assert_eq!(person.run(&["groups", "list"]).code, 0);
    assert_eq!(person.run(&["groups", "list"]).code, 0);
    assert_eq!(issuer.change(|state| state.refreshes), 1);
}

#[test]
fn ended_sign_in_says_since_when_and_what_to_run() {
    let (person, issuer) = signed_in();
    expire(&person);
    person.change_session("refresh_token", json!("revoked"));
    for _ in 0..2 {
        let ran = person.run(&["groups", "list"]);
        assert_eq!(ran.code, 3, "{ran:?}");
        for words in [
            "signed_out: Your sign-in to default",
            "ago, at 2026-01-01 00:00:00Z",
            "→ Run: rolecall login --context default",
        ] {
            assert!(ran.err.contains(words), "{words}: {ran:?}");
        }
    }
    assert!(issuer.bearers().is_empty());
    // The issuer is not asked again with a token that it rejected.
    let asked = issuer.change(|state| {
        state
            .requests
            .iter()
            .filter(|it| it.target == "/token")
            .count()
    });
    assert_eq!(asked, 2);
}

#[test]
fn token_is_sent_to_its_own_hub_only() {
    let (person, issuer) = signed_in();
    let other = Stub::one(Reply::ok(&json!({"items": []})));
    let mut by_variable = person.command(&["groups", "list"]);
    by_variable.env("ROLECALL_API_URL", other.url());
    let url = other.url();
    let by_option = person.command(&["groups", "list", "--context", "default", "--api-url", &url]);
    for mut command in [by_variable, by_option] {
        let ran = finished(&command.output().expect("it starts"));
        assert_eq!(ran.code, 3, "{ran:?}");
        assert!(
            ran.err.contains(&format!("not signed in to {url}")),
            "{ran:?}"
        );
    }
    assert!(other.requests().is_empty());
    // A context that was changed to another hub has no session.
    let ran = person.run(&["context", "set", "default", "--api-url", &url]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(person.run(&["groups", "list"]).code, 3);
    assert!(other.requests().is_empty() && issuer.bearers().is_empty());
}

#[test]
fn variables_of_the_environment_override_the_session() {
    let (person, issuer) = signed_in();
    let mut command = person.command(&["groups", "list"]);
    let ran = finished(
        &command
            .env("ROLECALL_TOKEN", TOKEN)
            .output()
            .expect("it starts"),
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(issuer.bearers(), [format!("Bearer {TOKEN}")]);
}

#[test]
fn logout_revokes_and_removes_the_tokens() {
    let (person, issuer) = signed_in();
    let path = person.session();
    let ran = person.run(&["logout"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!path.exists());
    assert_eq!(
        issuer.change(|state| state.revoked.clone()),
        ["refresh-0-SECRET"]
    );
    let ran = person.run(&["groups", "list"]);
    assert!(
        ran.code == 3 && ran.err.contains("You are not signed in to default"),
        "{ran:?}"
    );
    assert_eq!(person.run(&["logout"]).code, 0);
    // An issuer without revocation.
    issuer.change(|state| {
        state.has_revocation = false;
        state.revoked.clear();
    });
    person.sign_in(&issuer);
    let ran = person.run(&["logout"]);
    assert!(
        ran.code == 0 && ran.err.contains("removed from this machine"),
        "{ran:?}"
    );
    assert!(issuer.change(|state| state.revoked.is_empty()));
}
