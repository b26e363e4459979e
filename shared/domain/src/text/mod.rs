//! Text from people and programs, parsed once at the boundary.

pub mod legible;
pub mod month;
pub mod person;
pub mod romanize;
pub mod service;
pub mod template_text;

use crate::messages::{Alternatives, Language, Message, Rule};
use person::Person;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};
use std::fmt;

/// An invalid field: a stable code, and the rule that its value breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", rule.text(Language::English))]
pub struct FieldError {
    /// The field's path in the request; empty for a value that was parsed on its own.
    pub field: String,
    pub code: &'static str,
    pub rule: Rule,
}

impl FieldError {
    pub const fn new(code: &'static str, rule: Rule) -> Self {
        Self {
            field: String::new(),
            code,
            rule,
        }
    }

    pub fn of(field: &str, code: &'static str, rule: Rule) -> Self {
        Self {
            field: field.to_owned(),
            code,
            rule,
        }
    }

    /// Prefixes the field with its parent's path.
    #[must_use]
    pub fn within(self, parent: &str) -> Self {
        let field = match self.field.as_str() {
            "" => parent.to_owned(),
            field => format!("{parent}.{field}"),
        };
        Self { field, ..self }
    }
}

impl Serialize for FieldError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut error = serializer.serialize_struct("FieldError", 3)?;
        error.serialize_field("field", &self.field)?;
        error.serialize_field("code", self.code)?;
        error.serialize_field("message", &self.rule.localized())?;
        error.end()
    }
}

/// Defines a string type that can only be created by passing `check`, also when deserializing.
macro_rules! checked_string {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $crate::text::checked_string!($(#[$doc])* $name, $check, |text: String| text);
    };
    // With a normalization that runs before the check.
    ($(#[$doc:meta])* $name:ident, $check:expr, $tidy:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// # Errors
            /// The rule that the text breaks.
            pub fn parse(text: impl Into<String>) -> Result<Self, $crate::text::FieldError> {
                let tidy: fn(String) -> String = $tidy;
                let text = tidy(text.into());
                let check: fn(&str) -> Result<(), $crate::text::FieldError> = $check;
                check(&text).map(|()| Self(text))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::text::FieldError;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{:?}", self.0)
            }
        }
    };
}

pub(crate) use checked_string;

/// Checks text that people write: visible, not too long, and without characters that change the
/// direction of the text after it.
fn check_words(text: &str, most: usize) -> Result<(), FieldError> {
    if !legible::is_visible(text) {
        return Err(FieldError::new("required", Rule::NothingVisible));
    }
    if text.chars().count() > legible::MAX_CODE_POINTS || legible::length(text) > most {
        return Err(FieldError::new("too_long", Rule::TooLong { most }));
    }
    if legible::turns_direction(text) {
        return Err(FieldError::new("invalid", Rule::ChangesDirection));
    }
    Ok(())
}

/// Checks text that people write on one line.
pub(crate) fn check_line(text: &str, most: usize) -> Result<(), FieldError> {
    check_words(text, most)?;
    let breaks = |c: char| c.is_control() || legible::breaks_line(c);
    if text.chars().any(breaks) {
        return Err(FieldError::new("invalid", Rule::ControlCharacters));
    }
    Ok(())
}

/// The longest text of a search, in characters: longer than a role's ARN.
const MAX_SEARCH: usize = 600;

/// What is searched for in names: in Unicode normalization form C, and in lowercase.
///
/// # Errors
/// If the text is not one visible line.
pub fn search(text: &str) -> Result<String, FieldError> {
    check_line(text, MAX_SEARCH)?;
    Ok(legible::composed(text.trim()).to_lowercase())
}

/// The unknown keys at this place in an operator's file.
pub(crate) fn unknown(object: &Map<String, Value>, known: &[&str]) -> Vec<FieldError> {
    let others = object.keys().filter(|key| !known.contains(&key.as_str()));
    let rule = || Rule::UnknownKey {
        known: Alternatives::of(known.iter().copied()),
    };
    others
        .map(|key| FieldError::of(key, "unknown_field", rule()))
        .collect()
}

checked_string!(
    /// The name of a group or an account: 1-64 user-perceived characters of any language, without
    /// control characters and line breaks. Normalized, so that names that look the same are equal.
    Name,
    |text| check_line(text, 64),
    |text| legible::composed(&text)
);

impl Name {
    /// Creates a name from text that another type has already checked.
    pub(crate) fn of_checked(text: &str) -> Self {
        Self(text.to_owned())
    }
}

checked_string!(
    /// A color as `#rrggbb`.
    Color,
    |text| {
        let hex = text.strip_prefix('#').unwrap_or_default();
        if hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            Ok(())
        } else {
            Err(FieldError::new("invalid", Rule::NotAColor))
        }
    }
);

checked_string!(
    /// Why a person dismissed an orphaned stack: 1-500 user-perceived characters.
    DismissReason,
    |text| check_words(text, 500),
    |text| legible::composed(&text)
);

checked_string!(
    /// The tenant that a caller belongs to, from the token's verified claim. It becomes part of
    /// partition keys, so its alphabet contains no separator.
    Tenant,
    |text| {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(())
        } else {
            Err(FieldError::new("invalid", Rule::NotATenant))
        }
    }
);

checked_string!(
    /// The value of a client's `Idempotency-Key` header: 1-255 printable ASCII characters.
    IdempotencyKey,
    |text| {
        if (1..=255).contains(&text.len()) && text.bytes().all(|b| (0x21..=0x7e).contains(&b)) {
            Ok(())
        } else {
            Err(FieldError::new("invalid", Rule::NotAnIdempotencyKey))
        }
    }
);

