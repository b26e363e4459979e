//! An organisation tells of the end of an AWS account, or that it left: whatever is watched there
//! learns of it, and is looked at soon.

use crate::follow_stack::Sighting;
use crate::{Context, DECISIONS, FlowError, applied};
use rolecall_domain::change::Occasion;
use rolecall_domain::check::Verdict;
use rolecall_domain::ids::{AccountId, StackEntryId};
use rolecall_domain::ports::{CustomerAccounts, Host, Store};
use rolecall_domain::record::account::Account;
use rolecall_domain::record::evidence::Evidence;
use rolecall_domain::schedule::Subject;
use rolecall_domain::text::{Actor, Tenant};
use rolecall_domain::transition::deregister::told_closed;

impl<S: Store, C: CustomerAccounts, H: Host> Context<S, C, H> {
    /// `closed` is none when the AWS account only left its organisation.
    ///
    /// # Errors
    /// When the store fails, or others keep changing the account.
    pub async fn tell_account(
        &self,
        tenant: &Tenant,
        id: &AccountId,
        closed: Option<&Evidence>,
    ) -> Result<(), FlowError> {
        for _ in 0..DECISIONS {
            let account = self.store.account(tenant, id).await?;
            let Some(account) = account.filter(|account| !account.is_deregistered()) else {
                return Ok(());
            };
            let closed = match closed {
                Some(closed) if self.was_fine_after(&account, closed).await? => return Ok(()),
                closed => closed,
            };
            let occasion = Occasion::new(self.now(), Actor::Hub, "organization_event");
            let change = closed.and_then(|closed| {
                let entry_id = StackEntryId::new(self.id_seed());
                told_closed(
                    &account,
                    closed.clone(),
                    entry_id,
                    &occasion,
                    &self.settings,
                )
            });
            let checkup = self.account_checkup(&account).await?;
            match (change, closed) {
                (Some(change), _) => {
                    let change = change.look_next(checkup.due_at(occasion.now));
                    if applied(self.store.commit(&change).await)? {
                        return Ok(());
                    }
                }
                // It is known already.
                (None, Some(_)) => return Ok(()),
                (None, None) => {
                    let next = checkup.due_at(occasion.now);
                    return Ok(self.store.reschedule(&checkup, &next).await.map(drop)?);
                }
            }
        }
        Err(FlowError::Contended)
    }

    /// An event may come late: one from long before the account was last found in good order says
    /// nothing any more.
    async fn was_fine_after(
        &self,
        account: &Account,
        closed: &Evidence,
    ) -> Result<bool, FlowError> {
        let subject = Subject::Account(account.account_id.clone());
        let report = self.store.report(&account.tenant, &subject).await?;
        Ok(report.is_some_and(|report| {
            report.verdict == Verdict::Passed
                && report.checked_at.duration_since(closed.at) >= self.settings.deleting_recheck
        }))
    }

    /// The same for a leftover stack.
    ///
    /// # Errors
    /// When the store fails, or others keep changing the entry.
    pub async fn tell_stack_entry(
        &self,
        tenant: &Tenant,
        id: &StackEntryId,
        closed: Option<&Evidence>,
    ) -> Result<(), FlowError> {
        let Some(entry) = self.store.stack_entry(tenant, id).await? else {
            return Ok(());
        };
        let Some(closed) = closed else {
            let subject = Subject::Stack(id.clone());
            let checkup = self.checkup_of(tenant, subject).await?;
            let next = checkup.due_at(self.now());
            return Ok(self.store.reschedule(&checkup, &next).await.map(drop)?);
        };
        let sighting = Sighting {
            kind: Some(closed.kind.clone()),
            at: closed.at,
            actor: Actor::Hub,
            cause: "organization_event",
        };
        self.add_evidence(entry, &sighting, None).await.map(drop)
    }
}
