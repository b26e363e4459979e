//! A request for credentials.

use crate::access::ProfileName;
use crate::ids::AccountId;
use crate::messages::Rule;
use crate::text::service::ServiceName;
use crate::text::{FieldError, checked_string};

/// STS's minimum.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
pub const LEAST_SECONDS: u32 = 900;

/// The maximum for a role that is assumed with another role's credentials, as the hub's are.
pub const MOST_SECONDS: u32 = 3600;

/// SDKs renew credentials that expire within 15 minutes on each request, so shorter sessions would not be reused.
pub const DEFAULT_SECONDS: u32 = 3600;

/// The duration of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionSeconds(u32);

impl SessionSeconds {
    /// # Errors
    /// The range, if the number is outside it.
    pub fn new(seconds: u64) -> Result<Self, FieldError> {
        let (least, most) = (LEAST_SECONDS, MOST_SECONDS);
        match u32::try_from(seconds) {
            Ok(seconds) if (least..=most).contains(&seconds) => Ok(Self(seconds)),
            _ => Err(FieldError::new("invalid", Self::rule())),
        }
    }

    /// The rule that a value outside the range breaks.
    pub fn rule() -> Rule {
        Rule::MustBeWholeNumber {
            least: LEAST_SECONDS,
            most: MOST_SECONDS,
        }
    }

    pub fn get(self) -> u32 {
        self.0
    }
}

impl Default for SessionSeconds {
    fn default() -> Self {
        Self(DEFAULT_SECONDS)
    }
}

checked_string!(
    /// The prefix that a service adds to its session name: 1-32 of `A-Z a-z 0-9 _ + = , . -`. It contains no
    /// `@`, which separates it from the service.
    GivenName,
    |text| {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.-".contains(&b);
        if (1..=32).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(())
        } else {
            Err(FieldError::new("invalid", Rule::NotASessionName))
        }
    }
);

/// A verified caller's request for credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueRequest {
    pub service: ServiceName,
    pub account_id: AccountId,
    pub profile: ProfileName,
    pub duration: SessionSeconds,
    pub given_name: Option<GivenName>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duration_outside_of_what_sts_accepts_is_rejected() {
        for seconds in [900, 901, 3599, 3600] {
            assert!(SessionSeconds::new(seconds).is_ok(), "{seconds}");
        }
        for seconds in [0, 899, 3601, u64::MAX] {
            assert!(SessionSeconds::new(seconds).is_err(), "{seconds}");
        }
        assert_eq!(SessionSeconds::new(3600), Ok(SessionSeconds::default()));
    }

    #[test]
    fn given_name_has_only_characters_of_a_session_name() {
        for name in ["a", "nightly-export_2", &"x".repeat(32)] {
            assert!(GivenName::parse(name).is_ok(), "{name}");
        }
        for name in ["", "a b", "a@b", "a/b", "a:b", "é", "a\n", &"x".repeat(33)] {
            assert!(GivenName::parse(name).is_err(), "{name:?}");
        }
    }
}
