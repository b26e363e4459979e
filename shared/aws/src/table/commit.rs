//! A change as one transaction.
//!
//! Each step carries what it means when its condition fails, and DynamoDB tells by place which
//! ones failed. The SDK gives a transaction a token and repeats it with each of its own retries:
//! one that succeeded unseen is neither applied nor refused a second time.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>

use super::Table;
use super::items::failed;
use super::retry::{is_conflict, is_throttle};
use super::steps::Step;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use rolecall_domain::change::Change;
use rolecall_domain::ports::CommitError;

impl Table {
    pub(super) async fn transact(&self, change: &Change) -> Result<(), CommitError> {
        let steps = self.steps(change)?;
        if steps.is_empty() {
            return Ok(());
        }
        let actions: Vec<_> = steps.iter().map(|step| step.action.clone()).collect();
        let transaction = self.client.transact_write_items();
        let sent = transaction.set_transact_items(Some(actions)).send().await;
        match sent {
            Ok(_) => Ok(()),
            // Sent again as it is, it would most likely meet what the other one changed.
            Err(error) if is_only_contention(&error) => Err(CommitError::Stale),
            Err(error) => Err(refusal(steps, error)),
        }
    }
}

/// The reasons of a cancelled transaction, one for each step.
fn reasons(error: &SdkError<TransactWriteItemsError>) -> Vec<Option<&str>> {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => cancelled
            .cancellation_reasons()
            .iter()
            .map(|reason| reason.code())
            .collect(),
        _ => Vec::new(),
    }
}

/// Whether another transaction was in the way, and nothing was throttled. A condition that failed
/// meanwhile is not merge_reported yet: that transaction may be what changes it.
fn is_only_contention(error: &SdkError<TransactWriteItemsError>) -> bool {
    let reasons = reasons(error);
    is_conflict(error.code())
        || reasons.iter().copied().any(is_conflict) && !reasons.iter().copied().any(is_throttle)
}

/// What the failed conditions come to.
fn refusal(steps: Vec<Step>, error: SdkError<TransactWriteItemsError>) -> CommitError {
    let objections = steps
        .into_iter()
        .zip(reasons(&error))
        .filter(|(_, reason)| *reason == Some("ConditionalCheckFailed"))
        .filter_map(|(step, _)| step.objection);
    CommitError::foremost(objections).unwrap_or_else(|| CommitError::Store(failed(error)))
}
