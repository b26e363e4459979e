//! Checks a connected account, and applies the resulting change.

use crate::inspect::{inspect, quick_check};
use crate::retry::decide_from;
use crate::schedule::{account_schedule, planned};
use crate::update_role::update_role;
use crate::{Env, TemplateCache, UseCaseError};
use rolecall_domain::Timestamp;
use rolecall_domain::check::quick::QuickCheck;
use rolecall_domain::check::{
    CurrentTemplate, Expected, Report, SettledStack, Trigger, Verdict, verify,
};
use rolecall_domain::companion::DeployedRole;
use rolecall_domain::ids::OrphanedStackId;
use rolecall_domain::ports::{CommitError, Records, ScheduleStore};
use rolecall_domain::record::account::{Account, AccountState};
use rolecall_domain::record::evidence::EvidenceKind;
use rolecall_domain::schedule::{CheckSchedule, StackCheckResult};
use rolecall_domain::template::Onboarding;
use rolecall_domain::transition::check;
use rolecall_domain::transition::check::after_check;

/// The result of a scheduled check.
#[derive(Debug)]
pub enum Checked {
    /// Quick checks produce no report.
    Quickly(Verdict),
    Fully(Box<Report>),
}

/// The number of consecutive failed scheduled checks before an account becomes unhealthy, so that a
/// short outage does not count.
const FAILURES: u32 = 3;

/// Runs one full check of an account that is not deregistered. A connected account is verified; a
/// disconnected one is tracked like an orphaned stack. Returns the report, if there is one.
///
/// # Errors
/// If the store fails, or concurrent changes to the account persist.
pub async fn check_account(
    env: &impl Env,
    account: Account,
    trigger: Trigger,
) -> Result<Option<Report>, UseCaseError> {
    let schedule = account_schedule(env, &account).await?;
    check_fully(env, account, schedule, trigger, &TemplateCache::default()).await
}

/// Runs one scheduled check: a quick one if a recent full check passed, and a full one otherwise or
/// if the quick check found a change. Returns `None` if there is nothing to check.
///
/// # Errors
/// If the store fails, or concurrent changes to the account persist.
pub async fn check_account_when_due(
    env: &impl Env,
    account: Account,
    schedule: &CheckSchedule,
    templates: &TemplateCache,
) -> Result<Option<Checked>, UseCaseError> {
    let settings = env.settings();
    let settled = *account.state() == AccountState::Active
        && account.reported_role.is_none()
        && account.deployed_roles.iter().all(DeployedRole::was_seen)
        && account.closed().is_none()
        && account.preflight_deleted_at().is_none();
    if settled && schedule.quick_check_suffices(env.now(), settings) {
        let seen = quick_check(env.customers(), &account.role, &account.external_id).await;
        let (now, jitter) = (env.now(), env.jitter());
        let outcome = match seen {
            QuickCheck::Healthy => Some((
                Verdict::Passed,
                schedule.after_quick_check(now, jitter, settings),
            )),
            QuickCheck::Unclear => {
                let verdict = Verdict::Inconclusive;
                let next = schedule.after_account_check(verdict, now, jitter, settings);
                Some((verdict, next))
            }
            QuickCheck::Changed => None,
        };
        if let Some((verdict, next)) = outcome {
            env.store().reschedule(schedule, &next).await?;
            return Ok(Some(Checked::Quickly(verdict)));
        }
    }
    let schedule = schedule.clone();
    let report = check_fully(env, account, schedule, Trigger::Scheduled, templates).await?;
    Ok(report.map(|report| Checked::Fully(Box::new(report))))
}

