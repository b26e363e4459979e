//! Deregisters an account, and finds whatever is on record for a stack.

use crate::{Context, DECISIONS, FlowError, applied};
use rolecall_domain::aws::StackId;
use rolecall_domain::change::{Guard, Occasion, Owner, PersistedAnswer};
use rolecall_domain::ids::{AccountId, StackEntryId};
use rolecall_domain::ports::{CommitError, CustomerAccounts, Host, Store};
use rolecall_domain::record::account::{Account, DeregistrationCause};
use rolecall_domain::record::evidence::{Evidence, EvidenceKind};
use rolecall_domain::record::orphan::StackEntry;
use rolecall_domain::record::registration::Registration;
use rolecall_domain::text::{Actor, Tenant};
use rolecall_domain::transition::deregister::{deregister, sign_of_deletion};

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

    /// The tenant's account that was registered with the stack, in whatever state it is.
    pub(crate) async fn account_holding(
        &self,
        tenant: &Tenant,
        stack_id: &StackId,
    ) -> Result<Option<Account>, FlowError> {
        let owner = self.store.owner(&Guard::Stack(stack_id.clone())).await?;
        match owner.filter(|owner| &owner.tenant == tenant) {
            Some(owner) => self.account_of(owner).await,
            None => Ok(None),
        }
    }

    async fn account_of(&self, owner: Owner) -> Result<Option<Account>, FlowError> {
        match AccountId::parse(owner.record_id) {
            Ok(id) => Ok(self.store.account(&owner.tenant, &id).await?),
            Err(_) => Ok(None),
        }
    }

    /// What this registration has on record of a stack: its account, or else a ledger entry. What
    /// others have of the same stack is neither read nor told.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn on_record_of(
        &self,
        registration: &Registration,
        stack_id: &StackId,
    ) -> Result<OnRecord, FlowError> {
        let tenant = &registration.tenant;
        if let Some(account_id) = registration.account_id()
            && let Some(account) = self.store.account(tenant, account_id).await?
            && &account.stack_id == stack_id
        {
            return self.account_or_entry(account).await;
        }
        let ledger = Guard::Ledger {
            registration_id: registration.registration_id.clone(),
            stack_id: stack_id.clone(),
        };
        match self.store.owner(&ledger).await? {
            Some(owner) => self.entry_of(owner).await,
            None => Ok(OnRecord::Nothing),
        }
    }

    /// All that any tenant has on record of a stack: for what AWS itself says of it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn on_record(&self, stack_id: &StackId) -> Result<Vec<OnRecord>, FlowError> {
        let guard = Guard::Stack(stack_id.clone());
        let (holder, ledger) = futures_util::join!(
            self.store.owner(&guard),
            self.store.ledger_of_stack(stack_id)
        );
        let mut found = Vec::new();
        if let Some(owner) = holder?
            && let Some(account) = self.account_of(owner).await?
        {
            found.push(self.account_or_entry(account).await?);
        }
        for owner in ledger? {
            found.push(self.entry_of(owner).await?);
        }
        Ok(found)
    }

    async fn account_or_entry(&self, account: Account) -> Result<OnRecord, FlowError> {
        let Some(entry_id) = account.stack_entry_id() else {
            return Ok(OnRecord::Account(account));
        };
        let entry = self.store.stack_entry(&account.tenant, entry_id).await?;
        Ok(entry.map_or(OnRecord::Nothing, OnRecord::StackEntry))
    }

    async fn entry_of(&self, owner: Owner) -> Result<OnRecord, FlowError> {
        let Ok(id) = StackEntryId::parse(owner.record_id) else {
            return Ok(OnRecord::Nothing);
        };
        let entry = self.store.stack_entry(&owner.tenant, &id).await?;
        Ok(entry.map_or(OnRecord::Nothing, OnRecord::StackEntry))
    }
}
