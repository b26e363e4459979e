//! Why policies are not compared.

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    #[error("the policy is not JSON")]
    NotJson,
    #[error("the policy has no statement in the form that IAM takes")]
    Malformed,
    #[error("there is too much in it to compare")]
    TooLarge,
}
