//! The names of a user in a token. They are informational and identify no one, because users may be able to
//! choose them.

use super::{FieldError, check_line, checked_string, legible};
use crate::messages::Rule;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest name that is kept, in user-perceived characters and in code points.
const LONGEST_NAME: usize = 64;
const MOST_CODE_POINTS: usize = 256;

/// The longest address that mail servers accept.
const LONGEST_EMAIL: usize = 254;

checked_string!(
    /// A person's name: 1-64 user-perceived characters on one line.
    PersonName,
    |text| check_line(text, LONGEST_NAME)
);

impl PersonName {
    /// The name in a claim, shortened, and without characters that would break a line or change its direction.
    /// `None` if nothing visible remains.
    pub fn of_claim(claim: &str) -> Option<Self> {
        // A longer text is not a name. This limits the work for any claim.
        let start: String = claim.chars().take(4 * MOST_CODE_POINTS).collect();
        let legible: String = start
            .chars()
            .map(|c| {
                if c.is_control() || legible::breaks_line(c) {
                    ' '
                } else {
                    c
                }
            })
            .filter(|c| !legible::turns_direction(c.encode_utf8(&mut [0; 4])))
            .collect();
        let composed = legible::composed(&legible);
        let start = legible::start(composed.trim(), LONGEST_NAME, MOST_CODE_POINTS);
        Self::parse(start.trim_end()).ok()
    }
}

checked_string!(
    /// A person's email address, in ASCII.
    EmailAddress,
    |text| {
        let printable = text.bytes().all(|b| b.is_ascii_graphic());
        let parts = text.split_once('@');
        let whole = parts.is_some_and(|(user, host)| {
            !user.is_empty() && !host.is_empty() && !host.contains('@')
        });
        if text.len() <= LONGEST_EMAIL && printable && whole {
            Ok(())
        } else {
            Err(FieldError::new("invalid", Rule::NotAnEmailAddress))
        }
    }
);

/// The names of the user who made a change, in addition to the subject of the token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    #[serde(
        rename = "actor_name",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub name: Option<PersonName>,
    #[serde(
        rename = "actor_email",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub email: Option<EmailAddress>,
}

impl Person {
    /// The names in the claims that the gateway passed on. An address that the issuer has not verified
    /// is left out, because anyone could have entered it.
    pub fn of_claims(verified: &Value) -> Self {
        let text = |claim: &str| verified.get(claim).and_then(Value::as_str);
        let is_unverified = text("email_verified") == Some("false");
        let email = text("email").filter(|_| !is_unverified);
        Self {
            name: text("name").and_then(PersonName::of_claim),
            email: email.and_then(|email| EmailAddress::parse(email).ok()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(claim: &str) -> Option<String> {
        PersonName::of_claim(claim).map(String::from)
    }

    #[test]
    fn name_of_any_language_is_kept() {
        for kept in ["Ana Silva", "山田 太郎", "Zoë O'Brien", "علي"] {
            assert_eq!(name(kept).as_deref(), Some(kept));
        }
        assert_eq!(name("Cafe\u{301} "), name("Caf\u{e9}"));
    }

    #[test]
    fn name_that_could_break_a_line_becomes_one_line() {
        assert_eq!(name("Ana\r\nX: 1").as_deref(), Some("Ana  X: 1"));
        assert_eq!(name("\u{202e}Ana\u{2066}").as_deref(), Some("Ana"));
        assert_eq!(name("a\u{2028}b\u{7}").as_deref(), Some("a b"));
        for nothing in ["", " ", "\u{200b}\u{3164}", "\u{202e}", "\n"] {
            assert_eq!(name(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn long_name_is_shortened_between_characters() {
        assert_eq!(name(&"é".repeat(80)), Some("é".repeat(64)));
        let family = "👨\u{200d}👩\u{200d}👧";
        let kept = name(&family.repeat(300)).expect("a name");
        assert!(kept.ends_with('👧') && kept.chars().count() <= MOST_CODE_POINTS);
        let marks = format!("e{}", "\u{301}".repeat(100_000));
        assert_eq!(name(&marks), None);
    }

    #[test]
    fn email_address_is_one_ascii_word_with_one_at_sign() {
        for good in ["ana@acme.example", "a+b.c@x"] {
            assert!(EmailAddress::parse(good).is_ok(), "{good}");
        }
        let long = format!("{}@x", "a".repeat(260));
        for bad in ["", "@", "a@", "@b", "a b@c", "a@b@c", "a\n@b", "ä@b", &long] {
            assert!(EmailAddress::parse(bad).is_err(), "{bad:?}");
        }
    }
}
