//! Follows what was left behind: gathers evidence on leftover stacks, ends registrations whose
//! time is over, and hands accounts whose check is due to `account-health`.

mod aws_account;
pub mod event;
mod sweep;
mod tally;

pub use crate::tally::SweepError;

use crate::event::{Event, EventError};
use rolecall_aws::telemetry::{Ending, Outcome, RequestLog};
use rolecall_domain::aws::StackId;
use rolecall_domain::check::{CheckCode, CheckStatus, StackStatus};
use rolecall_domain::ids::AccountId;
use rolecall_domain::ports::{CheckQueue, CustomerAccounts, DeadLetters, Host, Store, StoreError};
use rolecall_domain::record::account::Account;
use rolecall_domain::record::evidence::{Evidence, EvidenceKind};
use rolecall_domain::record::orphan::StackEntry;
use rolecall_domain::schedule::Subject;
use rolecall_domain::text::{Actor, Tenant};
use rolecall_domain::{SignedDuration, Timestamp};
use rolecall_flows::follow_stack::Sighting;
use rolecall_flows::letting_go::OnRecord;
use rolecall_flows::{Context, DECISIONS, FlowError};
use serde::Serialize;
use serde_json::{Value, json};

#[derive(Debug)]
pub struct Cleanup<S, C, H, Q, D> {
    pub ctx: Context<S, C, H>,
    pub queue: Q,
    /// Takes events that can't be read.
    pub dead_letters: D,
}

/// A look takes no longer than this, and is dated by its end.
const LOOK: SignedDuration = SignedDuration::from_mins(2);

/// What an event led to, counted.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    pub stacks_checked: usize,
    pub registrations_expired: usize,
    pub accounts_queued: usize,
    /// Accounts and stacks in an AWS account that an organisation told of.
    pub records_told: usize,
    /// Entries of the schedule that name nothing; they were taken off it.
    pub damaged: usize,
    pub failed: usize,
}

