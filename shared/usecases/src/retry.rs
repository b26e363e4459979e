//! Deciding again where others changed the same records.

use crate::{Env, UseCaseError};
use rolecall_domain::SignedDuration;
use rolecall_domain::retry::{RetryPolicy, with_retry};

/// How often a use case decides before it gives up: eight times in about two seconds. A commit is
/// one transaction, so that is also how many are sent.
pub const DECISIONS: RetryPolicy = RetryPolicy {
    first_pause: SignedDuration::from_millis(25),
    longest_pause: SignedDuration::from_millis(600),
    attempts: 8,
    until: None,
};

/// Decides again, from what is read again, as long as the commit meets a record that changed.
///
/// # Errors
/// The decision's own, and [`UseCaseError::Contended`] when the records kept changing. So a use case
/// that calls another one never repeats what the other one gave up.
pub async fn decide_again<T>(
    env: &impl Env,
    decide: impl AsyncFnMut() -> Result<T, UseCaseError>,
) -> Result<T, UseCaseError> {
    let changed = |error: &UseCaseError| matches!(error, UseCaseError::Changed);
    let decided = with_retry(env.host(), &DECISIONS, changed, decide).await;
    decided.map_err(|error| match error {
        UseCaseError::Changed => UseCaseError::Contended,
        other => other,
    })
}
