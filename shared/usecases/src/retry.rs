//! Deciding again where others changed the same records.

use crate::{Env, UseCaseError};
use rolecall_domain::retry::{RetryPolicy, with_retry};

/// Decides again, from what is read again, as long as the commit meets a record that changed. A commit
/// is one transaction, so the policy's attempts are also how many are sent.
///
/// # Errors
/// The decision's own, and [`UseCaseError::Contended`] when the records kept changing. So a use case
/// that calls another one never repeats what the other one gave up.
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
