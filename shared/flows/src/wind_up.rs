//! A registration's end: what was made from its link and never registered is left over.

use crate::letting_go::OnRecord;
use crate::observe::look_at_leftover;
use crate::{Context, FlowError, applied};
use rolecall_domain::change::audit::{Event, Record};
use rolecall_domain::change::{Change, Occasion};
use rolecall_domain::ids::{RegistrationId, StackEntryId};
use rolecall_domain::ports::{CommitError, CustomerAccounts, Host, Store};
use rolecall_domain::record::evidence::EvidenceKind;
use rolecall_domain::record::evidence_log::Trail;
use rolecall_domain::record::orphan::Leftover;
use rolecall_domain::record::registration::{PastedStack, Registration, RegistrationState};
use rolecall_domain::schedule::{StackLook, Subject};
use rolecall_domain::settings::CALLBACK_GRACE;
use rolecall_domain::text::{Actor, Tenant};
use rolecall_domain::transition::{orphan, register};

impl<S: Store, C: CustomerAccounts, H: Host> Context<S, C, H> {
    /// Writes down that a registration's time is over, and puts into the ledger the stacks that were
    /// pasted for it and never registered. Returns the registration when it expired just now. One that
    /// changes meanwhile is due again.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn wind_up(
        &self,
        tenant: &Tenant,
        id: &RegistrationId,
    ) -> Result<Option<Registration>, FlowError> {
        // Read before the registration: what is pasted meanwhile makes it due again.
        let checkup = self
            .checkup_of(tenant, Subject::Registration(id.clone()))
            .await?;
        let Some(registration) = self.store.registration(tenant, id).await? else {
            return Ok(None);
        };
        let now = self.now();
        if registration.state != RegistrationState::Pending {
            let next = if self.leave_behind_all(&registration).await? {
                checkup.ended()
            } else {
                checkup.after_stack_check(now, StackLook::Quiet, &self.settings)
            };
            self.store.reschedule(&checkup, &next).await?;
            return Ok(None);
        }
        if now < registration.expires_at + CALLBACK_GRACE {
            return Ok(None);
        }
        let after = registration.expired();
        let change = register::end(Change::new(), &after, now).update(
            Record::Registration(registration),
            Record::Registration(after.clone()),
            Event::RegistrationExpired,
            &Occasion::new(now, Actor::Hub, "expired"),
        );
        Ok(applied(self.store.commit(&change).await)?.then_some(after))
    }

    /// True when there is nothing more to find out. No stack stops another.
    async fn leave_behind_all(&self, registration: &Registration) -> Result<bool, FlowError> {
        let mut settled = Ok(true);
        for pasted in &registration.pasted {
            match self.leave_behind(registration, pasted).await {
                Ok(known) => settled = settled.map(|all| all && known),
                Err(error) => settled = Err(error),
            }
        }
        settled
    }

    /// A stack goes into the ledger if its role answers to this registration's external ID: that it
    /// exists was only somebody's word. False when AWS gave no usable answer.
    async fn leave_behind(
        &self,
        registration: &Registration,
        pasted: &PastedStack,
    ) -> Result<bool, FlowError> {
        let PastedStack { stack_id, role_arn } = pasted;
        let known = self.on_record_of(registration, stack_id).await?;
        if !matches!(known, OnRecord::Nothing)
            || self
                .account_holding(&registration.tenant, stack_id)
                .await?
                .is_some()
        {
            return Ok(true);
        }
        let external_id = &registration.external_id;
        let seen = match look_at_leftover(&self.customers, role_arn, stack_id, external_id).await {
            Some(EvidenceKind::RoleUnassumable) => return Ok(true),
            Some(seen) => seen,
            None => return Ok(false),
        };
        let (now, mut evidence) = (self.now(), Trail::default());
        let tombstone = register::tombstone(&registration.registration_id, stack_id, None);
        if self.store.owner(&tombstone).await?.is_some() {
            evidence.add(EvidenceKind::DeleteCallback, now, &self.settings);
        }
        evidence.add(seen, now, &self.settings);
        let leftover = Leftover {
            stack_entry_id: StackEntryId::new(self.id_seed()),
            tenant: registration.tenant.clone(),
            registration_id: registration.registration_id.clone(),
            account_id: None,
            stack_id: stack_id.clone(),
            role_arn: Some(role_arn.clone()),
            external_id: external_id.clone(),
            logical_resource_id: None,
            evidence,
        };
        let occasion = Occasion::new(now, Actor::Hub, "registration_ended");
        let change = orphan::open_unregistered(Change::new(), leftover, &occasion, &self.settings);
        match self.store.commit(&change).await {
            // A callback has opened it by now.
            Err(CommitError::Held(_)) => Ok(true),
            result => applied(result)?.then_some(true).ok_or(FlowError::Contended),
        }
    }
}
