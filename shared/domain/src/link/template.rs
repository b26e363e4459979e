//! The onboarding template as it was published.

use crate::messages::Rule;
use crate::text::FieldError;
use serde::{Deserialize, Serialize};

/// `major.minor.patch`, each of one to five digits without leading zeros. Versions compare as numbers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TemplateVersion {
    major: u32,
    minor: u32,
    patch: u32,
}

impl TemplateVersion {
    /// # Errors
    /// When the text is no such version.
    pub fn parse(text: impl Into<String>) -> Result<Self, FieldError> {
        let text = text.into();
        let rule = FieldError::new("invalid", Rule::NotAVersion);
        let mut parts = text.split('.').map(number);
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(Some(major)), Some(Some(minor)), Some(Some(patch)), None) => Ok(Self {
                major,
                minor,
                patch,
            }),
            _ => Err(rule),
        }
    }

    /// Whether the template makes companion roles where the hub's policies do not reach them.
    pub fn makes_companion_roles(&self) -> bool {
        let first = Self {
            major: 1,
            minor: 2,
            patch: 0,
        };
        *self >= first
    }

    /// Whether it came out before the other.
    pub fn is_older_than(&self, other: &Self) -> bool {
        self < other
    }
}

/// One text for one number: what is read is written the same again.
fn number(text: &str) -> Option<u32> {
    let digits = (1..=5).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let canonical = digits && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| canonical)
}

impl std::fmt::Display for TemplateVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl TryFrom<String> for TemplateVersion {
    type Error = FieldError;
    fn try_from(text: String) -> Result<Self, FieldError> {
        Self::parse(text)
    }
}

impl From<TemplateVersion> for String {
    fn from(version: TemplateVersion) -> Self {
        version.to_string()
    }
}

/// Where the current onboarding template lies. The key is immutable: another text, another URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedTemplate {
    pub version: TemplateVersion,
    pub url: String,
}

/// What a published version of the template lets its role do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplatePermissions {
    pub version: TemplateVersion,
    /// The policy `SelfInspection`, with names such as `${StackId}` for one stack's resources.
    pub self_inspection: String,
    /// The operator's policy in each publication of this version, the newest first. Empty text
    /// where there was none.
    pub operator_policies: Vec<String>,
}

impl TemplatePermissions {
    /// The policies that the template makes inside a role.
    pub const POLICY_NAMES: [&str; 2] = ["SelfInspection", "OperatorPolicy"];
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> TemplateVersion {
        TemplateVersion::parse(text).expect("valid")
    }

    #[test]
    fn versions_compare_as_numbers() {
        let rising = [
            "0.0.9",
            "1.2.3",
            "1.9.0",
            "1.10.0",
            "2.0.0",
            "10.0.0",
            "99999.0.0",
        ];
        for pair in rising.windows(2) {
            let (older, newer) = (version(pair[0]), version(pair[1]));
            assert!(older < newer && older.is_older_than(&newer), "{pair:?}");
            assert!(!newer.is_older_than(&older) && !older.is_older_than(&older));
        }
        let newest = rising.into_iter().rev().map(version).max();
        assert_eq!(newest, Some(version("99999.0.0")));
    }

    #[test]
    fn a_version_is_written_as_it_was_read() {
        for text in ["0.0.0", "1.2.3", "10.20.30", "2026.1128.99999"] {
            assert_eq!(version(text).to_string(), text);
        }
        for bad in [
            "",
            "1.0",
            "1.0.0.0",
            "01.0.0",
            "1.00.0",
            "1.0.x",
            "+1.0.0",
            "1.0.0 ",
            "-1.0.0",
            "2026.1128.100000",
            "1..0",
        ] {
            assert!(TemplateVersion::parse(bad).is_err(), "{bad}");
        }
    }
}
