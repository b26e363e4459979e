//! Why a use case did not come to an end.

use rolecall_domain::ports::{CommitError, StoreError};

#[derive(Debug, thiserror::Error)]
pub enum UseCaseError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record changed after it was read: read and decide again. [`crate::retry::decide_again`]
    /// does so.
    #[error("a record changed meanwhile")]
    Changed,
    /// Others kept changing the same records.
    #[error("the records kept changing")]
    Contended,
    /// A record is gone that is never deleted.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A commit was refused for a reason that its change can't have: a fault in the code.
    #[error("a commit was refused for a reason that it can't have")]
    Unexpected(#[source] CommitError),
}

impl UseCaseError {
    /// Whether the same may succeed a moment later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Store(StoreError::Unavailable(_)) | Self::Changed | Self::Contended => true,
            // Another attempt costs little, and an alarm follows if it keeps failing.
            Self::Missing(_) | Self::Unexpected(_) => true,
            Self::Store(StoreError::Corrupt { .. }) => false,
        }
    }
}

impl From<CommitError> for UseCaseError {
    /// For a commit that nothing but a changed record may refuse. What else may refuse it is handled
    /// where the commit is made.
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Stale => Self::Changed,
            CommitError::Store(error) => error.into(),
            CommitError::Held(_)
            | CommitError::Connected(_)
            | CommitError::GroupClosed
            | CommitError::Answered
            | CommitError::KeyUsed => Self::Unexpected(error),
        }
    }
}
