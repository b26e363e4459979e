//! The session policies of a profile, which limit a session of the hub's role to one profile.

use super::Profile;
use crate::messages::{AccessRule, Rule};
use crate::text::FieldError;

/// The STS limit for the inline policy and the ARNs of managed policies together, in characters.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length>
pub const MAX_SESSION_POLICIES: usize = 2_048;
/// The STS limit for managed policies of a session.
pub const MAX_SESSION_ARNS: usize = 10;

/// The parameters of AssumeRole for a session of one profile. The session can do only what both these policies
/// and the role's own policies allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionPolicies {
    /// The inline policy as JSON, without whitespace between its parts.
    pub policy: Option<String>,
    /// ARNs of AWS managed policies.
    pub policy_arns: Vec<String>,
}

impl SessionPolicies {
    /// As STS counts it. STS also limits the packed size, which only a call can show.
    pub fn size(&self) -> usize {
        let policy = self.policy.as_deref().unwrap_or_default();
        policy.chars().count() + self.policy_arns.iter().map(String::len).sum::<usize>()
    }

    /// The limits that the policies exceed.
    pub(super) fn mistakes(&self) -> Vec<FieldError> {
        let mut wrong = Vec::new();
        if self.policy_arns.len() > MAX_SESSION_ARNS {
            let rule = AccessRule::SessionTooMany {
                count: self.policy_arns.len(),
                most: MAX_SESSION_ARNS,
            };
            let rule = Rule::Access { rule };
            wrong.push(FieldError::of("managed_policies", "too_long", rule));
        } else if self.size() > MAX_SESSION_POLICIES {
            let rule = AccessRule::SessionTooLarge {
                size: self.size(),
                most: MAX_SESSION_POLICIES,
            };
            let place = match self.policy {
                Some(_) => "policy",
                None => "managed_policies",
            };
            wrong.push(FieldError::of(place, "too_long", Rule::Access { rule }));
        }
        wrong
    }
}

impl Profile {
    pub fn session_policies(&self) -> SessionPolicies {
        let policy = self.policy.as_ref().map(ToString::to_string);
        SessionPolicies {
            policy,
            policy_arns: self.managed_policies.clone(),
        }
    }
}
