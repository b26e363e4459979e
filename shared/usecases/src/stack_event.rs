//! EventBridge reports a stack's status, for all tenants with a record of the stack.

use crate::on_record::{self, OnRecord};
use crate::retry::decide_again;
use crate::stack_deleted::disconnect;
use crate::track_orphan::{Observation, add_observation};
use crate::{Env, UseCaseError};
use rolecall_domain::aws::StackId;
use rolecall_domain::check::{CheckCode, CheckStatus, StackStatus};
use rolecall_domain::ports::ScheduleStore;
use rolecall_domain::record::account::Account;
use rolecall_domain::record::evidence::Evidence;
use rolecall_domain::schedule::Subject;
use rolecall_domain::text::Actor;
use rolecall_domain::{SignedDuration, Timestamp};

/// The maximum duration of a check, which is dated by its end.
const CHECK: SignedDuration = SignedDuration::from_mins(2);

/// Adds the status to all records of the stack. Returns whether there is a record; `note` is called
/// with each record before and after.
///
/// # Errors
/// If the store fails, or concurrent changes to the records persist.
pub async fn stack_event(
    env: &impl Env,
    stack_id: &StackId,
    status: StackStatus,
    seen: &Evidence,
    note: impl Fn(&OnRecord),
) -> Result<bool, UseCaseError> {
    decide_again(env, async || {
        let known = on_record::of_every_tenant(env, stack_id).await?;
        let (is_known, mut changed) = (!known.is_empty(), false);
        for record in known {
            note(&record);
            match add(env, record, status, seen).await {
                Ok(record) => note(&record),
                // The other records are still processed.
                Err(UseCaseError::Changed) => changed = true,
                Err(error) => return Err(error),
            }
        }
        if changed {
            Err(UseCaseError::Changed)
        } else {
            Ok(is_known)
        }
    })
    .await
}

async fn add(
    env: &impl Env,
    record: OnRecord,
    status: StackStatus,
    seen: &Evidence,
) -> Result<OnRecord, UseCaseError> {
    match record {
        OnRecord::Nothing => Ok(OnRecord::Nothing),
        OnRecord::OrphanedStack(orphan) => {
            let observation = Observation {
                kind: Some(seen.kind.clone()),
                at: seen.at,
                actor: Actor::Hub,
                cause: "stack_event",
            };
            let orphan = add_observation(env, orphan, &observation, None).await?;
            Ok(OnRecord::OrphanedStack(orphan))
        }
        OnRecord::Account(account) => {
            let is_deletion = matches!(
                status,
                StackStatus::DeleteInProgress | StackStatus::DeleteComplete
            );
            let says_nothing = account.is_connected()
                && (!is_deletion || is_outdated(env, &account, seen.at).await?);
            if !says_nothing {
                disconnect(env, &account, seen.clone(), Actor::Hub, None).await?;
            }
            Ok(OnRecord::Account(account))
        }
    }
}

/// Events can arrive a day late. An event from before the stack was last observed alive is ignored.
async fn is_outdated(
    env: &impl Env,
    account: &Account,
    at: Timestamp,
) -> Result<bool, UseCaseError> {
    let subject = Subject::Account(account.account_id.clone());
    let report = env.store().report(&account.tenant, &subject).await?;
    Ok(report.is_some_and(|report| {
        let alive = [CheckCode::StackNotFound, CheckCode::StackUnexpectedState];
        report.checked_at.duration_since(at) >= CHECK
            && alive
                .iter()
                .all(|code| report.status_of(*code) == Some(CheckStatus::Passed))
    }))
}
