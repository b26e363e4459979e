//! Applies a change as one transaction.
//!
//! Each step contains the error for a failed condition; DynamoDB reports failures by position. The
//! SDK sends the same client token with each of its own retries, so a transaction whose response
//! was lost is neither applied nor rejected a second time.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>

use super::Table;
use super::items::failed;
use super::keys::{CHANGES_AT, Key};
use super::retry::{is_conflict, is_throttle};
use super::steps::{Floors, Step};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use rolecall_domain::change::Change;
use rolecall_domain::ports::{CommitError, StoreError};

impl Table {
    pub(super) async fn transact(&self, change: &Change) -> Result<(), CommitError> {
        let steps = self.steps(change, &Floors::default())?;
        match self.apply(steps).await {
            Err(CommitError::Stale) => {
                let floors = self.overtaken(change).await?;
                if floors.is_empty() {
                    return Err(CommitError::Stale);
                }
                let steps = self.steps(change, &floors)?;
                self.apply(steps).await
            }
            result => result,
        }
    }

    /// The records that are unchanged, but whose entries in the index of changes have a later time
    /// than the change: the clocks of two functions differ, or the decision took long.
    async fn overtaken(&self, change: &Change) -> Result<Floors, StoreError> {
        let mut floors = Floors::default();
        for write in &change.writes {
            let (Some(before), Some(_)) = (&write.before, &write.after) else {
                continue;
            };
            let item = self.item(&Key::record(before)).await?.unwrap_or_default();
            let version = item.get("version").and_then(|it| it.as_n().ok());
            let place = item.get(CHANGES_AT).and_then(|it| it.as_s().ok());
            let at = place.and_then(|place| place.split('#').next()?.parse::<i64>().ok());
            if version == Some(&before.version().to_string())
                && let Some(at) = at.filter(|at| *at >= write.audit.at.as_millisecond())
            {
                floors.insert(before.id().to_owned(), at + 1);
            }
        }
        Ok(floors)
    }

    /// Applies the steps together or not at all.
    pub(super) async fn apply(&self, steps: Vec<Step>) -> Result<(), CommitError> {
        if steps.is_empty() {
            return Ok(());
        }
        let actions: Vec<_> = steps.iter().map(|step| step.action.clone()).collect();
        let transaction = self.client.transact_write_items();
        let sent = transaction.set_transact_items(Some(actions)).send().await;
        match sent {
            Ok(_) => Ok(()),
            // Resending it unchanged would most likely conflict with the other transaction's
            // changes.
            Err(error) if is_only_contention(&error) => Err(CommitError::Stale),
            Err(error) => Err(refusal(steps, error)),
        }
    }
}

/// The reasons of a canceled transaction, one per step.
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

/// Whether the only cause was another transaction, without throttling. Failed conditions are
/// ignored, because that transaction may be about to change their result.
fn is_only_contention(error: &SdkError<TransactWriteItemsError>) -> bool {
    let reasons = reasons(error);
    is_conflict(error.code())
        || reasons.iter().copied().any(is_conflict) && !reasons.iter().copied().any(is_throttle)
}

/// Converts failed conditions into an error.
fn refusal(steps: Vec<Step>, error: SdkError<TransactWriteItemsError>) -> CommitError {
    let objections = steps
        .into_iter()
        .zip(reasons(&error))
        .filter(|(_, reason)| *reason == Some("ConditionalCheckFailed"))
        .filter_map(|(step, _)| step.objection);
    CommitError::foremost(objections).unwrap_or_else(|| CommitError::Store(failed(error)))
}
