//! Gathers evidence on leftover stacks until each is proven gone.

use crate::observe::look_at_leftover;
use crate::{Context, DECISIONS, FlowError, applied};
use rolecall_domain::Timestamp;
use rolecall_domain::change::{Occasion, PersistedAnswer};
use rolecall_domain::check::Trigger;
use rolecall_domain::ids::StackEntryId;
use rolecall_domain::ports::{CommitError, CustomerAccounts, Host, Store};
use rolecall_domain::record::evidence::{Evidence, EvidenceKind};
use rolecall_domain::record::orphan::StackEntry;
use rolecall_domain::schedule::{Checkup, StackLook, Subject};
use rolecall_domain::text::{Actor, Tenant};
use rolecall_domain::transition::orphan::entry_changed;

/// Something seen of a leftover stack; without a kind, only that it was looked at.
#[derive(Debug, Clone)]
pub struct Sighting {
    pub kind: Option<EvidenceKind>,
    /// When it happened, which may be before it was heard of.
    pub at: Timestamp,
    pub actor: Actor,
    pub cause: &'static str,
}

pub(crate) fn planned(before: &Checkup, next: Checkup, trigger: Trigger) -> Checkup {
    match trigger {
        Trigger::OnDemand => before.on_demand(next),
        Trigger::Create | Trigger::Update | Trigger::Paste | Trigger::Scheduled => next,
    }
}

impl<S: Store, C: CustomerAccounts, H: Host> Context<S, C, H> {
    /// One scheduled look at a leftover stack. Returns the entry as it is then, if there is one.
    ///
    /// # Errors
    /// When the store fails, or others keep changing the entry.
    pub async fn check_stack_entry(
        &self,
        tenant: &Tenant,
        id: &StackEntryId,
    ) -> Result<Option<StackEntry>, FlowError> {
        self.look_at_entry(tenant, id, Trigger::Scheduled).await
    }

    /// The same when a person asks for it: the next scheduled look is not moved away.
    ///
    /// # Errors
    /// When the store fails, or others keep changing the entry.
    pub async fn check_stack_entry_now(
        &self,
        tenant: &Tenant,
        id: &StackEntryId,
    ) -> Result<Option<StackEntry>, FlowError> {
        self.look_at_entry(tenant, id, Trigger::OnDemand).await
    }

    async fn look_at_entry(
        &self,
        tenant: &Tenant,
        id: &StackEntryId,
        trigger: Trigger,
    ) -> Result<Option<StackEntry>, FlowError> {
        // Read before the entry: what is scheduled meanwhile, because of news, stays in force.
        let checkup = self.checkup_of(tenant, Subject::Stack(id.clone())).await?;
        let Some(entry) = self.store.stack_entry(tenant, id).await? else {
            return Ok(None);
        };
        let seen = match &entry.role_arn {
            _ if self.became_an_account(&entry).await? => Some(EvidenceKind::DismissedBy {
                who: Actor::Hub.to_string(),
                reason: "the stack became a registered account".to_owned(),
            }),
            Some(role) => {
                look_at_leftover(&self.customers, role, &entry.stack_id, &entry.external_id).await
            }
            None => None,
        };
        let sighting = Sighting {
            kind: seen,
            at: self.now(),
            actor: Actor::Hub,
            cause: "checked",
        };
        let version = entry.version;
        let entry = self.add(entry, &sighting, None, trigger).await?;
        if entry.version == version {
            let now = self.now();
            let look = if entry.is_open() {
                StackLook::of(false, entry.is_stale(now))
            } else {
                StackLook::Closed
            };
            let next = checkup.after_stack_check(now, look, &self.settings);
            let next = planned(&checkup, next, trigger);
            self.store.reschedule(&checkup, &next).await?;
        }
        Ok(Some(entry))
    }

    /// Whether a refused stack was registered later after all (its creation was retried). Its
    /// deletion is told to that account then, and to the entry that the account leaves: this one
    /// would never hear of it.
    async fn became_an_account(&self, entry: &StackEntry) -> Result<bool, FlowError> {
        if entry.account_id.is_some() {
            return Ok(false);
        }
        let holding = self.account_holding(&entry.tenant, &entry.stack_id).await?;
        Ok(holding.is_some())
    }

    /// Adds what was seen, and looks soon again if it was news; decides anew where the entry changed.
    /// An answer to CloudFormation is kept with it.
    ///
    /// # Errors
    /// When the store fails, or others keep changing the entry.
    pub async fn add_evidence(
        &self,
        entry: StackEntry,
        sighting: &Sighting,
        answer: Option<PersistedAnswer>,
    ) -> Result<StackEntry, FlowError> {
        self.add(entry, sighting, answer, Trigger::Scheduled).await
    }

    async fn add(
        &self,
        mut entry: StackEntry,
        sighting: &Sighting,
        answer: Option<PersistedAnswer>,
        trigger: Trigger,
    ) -> Result<StackEntry, FlowError> {
        let subject = Subject::Stack(entry.stack_entry_id.clone());
        for _ in 0..DECISIONS {
            let now = self.now();
            let (kind, at) = (sighting.kind.clone(), sighting.at);
            let seen = kind.map(|kind| Evidence { kind, at });
            let after = entry.seeing(seen, now, &self.settings);
            let Some(after) = after else {
                if let Some(answer) = &answer {
                    self.store.keep_answer(answer).await?;
                }
                return Ok(entry);
            };
            let look = if after.is_open() {
                StackLook::News
            } else {
                StackLook::Closed
            };
            let checkup = self.checkup_of(&entry.tenant, subject.clone()).await?;
            let next = checkup.after_stack_check(now, look, &self.settings);
            let next = planned(&checkup, next, trigger);
            let occasion = Occasion::new(now, sighting.actor.clone(), sighting.cause);
            let change = entry_changed(&entry, &after, &occasion)
                .schedule(next)
                .answering(answer.clone());
            match self.store.commit(&change).await {
                Err(CommitError::Answered) => return Ok(entry),
                result => {
                    if applied(result)? {
                        return Ok(after);
                    }
                }
            }
            entry = self
                .stack_entry_again(&entry.tenant, &entry.stack_entry_id)
                .await?;
        }
        Err(FlowError::Contended)
    }

    async fn stack_entry_again(
        &self,
        tenant: &Tenant,
        id: &StackEntryId,
    ) -> Result<StackEntry, FlowError> {
        self.store
            .stack_entry(tenant, id)
            .await?
            .ok_or(FlowError::Missing("an orphaned stack's entry"))
    }
}
