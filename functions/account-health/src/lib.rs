//! Looks at connected accounts again: one message an account, each on its own.

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::stream::{self, StreamExt};
use rolecall_aws::queue::CheckRequest;
use rolecall_domain::check_schedule::Subject;
use rolecall_domain::ports::{CustomerAccounts, Host, Store};
use rolecall_domain::text::Tenant;
use rolecall_domain::verification::Trigger;
use rolecall_flows::{Context, FlowError};

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

impl<S: Store, C: CustomerAccounts, H: Host> Health<S, C, H> {
    /// Deals with every message; those that failed come again, and end up in the dead-letter queue.
    pub async fn handle(&self, event: SqsEvent) -> SqsBatchResponse {
        let batch_item_failures = stream::iter(event.records)
            .map(|message| self.deal_with(message))
            .buffer_unordered(AT_ONCE)
            .filter_map(|failure| async { failure })
            .collect()
            .await;
        let mut response = SqsBatchResponse::default();
        response.batch_item_failures = batch_item_failures;
        response
    }

    async fn deal_with(&self, message: SqsMessage) -> Option<BatchItemFailure> {
        let id = message.message_id.unwrap_or_default();
        let result = self
            .check(message.body.as_deref().unwrap_or_default())
            .await;
        let error = result.err()?;
        tracing::error!(message.id = id, %error, "a check could not be made");
        let mut failure = BatchItemFailure::default();
        failure.item_identifier = id;
        Some(failure)
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
