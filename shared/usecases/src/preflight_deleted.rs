//! CloudFormation deletes a stack's preflight resource. It deletes this resource last, after it has tried to
//! delete all others. The deletion also follows a rollback, a deletion that kept the role, and an update that
//! drops the resource, so it proves nothing without a rejection of the role after it.

use crate::commit::commit_unless_answered;
use crate::on_record::{self, OnRecord, registration_again};
use crate::retry::{decide_again, decide_from};
use crate::schedule::account_schedule;
use crate::stack_deleted::store_tombstone;
use crate::track_orphan::{Observation, add_observation};
use crate::{Env, UseCaseError};
use rolecall_domain::aws::StackId;
use rolecall_domain::change::{Occasion, PersistedAnswer};
use rolecall_domain::ids::OrphanedStackId;
use rolecall_domain::record::account::Account;
use rolecall_domain::record::evidence::EvidenceKind;
use rolecall_domain::record::registration::Registration;
use rolecall_domain::text::Actor;
use rolecall_domain::transition::disconnect;
use rolecall_domain::transition::register::{self, PREFLIGHT_RESOURCE_ID};

const CAUSE: &str = "preflight_deleted";

/// Adds the evidence to the registration's record of the stack, and schedules an immediate check of the role.
/// Without a record, the stack never registered: its attempt has ended.
///
/// # Errors
/// If the store fails, or concurrent changes to the records persist.
pub async fn preflight_deleted(
    env: &impl Env,
    registration: Registration,
    stack_id: &StackId,
    answer: &PersistedAnswer,
) -> Result<(), UseCaseError> {
    let read_again = async |registration: &mut _| registration_again(env, registration).await;
    decide_from(env, registration, read_again, async |registration| {
        if add_evidence(env, registration, stack_id, Some(answer)).await? {
            return Ok(());
        }
        if !registration.has_started(stack_id) {
            let id = PREFLIGHT_RESOURCE_ID;
            return store_tombstone(env, registration, stack_id, id, answer).await;
        }
        let cause = "stack_rolled_back";
        let occasion = Occasion::new(env.now(), Actor::Stack, cause);
        let change = register::roll_back_stack(registration, stack_id, &occasion);
        let change = change.answering(Some(answer.clone()));
        commit_unless_answered(env, &change).await
    })
    .await
}

/// Adds the evidence to the registration's record, and stores nothing otherwise.
///
/// # Errors
/// If the store fails, or concurrent changes to the records persist.
pub async fn recorded_preflight_deleted(
    env: &impl Env,
    registration: &Registration,
    stack_id: &StackId,
) -> Result<(), UseCaseError> {
    decide_again(env, async || {
        let added = add_evidence(env, registration, stack_id, None).await;
        added.map(drop)
    })
    .await
}

/// Returns false if the registration has no record of the stack.
async fn add_evidence(
    env: &impl Env,
    registration: &Registration,
    stack_id: &StackId,
    answer: Option<&PersistedAnswer>,
) -> Result<bool, UseCaseError> {
    match on_record::of_registration(env, registration, stack_id).await? {
        OnRecord::Account(account) => mark(env, &account, answer.cloned()).await?,
        OnRecord::OrphanedStack(orphan) => {
            let observation = Observation {
                kind: Some(EvidenceKind::PreflightDeleted),
                at: env.now(),
                actor: Actor::Stack,
                cause: CAUSE,
            };
            add_observation(env, orphan, &observation, answer.cloned()).await?;
        }
        OnRecord::Nothing => return Ok(false),
    }
    Ok(true)
}

async fn mark(
    env: &impl Env,
    account: &Account,
    answer: Option<PersistedAnswer>,
) -> Result<(), UseCaseError> {
    let occasion = Occasion::new(env.now(), Actor::Stack, CAUSE);
    let id = OrphanedStackId::new(env.id_seed());
    let change = disconnect::preflight_deleted(account, id, &occasion, env.settings());
    let Some(change) = change else {
        return Ok(());
    };
    let next = account_schedule(env, account).await?.due_at(occasion.now);
    let change = change.next_check(next).answering(answer);
    commit_unless_answered(env, &change).await
}
