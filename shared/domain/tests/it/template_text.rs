//! Text in templates: whatever it is, a parser reads it back, and it stays on one line of ASCII.

use proptest::prelude::*;
use rolecall_domain::text::template_text::{literal_in_sub, template_text, yaml_scalar};
use serde_json::{Value, json};

/// Text that breaks out of YAML, HTML, `Fn::Sub` or a shell if it is not quoted.
const HOSTILE: [&str; 26] = [
    "",
    "\"",
    "\\",
    "\\\"",
    "'",
    "#",
    " # comment",
    "a: b",
    ": ",
    "- ",
    "-",
    "---",
    "...",
    "!Ref X",
    "!!binary aGk=",
    "&anchor",
    "*alias",
    "${AWS::AccountId}",
    "${!x}",
    "$${x",
    "<script>alert(1)</script>",
    "`id`; $(id) | id",
    "{a: 1}",
    "yes",
    "2012-10-17",
    "a\nDescription: b\r\n\t\u{7f}\u{85}\u{2028}\u{0}\u{feff}é株\u{1f3ed}",
];

/// The result of `Fn::Sub` for a text without variables.
fn substituted(text: &str) -> String {
    text.replace("${!", "${")
}

fn read_back(text: &str) {
    for (scalar, expected) in [
        (yaml_scalar(text), text.to_owned()),
        (template_text(text), literal_in_sub(text)),
    ] {
        let printable = |b: u8| (b' '..=b'~').contains(&b);
        assert!(scalar.bytes().all(printable), "{scalar}");
        let document =
            format!("Description: {scalar} # after\nOther: {scalar}\nList: [{scalar}, x]\n");
        let read: Value = serde_saphyr::from_str(&document).expect(&document);
        let whole = json!({"Description": expected, "Other": expected, "List": [expected, "x"]});
        assert_eq!(read, whole);
    }
}

#[test]
fn hostile_text_is_read_back_as_it_is() {
    for text in HOSTILE {
        read_back(text);
    }
}

#[test]
fn text_in_fn_sub_has_no_variable() {
    for (text, expected) in [
        ("${AWS::AccountId}", "\"${!AWS::AccountId}\""),
        ("${!x}", "\"${!!x}\""),
        ("$${x", "\"$${!x\""),
        ("$ {x} $", "\"$ {x} $\""),
    ] {
        assert_eq!(template_text(text), expected);
        assert_eq!(yaml_scalar(text), format!("{text:?}"));
    }
}

proptest! {
    #[test]
    fn any_text_is_read_back_as_it_is(text in ".*", parts in proptest::collection::vec(0..HOSTILE.len(), 0..6)) {
        let mut hostile: String = parts.into_iter().map(|part| HOSTILE[part]).collect();
        hostile.push_str(&text);
        read_back(&hostile);
        // No variable is left: each `${` has the mark that makes it literal, which `Fn::Sub` removes.
        let literal = literal_in_sub(&hostile);
        prop_assert_eq!(literal.matches("${").count(), literal.matches("${!").count());
        if !hostile.contains("${!") {
            prop_assert_eq!(substituted(&literal), hostile);
        }
    }
}
