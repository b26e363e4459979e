//! Tests of `context`, and of how a context is chosen.

use serde_json::{Value, json};

use super::issuer::Person;
use super::program::{TOKEN, finished};
use super::stub::{Reply, Stub};

fn hub() -> Stub {
    Stub::one(Reply::ok(&json!({"items": []})))
}

#[test]
fn contexts_are_created_chosen_and_removed() {
    let person = Person::new();
    let ok = |arguments: &[&str]| {
        let ran = person.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
        ran.out
    };
    assert!(ok(&["context", "list"]).starts_with("No contexts."));
    ok(&[
        "context",
        "set",
        "staging",
        "--api-url",
        "https://s.example/v1",
    ]);
    ok(&[
        "context",
        "set",
        "production",
        "--api-url",
        "https://p.example",
    ]);
    let list = || -> Vec<(Value, Value)> {
        let page: Value = serde_json::from_str(&ok(&["context", "list", "--json"])).expect("JSON");
        let items = page["items"].as_array().expect("items").iter();
        items
            .map(|it| (it["name"].clone(), it["current"].clone()))
            .collect()
    };
    let two = |staging: bool| {
        vec![
            (json!("staging"), json!(staging)),
            (json!("production"), json!(!staging)),
        ]
    };
    assert_eq!(list(), two(true));
    ok(&["context", "use", "production"]);
    assert_eq!(list(), two(false));
    let issuer = ["--issuer", "https://i.example", "--client-id", "c"];
    ok(&[&["context", "set", "staging"], &issuer[..]].concat());
    let text = std::fs::read_to_string(person.config()).expect("read");
    let expected = "current = \"production\"\n\n[contexts.staging]\napi_url = \"https://s.example\"\n\
        issuer = \"https://i.example\"\nclient_id = \"c\"\n\n[contexts.production]\n\
        api_url = \"https://p.example\"\n";
    assert_eq!(text, expected);
    ok(&["context", "remove", "production"]);
    let ran = person.run(&["groups", "list"]);
    assert!(
        ran.code == 2 && ran.err.contains("No hub. Run rolecall login"),
        "{ran:?}"
    );
    for wrong in [
        &["context", "use", "other"][..],
        &["context", "remove", "other"],
        &["context", "set", "new"],
        &["context", "set", "a b", "--api-url", "https://s.example"],
        &["context", "set", "staging", "--issuer", "https://i.example"],
        &["groups", "list", "--context", "other"],
    ] {
        assert_eq!(person.run(wrong).code, 2, "{wrong:?}");
    }
}

#[test]
fn option_overrides_the_variable_which_overrides_the_current_context() {
    let person = Person::new();
    let hubs = [hub(), hub(), hub()];
    for (name, hub) in ["current", "variable", "option"].into_iter().zip(&hubs) {
        let ran = person.run(&["context", "set", name, "--api-url", &hub.url()]);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    let counts = |arguments: &[&str], variables: &[(&str, &str)]| {
        let before = hubs.each_ref().map(|hub| hub.requests().len());
        let mut command = person.command(arguments);
        command.env("ROLECALL_TOKEN", TOKEN);
        command.envs(variables.iter().copied());
        let ran = finished(&command.output().expect("it starts"));
        assert_eq!(ran.code, 0, "{ran:?}");
        let after = hubs.each_ref().map(|hub| hub.requests().len());
        [0, 1, 2].map(|at| after[at] - before[at])
    };
    let list = ["groups", "list"];
    let variable = ("ROLECALL_CONTEXT", "variable");
    assert_eq!(counts(&list, &[]), [1, 0, 0]);
    assert_eq!(counts(&list, &[variable]), [0, 1, 0]);
    let option = ["groups", "list", "--context", "option"];
    assert_eq!(counts(&option, &[variable]), [0, 0, 1]);
    // The variable of the URL overrides a context that is not named by an option.
    let url = hubs[2].url();
    let variables = [variable, ("ROLECALL_API_URL", &url)];
    assert_eq!(counts(&list, &variables), [0, 0, 1]);
    let url = hubs[0].url();
    assert_eq!(counts(&option, &[("ROLECALL_API_URL", &url)]), [0, 0, 1]);
}

#[test]
fn invalid_configuration_file_is_named_and_not_needed_with_variables() {
    let person = Person::new();
    let path = person.home.path().join("mine.toml");
    std::fs::write(&path, "current = [").expect("written");
    let hub = hub();
    let mut command = person.command(&["groups", "list"]);
    command.env("ROLECALL_CONFIG", &path);
    let ran = finished(&command.output().expect("it starts"));
    assert_eq!(ran.code, 9, "{ran:?}");
    assert!(ran.err.contains("mine.toml is not valid"), "{ran:?}");
    command
        .env("ROLECALL_API_URL", hub.url())
        .env("ROLECALL_TOKEN", TOKEN);
    let ran = finished(&command.output().expect("it starts"));
    assert_eq!(ran.code, 0, "{ran:?}");
}
