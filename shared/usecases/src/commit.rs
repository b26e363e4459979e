//! Commits whose response, or whole change, may already be stored.

use crate::{Env, UseCaseError};
use rolecall_domain::change::Change;
use rolecall_domain::ports::{CommitError, Records};

/// Commits a change with the response to a request. If another worker has stored a response, that one is kept.
///
/// # Errors
/// If the store fails, or [`UseCaseError::Changed`] if a record has changed.
pub(crate) async fn commit_unless_answered(
    env: &impl Env,
    change: &Change,
) -> Result<(), UseCaseError> {
    match env.store().commit(change).await {
        Err(CommitError::Answered) => Ok(()),
        result => Ok(result?),
    }
}

pub(crate) async fn commit_unless_empty(
    env: &impl Env,
    change: &Change,
) -> Result<(), CommitError> {
    if change.is_empty() {
        Ok(())
    } else {
        env.store().commit(change).await
    }
}
