//! Collects evidence about orphaned stacks until each is proven gone.

use crate::inspect::inspect_orphan;
use crate::on_record::account_with_stack;
use crate::retry::decide_from;
use crate::schedule::{planned, schedule_of};
use crate::{Env, UseCaseError};
use rolecall_domain::Timestamp;
use rolecall_domain::change::{Occasion, PersistedAnswer};
use rolecall_domain::check::Trigger;
use rolecall_domain::ids::{AccountId, OrphanedStackId};
use rolecall_domain::ports::{CommitError, Records, Requests, ScheduleStore};
use rolecall_domain::record::account::Account;
use rolecall_domain::record::evidence::{Evidence, EvidenceKind};
use rolecall_domain::record::orphan::OrphanedStack;
use rolecall_domain::schedule::{StackCheckResult, Subject};
use rolecall_domain::text::{Actor, Tenant};
use rolecall_domain::transition::orphan::orphaned_stack_changed;

/// An observation of an orphaned stack. Without a kind, it only records that the stack was checked.
#[derive(Debug, Clone)]
pub struct Observation {
    pub kind: Option<EvidenceKind>,
    /// When it happened, which may be before it was reported.
    pub at: Timestamp,
    pub actor: Actor,
    pub cause: &'static str,
}

/// Runs one scheduled check of an orphaned stack. Returns its new state, if it exists.
///
/// # Errors
/// If the store fails, or concurrent changes to the orphaned stack persist.
pub async fn check_orphan(
    env: &impl Env,
    tenant: &Tenant,
    id: &OrphanedStackId,
) -> Result<Option<OrphanedStack>, UseCaseError> {
    check(env, tenant, id, Trigger::Scheduled).await
}

/// Runs a check on demand, which does not postpone the next scheduled check.
///
/// # Errors
/// If the store fails, or concurrent changes to the orphaned stack persist.
pub async fn check_orphan_now(
    env: &impl Env,
    tenant: &Tenant,
    id: &OrphanedStackId,
) -> Result<Option<OrphanedStack>, UseCaseError> {
    check(env, tenant, id, Trigger::OnDemand).await
}

/// Runs the first check of a deregistered account's orphaned stack.
///
/// # Errors
/// If the store fails, or concurrent changes to the orphaned stack persist.
pub async fn check_orphan_of(
    env: &impl Env,
    tenant: &Tenant,
    account_id: &AccountId,
) -> Result<Option<OrphanedStack>, UseCaseError> {
    let account = env.store().account(tenant, account_id).await?;
    match account.as_ref().and_then(Account::orphaned_stack_id) {
        Some(id) => check_orphan(env, tenant, id).await,
        None => Ok(None),
    }
}

async fn check(
    env: &impl Env,
    tenant: &Tenant,
    id: &OrphanedStackId,
    trigger: Trigger,
) -> Result<Option<OrphanedStack>, UseCaseError> {
    // Read before the record, so that schedules that events set in the meantime stay in force.
    let schedule = schedule_of(env, tenant, Subject::Stack(id.clone())).await?;
    let Some(orphan) = env.store().orphaned_stack(tenant, id).await? else {
        return Ok(None);
    };
    let began = env.now();
    let kind = match &orphan.role_arn {
        _ if became_an_account(env, &orphan).await? => Some(EvidenceKind::DismissedBy {
            who: Actor::Hub.to_string(),
            reason: "the stack became a registered account".to_owned(),
        }),
        Some(role) => {
            let (stack, external_id) = (&orphan.stack_id, &orphan.external_id);
            let seen = inspect_orphan(env.customers(), role, stack, external_id).await;
            orphan.or_lapsed(seen, env.now())
        }
        None => orphan.or_lapsed(None, env.now()),
    };
    let observation = Observation {
        kind,
        at: began,
        actor: Actor::Hub,
        cause: "checked",
    };
    let version = orphan.version;
    let orphan = add(env, orphan, &observation, None, trigger).await?;
    if orphan.version == version {
        let now = env.now();
        let result = if orphan.is_open() {
            StackCheckResult::of(false, orphan.is_stale(now))
        } else {
            StackCheckResult::Closed
        };
        let next = schedule.after_stack_check(now, result, env.settings());
        let next = planned(&schedule, next, trigger);
        env.store().reschedule(&schedule, &next).await?;
    }
    Ok(Some(orphan))
}

/// Whether a rejected stack was registered later, because its creation was retried. Its deletion is
/// then reported to that account and its orphaned stack, not to this one.
async fn became_an_account(env: &impl Env, orphan: &OrphanedStack) -> Result<bool, UseCaseError> {
    if orphan.account_id.is_some() {
        return Ok(false);
    }
    let account = account_with_stack(env, &orphan.tenant, &orphan.stack_id).await?;
    Ok(account.is_some())
}

/// Adds an observation, and schedules a check soon if it was news. A response to CloudFormation is
/// stored in the same transaction.
///
/// # Errors
/// If the store fails, or concurrent changes to the orphaned stack persist.
pub async fn add_observation(
    env: &impl Env,
    orphan: OrphanedStack,
    observation: &Observation,
    answer: Option<PersistedAnswer>,
) -> Result<OrphanedStack, UseCaseError> {
    add(env, orphan, observation, answer, Trigger::Scheduled).await
}

async fn add(
    env: &impl Env,
    orphan: OrphanedStack,
    observation: &Observation,
    answer: Option<PersistedAnswer>,
    trigger: Trigger,
) -> Result<OrphanedStack, UseCaseError> {
    let subject = Subject::Stack(orphan.orphaned_stack_id.clone());
    let read_again = async |orphan: &mut OrphanedStack| {
        let (tenant, id) = (&orphan.tenant, &orphan.orphaned_stack_id);
        let current = env.store().orphaned_stack(tenant, id).await?;
        *orphan = current.ok_or(UseCaseError::Missing("an orphaned stack"))?;
        Ok(())
    };
    decide_from(env, orphan, read_again, async |orphan| {
        let (now, settings) = (env.now(), env.settings());
        let (kind, at) = (observation.kind.clone(), observation.at);
        let seen = kind.map(|kind| Evidence { kind, at });
        let Some(after) = orphan.with_evidence(seen, now, settings) else {
            if let Some(answer) = &answer {
                env.store().keep_answer(answer).await?;
            }
            return Ok(orphan.clone());
        };
        let result = if after.is_open() {
            StackCheckResult::News
        } else {
            StackCheckResult::Closed
        };
        let schedule = schedule_of(env, &orphan.tenant, subject.clone()).await?;
        let next = schedule.after_stack_check(now, result, settings);
        let next = planned(&schedule, next, trigger);
        let next = if needs_check_now(&after, observation) {
            next.due_at(now)
        } else {
            next
        };
        let occasion = Occasion::new(now, observation.actor.clone(), observation.cause);
        let change = orphaned_stack_changed(orphan, &after, &occasion)
            .schedule(next)
            .answering(answer.clone());
        match env.store().commit(&change).await {
            Ok(()) => Ok(after),
            Err(CommitError::Answered) => Ok(orphan.clone()),
            Err(error) => Err(error.into()),
        }
    })
    .await
}

/// Whether the preflight resource was deleted, and the role has not been tested since: a rejection
/// would prove the stack's deletion.
fn needs_check_now(orphan: &OrphanedStack, observation: &Observation) -> bool {
    let deleted_at = orphan.evidence().preflight_deleted_at();
    let is_news = observation.kind == Some(EvidenceKind::PreflightDeleted);
    orphan.is_open() && (is_news || deleted_at.is_some_and(|at| at > observation.at))
}
