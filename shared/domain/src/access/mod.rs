//! Access profiles: what the operator's product may do in an account. The operator declares them in one
//! file; a registration chooses some of them, and the stack gives the role exactly these.

mod danger;
mod difference;
mod file;
mod session;

pub use danger::Danger;
pub use difference::{Difference, ProfileChange};
pub use file::{AccessFile, MAX_INLINE, MAX_MANAGED_POLICIES, MAX_PROFILES, inline_size};
pub use session::{MAX_SESSION_ARNS, MAX_SESSION_POLICIES, SessionPolicies};

use crate::messages::{Language, Rule};
use crate::text::{FieldError, checked_string};
use serde::{Deserialize, Serialize};
use serde_json::Value;

checked_string!(
    /// 1 to 32 lowercase letters, digits and hyphens. It starts with a letter, and so does each part
    /// after a hyphen, which makes both names below unique. It is also part of a path that IAM
    /// policies name.
    ProfileName,
    |text| {
        let part = |part: &str| {
            let first = part.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
            let rest = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
            first && part.bytes().all(rest)
        };
        if text.len() <= 32 && text.split('-').all(part) {
            Ok(())
        } else {
            Err(FieldError::new("invalid", Rule::NotAnAccessProfileName))
        }
    }
);

impl ProfileName {
    /// The name of the profile's inline policy in the role.
    pub fn policy_name(&self) -> String {
        format!("Access-{self}")
    }

    /// The logical ID of the policy in the template: `read-only` becomes `AccessReadOnly`. It must
    /// never change, because CloudFormation creates a renamed policy before it deletes the previous one.
    pub fn logical_id(&self) -> String {
        let mut id = "Access".to_owned();
        for part in self.as_str().split('-') {
            let mut letters = part.chars();
            id.extend(letters.next().map(|first| first.to_ascii_uppercase()));
            id.push_str(letters.as_str());
        }
        id
    }
}

/// A text of the operator, in each language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// Printable ASCII: CloudFormation shows it in templates and stacks.
    pub en: String,
    pub ja: String,
}

impl Words {
    pub fn text(&self, language: Language) -> &str {
        match language {
            Language::English => &self.en,
            Language::Japanese => &self.ja,
        }
    }
}

/// A named set of permissions of a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    pub name: ProfileName,
    pub title: Words,
    pub explain: Words,
    /// What the operator promises not to do. Nothing derives it from the policies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not: Option<Words>,
    /// ARNs of AWS managed policies, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub managed_policies: Vec<String>,
    /// An inline policy document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Value>,
    /// Declared by the operator. Customers see that the profile can take over the account.
    #[serde(default)]
    pub dangerous: bool,
}
