//! Checks a connected account, and takes the step that follows.

use crate::inspect::{inspect, quick_check};
use crate::retry::decide_again;
use crate::track_orphan::planned;
use crate::update_role::update_role;
use crate::{Env, TemplateCache, UseCaseError};
use rolecall_domain::check::quick::Glance;
use rolecall_domain::check::{Expected, Observed, Report, Trigger, Verdict, verify};
use rolecall_domain::companion::MadeRole;
use rolecall_domain::ids::StackEntryId;
use rolecall_domain::ports::{Checkups, CommitError, Records};
use rolecall_domain::record::account::{Account, AccountState};
use rolecall_domain::record::evidence::EvidenceKind;
use rolecall_domain::schedule::{Checkup, StackLook, Subject};
use rolecall_domain::text::Tenant;
use rolecall_domain::transition::check;
use rolecall_domain::transition::check::after_check;
use std::collections::BTreeMap;

/// What a scheduled check came to.
#[derive(Debug)]
pub enum Checked {
    /// A quick check leaves no report.
    Quickly(Verdict),
    Fully(Report),
}

/// Failed scheduled checks in a row before an account is unhealthy: one bad minute is none.
const FAILURES: u32 = 3;

/// One full check of an account in any state but deregistered: verified, or, once disconnected,
/// tracked like an orphaned stack. Returns the report, if there is one.
///
/// # Errors
/// When the store fails, or others keep changing the account.
pub async fn check_account(
    env: &impl Env,
    account: Account,
    trigger: Trigger,
) -> Result<Option<Report>, UseCaseError> {
    let checkup = account_checkup(env, &account).await?;
    check_fully(env, account, checkup, trigger, &TemplateCache::default()).await
}

/// One scheduled check, of an account in any state: a quick one where everything was in order not
/// long ago, and a full one where it was not, or the quick check shows that something changed.
/// Returns what it came to; none where there is nothing to check.
///
/// # Errors
/// When the store fails, or others keep changing the account.
pub async fn check_account_when_due(
    env: &impl Env,
    account: Account,
    checkup: &Checkup,
    templates: &TemplateCache,
) -> Result<Option<Checked>, UseCaseError> {
    let settings = env.settings();
    let settled = *account.state() == AccountState::Active
        && account.reported_role.is_none()
        && account.made_roles.iter().all(MadeRole::was_seen)
        && account.closed().is_none();
    if settled && checkup.wants_glance(env.now(), settings) {
        let seen = quick_check(env.customers(), &account.role, &account.external_id).await;
        let (now, jitter) = (env.now(), env.jitter());
        let outcome = match seen {
            Glance::InOrder => Some((Verdict::Passed, checkup.after_glance(now, jitter, settings))),
            Glance::Unclear => {
                let verdict = Verdict::Inconclusive;
                let next = checkup.after_account_check(verdict, now, jitter, settings);
                Some((verdict, next))
            }
            Glance::Changed => None,
        };
        if let Some((verdict, next)) = outcome {
            env.store().reschedule(checkup, &next).await?;
            return Ok(Some(Checked::Quickly(verdict)));
        }
    }
    let checkup = checkup.clone();
    let report = check_fully(env, account, checkup, Trigger::Scheduled, templates).await?;
    Ok(report.map(Checked::Fully))
}

/// The checkup was read before the inspection: what is scheduled meanwhile, because of news, stays
/// in force.
async fn check_fully(
    env: &impl Env,
    mut account: Account,
    mut checkup: Checkup,
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
        checkup = account_checkup(env, &account).await?;
    }
    let mut expected = expectation(env, &account, trigger, templates).await?;
    let observed = inspect(env, &mut expected, templates).await?;
    let report = verify(&expected, &observed, env.now());
    conclude(env, account, &checkup, &report, &observed, trigger).await?;
    Ok(Some(report))
}

