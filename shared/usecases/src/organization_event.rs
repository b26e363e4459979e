//! AWS Organizations reports that an AWS account was closed, or left its organization. All records
//! that depend on the AWS account are updated, and checked soon.

use crate::retry::decide_again;
use crate::schedule::{account_schedule, schedule_of};
use crate::track_orphan::{Observation, add_observation};
use crate::{Env, UseCaseError};
use rolecall_domain::change::Occasion;
use rolecall_domain::check::Verdict;
use rolecall_domain::ids::{AccountId, OrphanedStackId};
use rolecall_domain::ports::{Records, ScheduleStore};
use rolecall_domain::record::account::Account;
use rolecall_domain::record::evidence::Evidence;
use rolecall_domain::record::orphan::OrphanedStack;
use rolecall_domain::schedule::Subject;
use rolecall_domain::text::{Actor, Tenant};
use rolecall_domain::transition::disconnect::mark_closed;

const CAUSE: &str = "organization_event";

/// Applies the event to one record that depends on the AWS account. `closed` is `None` if the AWS
/// account only left its organization.
///
/// # Errors
/// If the store fails, or concurrent changes to the record persist.
pub async fn organization_event(
    env: &impl Env,
    tenant: &Tenant,
    subject: &Subject,
    closed: Option<&Evidence>,
) -> Result<(), UseCaseError> {
    match (subject, closed) {
        (Subject::Account(id), Some(closed)) => account_closed(env, tenant, id, closed).await,
        (Subject::Account(id), None) => {
            let account = env.store().account(tenant, id).await?;
            match account.filter(|account| !account.is_deregistered()) {
                Some(_) => check_soon(env, tenant, subject).await,
                None => Ok(()),
            }
        }
        (Subject::Stack(id), closed) => orphan(env, tenant, id, closed).await,
        // A registration has no AWS account yet.
        (Subject::Registration(_), _) => Ok(()),
    }
}

async fn account_closed(
    env: &impl Env,
    tenant: &Tenant,
    id: &AccountId,
    closed: &Evidence,
) -> Result<(), UseCaseError> {
    decide_again(env, async || {
        let account = env.store().account(tenant, id).await?;
        let Some(account) = account.filter(|account| !account.is_deregistered()) else {
            return Ok(());
        };
        if was_healthy_after(env, &account, closed).await? {
            return Ok(());
        }
        let occasion = Occasion::new(env.now(), Actor::Hub, CAUSE);
        let (orphaned_stack_id, settings) = (OrphanedStackId::new(env.id_seed()), env.settings());
        let Some(change) = mark_closed(
            &account,
            closed.clone(),
            orphaned_stack_id,
            &occasion,
            settings,
        ) else {
            return Ok(());
        };
        let schedule = account_schedule(env, &account).await?;
        let change = change.next_check(schedule.due_at(occasion.now));
        Ok(env.store().commit(&change).await?)
    })
    .await
}

/// Events can arrive late. An event from long before the account was last healthy is ignored.
async fn was_healthy_after(
    env: &impl Env,
    account: &Account,
    closed: &Evidence,
) -> Result<bool, UseCaseError> {
    let subject = Subject::Account(account.account_id.clone());
    let report = env.store().report(&account.tenant, &subject).await?;
    Ok(report.is_some_and(|report| {
        report.verdict == Verdict::Passed
            && report.checked_at.duration_since(closed.at) >= env.settings().deleting_recheck
    }))
}

async fn orphan(
    env: &impl Env,
    tenant: &Tenant,
    id: &OrphanedStackId,
    closed: Option<&Evidence>,
) -> Result<(), UseCaseError> {
    let orphan = env.store().orphaned_stack(tenant, id).await?;
    // Anyone with a token can name a stack in this AWS account, and could follow its status.
    let Some(orphan) = orphan.filter(OrphanedStack::belongs_to_registration) else {
        return Ok(());
    };
    let Some(closed) = closed else {
        return check_soon(env, tenant, &Subject::Stack(id.clone())).await;
    };
    let observation = Observation {
        kind: Some(closed.kind.clone()),
        at: closed.at,
        actor: Actor::Hub,
        cause: CAUSE,
    };
    let added = add_observation(env, orphan, &observation, None);
    added.await.map(drop)
}

async fn check_soon(
    env: &impl Env,
    tenant: &Tenant,
    subject: &Subject,
) -> Result<(), UseCaseError> {
    let schedule = schedule_of(env, tenant, subject.clone()).await?;
    let next = schedule.due_at(env.now());
    env.store().reschedule(&schedule, &next).await?;
    Ok(())
}