/// Who made a change, for the audit entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Actor {
    /// A person or program with a token of the tenant, by the token's `sub`. An audit entry has the user's
    /// names in separate fields.
    User { subject: String, person: Person },
    /// A program of the operator, by the name of its IAM role. An audit entry has the name of the role's
    /// session in a separate field.
    Service {
        role_name: String,
        session_name: Option<String>,
    },
    /// A program with a token of an issuer that the operator published: `<issuer>/<subject>`.
    Workload(String),
    /// The customer's stack, through its custom resource.
    Stack,
    /// Anyone who has the link to the customer's page.
    Customer,
    /// The hub itself.
    Hub,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User { subject, .. } => write!(f, "user:{subject}"),
            Self::Service { role_name, .. } => write!(f, "service:{role_name}"),
            Self::Workload(name) => write!(f, "workload:{name}"),
            Self::Stack => f.write_str("stack"),
            Self::Customer => f.write_str("customer"),
            Self::Hub => f.write_str("hub"),
        }
    }
}

impl Actor {
    /// A user without a name.
    pub fn user(subject: impl Into<String>) -> Self {
        Self::User {
            subject: subject.into(),
            person: Person::default(),
        }
    }

    /// The name of the role's session, if the actor is a service.
    pub fn session_name(&self) -> Option<&str> {
        match self {
            Self::Service { session_name, .. } => session_name.as_deref(),
            Self::User { .. } | Self::Workload(_) | Self::Stack | Self::Customer | Self::Hub => {
                None
            }
        }
    }
}

impl From<Actor> for String {
    fn from(actor: Actor) -> String {
        actor.to_string()
    }
}

impl TryFrom<String> for Actor {
    type Error = FieldError;
    fn try_from(text: String) -> Result<Self, FieldError> {
        match text.split_once(':') {
            Some(("user", subject)) => Ok(Self::user(subject)),
            Some(("service", role_name)) => Ok(Self::Service {
                role_name: role_name.to_owned(),
                session_name: None,
            }),
            Some(("workload", name)) => Ok(Self::Workload(name.to_owned())),
            None if text == "stack" => Ok(Self::Stack),
            None if text == "customer" => Ok(Self::Customer),
            None if text == "hub" => Ok(Self::Hub),
            _ => Err(FieldError::new("invalid", Rule::NotAnActor)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_length_counts_grapheme_clusters() {
        assert!(Name::parse("開発チーム".repeat(12)).is_ok());
        assert_eq!(
            Name::parse("é".repeat(65)).expect_err("too long").code,
            "too_long"
        );
        assert_eq!(Name::parse("  ").expect_err("blank").code, "required");
        assert_eq!(Name::parse("a\u{7}b").expect_err("bell").code, "invalid");
        assert!(Name::parse("👨\u{200d}👩\u{200d}👧".repeat(64)).is_ok());
        let marks = "e".to_owned() + &"\u{301}".repeat(2000);
        assert_eq!(Name::parse(marks).expect_err("long").code, "too_long");
    }

    #[test]
    fn invisible_or_direction_changing_name_is_rejected() {
        for blank in [
            "\u{200b}",
            "\u{3164}",
            "\u{2800}\u{2800}",
            "\u{ad} \u{feff}",
            "\u{e0020}",
        ] {
            assert_eq!(Name::parse(blank).expect_err("blank").code, "required");
            assert_eq!(
                DismissReason::parse(blank).expect_err("blank").code,
                "required"
            );
        }
        for turned in ["a\u{202e}b", "\u{2067}x", "ab\u{200f}"] {
            assert_eq!(Name::parse(turned).expect_err("turned").code, "invalid");
            assert_eq!(
                DismissReason::parse(turned).expect_err("turned").code,
                "invalid"
            );
        }
        assert_eq!(
            Name::parse("a\u{2028}b").expect_err("a line").code,
            "invalid"
        );
        // A joiner between letters is part of the spelling.
        assert!(Name::parse("می\u{200c}خواهم").is_ok());
        let (apart, whole) = (Name::parse("Cafe\u{301}"), Name::parse("Caf\u{e9}"));
        assert_eq!(apart, whole);
    }

    #[test]
    fn color_has_six_hex_digits() {
        assert!(Color::parse("#00fF7a").is_ok());
        for bad in ["", "00ff7a", "#00ff7", "#00ff7g", "#00ff7a0"] {
            assert!(Color::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn actor_round_trips_and_other_text_is_rejected() {
        let read = |text: &str| Actor::try_from(text.to_owned());
        let service = Actor::Service {
            role_name: "billing".to_owned(),
            session_name: None,
        };
        for actor in [
            Actor::user("a:b"),
            service,
            Actor::Stack,
            Actor::Customer,
            Actor::Hub,
        ] {
            assert_eq!(read(&actor.to_string()), Ok(actor));
        }
        for bad in [
            "",
            "services:a",
            "service",
            "Hub",
            "hub ",
            "root",
            "users:a",
            "stack:x",
            "customer:x",
            "system",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn tenant_with_key_separator_is_rejected() {
        assert!(Tenant::parse("acme_corp-1").is_ok());
        for bad in ["", "a#b", "a/b", "ü", &"a".repeat(65)] {
            assert!(Tenant::parse(bad).is_err(), "{bad}");
        }
    }
}
