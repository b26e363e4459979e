//! Finds what is due and deals with it, item by item: no failure of one stops another.

use crate::{Cleanup, Summary};
use futures_util::stream::{self, StreamExt};
use rolecall_domain::check_schedule::{DueCheck, Subject};
use rolecall_domain::ids::StackEntryId;
use rolecall_domain::ports::{CheckQueue, CustomerAccounts, Host, Store};
use rolecall_domain::text::Tenant;
use rolecall_domain::{SignedDuration, Timestamp};
use rolecall_flows::FlowError;

/// Items of one shard in one go: they are leased, or looked at, side by side.
const BATCH: usize = 50;

/// An account takes a few milliseconds to hand over, so that this makes some thousands a second.
const SHARDS_AT_ONCE: usize = 4;

/// For how long a due item is taken: longer than anything done with it takes.
const LEASE: SignedDuration = SignedDuration::from_mins(15);

/// The same for what is handed over: longer than the queue tries a message, so that one which fails
/// ends up in the dead-letter queue before the next one is sent.
const QUEUE_LEASE: SignedDuration = SignedDuration::from_mins(45);

/// What is kept free at the end of an invocation.
const RESERVE: SignedDuration = SignedDuration::from_secs(30);

/// What became of one due item.
enum Done {
    StackChecked,
    RegistrationExpired,
    Queue(DueCheck),
    Nothing,
}

impl<S: Store, C: CustomerAccounts, H: Host, Q: CheckQueue, D> Cleanup<S, C, H, Q, D> {
    /// Works until nothing is due, or the time is nearly over: the rest is due next time too.
    pub(crate) async fn sweep(&self, deadline: Timestamp) -> Summary {
        let shards = stream::iter(0..Subject::SHARDS)
            .map(|shard| self.sweep_shard(shard, deadline))
            .buffer_unordered(SHARDS_AT_ONCE);
        let summary = shards
            .fold(Summary::default(), async |all, one| all + one)
            .await;
        tracing::info!(
            stacks_checked = summary.stacks_checked,
            registrations_expired = summary.registrations_expired,
            accounts_queued = summary.accounts_queued,
            failed = summary.failed,
            "swept"
        );
        summary
    }

    async fn sweep_shard(&self, shard: u8, deadline: Timestamp) -> Summary {
        let mut summary = Summary::default();
        while self.ctx.now() + RESERVE < deadline {
            match self.sweep_batch(shard, &mut summary).await {
                Ok(found) if found == BATCH => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::error!(shard, %error, "what is due could not be read");
                    summary.failed += 1;
                    break;
                }
            }
        }
        summary
    }

    async fn sweep_batch(&self, shard: u8, summary: &mut Summary) -> Result<usize, FlowError> {
        let due = self.ctx.store.due(shard, self.ctx.now(), BATCH).await?;
        let found = due.len();
        let is_account = |(_, subject): &(Tenant, Subject)| matches!(subject, Subject::Account(_));
        let (accounts, others): (Vec<_>, Vec<_>) = due.into_iter().partition(is_account);
        // First what is only handed over: a stack may take its time.
        for part in [accounts, others] {
            self.deal_with_all(part, summary).await;
        }
        Ok(found)
    }

    async fn deal_with_all(&self, due: Vec<(Tenant, Subject)>, summary: &mut Summary) {
        let results: Vec<(String, Result<Done, FlowError>)> = stream::iter(due)
            .map(|(tenant, subject)| async move {
                let id = subject.as_str().to_owned();
                (id, self.deal_with(tenant, subject).await)
            })
            .buffer_unordered(BATCH)
            .collect()
            .await;
        let mut accounts = Vec::new();
        for (id, result) in results {
            match result {
                Ok(Done::StackChecked) => summary.stacks_checked += 1,
                Ok(Done::RegistrationExpired) => summary.registrations_expired += 1,
                Ok(Done::Queue(due)) => accounts.push(due),
                Ok(Done::Nothing) => {}
                Err(error) => {
                    tracing::error!(subject.id = id, %error, "a due item could not be dealt with");
                    summary.failed += 1;
                }
            }
        }
        // What the queue did not take is due again when its lease ends.
        let left = self.queue.send(&accounts).await.len();
        summary.accounts_queued += accounts.len() - left;
        summary.failed += left;
    }

    async fn deal_with(&self, tenant: Tenant, subject: Subject) -> Result<Done, FlowError> {
        let now = self.ctx.now();
        let until = match subject {
            Subject::Account(_) => now + QUEUE_LEASE,
            Subject::Stack(_) | Subject::Registration(_) => now + LEASE,
        };
        if !self.ctx.store.lease(&tenant, &subject, now, until).await? {
            return Ok(Done::Nothing);
        }
        match subject {
            Subject::Account(account_id) => Ok(Done::Queue(DueCheck {
                tenant,
                account_id,
                leased_until: Some(until),
            })),
            Subject::Stack(id) => self.check_stack(&tenant, &id).await,
            Subject::Registration(id) => {
                let expired = self.ctx.wind_up(&tenant, &id).await?;
                Ok(if expired {
                    Done::RegistrationExpired
                } else {
                    Done::Nothing
                })
            }
        }
    }

    async fn check_stack(&self, tenant: &Tenant, id: &StackEntryId) -> Result<Done, FlowError> {
        let checked = self.ctx.check_stack_entry(tenant, id).await?;
        Ok(checked.map_or(Done::Nothing, |_| Done::StackChecked))
    }
}
