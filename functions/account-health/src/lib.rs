//! Looks at connected accounts again: one message an account, each on its own.

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse};
use futures_util::stream::{self, StreamExt};
use rolecall_aws::queue::CheckRequest;
use rolecall_domain::check_schedule::Subject;
use rolecall_domain::ports::{CustomerAccounts, Host, Store};
use rolecall_domain::text::Tenant;
use rolecall_domain::verification::Trigger;
use rolecall_flows::{Context, FlowError};
use serde_json::Value;

#[derive(Debug)]
pub struct Health<S, C, H> {
    pub ctx: Context<S, C, H>,
}

/// Accounts of one batch looked at side by side.
const AT_ONCE: usize = 10;

/// Why a message was not dealt with.
#[derive(Debug, thiserror::Error)]
enum MessageError {
    #[error("the message is not a request for a check")]
    Malformed,
    #[error(transparent)]
    Flow(#[from] FlowError),
}

/// Not what a queue sends: none of its messages could be named in a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the event is no batch of messages")]
pub struct NoBatch;

impl<S: Store, C: CustomerAccounts, H: Host> Health<S, C, H> {
    /// Deals with every message; those that failed come again, and end up in the dead-letter queue.
    ///
    /// # Errors
    /// When the event is no batch.
    pub async fn handle(&self, event: &Value) -> Result<SqsBatchResponse, NoBatch> {
        let messages = event.get("Records").and_then(Value::as_array);
        let batch_item_failures = stream::iter(messages.ok_or(NoBatch)?)
            .map(|message| self.deal_with(message))
            .buffer_unordered(AT_ONCE)
            .filter_map(|failure| async { failure })
            .collect()
            .await;
        let mut response = SqsBatchResponse::default();
        response.batch_item_failures = batch_item_failures;
        Ok(response)
    }

    /// Decoded on its own, so that a message that is none takes no other along.
    async fn deal_with(&self, message: &Value) -> Option<BatchItemFailure> {
        let text = |name| message.get(name).and_then(Value::as_str);
        let error = self.check(text("body").unwrap_or_default()).await.err()?;
        let id = text("messageId").unwrap_or_default();
        tracing::error!(message.id = id, %error, "a check could not be made");
        // An empty name would stand for the whole batch.
        (!id.is_empty()).then(|| {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = id.to_owned();
            failure
        })
    }

    async fn check(&self, body: &str) -> Result<(), MessageError> {
        let request: CheckRequest =
            serde_json::from_str(body).map_err(|_| MessageError::Malformed)?;
        let CheckRequest { tenant, account_id } = request;
        let account = self
            .ctx
            .store
            .account(&tenant, &account_id)
            .await
            .map_err(FlowError::from)?;
        match account.filter(|account| !account.is_deregistered()) {
            Some(account) => {
                let report = self.ctx.check_account(account, Trigger::Scheduled).await?;
                let verdict = report.map(|report| report.verdict);
                tracing::info!(account.id = %account_id, ?verdict, "account checked");
            }
            None => self.take_off(&tenant, Subject::Account(account_id)).await?,
        }
        Ok(())
    }

    /// An account that left meanwhile is due no more.
    async fn take_off(&self, tenant: &Tenant, subject: Subject) -> Result<(), FlowError> {
        if let Some(checkup) = self.ctx.store.checkup(tenant, &subject).await? {
            self.ctx.store.put_checkup(&checkup.ended()).await?;
        }
        Ok(())
    }
}
