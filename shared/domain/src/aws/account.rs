//! AWS account IDs and external IDs.

use crate::messages::Rule;
use crate::text::{FieldError, Name, checked_string};

checked_string!(
    /// Twelve digits.
    AwsAccountId,
    |text| {
        if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(())
        } else {
            Err(FieldError::new("invalid", Rule::NotAnAwsAccountId))
        }
    }
);

checked_string!(
    /// The external ID of an AssumeRole call: 2-1224 characters of `[\w+=,.@:/-]`.
    /// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
    ExternalId,
    |text| {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&b);
        if (2..=1224).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(())
        } else {
            Err(FieldError::new("invalid", Rule::NotAnExternalId))
        }
    }
);

impl ExternalId {
    /// 160 random bits, drawn by the caller, in hex.
    pub fn from_random(random: [u8; 20]) -> Self {
        Self(hex::encode(random))
    }

    /// A valid external ID that differs from this one, to test that the role rejects it.
    pub fn wrong(&self) -> Self {
        Self(format!(
            "not-{}",
            self.0.chars().rev().take(40).collect::<String>()
        ))
    }
}

impl From<&AwsAccountId> for Name {
    /// The account ID serves as the name if no better name is known.
    fn from(id: &AwsAccountId) -> Self {
        Self::of_checked(id.as_str())
    }
}
