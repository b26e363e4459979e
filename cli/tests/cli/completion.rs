//! Tests of the shell completion: the shell's requests, and the responses.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::json;

use super::issuer::Person;
use super::program::{Run, TOKEN, finished};
use super::stub::{Reply, Stub};

const GRP: &str = "grp_0123456789abcdef0123456789abcdef";

/// Completes the last word, as requested by fish.
fn complete(person: &Person, url: &str, words: &[&str]) -> Run {
    let line = [&["--", "rolecall"], words].concat();
    let mut command = person.command(&line);
    command.env("ROLECALL_COMPLETE", "fish");
    command
        .env("ROLECALL_API_URL", url)
        .env("ROLECALL_TOKEN", TOKEN);
    finished(&command.output().expect("it starts"))
}

fn hub() -> Stub {
    let groups = [
        json!({"group_id": GRP, "name": "Production"}),
        json!({"group_id": GRP.replace('0', "1"), "name": "a\u{1b}[31mb"}),
    ];
    Stub::one(Reply::ok(&json!({"items": groups, "next_cursor": null})))
}

#[test]
fn ids_are_completed_with_their_names() {
    let (person, stub) = (Person::new(), hub());
    for words in [
        &["groups", "show", "grp_0"][..],
        &["accounts", "list", "grp_0"],
        &["connect", "grp_0"],
        &["--json", "registrations", "list", "grp_0"],
    ] {
        let ran = complete(&person, &stub.url(), words);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(ran.out, format!("{GRP}\tProduction\n"), "{words:?}");
    }
    // One request for all of them.
    assert_eq!(stub.requests().len(), 1);
    assert_eq!(stub.requests()[0].target, "/v1/groups?limit=100");
    let ran = complete(&person, &stub.url(), &["groups", "show", "grp_1"]);
    assert!(ran.out.contains("a\\u{1b}[31mb"), "{ran:?}");
}

#[test]
fn names_that_are_one_word_of_one_record_are_completed() {
    let person = Person::new();
    let group =
        |digit: &str, name: &str| json!({"group_id": GRP.replace('0', digit), "name": name});
    let groups = [
        group("0", "Production"),
        group("1", "Two words"),
        group("2", "Same"),
        group("3", "Same"),
        group("4", "$(reboot)"),
        group("5", "本番"),
    ];
    let stub = Stub::one(Reply::ok(&json!({"items": groups, "next_cursor": null})));
    for (typed, expected) in [
        ("Pro", format!("Production\t{GRP}\n")),
        ("本", format!("本番\t{}\n", GRP.replace('0', "5"))),
        ("Two", String::new()),
        ("Same", String::new()),
        ("$", String::new()),
    ] {
        let ran = complete(&person, &stub.url(), &["groups", "show", typed]);
        assert_eq!(ran.out, expected, "{typed}");
    }
    let account = json!({
        "account_id": GRP.replace("grp", "acc"), "name": "Shop", "aws_account_id": "222222222222",
    });
    let list = json!({"items": [account], "next_cursor": null});
    let stub = Stub::one(Reply::ok(&list));
    for (typed, value) in [
        ("Sh", "Shop"),
        ("2222", "222222222222"),
        ("acc_", account["account_id"].as_str().expect("an ID")),
    ] {
        let ran = complete(&person, &stub.url(), &["accounts", "check", typed]);
        assert_eq!(ran.out, format!("{value}\tShop, 222222222222\n"), "{typed}");
    }
    // A name may not be unique if the list has further pages.
    let part = Stub::one(Reply::ok(
        &json!({"items": list["items"], "next_cursor": "c"}),
    ));
    let ran = complete(&person, &part.url(), &["accounts", "check", "Sh"]);
    assert_eq!(ran.out, "");
}

#[test]
fn commands_options_and_contexts_are_completed_without_a_hub() {
    let person = Person::new();
    let set = [
        "context",
        "set",
        "staging",
        "--api-url",
        "https://s.example",
    ];
    assert_eq!(person.run(&set).code, 0);
    for (words, expected) in [
        (&["registr"][..], "registrations\t"),
        (&["groups", "list", "--curs"], "--cursor\t"),
        (&["context", "use", "st"], "staging\thttps://s.example\n"),
        (&["groups", "list", "--context", "st"], "staging\t"),
    ] {
        let ran = complete(&person, "https://127.0.0.1:1", words);
        assert!(ran.out.starts_with(expected), "{words:?}: {ran:?}");
    }
}

#[test]
fn hub_that_fails_or_hangs_completes_nothing() {
    let person = Person::new();
    let broken = Stub::one(Reply::problem(500, "internal_error"));
    // Accepts connections, and never responds.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let silent_url = format!("http://{}", silent.local_addr().expect("bound"));
    for url in [&broken.url(), &silent_url, "http://127.0.0.1:1", "nonsense"] {
        let start = Instant::now();
        let ran = complete(&person, url, &["groups", "show", "grp_"]);
        assert_eq!((ran.code, &*ran.out, &*ran.err), (0, "", ""), "{url}");
        assert!(start.elapsed() < Duration::from_secs(20), "{url}");
    }
}
