//! Repeats decisions when records change concurrently.

use crate::{Env, UseCaseError};
use rolecall_domain::retry::{RetryPolicy, with_retry};

/// Repeats a decision from newly read records while its commit meets a changed record. A commit is
/// one transaction, so the policy also limits the number of transactions.
///
/// # Errors
/// The decision's error, or [`UseCaseError::Contended`] if the records kept changing. `Contended`
/// is not retried, so a use case that calls another one never repeats the inner retries.
pub async fn decide_again<T>(
    env: &impl Env,
    decide: impl AsyncFnMut() -> Result<T, UseCaseError>,
) -> Result<T, UseCaseError> {
    let changed = |error: &UseCaseError| matches!(error, UseCaseError::Changed);
    let decided = with_retry(env.host(), &RetryPolicy::BRIEF, changed, decide).await;
    decided.map_err(|error| match error {
        UseCaseError::Changed => UseCaseError::Contended,
        other => other,
    })
}
