//! The versions and IDs of onboarding templates, and where they are.

use crate::messages::Rule;
use crate::text::{FieldError, checked_string};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// `major.minor.patch`, each with one to five digits and no leading zeros. Versions compare
/// numerically.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TemplateVersion {
    major: u32,
    minor: u32,
    patch: u32,
}

impl TemplateVersion {
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self {
            major,
            minor,
            patch,
        }
    }

    /// # Errors
    /// If the text does not have this format.
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

    /// Whether this version is older than the other.
    pub fn is_older_than(&self, other: &Self) -> bool {
        self < other
    }
}

/// Accepts only the canonical form, so that parsing and formatting round-trip.
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

checked_string!(
    /// The SHA-256 of everything that determines a template, in lowercase hexadecimal.
    TemplateId,
    |text| {
        let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if text.len() == 64 && text.bytes().all(digit) {
            Ok(())
        } else {
            Err(FieldError::new("invalid", Rule::NotATemplateId))
        }
    }
);

impl TemplateId {
    /// The ID of the template that is determined by this text.
    pub fn of(canonical: &str) -> Self {
        Self(hex::encode(Sha256::digest(canonical)))
    }
}

/// A template in the onboarding bucket. The object is immutable: other content has another URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedTemplate {
    pub version: TemplateVersion,
    pub template_id: TemplateId,
    pub url: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> TemplateVersion {
        TemplateVersion::parse(text).expect("valid")
    }

    #[test]
    fn versions_compare_numerically() {
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
    fn version_round_trips() {
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
