//! What the table retries in addition to the SDK.

use crate::host::SystemHost;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use rolecall_domain::retry::{RetryPolicy, with_retry};

/// Whether another transaction was in progress. DynamoDB returns these codes alone, or as reasons
/// of a canceled transaction. Throttling is excluded: the SDK has already retried it, and a
/// throttled table needs less load.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>
pub(super) fn is_conflict(code: Option<&str>) -> bool {
    matches!(
        code,
        Some(
            "TransactionConflict"
                | "TransactionConflictException"
                | "TransactionInProgressException"
        )
    )
}

/// Whether a part of a transaction was throttled.
pub(super) fn is_throttle(code: Option<&str>) -> bool {
    matches!(
        code,
        Some("ThrottlingError" | "ProvisionedThroughputExceeded")
    )
}

/// Retries a single-item write that conflicts with a transaction, which takes only a moment.
/// Transactions are not retried here, because their callers read and decide again.
pub(super) async fn retry_conflicts<T, E, R>(
    write: impl AsyncFn() -> Result<T, SdkError<E, R>>,
) -> Result<T, SdkError<E, R>>
where
    SdkError<E, R>: ProvideErrorMetadata,
{
    let conflict = |error: &SdkError<E, R>| is_conflict(error.code());
    with_retry(&SystemHost, &RetryPolicy::BRIEF, conflict, write).await
}