/// What the account's role and stack should be.
async fn expectation(
    env: &impl Env,
    account: &Account,
    trigger: Trigger,
    templates: &TemplateCache,
) -> Result<Expected, UseCaseError> {
    Ok(Expected {
        tenant: account.tenant.clone(),
        role_arn: account.role.arn.clone(),
        stack_id: account.stack_id.clone(),
        external_id: account.external_id.clone(),
        trigger,
        heard_at: None,
        reported_external_id_matches: None,
        pinned_account: None,
        recorded_role: Some(account.role.unique_id.clone()),
        account_closed: account.told_closed_by().is_some(),
        template_version: account.template_version.clone(),
        permissions: Vec::new(),
        current_template: templates.template(env.store()).await?,
        made_roles: account.made_roles.clone(),
        recorded_roles: account.made_roles.clone(),
        alike: Vec::new(),
        hub: env.hub().clone(),
        account_id: Some(account.account_id.clone()),
        known_policies: BTreeMap::new(),
    })
}

/// Keeps the report, sets the next check, and takes the step that follows, if any.
async fn conclude(
    env: &impl Env,
    mut account: Account,
    checkup: &Checkup,
    report: &Report,
    observed: &Observed,
    trigger: Trigger,
) -> Result<(), UseCaseError> {
    let kept = checkup.kept(report);
    let mut made_roles = observed.made_roles();
    let (mut may_return, mut is_first) = (true, true);
    decide_again(env, async || {
        if !std::mem::take(&mut is_first) {
            let Some(current) = unless_other(env, &account).await? else {
                return Ok(());
            };
            // What its stack reported meanwhile is newer than what was seen.
            if current.told_at != account.told_at {
                made_roles = None;
            }
            account = current;
        }
        let (now, settings) = (env.now(), env.settings());
        let next = checkup.after_account_check(report.verdict, now, env.jitter(), settings);
        let checked = check::Checked {
            report,
            seen: EvidenceKind::of(observed),
            certain: trigger == Trigger::OnDemand || next.streak >= FAILURES,
            may_return,
            made_roles: made_roles.as_deref(),
        };
        let entry_id = StackEntryId::new(env.id_seed());
        let change = after_check(&account, &checked, entry_id, now, settings);
        let next = if account.is_connected() {
            next
        } else {
            let look = StackLook::of(change.is_some(), account.is_stale(now));
            checkup.after_stack_check(now, look, settings)
        };
        let next = planned(checkup, next, trigger);
        let Some(change) = change else {
            env.store().put_report(&kept).await?;
            env.store().reschedule(checkup, &next).await?;
            return Ok(());
        };
        let change = change.look_next(next).keep(kept.clone());
        match env.store().commit(&change).await {
            // Its AWS account is connected by another now: it stays disconnected.
            Err(CommitError::Connected(_)) if may_return => {
                may_return = false;
                Err(UseCaseError::Changed)
            }
            result => Ok(result?),
        }
    })
    .await
}

/// The account as it is now. None where what was seen says nothing about it any more: it has another
/// role, or its stack announced its end meanwhile, or no longer does.
async fn unless_other(env: &impl Env, account: &Account) -> Result<Option<Account>, UseCaseError> {
    let (tenant, id) = (&account.tenant, &account.account_id);
    let current = env.store().account(tenant, id).await?;
    Ok(current.filter(|current| {
        current.is_connected() == account.is_connected() && current.role == account.role
    }))
}

pub(crate) async fn account_checkup(
    env: &impl Env,
    account: &Account,
) -> Result<Checkup, UseCaseError> {
    let subject = Subject::Account(account.account_id.clone());
    checkup_of(env, &account.tenant, subject).await
}

/// When the subject is checked; never, where nothing says so.
pub(crate) async fn checkup_of(
    env: &impl Env,
    tenant: &Tenant,
    subject: Subject,
) -> Result<Checkup, UseCaseError> {
    let checkup = env.store().checkup(tenant, &subject).await?;
    Ok(checkup.unwrap_or_else(|| Checkup::never(tenant.clone(), subject)))
}
