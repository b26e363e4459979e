//! A stack's Update reports its role: the same one, or a replacement.

use crate::commit::commit_unless_empty;
use crate::on_record::account_again;
use crate::propagation::verify_once_propagated;
use crate::retry::decide_from;
use crate::schedule::account_schedule;
use crate::{Env, UseCaseError};
use rolecall_domain::Timestamp;
use rolecall_domain::aws::Role;
use rolecall_domain::change::audit::{Event, Record};
use rolecall_domain::change::{Change, Guard, Occasion, Owner, PersistedAnswer};
use rolecall_domain::check::companion::proof::merge_reported;
use rolecall_domain::check::{AssumeOutcome, Expected, Observed, Report, Verdict};
use rolecall_domain::companion::DeployedRole;
use rolecall_domain::ports::{CommitError, Records};
use rolecall_domain::record::account::{Account, AccountState, ReportedRole};
use rolecall_domain::text::Actor;

/// Verifies the reported role and adopts it. A role that does not pass is stored and retried with
/// every check, and the report contains the reason. Only the previous role, which a rolled-back
/// update restores, is adopted as soon as it can be assumed. The response is stored in every case.
///
/// An update that arrives after a later one changes nothing.
///
/// `received_at` is when the update was received, if its role may still be propagating.
///
/// # Errors
/// If the store fails, or concurrent changes to the account persist.
pub async fn update_role(
    env: &impl Env,
    account: Account,
    reported: &ReportedRole,
    received_at: Option<Timestamp>,
    answer: Option<&PersistedAnswer>,
) -> Result<Account, UseCaseError> {
    if account.has_newer_report_than(reported) {
        return keep_as_it_is(env, account, answer).await;
    }
    let expected = Expected::for_update(&account, reported, received_at, None, env.hub());
    let (report, observed) = verify_once_propagated(env, expected, None).await?;
    let read_again = async |account: &mut _| account_again(env, account).await;
    decide_from(env, account, read_again, async |account| {
        if account.has_newer_report_than(reported) {
            return keep_as_it_is(env, account.clone(), answer).await;
        }
        let reported = trusted_report(account, reported, &observed);
        let after = decide(account, &reported, &report, &observed);
        let schedule = account_schedule(env, account).await?;
        let was_well = *account.state() == AccountState::Active;
        let mut next = schedule.after_report(&report, was_well, env.now());
        if reported.deployed_roles != observed.companion_roles() || !all_seen(&reported) {
            // The hub has not observed all reported roles yet; it checks again once the stack has
            // settled.
            next = next.due_at(env.now() + env.settings().orphan_check);
        }
        let checked = Change::new().schedule(next).keep(schedule.kept(&report));
        let change = adoption(checked.clone(), account, after.as_ref(), env.now(), answer);
        match env.store().commit(&change).await {
            Ok(()) => Ok(after.unwrap_or_else(|| account.clone())),
            Err(CommitError::Answered) => Ok(account.clone()),
            Err(CommitError::Held(_)) => {
                tracing::warn!(account.id = %account.account_id, "an update reported a role that another account holds");
                let change = checked.answering(answer.cloned());
                match env.store().commit(&change).await {
                    Ok(()) | Err(CommitError::Stale | CommitError::Answered) => Ok(account.clone()),
                    Err(error) => Err(error.into()),
                }
            }
            Err(error) => Err(error.into()),
        }
    })
    .await
}

async fn keep_as_it_is(
    env: &impl Env,
    account: Account,
    answer: Option<&PersistedAnswer>,
) -> Result<Account, UseCaseError> {
    tracing::warn!(account.id = %account.account_id, "ignored an update that arrived after a later one");
    let change = Change::new().answering(answer.cloned());
    match commit_unless_empty(env, &change).await {
        Ok(()) | Err(CommitError::Stale | CommitError::Answered) => Ok(account),
        Err(error) => Err(error.into()),
    }
}

/// The reported roles that the hub trusts.
fn trusted_report(account: &Account, reported: &ReportedRole, observed: &Observed) -> ReportedRole {
    let seen = observed.companion_roles();
    let roles = if observed.companions.is_some() {
        &seen
    } else {
        &reported.deployed_roles
    };
    ReportedRole {
        deployed_roles: merge_reported(&account.deployed_roles, roles, observed.stack.as_ref()),
        ..reported.clone()
    }
}

fn all_seen(reported: &ReportedRole) -> bool {
    reported.deployed_roles.iter().all(DeployedRole::was_seen)
}

/// The account after the update; `None` if nothing changed.
fn decide(
    account: &Account,
    reported: &ReportedRole,
    report: &Report,
    observed: &Observed,
) -> Option<Account> {
    let Some(AssumeOutcome::Granted(granted)) = &observed.assume else {
        return account.with_unverified_role(reported);
    };
    let role = Role {
        arn: reported.role_arn.clone(),
        unique_id: granted.role_unique_id.clone(),
    };
    let is_former = account.previous_role.as_ref() == Some(&role);
    if is_former || report.verdict == Verdict::Passed {
        account.with_role(role, reported)
    } else {
        account.with_unverified_role(reported)
    }
}

fn adoption(
    checked: Change,
    account: &Account,
    after: Option<&Account>,
    now: Timestamp,
    answer: Option<&PersistedAnswer>,
) -> Change {
    let change = checked.answering(answer.cloned());
    let Some(after) = after else {
        return change;
    };
    let before = Record::Account(account.clone());
    let owner = Owner::from(&before);
    let occasion = Occasion::new(now, Actor::Stack, "stack_updated");
    change
        .update(
            before,
            Record::Account(after.clone()),
            Event::AccountChanged,
            &occasion,
        )
        .claim(Guard::RoleArn(after.role.arn.clone()), &owner)
        .claim(Guard::RoleUniqueId(after.role.unique_id.clone()), &owner)
}
