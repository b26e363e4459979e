//! Looks at connected accounts again: one message an account, each on its own.

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse};
use futures_util::future::{Either, FutureExt, select};
use futures_util::join;
use futures_util::stream::{self, StreamExt};
use rolecall_domain::check_schedule::{Checkup, DueCheck, Subject};
use rolecall_domain::ports::{CustomerAccounts, Host, Store};
use rolecall_domain::{SignedDuration, Timestamp};
use rolecall_flows::published::Published;
use rolecall_flows::{Context, FlowError};
use serde_json::Value;
use std::panic::AssertUnwindSafe;
use std::pin::pin;

#[derive(Debug)]
pub struct Health<S, C, H> {
    pub ctx: Context<S, C, H>,
}

/// Accounts of one batch looked at side by side. A check is up to nine calls at once, nearly all of it
/// waiting; with a whole batch at once, calls would wait for a small function's share of a processor
/// for so long that they time out.
const AT_ONCE: usize = 32;

/// What is kept free at the end of an invocation, to tell which messages are to come again.
const RESERVE: SignedDuration = SignedDuration::from_secs(5);

/// Why a message was not dealt with.
#[derive(Debug, thiserror::Error)]
enum MessageError {
    #[error("the message is not a request for a check")]
    Malformed,
    #[error("the time was over")]
    OutOfTime,
    #[error("the check panicked")]
    Panicked,
    #[error(transparent)]
    Flow(#[from] FlowError),
}

/// Not what a queue sends: none of its messages could be named in a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the event is no batch of messages")]
pub struct NoBatch;

impl<S: Store, C: CustomerAccounts, H: Host> Health<S, C, H> {
    /// Deals with every message; those that failed come again, and end up in the dead-letter queue.
    /// One account that hangs costs no other its result.
    ///
    /// # Errors
    /// When the event is no batch.
    pub async fn handle(
        &self,
        event: &Value,
        deadline: Timestamp,
    ) -> Result<SqsBatchResponse, NoBatch> {
        let messages = event.get("Records").and_then(Value::as_array);
        let published = Published::default();
        let batch_item_failures = stream::iter(messages.ok_or(NoBatch)?)
            .map(|message| self.deal_with(message, deadline, &published))
            .buffer_unordered(AT_ONCE)
            .filter_map(|failure| async { failure })
            .collect()
            .await;
        let mut response = SqsBatchResponse::default();
        response.batch_item_failures = batch_item_failures;
        Ok(response)
    }

    /// Decoded on its own, so that a message that is none takes no other along.
    async fn deal_with(
        &self,
        message: &Value,
        deadline: Timestamp,
        published: &Published,
    ) -> Option<BatchItemFailure> {
        let text = |name| message.get(name).and_then(Value::as_str);
        let id = text("messageId").unwrap_or_default();
        let left = (deadline - RESERVE).duration_since(self.ctx.now());
        let alarm = pin!(self.ctx.host.sleep(left.max(SignedDuration::ZERO)));
        // A check that panics costs the others nothing: all that they share is what was published,
        // and that is there as a whole or not at all.
        let check = self.check(text("body").unwrap_or_default(), published);
        let check = AssertUnwindSafe(check);
        let check = pin!(check.catch_unwind());
        let result = match select(check, alarm).await {
            Either::Left((result, _)) => result.unwrap_or(Err(MessageError::Panicked)),
            Either::Right(_) => Err(MessageError::OutOfTime),
        };
        let error = result.err()?;
        tracing::error!(message.id = id, %error, "a check could not be made");
        // An empty name would stand for the whole batch.
        (!id.is_empty()).then(|| {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = id.to_owned();
            failure
        })
    }

    async fn check(&self, body: &str, published: &Published) -> Result<(), MessageError> {
        let due: DueCheck = serde_json::from_str(body).map_err(|_| MessageError::Malformed)?;
        let subject = Subject::Account(due.account_id.clone());
        let (account, checkup) = join!(
            self.ctx.store.account(&due.tenant, &due.account_id),
            self.ctx.store.checkup(&due.tenant, &subject)
        );
        let (account, checkup) = (
            account.map_err(FlowError::from)?,
            checkup.map_err(FlowError::from)?,
        );
        let checkup = checkup.unwrap_or_else(|| Checkup::never(due.tenant.clone(), subject));
        if due.is_outdated(&checkup) {
            tracing::debug!(account.id = %due.account_id, "account checked already");
            return Ok(());
        }
        match account.filter(|account| !account.is_deregistered()) {
            Some(account) => {
                let verdict = self
                    .ctx
                    .check_when_due(account, &checkup, published)
                    .await?;
                tracing::info!(account.id = %due.account_id, ?verdict, "account checked");
            }
            None => self.take_off(&checkup).await?,
        }
        Ok(())
    }

    /// An account that left meanwhile is due no more.
    async fn take_off(&self, checkup: &Checkup) -> Result<(), FlowError> {
        let ended = checkup.ended();
        self.ctx.store.reschedule(checkup, &ended).await?;
        Ok(())
    }
}
