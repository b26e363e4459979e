//! The onboarding template as it was published.

use crate::text::{Invalid, checked_string};
use serde::{Deserialize, Serialize};

checked_string!(
    /// `major.minor.patch`
    TemplateVersion,
    |text| {
        let parts: Vec<&str> = text.split('.').collect();
        let number = |part: &&str| {
            (1..=5).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
        };
        if parts.len() == 3 && parts.iter().all(number) {
            Ok(())
        } else {
            Err(Invalid::new("invalid", "must look like 1.2.3"))
        }
    }
);

impl TemplateVersion {
    /// Whether the template can make roles beside the hub's own.
    pub fn makes_companion_roles(&self) -> bool {
        !self.is_older_than(&Self("1.1.0".to_owned()))
    }

    /// Whether it came out before the other.
    pub fn is_older_than(&self, other: &Self) -> bool {
        let numbers = |version: &Self| -> Vec<u32> {
            version
                .as_str()
                .split('.')
                .filter_map(|part| part.parse().ok())
                .collect()
        };
        numbers(self) < numbers(other)
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

    #[test]
    fn versions_compare_as_numbers() {
        let version = |text: &str| TemplateVersion::parse(text).expect("valid");
        assert!(version("1.9.0").is_older_than(&version("1.10.0")));
        assert!(!version("2.0.0").is_older_than(&version("1.10.0")));
        assert!(TemplateVersion::parse("1.0").is_err());
    }
}
