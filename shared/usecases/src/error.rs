//! Why a use case failed.

use rolecall_domain::ports::{CommitError, StoreError};

#[derive(Debug, thiserror::Error)]
pub enum UseCaseError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record has changed since it was read: read and decide again, as
    /// [`crate::retry::decide_again`] does.
    #[error("a record has changed since it was read")]
    Changed,
    /// Concurrent changes to the same records persisted through all retries.
    #[error("the records kept changing")]
    Contended,
    /// A record that is never deleted does not exist.
    #[error("{0} does not exist")]
    Missing(&'static str),
    /// A commit was rejected for a reason that its change can't cause: a bug.
    #[error("a commit was rejected for an impossible reason")]
    Unexpected(#[source] CommitError),
}

impl UseCaseError {
    /// Whether a retry may succeed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Store(StoreError::Unavailable(_)) | Self::Changed | Self::Contended => true,
            // Another attempt costs little, and an alarm is raised if it keeps failing.
            Self::Missing(_) | Self::Unexpected(_) => true,
            Self::Store(StoreError::Corrupt { .. }) => false,
        }
    }
}

impl From<CommitError> for UseCaseError {
    /// For commits that only a changed record can reject. Other rejections are handled where the
    /// commit is made.
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
