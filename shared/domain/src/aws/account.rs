//! AWS accounts, and what STS calls an external ID.

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
    /// What STS calls an external ID: 2-1224 characters of `[\w+=,.@:/-]`.
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
    /// 160 bits of the caller's randomness, in hex.
    pub fn from_random(random: [u8; 20]) -> Self {
        Self(random.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// One that is certainly not this one: for proving that it is refused.
    pub fn wrong(&self) -> Self {
        Self(format!(
            "not-{}",
            self.0.chars().rev().take(40).collect::<String>()
        ))
    }
}

impl From<&AwsAccountId> for Name {
    /// Twelve digits are a name, for want of a better one.
    fn from(id: &AwsAccountId) -> Self {
        Self::of_checked(id.as_str())
    }
}
