//! Tests of `login`: the browser's callback, pasted codes, and the ways in which a sign-in ends.

use std::net::TcpListener;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::issuer::{Issuer, Person, Waiting, browse};

/// The ports of the callback belong to the whole machine.
fn ports() -> MutexGuard<'static, ()> {
    static PORTS: Mutex<()> = Mutex::new(());
    PORTS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn login(person: &Person, issuer: &Issuer, more: &[&str]) -> Waiting {
    let url = issuer.url();
    let arguments = [&["login", "--api-url", &url], more].concat();
    Waiting::start(person.command(&arguments))
}

#[test]
fn hub_url_is_enough_to_sign_in() {
    let _ports = ports();
    let (person, issuer) = (Person::new(), Issuer::start());
    let mut waiting = login(&person, &issuer, &[]);
    let (status, page) = browse(&issuer.sign_in(&waiting.url(&issuer)));
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("You are signed in."), "{page}");
    let ran = waiting.finish();
    assert_eq!(ran.code, 0, "{ran:?}");
    let expected = format!(
        "✓ Signed in to default ({}) as ana@acme.example.",
        issuer.url()
    );
    assert!(ran.err.contains(&expected), "{ran:?}");
    let ran = person.run(&["groups", "list"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(matches!(&*issuer.bearers(), [one] if one.starts_with("Bearer e30.")));
}

#[test]
fn callback_with_a_wrong_state_or_path_is_rejected_and_waiting_goes_on() {
    let _ports = ports();
    let (person, issuer) = (Person::new(), Issuer::start());
    let mut waiting = login(&person, &issuer, &[]);
    let redirect = issuer.sign_in(&waiting.url(&issuer));
    let (callback, _) = redirect.split_once('?').expect("a query");
    let other_path = redirect.replace("/callback?", "/elsewhere?");
    for (url, expected) in [
        (format!("{callback}?error=access_denied&state=forged"), 400),
        (format!("{callback}?code=forged&state=forged"), 400),
        (callback.to_owned(), 400),
        (other_path, 404),
    ] {
        assert_eq!(browse(&url).0, expected, "{url}");
    }
    // An idle connection does not delay others.
    let host = callback.trim_start_matches("http://");
    let host = host.trim_end_matches("/callback");
    let _silent = std::net::TcpStream::connect(host).expect("it listens");
    assert_eq!(browse(&redirect).0, 200);
    assert_eq!(waiting.finish().code, 0);
}

#[test]
fn refusal_of_the_issuer_ends_the_sign_in() {
    let _ports = ports();
    let (person, issuer) = (Person::new(), Issuer::start());
    let mut waiting = login(&person, &issuer, &[]);
    let redirect = issuer.sign_in(&waiting.url(&issuer));
    let refusal = redirect.replace(
        "code=the-code",
        "error=access_denied&error_description=%3Cb%3E",
    );
    let (status, page) = browse(&refusal);
    assert!(
        status == 400 && page.contains("access_denied (&lt;b&gt;)"),
        "{page}"
    );
    let ran = waiting.finish();
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(
        ran.err.contains("sign_in_failed: The issuer refused"),
        "{ran:?}"
    );
    assert!(!person.config().exists());
}

#[test]
fn taken_ports_lead_to_a_pasted_code() {
    let _ports = ports();
    // A port that can't be bound here is taken as well.
    let taken = [18_911, 23_911, 28_911].map(|port| TcpListener::bind(("127.0.0.1", port)));
    let (person, issuer) = (Person::new(), Issuer::start());
    let mut waiting = login(&person, &issuer, &[]);
    let redirect = issuer.sign_in(&waiting.url(&issuer));
    assert!(
        waiting.seen().contains("18911, 23911, 28911"),
        "{}",
        waiting.seen()
    );
    waiting.paste(&redirect);
    assert_eq!(waiting.finish().code, 0);
    drop(taken);
}

#[test]
fn time_limit_names_the_pasted_code() {
    let _ports = ports();
    let (person, issuer) = (Person::new(), Issuer::start());
    let ran = login(&person, &issuer, &["--timeout", "10ms"]).finish();
    assert_eq!(ran.code, 7, "{ran:?}");
    assert!(
        ran.err.contains("run: rolecall login --no-browser"),
        "{ran:?}"
    );
}

#[test]
fn machine_without_a_browser_says_so_at_once() {
    let (person, issuer) = (Person::new(), Issuer::start());
    let url = issuer.url();
    for (variable, value, words) in [
        (
            "SSH_CONNECTION",
            "10.0.0.1 1 10.0.0.2 22",
            "This is an SSH session",
        ),
        ("LANG", "C", "No browser can be opened"),
    ] {
        let mut command = person.command(&["login", "--api-url", &url]);
        command.env_remove("BROWSER").env(variable, value);
        if variable == "SSH_CONNECTION" {
            command.env("DISPLAY", ":0");
        } else if cfg!(target_os = "macos") {
            continue;
        }
        let mut waiting = Waiting::start(command);
        let redirect = issuer.sign_in(&waiting.url(&issuer));
        assert!(waiting.seen().contains(words), "{}", waiting.seen());
        waiting.paste(&redirect);
        assert_eq!(waiting.finish().code, 0);
    }
}

#[test]
fn pasted_address_of_another_sign_in_is_asked_for_again() {
    let (person, issuer) = (Person::new(), Issuer::start());
    let mut waiting = login(&person, &issuer, &["--no-browser"]);
    let redirect = issuer.sign_in(&waiting.url(&issuer));
    waiting.paste("http://127.0.0.1:18911/callback?code=the-code&state=forged");
    waiting.paste("");
    waiting.paste(&redirect);
    let ran = waiting.finish();
    assert_eq!(ran.code, 0, "{ran:?}");
    let asked = ran
        .err
        .matches("This is not the address of this sign-in")
        .count();
    assert_eq!(asked, 2, "{ran:?}");
    // The code alone, and no code at all.
    let mut waiting = login(&person, &issuer, &["--no-browser"]);
    issuer.sign_in(&waiting.url(&issuer));
    waiting.paste("the-code");
    assert_eq!(waiting.finish().code, 0);
    let ran = login(&person, &issuer, &["--no-browser"]).finish();
    assert!(
        ran.code == 3 && ran.err.contains("No code was pasted"),
        "{ran:?}"
    );
}

#[test]
fn metadata_of_another_issuer_is_rejected() {
    let (person, issuer) = (Person::new(), Issuer::start());
    // Equal but for a slash, which is another issuer.
    let other = format!("{}/", issuer.url());
    issuer.change(|state| state.other_issuer = Some(other.clone()));
    let ran = login(&person, &issuer, &["--no-browser"]).finish();
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(
        ran.err.contains(&format!("is of the issuer \"{other}\"")),
        "{ran:?}"
    );
}

#[test]
fn code_that_the_issuer_does_not_know_is_reported() {
    let (person, issuer) = (Person::new(), Issuer::start());
    let mut waiting = login(&person, &issuer, &["--no-browser"]);
    issuer.sign_in(&waiting.url(&issuer));
    waiting.paste("another-code");
    let ran = waiting.finish();
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(
        ran.err.contains("the code: invalid_grant ([secret])."),
        "{ran:?}"
    );
}
