//! Parses the access denied messages in the corpus, which names the source of each.

use proptest::prelude::*;
use rolecall_domain::iam::denial::{AccessDenied, PolicyKind};
use serde::Deserialize;

#[derive(Deserialize)]
struct Sample {
    message: String,
    action: Option<String>,
    by: Option<String>,
    explicit: bool,
    resource: Option<String>,
    policy: Option<String>,
}

fn samples() -> Vec<Sample> {
    serde_json::from_str(include_str!("../access_denied.json")).expect("a list")
}

#[test]
fn access_denied_messages_are_parsed() {
    for sample in samples() {
        let read = AccessDenied::read(&sample.message);
        let by = read.by.map(|kind| kind.as_str().to_owned());
        assert_eq!(by, sample.by, "{}", sample.message);
        assert_eq!(read.explicit, sample.explicit, "{}", sample.message);
        assert_eq!(read.action, sample.action, "{}", sample.message);
        assert_eq!(read.resource, sample.resource, "{}", sample.message);
        assert_eq!(read.policy, sample.policy, "{}", sample.message);
    }
}

#[test]
fn corpus_contains_every_policy_kind() {
    let named: Vec<Option<String>> = samples().into_iter().map(|sample| sample.by).collect();
    for kind in PolicyKind::ALL {
        assert!(named.contains(&Some(kind.as_str().to_owned())), "{kind:?}");
    }
}

proptest! {
    #[test]
    fn read_never_panics(text in ".{0,300}", sample in 0usize..20, at in 0usize..200) {
        let _ = AccessDenied::read(&text);
        let samples = samples();
        let message = &samples[sample % samples.len()].message;
        let cut = message.char_indices().map(|(place, _)| place).nth(at).unwrap_or(0);
        let (head, tail) = message.split_at(cut);
        let _ = AccessDenied::read(&format!("{head}{text}{tail}"));
    }
}
