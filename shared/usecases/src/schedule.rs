//! Plans the next check of a subject.

use crate::{Env, UseCaseError};
use rolecall_domain::check::Trigger;
use rolecall_domain::ports::ScheduleStore;
use rolecall_domain::record::account::Account;
use rolecall_domain::schedule::{CheckSchedule, Subject};
use rolecall_domain::text::Tenant;

pub(crate) async fn account_schedule(
    env: &impl Env,
    account: &Account,
) -> Result<CheckSchedule, UseCaseError> {
    let subject = Subject::Account(account.account_id.clone());
    schedule_of(env, &account.tenant, subject).await
}

/// The subject's schedule; an empty one if none is stored.
pub(crate) async fn schedule_of(
    env: &impl Env,
    tenant: &Tenant,
    subject: Subject,
) -> Result<CheckSchedule, UseCaseError> {
    let schedule = env.store().check_schedule(tenant, &subject).await?;
    Ok(schedule.unwrap_or_else(|| CheckSchedule::never(tenant.clone(), subject)))
}

/// The schedule after a check.
pub(crate) fn planned(
    before: &CheckSchedule,
    next: CheckSchedule,
    trigger: Trigger,
) -> CheckSchedule {
    match trigger {
        Trigger::OnDemand => before.on_demand(next),
        Trigger::Create | Trigger::Update | Trigger::Paste | Trigger::Scheduled => next,
    }
}
