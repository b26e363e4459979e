//! Retries after a conflict.

pub use rolecall_http::Problem;

use rolecall_domain::retry::{RetryPolicy, with_retry};
use rolecall_usecases::Env;

/// Reads and decides again while other requests change the same records.
pub async fn decide_again<T>(
    env: &impl Env,
    decide: impl AsyncFnMut() -> Result<T, Problem>,
) -> Result<T, Problem> {
    with_retry(env.host(), &RetryPolicy::BRIEF, Problem::is_stale, decide).await
}
