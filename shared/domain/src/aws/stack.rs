//! CloudFormation stacks.

use super::account::AwsAccountId;
use super::arn::{arn_text, split_arn};
use super::regions::{Partition, Region};
use crate::messages::Rule;
use crate::text::FieldError;
use serde::{Deserialize, Serialize};

/// `arn:<partition>:cloudformation:<region>:<account>:stack/<name>/<id>`
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StackId {
    text: String,
    region: Region,
    account: AwsAccountId,
    name: String,
}

const STACK_RULE: FieldError = FieldError::new("invalid", Rule::NotAStackArn);

impl StackId {
    /// # Errors
    /// If the text is not a stack's ARN.
    pub fn parse(text: impl Into<String>) -> Result<Self, FieldError> {
        let text = text.into();
        let arn = split_arn(&text).ok_or(STACK_RULE)?;
        let mut resource = arn.resource.split('/');
        let (kind, name, unique) = (resource.next(), resource.next(), resource.next());
        let (Some("stack"), Some(name), Some(unique), None) = (kind, name, unique, resource.next())
        else {
            return Err(STACK_RULE);
        };
        let id = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        let name_fits = is_stack_name(name);
        let unique_fits = (1..=64).contains(&unique.len()) && unique.bytes().all(id);
        let region = Region::parse(arn.region).map_err(|_| STACK_RULE)?;
        let account = AwsAccountId::parse(arn.account).map_err(|_| STACK_RULE)?;
        let consistent = arn.service == "cloudformation" && region.partition() == arn.partition;
        if !(name_fits && unique_fits && consistent) {
            return Err(STACK_RULE);
        }
        let name = name.to_owned();
        Ok(Self {
            text,
            region,
            account,
            name,
        })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn account(&self) -> &AwsAccountId {
        &self.account
    }

    pub fn region(&self) -> &Region {
        &self.region
    }

    pub fn partition(&self) -> Partition {
        self.region.partition()
    }

    pub fn name(&self) -> &str {
        &self.name
    }
}

/// The properties of a stack that determine how it is deleted, as last read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenStack {
    /// Termination protection.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protected: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nested: Option<Nested>,
}

impl SeenStack {
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// The stacks that a nested stack belongs to. Its template is part of its parent's, and its
/// termination protection is its root's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nested {
    pub root: StackId,
    pub parent: StackId,
}

/// At most 128 letters, digits and hyphens, starting with a letter.
pub fn is_stack_name(text: &str) -> bool {
    text.len() <= 128
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

arn_text!(StackId);
