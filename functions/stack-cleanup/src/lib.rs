//! Follows what was left behind: gathers evidence on leftover stacks, ends registrations whose
//! time is over, and hands accounts whose check is due to `account-health`.

mod aws_account;
pub mod event;
mod sweep;

use crate::event::{Event, EventError};
use rolecall_domain::account::Account;
use rolecall_domain::aws::StackId;
use rolecall_domain::check_schedule::Subject;
use rolecall_domain::evidence::{Evidence, EvidenceKind};
use rolecall_domain::ids::AccountId;
use rolecall_domain::ports::{CheckQueue, CustomerAccounts, DeadLetters, Host, Store, StoreError};
use rolecall_domain::text::{Actor, Tenant};
use rolecall_domain::verification::{CheckCode, CheckStatus, StackStatus};
use rolecall_domain::{SignedDuration, Timestamp};
use rolecall_flows::follow_stack::Sighting;
use rolecall_flows::letting_go::OnRecord;
use rolecall_flows::{Context, DECISIONS, FlowError};
use serde::Serialize;
use serde_json::{Value, json};
use std::ops::Add;

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
    pub failed: usize,
}

impl Add for Summary {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            stacks_checked: self.stacks_checked + other.stacks_checked,
            registrations_expired: self.registrations_expired + other.registrations_expired,
            accounts_queued: self.accounts_queued + other.accounts_queued,
            records_told: self.records_told + other.records_told,
            failed: self.failed + other.failed,
        }
    }
}

impl<S: Store, C: CustomerAccounts, H: Host, Q: CheckQueue, D: DeadLetters> Cleanup<S, C, H, Q, D> {
    /// Deals with one event. One that can't be read is left among the failures at once: it could
    /// be read no better if it were delivered again.
    ///
    /// # Errors
    /// When it should be delivered again.
    pub async fn handle(&self, event: &Value, deadline: Timestamp) -> Result<Summary, FlowError> {
        match Event::decode(event) {
            Ok(Event::Schedule) => Ok(self.sweep(deadline).await),
            Ok(Event::AccountDeregistered { tenant, account_id }) => {
                self.first_check(&tenant, &account_id).await
            }
            Ok(Event::StackStatus {
                stack_id,
                status,
                at,
            }) => {
                self.hear_of_stack(&stack_id, status, at).await?;
                Ok(Summary::default())
            }
            Ok(Event::AwsAccountClosed {
                aws_account_id,
                permanently,
                at,
            }) => {
                let kind = EvidenceKind::AccountClosed { permanently };
                let closed = Evidence { kind, at };
                self.hear_of_aws_account(&aws_account_id, Some(closed))
                    .await
            }
            Ok(Event::AwsAccountLeft { aws_account_id }) => {
                self.hear_of_aws_account(&aws_account_id, None).await
            }
            Ok(Event::OfNoInterest) => Ok(Summary::default()),
            Err(reason) => {
                let id = event.get("id").and_then(Value::as_str).unwrap_or_default();
                tracing::error!(event.id = id, %reason, "event refused");
                self.give_up(event, &reason).await?;
                Ok(Summary {
                    failed: 1,
                    ..Summary::default()
                })
            }
        }
    }

    /// What strangers claim of other accounts' stacks is not kept: they could fill the queue.
    async fn give_up(&self, event: &Value, reason: &EventError) -> Result<(), FlowError> {
        if *reason == EventError::ForeignStack {
            return Ok(());
        }
        let letter = json!({ "reason": reason.to_string(), "event": event });
        let left = self.dead_letters.leave(&letter).await;
        left.map_err(|error| StoreError::Unavailable(error.to_string().into()).into())
    }

    async fn first_check(
        &self,
        tenant: &Tenant,
        account_id: &AccountId,
    ) -> Result<Summary, FlowError> {
        let store = &self.ctx.store;
        let Some(account) = store.account(tenant, account_id).await? else {
            return Ok(Summary::default());
        };
        let Some(id) = account.stack_entry_id() else {
            return Ok(Summary::default());
        };
        let Some(entry) = self.ctx.check_stack_entry(tenant, id).await? else {
            return Ok(Summary::default());
        };
        tracing::info!(stack_entry.id = %entry.stack_entry_id, status = entry.status().as_str(), "stack checked");
        Ok(Summary {
            stacks_checked: 1,
            ..Summary::default()
        })
    }

    /// Only a stack on record is of interest.
    async fn hear_of_stack(
        &self,
        stack_id: &StackId,
        status: StackStatus,
        at: Timestamp,
    ) -> Result<(), FlowError> {
        let kind = EvidenceKind::StackEvent { status };
        for _ in 0..DECISIONS {
            match self.ctx.on_record(stack_id).await? {
                OnRecord::Nothing => return Ok(()),
                OnRecord::StackEntry(entry) => {
                    let sighting = Sighting {
                        kind: Some(kind),
                        at,
                        actor: Actor::Hub,
                        cause: "stack_event",
                    };
                    self.ctx.add_evidence(entry, &sighting, None).await?;
                    return Ok(());
                }
                OnRecord::Account(account) => {
                    let seen = Evidence {
                        kind: kind.clone(),
                        at,
                    };
                    if self.account_heard_of(&account, seen, status).await? {
                        return Ok(());
                    }
                }
            }
        }
        Err(FlowError::Contended)
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
