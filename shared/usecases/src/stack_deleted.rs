//! A stack's Delete request reports its deletion, which is a deletion signal for the registration's
//! record of the stack.

use crate::commit::commit_unless_answered;
use crate::on_record::{self, OnRecord, StackResource, registration_again};
use crate::retry::{decide_again, decide_from};
use crate::schedule::account_schedule;
use crate::track_orphan::{Observation, add_observation};
use crate::{Env, UseCaseError};
use rolecall_domain::aws::StackId;
use rolecall_domain::change::audit::Record;
use rolecall_domain::change::{Change, Occasion, Owner, PersistedAnswer, Requirement};
use rolecall_domain::ids::OrphanedStackId;
use rolecall_domain::record::account::Account;
use rolecall_domain::record::evidence::{Evidence, EvidenceKind};
use rolecall_domain::record::registration::Registration;
use rolecall_domain::text::Actor;
use rolecall_domain::transition::disconnect::deletion_signaled;
use rolecall_domain::transition::register;

/// Adds the signal to the registration's record of the stack, together with the response. Without a
/// record, it stores a tombstone, so that a later Create is rejected.
///
/// # Errors
/// If the store fails, or concurrent changes to the records persist.
pub async fn stack_deleted(
    env: &impl Env,
    registration: Registration,
    resource: &StackResource,
    answer: &PersistedAnswer,
) -> Result<(), UseCaseError> {
    let read_again = async |registration: &mut _| registration_again(env, registration).await;
    decide_from(env, registration, read_again, async |registration| {
        if add_signal(env, registration, resource, Some(answer)).await? {
            return Ok(());
        }
        let (stack_id, id) = (&resource.stack_id, &resource.logical_resource_id);
        store_tombstone(env, registration, stack_id, id, answer).await
    })
    .await
}

/// Adds the signal to the registration's record, and stores nothing otherwise.
///
/// # Errors
/// If the store fails, or concurrent changes to the records persist.
pub async fn recorded_stack_deleted(
    env: &impl Env,
    registration: &Registration,
    resource: &StackResource,
) -> Result<(), UseCaseError> {
    decide_again(env, async || {
        add_signal(env, registration, resource, None)
            .await
            .map(drop)
    })
    .await
}

/// Returns false if the registration has no record of the stack.
async fn add_signal(
    env: &impl Env,
    registration: &Registration,
    resource: &StackResource,
    answer: Option<&PersistedAnswer>,
) -> Result<bool, UseCaseError> {
    let at = env.now();
    match on_record::of_registration(env, registration, &resource.stack_id).await? {
        OnRecord::Account(account) if resource.is_of_account(&account) => {
            let signal = Evidence {
                kind: EvidenceKind::DeleteCallback,
                at,
            };
            disconnect(env, &account, signal, Actor::Stack, answer.cloned()).await?;
        }
        OnRecord::OrphanedStack(orphan) if resource.is_of_orphan(&orphan) => {
            let observation = Observation {
                kind: Some(EvidenceKind::DeleteCallback),
                at,
                actor: Actor::Stack,
                cause: "delete_callback",
            };
            add_observation(env, orphan, &observation, answer.cloned()).await?;
        }
        OnRecord::Account(_) | OnRecord::OrphanedStack(_) => {}
        OnRecord::Nothing => return Ok(false),
    }
    Ok(true)
}

/// AWS reports that the account's stack is being deleted: the account is disconnected. A signal
/// without news is not recorded.
///
/// # Errors
/// If the store fails, or [`UseCaseError::Changed`] if the account has changed.
pub(crate) async fn disconnect(
    env: &impl Env,
    account: &Account,
    signal: Evidence,
    actor: Actor,
    answer: Option<PersistedAnswer>,
) -> Result<(), UseCaseError> {
    let cause = match signal.kind {
        EvidenceKind::DeleteCallback => "delete_callback",
        _ => "stack_event",
    };
    let occasion = Occasion::new(env.now(), actor, cause);
    let (id, settings) = (OrphanedStackId::new(env.id_seed()), env.settings());
    let Some(change) = deletion_signaled(account, signal, id, &occasion, settings) else {
        return Ok(());
    };
    let schedule = account_schedule(env, account).await?;
    let next = schedule.due_at(occasion.now + settings.orphan_check);
    let change = change.next_check(next).answering(answer);
    commit_unless_answered(env, &change).await
}

/// A Delete that arrives before its Create, or for a resource that was never created. The
/// registering transaction checks for this tombstone. If that transaction was faster, the
/// registration has changed.
pub(crate) async fn store_tombstone(
    env: &impl Env,
    registration: &Registration,
    stack_id: &StackId,
    logical_resource_id: &str,
    answer: &PersistedAnswer,
) -> Result<(), UseCaseError> {
    let tombstone = register::tombstone(
        &registration.registration_id,
        stack_id,
        Some(logical_resource_id),
    );
    let owner = Owner::from(&Record::Registration(registration.clone()));
    let unchanged = Requirement::Unchanged {
        tenant: registration.tenant.clone(),
        registration_id: registration.registration_id.clone(),
        version: registration.version,
    };
    let change = Change::new()
        .claim(tombstone, &owner)
        .require(unchanged)
        .answering(Some(answer.clone()));
    commit_unless_answered(env, &change).await
}
