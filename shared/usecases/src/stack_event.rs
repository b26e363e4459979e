//! EventBridge reports a stack's status, for all tenants with a record of the stack.

use crate::on_record::{self, OnRecord};
use crate::retry::decide_again;
use crate::stack_deleted::disconnect;
use crate::track_orphan::{Observation, add_observation};
use crate::{Env, UseCaseError};
use futures_util::stream::{self, StreamExt};
use rolecall_domain::aws::StackId;
use rolecall_domain::check::{CheckCode, CheckStatus, StackStatus};
use rolecall_domain::ports::{Lists, ScheduleStore, Slice};
use rolecall_domain::record::account::Account;
use rolecall_domain::record::evidence::Evidence;
use rolecall_domain::schedule::Subject;
use rolecall_domain::text::Actor;
use rolecall_domain::{SignedDuration, Timestamp};

/// The maximum duration of a check, which is dated by its end.
const CHECK: SignedDuration = SignedDuration::from_mins(2);

/// Records per page.
const PAGE: usize = 100;

/// Records that are updated concurrently.
const AT_ONCE: usize = 16;

/// Adds the status to all records of the stack. Returns whether there is a record; `note` is called
/// with each record before and after. The account that was registered with the stack comes first,
/// and a record that can't be updated does not stop the others.
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
    let read = async || on_record::of_holder(env, stack_id).await;
    let holder = update(env, read, status, seen, &note).await;
    let others = update_orphans(env, stack_id, status, seen, &note).await;
    Ok(holder? | others?)
}

/// Updates the orphaned stacks that never became an account.
async fn update_orphans(
    env: &impl Env,
    stack_id: &StackId,
    status: StackStatus,
    seen: &Evidence,
    note: &impl Fn(&OnRecord),
) -> Result<bool, UseCaseError> {
    let (mut is_known, mut after) = (Ok(false), None);
    loop {
        let slice = Slice::first(PAGE).after(after);
        let page = env.store().orphaned_stacks_of(stack_id, &slice).await?;
        let updated = stream::iter(page.items)
            .map(|owner| async move {
                let read = async || on_record::orphaned_stack_of(env, owner.clone()).await;
                update(env, read, status, seen, note).await
            })
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        for updated in updated {
            is_known = is_known.and_then(|known| updated.map(|new| known | new));
        }
        after = page.next;
        if after.is_none() {
            return is_known;
        }
    }
}

/// Updates one record, which is read again after a concurrent change. Returns whether it exists.
async fn update(
    env: &impl Env,
    read: impl AsyncFn() -> Result<OnRecord, UseCaseError>,
    status: StackStatus,
    seen: &Evidence,
    note: &impl Fn(&OnRecord),
) -> Result<bool, UseCaseError> {
    decide_again(env, async || {
        let record = read().await?;
        note(&record);
        let record = add(env, record, status, seen).await?;
        note(&record);
        Ok(!matches!(record, OnRecord::Nothing))
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
        // Anyone with a token can name this stack, and could follow its status through the record.
        OnRecord::OrphanedStack(orphan) if !orphan.belongs_to_registration() => {
            Ok(OnRecord::Nothing)
        }
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