/// The event should be delivered again.
#[derive(Debug, thiserror::Error)]
pub enum CleanupError {
    #[error(transparent)]
    Flow(#[from] FlowError),
    #[error(transparent)]
    Sweep(#[from] SweepError),
}

impl From<StoreError> for CleanupError {
    fn from(error: StoreError) -> Self {
        Self::Flow(error.into())
    }
}

impl<S: Store, C: CustomerAccounts, H: Host, Q: CheckQueue, D: DeadLetters> Cleanup<S, C, H, Q, D> {
    /// Deals with one event. One that can't be read is left among the failures at once: it could
    /// be read no better if it were delivered again.
    ///
    /// # Errors
    /// When it should be delivered again.
    pub async fn handle(
        &self,
        event: &Value,
        deadline: Timestamp,
    ) -> Result<Summary, CleanupError> {
        let decoded = Event::decode(event);
        if decoded == Ok(Event::Schedule) {
            return Ok(self.sweep(deadline).await?);
        }
        let log = RequestLog::start(decoded.as_ref().map_or("unknown event", Event::name));
        let id = event.get("id").and_then(Value::as_str);
        log.message_id(id.unwrap_or_default());
        let done = match decoded {
            Ok(event) => self.hear(event, &log).await,
            Err(reason) => self.give_up(event, &reason, &log).await,
        };
        if let Err(error) = &done {
            log.end(Outcome::Failed, &Ending::error(error));
        }
        Ok(done?)
    }

    async fn hear(&self, event: Event, log: &RequestLog) -> Result<Summary, FlowError> {
        let mut summary = Summary::default();
        let heard = match event {
            // Handled above: it has a line of its own.
            Event::Schedule | Event::OfNoInterest => false,
            Event::AccountDeregistered { tenant, account_id } => {
                log.tenant(&tenant);
                log.account_id(&account_id);
                let entry = self.first_check(&tenant, &account_id).await?;
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
                self.hear_of_stack(&stack_id, status, seen, log).await?
            }
            Event::AwsAccountClosed {
                aws_account_id,
                permanently,
                at,
            } => {
                log.aws_account(&aws_account_id);
                let kind = EvidenceKind::AccountClosed { permanently };
                let closed = Evidence { kind, at };
                summary = self
                    .hear_of_aws_account(&aws_account_id, Some(closed))
                    .await?;
                summary.records_told > 0
            }
            Event::AwsAccountLeft { aws_account_id } => {
                log.aws_account(&aws_account_id);
                summary = self.hear_of_aws_account(&aws_account_id, None).await?;
                summary.records_told > 0
            }
        };
        let outcome = if heard {
            Outcome::Succeeded
        } else {
            Outcome::Skipped
        };
        log.end(outcome, &Ending::default());
        Ok(summary)
    }

    /// What strangers claim of other accounts' stacks is not kept: they could fill the queue.
    async fn give_up(
        &self,
        event: &Value,
        reason: &EventError,
        log: &RequestLog,
    ) -> Result<Summary, FlowError> {
        let foreign = *reason == EventError::ForeignStack;
        if !foreign {
            let letter = json!({ "reason": reason.to_string(), "event": event });
            let left = self.dead_letters.leave(&letter).await;
            left.map_err(|error| StoreError::Unavailable(error.to_string().into()))?;
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

    async fn first_check(
        &self,
        tenant: &Tenant,
        account_id: &AccountId,
    ) -> Result<Option<StackEntry>, FlowError> {
        let account = self.ctx.store.account(tenant, account_id).await?;
        match account.as_ref().and_then(Account::stack_entry_id) {
            Some(id) => self.ctx.check_stack_entry(tenant, id).await,
            None => Ok(None),
        }
    }

    /// Only a stack on record is of interest. True when there is one.
    async fn hear_of_stack(
        &self,
        stack_id: &StackId,
        status: StackStatus,
        seen: Evidence,
        log: &RequestLog,
    ) -> Result<bool, FlowError> {
        for _ in 0..DECISIONS {
            let known = self.ctx.on_record(stack_id).await?;
            let (mut done, is_known) = (true, !known.is_empty());
            for one in known {
                done &= self.record_heard_of(one, &seen, status, log).await?;
            }
            if done {
                return Ok(is_known);
            }
        }
        Err(FlowError::Contended)
    }

    /// True when it is done, false when the record changed meanwhile.
    async fn record_heard_of(
        &self,
        known: OnRecord,
        seen: &Evidence,
        status: StackStatus,
        log: &RequestLog,
    ) -> Result<bool, FlowError> {
        match known {
            OnRecord::Nothing => Ok(true),
            OnRecord::StackEntry(entry) => {
                log.stack_entry(&entry);
                let sighting = Sighting {
                    kind: Some(seen.kind.clone()),
                    at: seen.at,
                    actor: Actor::Hub,
                    cause: "stack_event",
                };
                let entry = self.ctx.add_evidence(entry, &sighting, None).await?;
                log.stack_entry(&entry);
                Ok(true)
            }
            OnRecord::Account(account) => {
                log.account(&account);
                let seen = seen.clone();
                self.account_heard_of(&account, seen, status).await
            }
        }
    }

    /// True when it is done, false when the account changed meanwhile.
    async fn account_heard_of(
        &self,
        account: &Account,
        seen: Evidence,
        status: StackStatus,
    ) -> Result<bool, FlowError> {
        let going = matches!(
            status,
            StackStatus::DeleteInProgress | StackStatus::DeleteComplete
        );
        if account.is_connected() && (!going || self.is_outdated(account, seen.at).await?) {
            return Ok(true);
        }
        self.ctx
            .hear_of_deletion(account, seen, Actor::Hub, None)
            .await
    }

    /// An event may be delivered a day late. One from a good while before the stack was last seen
    /// alive says nothing any more.
    async fn is_outdated(&self, account: &Account, at: Timestamp) -> Result<bool, FlowError> {
        let subject = Subject::Account(account.account_id.clone());
        let report = self.ctx.store.report(&account.tenant, &subject).await?;
        Ok(report.is_some_and(|report| {
            let alive = [CheckCode::StackNotFound, CheckCode::StackUnexpectedState];
            report.checked_at.duration_since(at) >= LOOK
                && alive
                    .iter()
                    .all(|code| report.status_of(*code) == Some(CheckStatus::Passed))
        }))
    }
}
