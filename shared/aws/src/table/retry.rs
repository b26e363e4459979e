//! What the table tries again, beyond what the SDK does.

use crate::host::SystemHost;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use rolecall_domain::retry::{RetryPolicy, with_retry};

/// Whether another transaction was in the way for a moment. These come alone, or as a reason why a
/// transaction was cancelled. Throttling is not among them: the SDK has tried again already, and a
/// table that is throttled needs less load.
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

/// Whether a part of a transaction met DynamoDB's limits.
pub(super) fn is_throttle(code: Option<&str>) -> bool {
    matches!(
        code,
        Some("ThrottlingError" | "ProvisionedThroughputExceeded")
    )
}

/// A write of one item: a transaction on the same item is in its way only for a moment. Transactions
/// are not sent again here: whoever decided on one reads and decides again.
pub(super) async fn retry_conflicts<T, E, R>(
    write: impl AsyncFn() -> Result<T, SdkError<E, R>>,
) -> Result<T, SdkError<E, R>>
where
    SdkError<E, R>: ProvideErrorMetadata,
{
    let conflict = |error: &SdkError<E, R>| is_conflict(error.code());
    with_retry(&SystemHost, &RetryPolicy::BRIEF, conflict, write).await
}
