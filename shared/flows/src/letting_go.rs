//! Deregisters an account, and finds whatever is on record for a stack.

use crate::{Context, DECISIONS, FlowError, applied};
use rolecall_domain::account::{Account, DeregistrationCause};
use rolecall_domain::aws::StackId;
use rolecall_domain::change::{Guard, Occasion, PersistedAnswer};
use rolecall_domain::departing::{deregister, sign_of_deletion};
use rolecall_domain::evidence::{Evidence, EvidenceKind};
use rolecall_domain::ids::{AccountId, StackEntryId};
use rolecall_domain::ports::{CommitError, CustomerAccounts, Host, Store};
use rolecall_domain::stack_entry::StackEntry;
use rolecall_domain::text::Actor;

/// What the hub knows a stack as.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "one at a time, matched where it is made"
)]
pub enum OnRecord {
    Account(Account),
    StackEntry(StackEntry),
    Nothing,
}

impl<S: Store, C: CustomerAccounts, H: Host> Context<S, C, H> {
    /// Lets an account go; again, the same result. The stack's ledger entry comes with it.
    ///
    /// # Errors
    /// When the store fails, or others keep changing the account.
    pub async fn deregister(
        &self,
        mut account: Account,
        actor: &Actor,
    ) -> Result<(Account, StackEntry), FlowError> {
        for _ in 0..DECISIONS {
            let id = StackEntryId::new(self.id_seed());
            let checkup = self.account_checkup(&account).await?;
            let occasion = Occasion::new(self.now(), actor.clone(), "requested");
            let cause = DeregistrationCause::Requested;
            let Some((after, entry, change)) =
                deregister(&account, cause, id, &occasion, &self.settings)
            else {
                let id = account
                    .stack_entry_id()
                    .ok_or(FlowError::Missing("an orphaned stack's entry"))?
                    .clone();
                let entry = self.store.stack_entry(&account.tenant, &id).await?;
                let entry = entry.ok_or(FlowError::Missing("an orphaned stack's entry"))?;
                return Ok((account, entry));
            };
            let change = change.schedule(checkup.ended());
            if applied(self.store.commit(&change).await)? {
                return Ok((after, entry));
            }
            let current = self
                .store
                .account(&account.tenant, &account.account_id)
                .await?;
            account = current.ok_or(FlowError::Missing("an account"))?;
        }
        Err(FlowError::Contended)
    }

    /// AWS says that the account's stack is being deleted. True when that is written down (or is no
    /// news), with the answer; false when the account changed meanwhile.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn hear_of_deletion(
        &self,
        account: &Account,
        sign: Evidence,
        actor: Actor,
        answer: Option<PersistedAnswer>,
    ) -> Result<bool, FlowError> {
        let cause = match sign.kind {
            EvidenceKind::DeleteCallback => "delete_callback",
            _ => "stack_event",
        };
        let occasion = Occasion::new(self.now(), actor, cause);
        let id = StackEntryId::new(self.id_seed());
        let Some(change) = sign_of_deletion(account, sign, id, &occasion, &self.settings) else {
            return Ok(true);
        };
        let checkup = self.account_checkup(account).await?;
        let next = checkup.due_at(occasion.now + self.settings.orphan_check);
        let change = change.look_next(next).answering(answer);
        match self.store.commit(&change).await {
            Err(CommitError::Answered) => Ok(true),
            result => applied(result),
        }
    }

    /// The account that was registered with the stack, in whatever state it is.
    pub(crate) async fn account_holding(
        &self,
        stack_id: &StackId,
    ) -> Result<Option<Account>, FlowError> {
        let guard = Guard::Stack(stack_id.clone());
        let Some(owner) = self.store.owner(&guard).await? else {
            return Ok(None);
        };
        let Ok(id) = AccountId::parse(owner.record_id) else {
            return Ok(None);
        };
        Ok(self.store.account(&owner.tenant, &id).await?)
    }

    /// The account that holds the stack, or else the ledger entry that has it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn on_record(&self, stack_id: &StackId) -> Result<OnRecord, FlowError> {
        if let Some(account) = self.account_holding(stack_id).await? {
            let Some(entry_id) = account.stack_entry_id() else {
                return Ok(OnRecord::Account(account));
            };
            let entry = self.store.stack_entry(&account.tenant, entry_id).await?;
            return Ok(entry.map_or(OnRecord::Nothing, OnRecord::StackEntry));
        }
        if let Some(owner) = self.store.owner(&Guard::Ledger(stack_id.clone())).await?
            && let Ok(id) = StackEntryId::parse(owner.record_id)
            && let Some(entry) = self.store.stack_entry(&owner.tenant, &id).await?
        {
            return Ok(OnRecord::StackEntry(entry));
        }
        Ok(OnRecord::Nothing)
    }
}
