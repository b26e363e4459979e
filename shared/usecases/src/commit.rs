//! Commits whose response, or whole change, may be there already.

use crate::{Env, UseCaseError};
use rolecall_domain::change::Change;
use rolecall_domain::ports::{CommitError, Records};

/// Commits a change with the response to a request. Another worker's earlier response stands.
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
