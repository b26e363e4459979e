//! The patterns in infra/openapi.yaml for text that people write, compared with the types that parse it.

use anyhow::{Context, Result};
use jsonschema::Validator;
use rolecall_domain::access::ProfileName;
use rolecall_domain::text::{DismissReason, FieldError, Name};
use rolecall_local::paths::Tree;
use serde_json::Value;

type Parse = fn(&str) -> Result<(), FieldError>;

fn types() -> [(&'static str, Parse); 2] {
    [
        ("Name", |text| Name::parse(text).map(drop)),
        ("DismissReason", |text| DismissReason::parse(text).map(drop)),
    ]
}

fn schema(name: &str) -> Result<Validator> {
    let contract = std::fs::read_to_string(Tree::default().root().join("infra/openapi.yaml"))?;
    let contract: Value = serde_saphyr::from_str(&contract)?;
    let schema = &contract["components"]["schemas"][name];
    jsonschema::validator_for(schema).with_context(|| name.to_owned())
}

/// The Basic Multilingual Plane, and blocks of the other planes with characters that are not drawn.
fn characters() -> impl Iterator<Item = char> {
    let ranges = [
        0..=0xffff,
        0x13400..=0x1345f,
        0x1d100..=0x1d1ff,
        0xe0000..=0xe01ff,
    ];
    ranges.into_iter().flatten().filter_map(char::from_u32)
}

#[test]
fn schema_accepts_every_character_that_the_parser_accepts_inside_a_text() -> Result<()> {
    for (name, parse) in types() {
        let schema = schema(name)?;
        for c in characters() {
            let text = format!("a{c}b");
            let parsed = parse(&text);
            let valid = schema.is_valid(&Value::from(text));
            assert_eq!(valid, parsed.is_ok(), "{name} U+{:04X}", u32::from(c));
        }
    }
    Ok(())
}

/// The only difference is listed in tests/clients/rules.py: a text of marks that are not drawn alone.
#[test]
fn schema_differs_from_the_parser_only_for_marks_without_a_letter() -> Result<()> {
    for (name, parse) in types() {
        let schema = schema(name)?;
        for c in characters() {
            let text = c.to_string();
            let parsed = parse(&text);
            let valid = schema.is_valid(&Value::from(text));
            let differs = valid != parsed.is_ok();
            let blank = parsed.is_err_and(|error| error.code == "required");
            assert!(
                !differs || (valid && blank),
                "{name} U+{:04X}",
                u32::from(c)
            );
        }
    }
    Ok(())
}

#[test]
fn schema_of_access_names_accepts_what_the_parser_accepts() -> Result<()> {
    let schema = schema("AccessName")?;
    let agrees = |text: &str, expected: Option<bool>| {
        let parsed = ProfileName::parse(text).is_ok();
        assert_eq!(schema.is_valid(&Value::from(text)), parsed, "{text:?}");
        assert!(
            expected.is_none_or(|expected| expected == parsed),
            "{text:?}"
        );
    };
    for c in characters() {
        for text in [
            format!("{c}"),
            format!("a{c}b"),
            format!("a-{c}"),
            format!("a{c}"),
        ] {
            agrees(&text, None);
        }
    }
    for (text, valid) in [
        ("inventory", true),
        ("read-only2", true),
        (&*"a".repeat(32), true),
        (&*"a".repeat(33), false),
        ("", false),
        ("a--b", false),
        ("a-2", false),
        ("-a", false),
    ] {
        agrees(text, Some(valid));
    }
    Ok(())
}

#[test]
fn schema_and_parser_agree_on_whole_texts() -> Result<()> {
    let texts = [
        ("Production", true),
        ("\u{672c}\u{756a}\u{74b0}\u{5883}", true),
        ("\u{1f3ed}", true),
        ("Cafe\u{301}", true),
        ("\u{feff}Production", true),
        ("", false),
        (" ", false),
        ("\u{200b}", false),
        ("\u{3164}", false),
        ("\u{a0}\u{3000}", false),
        ("a\u{202e}b", false),
        ("\u{2067}a", false),
    ];
    for (name, parse) in types() {
        let schema = schema(name)?;
        for (text, valid) in texts {
            assert_eq!(parse(text).is_ok(), valid, "{name} {text:?}");
            assert_eq!(
                schema.is_valid(&Value::from(text)),
                valid,
                "{name} {text:?}"
            );
        }
    }
    Ok(())
}
