//! Text of any language: nothing is cut inside a character, and limits count characters, not bytes. Bug D40 of
//! similar systems.

use crate::common::registered;
use proptest::prelude::*;
use rolecall_domain::access::{AccessFile, ProfileName};
use rolecall_domain::aws::Partition;
use rolecall_domain::credentials::SessionName;
use rolecall_domain::export::{
    Candidate, CredentialCommand, Format, Options, Scope, SourceProfile, Via, export,
};
use rolecall_domain::iam::denial::AccessDenied;
use rolecall_domain::messages::Language;
use rolecall_domain::record::account::Account;
use rolecall_domain::text::person::PersonName;
use rolecall_domain::text::romanize::slug;
use rolecall_domain::text::service::ServiceName;
use rolecall_domain::text::{DismissReason, Name, legible};
use serde_json::{Value, json};

/// Characters of one to four bytes, and some that consist of several code points.
const CHARACTERS: [&str; 14] = [
    "a",
    "-",
    " ",
    "/",
    "\"",
    "é",
    "e\u{301}",
    "本",
    "か\u{3099}",
    "ｶ",
    "　",
    "🏭",
    "👨\u{200d}👩\u{200d}👧",
    "🇯🇵",
];

/// Texts of these characters.
pub fn any_words() -> impl Strategy<Value = String> {
    let part = prop::sample::select(CHARACTERS.to_vec());
    prop::collection::vec(part, 0..120).prop_map(|parts| parts.concat())
}

/// Characters that are visible on their own.
fn visible() -> impl Iterator<Item = &'static str> {
    CHARACTERS.into_iter().filter(|it| legible::is_visible(it))
}

#[test]
fn limits_of_texts_count_characters() {
    let title = |text: String| {
        let words = json!({"en": "x", "ja": "x"});
        let file = json!({"profiles": {"x": {
            "title": {"en": "x", "ja": text}, "explain": words,
            "managed_policies": ["arn:aws:iam::aws:policy/SecurityAudit"],
        }}});
        AccessFile::read(&file, Partition::Aws, 8000).map_err(|errors| errors[0].code)
    };
    for character in visible() {
        for (most, is_accepted) in [(64, true), (65, false)] {
            let text = character.repeat(most);
            let code = (!is_accepted).then_some("too_long");
            let name = Name::parse(text.as_str()).map_err(|error| error.code);
            assert_eq!(name.err(), code, "{character}");
            assert_eq!(title(text.clone()).err(), code, "{character}");
            let kept = PersonName::of_claim(&text).expect("a name");
            // At most 256 code points.
            let length = legible::length(kept.as_str());
            assert!((51..=64).contains(&length), "{character}: {length}");
        }
        for (most, is_accepted) in [(200, true), (501, false)] {
            let reason = DismissReason::parse(character.repeat(most));
            assert_eq!(reason.is_ok(), is_accepted, "{character}");
        }
    }
    // What is wrong with it is not its length.
    let name = SourceProfile::parse("仕事".repeat(100)).expect_err("not ASCII");
    assert_eq!(name.code, "invalid");
}

fn named(name: &Name) -> Account {
    let account = registered().0;
    account.edited(Some(name.clone()), None)
}

fn options(format: Format, scope: Scope) -> Options {
    let access = ProfileName::parse("inventory").expect("valid");
    Options {
        format,
        scope,
        access: Some(access),
        region: None,
        profile_template: None,
        via: Via::CredentialProcess(CredentialCommand::default()),
    }
}

proptest! {
    #[test]
    fn start_of_a_text_ends_between_characters(text in any_words(), most in 0..130_usize, points in 0..300_usize) {
        let start = legible::start(&text, most, points);
        let rest = text.strip_prefix(start).expect("the start");
        prop_assert_eq!(legible::length(start) + legible::length(rest), legible::length(&text));
        prop_assert!(legible::length(start) <= most && start.chars().count() <= points);
        // No more would fit.
        if let Some(next) = legible::start(rest, 1, usize::MAX).chars().count().checked_sub(1) {
            let is_full = legible::length(start) == most || start.chars().count() + next + 1 > points;
            prop_assert!(is_full, "{} {}", most, points);
        }
    }

    #[test]
    fn names_derived_from_a_text_are_short_ascii(text in any_words(), longest in 0..70_usize) {
        let word = slug(&text, longest);
        prop_assert!(word.len() <= longest && word.is_ascii());
        let subject = format!("repo:{text}");
        if let Ok(service) = ServiceName::of_workload("cluster", &subject) {
            let name = SessionName::new(&service, None);
            let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b);
            prop_assert!((2..=64).contains(&name.as_str().len()), "{}", name);
            prop_assert!(name.as_str().bytes().all(allowed), "{}", name);
        }
    }

    #[test]
    fn accounts_of_any_name_are_exported(text in any_words()) {
        let Ok(name) = Name::parse(text) else {
            return Ok(());
        };
        let account = named(&name);
        let group_id = account.group_id.clone();
        let scope = Scope::Group { group_id, name: name.clone() };
        let file_name = scope.file_name();
        prop_assert!(file_name.len() <= 220 && scope.slug().is_ascii(), "{}", file_name);
        let shown = name.as_str().chars().map(|c| if "/\"".contains(c) { '-' } else { c });
        let shown: String = shown.collect();
        let rest = shown.strip_prefix(&file_name).expect("its start");
        prop_assert_eq!(legible::length(&file_name) + legible::length(rest), legible::length(&shown));
        let access = vec![ProfileName::parse("inventory").expect("valid")];
        let candidate = Candidate { account, group_name: name.clone(), access };
        for format in Format::ALL {
            let done = export(std::slice::from_ref(&candidate), &options(format, scope.clone()));
            let done = done.expect("exported");
            prop_assert_eq!(done.account_count, 1);
            let is_ascii = !matches!(format, Format::Json | Format::Csv);
            prop_assert!(!is_ascii || done.text.is_ascii(), "{:?}", format);
            if format == Format::Prowler {
                let read: Value = serde_saphyr::from_str(&done.text).expect("YAML");
                let alias = read[0]["alias"].as_str().expect("text");
                prop_assert!((3..=100).contains(&alias.chars().count()), "{}", alias);
            }
        }
    }

    #[test]
    fn foreign_texts_are_read_in_any_language(text in any_words(), before in 0..2000_usize) {
        let long = "x".repeat(before) + &text;
        let _ = Language::accepted(&long);
        let denied = format!("is not authorized to perform: {long} on resource: {long} because no {long}");
        let _ = AccessDenied::read(&denied);
        if let Some(name) = PersonName::of_claim(&long) {
            prop_assert!(legible::length(name.as_str()) <= 64);
        }
    }
}
