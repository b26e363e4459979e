//! Trying again what only came at a bad moment.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// Waits that double, with jitter: eight tries in about two seconds at most.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    pauses: u32,
}

const PAUSES: u32 = 7;
const FIRST: Duration = Duration::from_millis(25);
const LONGEST: Duration = Duration::from_millis(600);

impl Backoff {
    /// Waits before the next try; false when there were enough.
    pub(crate) async fn pause(&mut self) -> bool {
        if self.pauses == PAUSES {
            return false;
        }
        let full = FIRST.saturating_mul(1 << self.pauses).min(LONGEST);
        tokio::time::sleep(full.mul_f64(0.5 + 0.5 * random())).await;
        self.pauses += 1;
        true
    }
}

/// In 0..1. Not for secrets: the standard library seeds its hashers at random.
fn random() -> f64 {
    let bits = u32::try_from(RandomState::new().hash_one(()) >> 32).unwrap_or_default();
    f64::from(bits) / f64::from(u32::MAX)
}

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

/// A write of one item: a transaction on the same item is in its way only for a moment.
pub(super) async fn patiently<T, E, R>(
    attempt: impl AsyncFn() -> Result<T, SdkError<E, R>>,
) -> Result<T, SdkError<E, R>>
where
    SdkError<E, R>: ProvideErrorMetadata,
{
    let mut backoff = Backoff::default();
    loop {
        match attempt().await {
            Err(error) if is_conflict(error.code()) && backoff.pause().await => {}
            done => return done,
        }
    }
}
