//! Deregisters an account.

use crate::on_record::account_again;
use crate::retry::decide_from;
use crate::schedule::account_schedule;
use crate::{Env, UseCaseError};
use futures_util::join;
use rolecall_domain::change::Occasion;
use rolecall_domain::ids::OrphanedStackId;
use rolecall_domain::ports::{Records, ScheduleStore};
use rolecall_domain::record::account::{Account, DeregistrationCause};
use rolecall_domain::record::orphan::OrphanedStack;
use rolecall_domain::schedule::Subject;
use rolecall_domain::text::Actor;
use rolecall_domain::transition::deregister as transition;

/// Deregisters an account; repeating it has the same result. Its stack becomes an orphaned stack in
/// the same transaction.
///
/// # Errors
/// If the store fails, or concurrent changes to the account persist.
pub async fn deregister(
    env: &impl Env,
    account: Account,
    actor: &Actor,
) -> Result<(Account, OrphanedStack), UseCaseError> {
    let read_again = async |account: &mut _| account_again(env, account).await;
    decide_from(env, account, read_again, async |account| {
        let id = OrphanedStackId::new(env.id_seed());
        let subject = Subject::Account(account.account_id.clone());
        let (schedule, report) = join!(
            account_schedule(env, account),
            env.store().report(&account.tenant, &subject)
        );
        let (schedule, report) = (schedule?, report?);
        let stack = report.map(|report| report.stack).unwrap_or_default();
        let occasion = Occasion::new(env.now(), actor.clone(), "requested");
        let cause = DeregistrationCause::Requested;
        let decided = transition::deregister(account, &stack, cause, id, &occasion, env.settings());
        let Some((after, orphan, change)) = decided else {
            return Ok((account.clone(), orphan_of(env, account).await?));
        };
        let change = change.schedule(schedule.ended());
        env.store().commit(&change).await?;
        Ok((after, orphan))
    })
    .await
}

/// The orphaned stack of a deregistered account.
async fn orphan_of(env: &impl Env, account: &Account) -> Result<OrphanedStack, UseCaseError> {
    let missing = UseCaseError::Missing("an orphaned stack");
    let Some(id) = account.orphaned_stack_id() else {
        return Err(missing);
    };
    let orphan = env.store().orphaned_stack(&account.tenant, id).await?;
    orphan.ok_or(missing)
}
