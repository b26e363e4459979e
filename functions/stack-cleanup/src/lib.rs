//! Collects evidence on orphaned stacks, expires registrations, and queues due account checks for
//! `account-health`.

// Text of any language can't be cut at a number of bytes.
#![cfg_attr(not(test), warn(clippy::string_slice))]

pub mod event;
mod organization;
mod sweep;
mod tally;

pub use crate::tally::SweepError;

use crate::event::{Event, EventError};
use rolecall_aws::telemetry::{Ending, Outcome, RequestLog};
use rolecall_domain::Timestamp;
use rolecall_domain::ports::{CheckQueue, DeadLetters, StoreError};
use rolecall_domain::record::evidence::{Evidence, EvidenceKind};
use rolecall_usecases::on_record::OnRecord;
use rolecall_usecases::track_orphan::check_orphan_of;
use rolecall_usecases::{Env, UseCaseError, stack_event};
use serde::Serialize;
use serde_json::{Value, json};

#[derive(Debug)]
pub struct Cleanup<E, Q, D> {
    pub env: E,
    pub queue: Q,
    /// Receives events that can't be parsed.
    pub dead_letters: D,
}

/// The number of records that an event affected.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    pub stacks_checked: usize,
    pub registrations_expired: usize,
    pub accounts_queued: usize,
    /// Accounts and orphaned stacks in an AWS account that an organization reported on.
    pub records_updated: usize,
    /// Schedule entries that name no record; they were removed.
    pub damaged: usize,
    pub failed: usize,
}

/// The event should be delivered again.
#[derive(Debug, thiserror::Error)]
pub enum CleanupError {
    #[error(transparent)]
    UseCase(#[from] UseCaseError),
    #[error(transparent)]
    Sweep(#[from] SweepError),
}

impl From<StoreError> for CleanupError {
    fn from(error: StoreError) -> Self {
        Self::UseCase(error.into())
    }
}

impl<E: Env, Q: CheckQueue, D: DeadLetters> Cleanup<E, Q, D> {
    /// Handles one event. An event that can't be parsed is sent to the dead-letter queue at once,
    /// because another delivery would fail in the same way.
    ///
    /// # Errors
    /// When the event should be delivered again.
    pub async fn handle(
        &self,
        event: &Value,
        deadline: Timestamp,
    ) -> Result<Summary, CleanupError> {
        let decoded = Event::decode(event);
        if decoded == Ok(Event::Schedule) {
            return Ok(sweep::sweep(&self.env, &self.queue, deadline).await?);
        }
        let log = RequestLog::start(decoded.as_ref().map_or("unknown event", Event::name));
        let id = event.get("id").and_then(Value::as_str);
        log.message_id(id.unwrap_or_default());
        let done = match decoded {
            Ok(event) => apply(&self.env, event, &log).await,
            Err(reason) => reject(&self.dead_letters, event, &reason, &log).await,
        };
        if let Err(error) = &done {
            log.end(Outcome::Failed, &Ending::error(error));
        }
        Ok(done?)
    }
}

async fn apply(env: &impl Env, event: Event, log: &RequestLog) -> Result<Summary, UseCaseError> {
    let mut summary = Summary::default();
    let concerned = match event {
        // A sweep logs its own line.
        Event::Schedule | Event::Ignored => false,
        Event::AccountDeregistered { tenant, account_id } => {
            log.tenant(&tenant);
            log.account_id(&account_id);
            let entry = check_orphan_of(env, &tenant, &account_id).await?;
            sweep::stack_checked(log, entry.as_ref());
            summary.stacks_checked = usize::from(entry.is_some());
            return Ok(summary);
        }
        Event::StackStatus {
            stack_id,
            status,
            reason,
            at,
        } => {
            log.stack(&stack_id);
            let kind = EvidenceKind::StackEvent { status, reason };
            let seen = Evidence { kind, at };
            let note = |record: &OnRecord| match record {
                OnRecord::Account(account) => log.account(account),
                OnRecord::OrphanedStack(entry) => log.orphaned_stack(entry),
                OnRecord::Nothing => {}
            };
            stack_event(env, &stack_id, status, &seen, note).await?
        }
        Event::AwsAccountClosed {
            aws_account_id,
            permanently,
            at,
        } => {
            log.aws_account(&aws_account_id);
            let kind = EvidenceKind::AccountClosed { permanently };
            let closed = Evidence { kind, at };
            summary = organization::update_all(env, &aws_account_id, Some(&closed)).await?;
            summary.records_updated > 0
        }
        Event::AwsAccountLeft { aws_account_id } => {
            log.aws_account(&aws_account_id);
            summary = organization::update_all(env, &aws_account_id, None).await?;
            summary.records_updated > 0
        }
    };
    let outcome = if concerned {
        Outcome::Succeeded
    } else {
        Outcome::Skipped
    };
    log.end(outcome, &Ending::default());
    Ok(summary)
}

/// Discards events about other accounts' stacks, because anyone could fill the queue with them.
async fn reject(
    dead_letters: &impl DeadLetters,
    event: &Value,
    reason: &EventError,
    log: &RequestLog,
) -> Result<Summary, UseCaseError> {
    let foreign = *reason == EventError::ForeignStack;
    if !foreign {
        let message = json!({ "reason": reason.to_string(), "event": event });
        let sent = dead_letters.send(&message).await;
        sent.map_err(|error| StoreError::Unavailable(error.to_string().into()))?;
    }
    let outcome = if foreign {
        Outcome::Unauthenticated
    } else {
        Outcome::Malformed
    };
    log.end(outcome, &Ending::error(reason));
    Ok(Summary {
        failed: 1,
        ..Summary::default()
    })
}