/// The schedule was read before the inspection, so schedules that events set in the meantime stay
/// in force.
async fn check_fully(
    env: &impl Env,
    mut account: Account,
    mut schedule: CheckSchedule,
    trigger: Trigger,
    templates: &TemplateCache,
) -> Result<Option<Report>, UseCaseError> {
    if account.is_deregistered() {
        return Ok(None);
    }
    if account.is_connected()
        && let Some(reported) = account.reported_role.clone()
    {
        account = update_role(env, account, &reported, None, None).await?;
        schedule = account_schedule(env, &account).await?;
    }
    let current = current_template(env, &account, templates).await?;
    let began = env.now();
    let mut expected = Expected::for_account(&account, trigger, current, env.hub());
    let observed = inspect(env, &mut expected, templates).await?;
    let report = verify(&expected, &observed, env.now());
    let stack = observed.settled_stack(expected.template.as_ref());
    let seen = (began, EvidenceKind::of(&observed), stack);
    conclude(env, account, &schedule, &report, seen, trigger).await?;
    Ok(Some(report))
}

/// The template with the current offering and the current request of the tenant.
async fn current_template(
    env: &impl Env,
    account: &Account,
    templates: &TemplateCache,
) -> Result<Option<CurrentTemplate>, UseCaseError> {
    let Some(Onboarding { facts, bucket_url }) = env.onboarding() else {
        return Ok(None);
    };
    let offering = templates.offering(env.store()).await?;
    let template = offering.template(facts, &account.requested_access, &account.companion_roles);
    let published = template.published_at(bucket_url);
    Ok(Some(CurrentTemplate {
        template,
        published,
    }))
}

/// Stores the report, schedules the next check, and applies the resulting change, if any.
async fn conclude(
    env: &impl Env,
    account: Account,
    schedule: &CheckSchedule,
    report: &Report,
    (began, seen, stack): (Timestamp, Option<EvidenceKind>, Option<SettledStack>),
    trigger: Trigger,
) -> Result<(), UseCaseError> {
    let kept = schedule.kept(report);
    let reported_at = account.reported_at;
    let mut may_return = true;
    let read_again = async |account: &mut Option<Account>| {
        if let Some(former) = account.as_ref() {
            *account = unless_other(env, former).await?;
        }
        Ok(())
    };
    decide_from(env, Some(account), read_again, async |account| {
        let Some(account) = account else {
            return Ok(());
        };
        // What the stack reported in the meantime is newer than the observation.
        let stack = stack.as_ref();
        let stack = stack.filter(|_| account.reported_at == reported_at);
        let (now, settings) = (env.now(), env.settings());
        let next = schedule.after_account_check(report.verdict, now, env.jitter(), settings);
        let checked = check::Checked {
            report,
            began,
            seen: seen.clone(),
            certain: trigger == Trigger::OnDemand || next.streak >= FAILURES,
            may_return,
            stack,
        };
        let orphaned_stack_id = OrphanedStackId::new(env.id_seed());
        let change = after_check(account, &checked, orphaned_stack_id, now, settings);
        let next = if account.is_connected() {
            next
        } else {
            let result = StackCheckResult::of(change.is_some(), account.is_stale(now));
            schedule.after_stack_check(now, result, settings)
        };
        let next = planned(schedule, next, trigger);
        let next = match account.preflight_deleted_at() {
            Some(at) if at > began => next.due_at(now),
            _ => next,
        };
        let Some(change) = change else {
            env.store().put_report(&kept).await?;
            env.store().reschedule(schedule, &next).await?;
            return Ok(());
        };
        let change = change.next_check(next).keep(kept.clone());
        match env.store().commit(&change).await {
            // Another account now connects its AWS account, so it stays disconnected.
            Err(CommitError::Connected(_)) if may_return => {
                may_return = false;
                Err(UseCaseError::Changed)
            }
            result => Ok(result?),
        }
    })
    .await
}

/// The current account. `None` if the observation no longer applies because the role or the
/// connection state has changed.
async fn unless_other(env: &impl Env, account: &Account) -> Result<Option<Account>, UseCaseError> {
    let (tenant, id) = (&account.tenant, &account.account_id);
    let current = env.store().account(tenant, id).await?;
    Ok(current.filter(|current| {
        current.is_connected() == account.is_connected() && current.role == account.role
    }))
}
