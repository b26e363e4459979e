//! Why policies are not compared.

use crate::messages::PolicyFault;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    #[error("the policy is not JSON")]
    NotJson,
    #[error("the policy has no statement in the form that IAM takes")]
    Malformed,
    #[error("there is too much in it to compare")]
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
