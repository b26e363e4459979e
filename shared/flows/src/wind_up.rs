//! A registration's end: what was made from its link and never registered is left over.

use crate::letting_go::OnRecord;
use crate::{Context, FlowError, applied};
use rolecall_domain::audit::{Event, Record};
use rolecall_domain::change::{Change, Occasion};
use rolecall_domain::evidence::Trail;
use rolecall_domain::ids::{RegistrationId, StackEntryId};
use rolecall_domain::ports::{CommitError, CustomerAccounts, Host, Store};
use rolecall_domain::registering;
use rolecall_domain::registration::{PastedStack, Registration, RegistrationState};
use rolecall_domain::settings::CALLBACK_GRACE;
use rolecall_domain::stack_entry::Leftover;
use rolecall_domain::text::{Actor, Tenant};

impl<S: Store, C: CustomerAccounts, H: Host> Context<S, C, H> {
    /// Writes down that a registration's time is over, and puts into the ledger the stacks that were
    /// pasted for it and never registered. True when it expired just now. One that changes meanwhile
    /// is due again.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn wind_up(&self, tenant: &Tenant, id: &RegistrationId) -> Result<bool, FlowError> {
        let Some(registration) = self.store.registration(tenant, id).await? else {
            return Ok(false);
        };
        let now = self.now();
        if registration.state != RegistrationState::Pending {
            for pasted in &registration.pasted {
                self.leave_behind(&registration, pasted).await?;
            }
            let subject = registering::subject(&registration);
            let checkup = self.checkup_of(tenant, subject).await?;
            self.store.reschedule(&checkup, &checkup.ended()).await?;
            return Ok(false);
        }
        if now < registration.expires_at + CALLBACK_GRACE {
            return Ok(false);
        }
        let after = registration.expired();
        let change = registering::end(Change::new(), &after, now).update(
            Record::Registration(registration),
            Record::Registration(after),
            Event::RegistrationExpired,
            &Occasion::new(now, Actor::Hub, "expired"),
        );
        applied(self.store.commit(&change).await)
    }

    /// Nothing to do where the stack is on record.
    async fn leave_behind(
        &self,
        registration: &Registration,
        pasted: &PastedStack,
    ) -> Result<(), FlowError> {
        if !matches!(self.on_record(&pasted.stack_id).await?, OnRecord::Nothing) {
            return Ok(());
        }
        let leftover = Leftover {
            stack_entry_id: StackEntryId::new(self.id_seed()),
            tenant: registration.tenant.clone(),
            registration_id: registration.registration_id.clone(),
            account_id: None,
            stack_id: pasted.stack_id.clone(),
            role_arn: Some(pasted.role_arn.clone()),
            external_id: registration.external_id.clone(),
            logical_resource_id: None,
            evidence: Trail::default(),
        };
        let occasion = Occasion::new(self.now(), Actor::Hub, "registration_ended");
        let change =
            registering::open_unregistered(Change::new(), leftover, &occasion, &self.settings);
        match self.store.commit(&change).await {
            // Somebody else's by now.
            Err(CommitError::Held(_)) => Ok(()),
            result => applied(result).map(|_| ()),
        }
    }
}
