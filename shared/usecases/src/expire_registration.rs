//! Ends an expired registration. Stacks that were created from its link but never registered become
//! orphaned stacks.

use crate::inspect::inspect_orphan;
use crate::on_record::{self, OnRecord, account_with_stack};
use crate::retry::decide_again;
use crate::schedule::schedule_of;
use crate::{Env, UseCaseError};
use rolecall_domain::change::audit::{Event, Record};
use rolecall_domain::change::{Change, Occasion};
use rolecall_domain::ids::{OrphanedStackId, RegistrationId};
use rolecall_domain::ports::{CommitError, Records, ScheduleStore};
use rolecall_domain::record::evidence::EvidenceKind;
use rolecall_domain::record::evidence_log::EvidenceLog;
use rolecall_domain::record::orphan::NewOrphanedStack;
use rolecall_domain::record::registration::{PastedStack, Registration, RegistrationState};
use rolecall_domain::schedule::{StackCheckResult, Subject};
use rolecall_domain::settings::CALLBACK_GRACE;
use rolecall_domain::text::{Actor, Tenant};
use rolecall_domain::transition::{orphan, register};

/// Ends a registration that has expired. After its end, records pasted stacks that were never
/// registered as orphaned stacks. Returns the registration if it has just expired.
///
/// # Errors
/// If the store fails, or concurrent changes to the registration persist.
pub async fn expire_registration(
    env: &impl Env,
    tenant: &Tenant,
    id: &RegistrationId,
) -> Result<Option<Registration>, UseCaseError> {
    decide_again(env, async || expire(env, tenant, id).await).await
}

async fn expire(
    env: &impl Env,
    tenant: &Tenant,
    id: &RegistrationId,
) -> Result<Option<Registration>, UseCaseError> {
    // Read before the registration, because a paste in the meantime makes it due again.
    let schedule = schedule_of(env, tenant, Subject::Registration(id.clone())).await?;
    let Some(registration) = env.store().registration(tenant, id).await? else {
        return Ok(None);
    };
    let now = env.now();
    if registration.state != RegistrationState::Pending {
        let next = if record_pasted_stacks(env, &registration).await? {
            schedule.ended()
        } else {
            schedule.after_stack_check(now, StackCheckResult::Quiet, env.settings())
        };
        env.store().reschedule(&schedule, &next).await?;
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
    env.store().commit(&change).await?;
    Ok(Some(after))
}

/// Returns true if nothing remains to be determined. A failure of one stack does not block the
/// others.
async fn record_pasted_stacks(
    env: &impl Env,
    registration: &Registration,
) -> Result<bool, UseCaseError> {
    let mut settled = Ok(true);
    for pasted in &registration.pasted {
        match record_pasted_stack(env, registration, pasted).await {
            Ok(known) => settled = settled.map(|all| all && known),
            Err(error) => settled = Err(error),
        }
    }
    settled
}

/// Records a stack if its role can be assumed with this registration's external ID, because a paste
/// does not prove that the stack exists. Returns false if AWS returned no usable response.
async fn record_pasted_stack(
    env: &impl Env,
    registration: &Registration,
    pasted: &PastedStack,
) -> Result<bool, UseCaseError> {
    let PastedStack { stack_id, role_arn } = pasted;
    let known = on_record::of_registration(env, registration, stack_id).await?;
    if !matches!(known, OnRecord::Nothing)
        || account_with_stack(env, &registration.tenant, stack_id)
            .await?
            .is_some()
    {
        return Ok(true);
    }
    let external_id = &registration.external_id;
    let seen = match inspect_orphan(env.customers(), role_arn, stack_id, external_id).await {
        Some(EvidenceKind::RoleUnassumable) => return Ok(true),
        Some(seen) => seen,
        None => return Ok(false),
    };
    let (now, mut evidence) = (env.now(), EvidenceLog::default());
    let id = &registration.registration_id;
    let deletions = [
        (
            register::tombstone(id, stack_id, None),
            EvidenceKind::DeleteCallback,
        ),
        (
            register::preflight_tombstone(id, stack_id),
            EvidenceKind::PreflightDeleted,
        ),
    ];
    for (tombstone, kind) in deletions {
        if env.store().owner(&tombstone).await?.is_some() {
            evidence.add(kind, now, env.settings());
        }
    }
    evidence.add(seen, now, env.settings());
    let new = NewOrphanedStack {
        orphaned_stack_id: OrphanedStackId::new(env.id_seed()),
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
    let change = orphan::open_unregistered(Change::new(), new, &occasion, env.settings());
    match env.store().commit(&change).await {
        // A callback has recorded it in the meantime.
        Ok(()) | Err(CommitError::Held(_)) => Ok(true),
        Err(error) => Err(error.into()),
    }
}
