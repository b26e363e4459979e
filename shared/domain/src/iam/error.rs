//! Reasons why policies can't be compared.

use crate::messages::PolicyFault;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    #[error("the policy is not JSON")]
    NotJson,
    #[error("the policy does not follow IAM's grammar")]
    Malformed,
    #[error("the policy is too large to compare")]
    TooLarge,
}

impl From<PolicyError> for PolicyFault {
    fn from(error: PolicyError) -> Self {
        match error {
            PolicyError::NotJson => Self::NotJson,
            PolicyError::Malformed => Self::Malformed,
            PolicyError::TooLarge => Self::TooLarge,
        }
    }
}
