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

/// The same for a decision from a record that was already read: `read_again` replaces it before every
/// attempt but the first.
///
/// # Errors
/// Those of [`decide_again`] and of `read_again`.
pub async fn decide_from<R, T>(
    env: &impl Env,
    mut record: R,
    read_again: impl AsyncFn(&mut R) -> Result<(), UseCaseError>,
    mut decide: impl AsyncFnMut(&R) -> Result<T, UseCaseError>,
) -> Result<T, UseCaseError> {
    let mut is_first = true;
    decide_again(env, async || {
        if !std::mem::take(&mut is_first) {
            read_again(&mut record).await?;
        }
        decide(&record).await
    })
    .await
}
