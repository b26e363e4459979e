//! The outcomes of an attempt: recorded, confirmed or rejected, each in one transaction with its
//! response.

use super::{Answering, Attempt, Outcome, Verified};
use crate::commit::commit_unless_empty;
use crate::{Env, UseCaseError};
use rolecall_domain::aws::Role;
use rolecall_domain::aws::RoleArn;
use rolecall_domain::change::audit::{Event, Record};
use rolecall_domain::change::{Change, Guard, Occasion, Requirement};
use rolecall_domain::check::{Report, Verdict};
use rolecall_domain::ids::{AccountId, OrphanedStackId};
use rolecall_domain::messages::Reason;
use rolecall_domain::ports::{CommitError, Lists, Records};
use rolecall_domain::problem::Code;
use rolecall_domain::record::account::NewAccount;
use rolecall_domain::record::evidence::EvidenceKind;
use rolecall_domain::record::refusal::Refusal;
use rolecall_domain::record::registration::{Channel, PastedStack};
use rolecall_domain::remedy::Remedy;
use rolecall_domain::settings::MOST_UNPROVEN_STACKS;
use rolecall_domain::transition::orphan::{self, RefusedStack};
use rolecall_domain::transition::register;

/// The same stack already completed the registration, so the same account is returned. If it was
/// pasted first, its custom resource is recorded now.
pub(super) async fn confirm(
    env: &impl Env,
    attempt: &Attempt,
    account_id: AccountId,
    answering: &impl Answering,
) -> Result<Outcome, UseCaseError> {
    let answer = answering.answer(Ok(&account_id)).await;
    let mut change = Change::new().answering(answer);
    if let Some(logical_resource_id) = &attempt.logical_resource_id {
        let tenant = &attempt.registration.tenant;
        let account = env.store().account(tenant, &account_id).await?;
        let updated = account.and_then(|account| {
            account
                .with_custom_resource(logical_resource_id)
                .map(|after| (account, after))
        });
        if let Some((before, after)) = updated {
            let (before, after) = (Record::Account(before), Record::Account(after));
            let occasion = super::occasion(env, attempt, "callback after paste");
            change = change.update(before, after, Event::AccountChanged, &occasion);
        }
    }
    match commit_unless_empty(env, &change).await {
        Ok(()) => Ok(Outcome::Confirmed(account_id)),
        Err(CommitError::Answered) => Ok(Outcome::Answered),
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn record(
    env: &impl Env,
    attempt: &Attempt,
    role: Role,
    verified: &Verified,
    answering: &impl Answering,
) -> Result<Outcome, UseCaseError> {
    let (registration, report) = (&attempt.registration, &verified.report);
    let candidate = NewAccount {
        account_id: AccountId::new(env.id_seed()),
        role,
        stack_id: attempt.stack_id.clone(),
        logical_resource_id: attempt.logical_resource_id.clone(),
        template_version: attempt
            .template_version
            .clone()
            .unwrap_or_else(|| registration.template.version.clone()),
        template_id: attempt.template_id(),
        deployed_roles: verified.deployed_roles.clone(),
        name: attempt.name.clone(),
    };
    let occasion = super::occasion(env, attempt, "verified");
    let (registered, change) = register::register(
        registration,
        candidate,
        report.clone(),
        &occasion,
        env.settings(),
    );
    let account = &registered.account;
    let change = change.answering(answering.answer(Ok(&account.account_id)).await);
    match env.store().commit(&change).await {
        Ok(()) => Ok(Outcome::Registered(Box::new(registered))),
        Err(CommitError::Answered) => Ok(Outcome::Answered),
        Err(error @ (CommitError::Stale | CommitError::Store(_))) => Err(error.into()),
        Err(error) => {
            let refusal = conflict(&error).with_report(report.clone());
            refuse(env, attempt, refusal, verified.seen.clone(), answering).await
        }
    }
}

/// Rejects the attempt with the report's decisive check.
pub(super) async fn reject(
    env: &impl Env,
    attempt: &Attempt,
    Verified { report, seen, .. }: &Verified,
    answering: &impl Answering,
) -> Result<Outcome, UseCaseError> {
    let refusal = verification_refusal(report);
    if attempt.channel == Channel::Paste && report.verdict == Verdict::Inconclusive {
        return Ok(Outcome::Refused(refusal));
    }
    refuse(env, attempt, refusal, seen.clone(), answering).await
}

/// Records a rejection with its response, and the rejected stack as an orphaned stack. `seen` is the
/// stack as it was read through its role.
pub(super) async fn refuse(
    env: &impl Env,
    attempt: &Attempt,
    refusal: Refusal,
    seen: Option<EvidenceKind>,
    answering: &impl Answering,
) -> Result<Outcome, UseCaseError> {
    let Attempt {
        registration,
        stack_id,
        ..
    } = attempt;
    let occasion = super::occasion(env, attempt, refusal.code.as_str());
    let answer = answering.answer(Err(&refusal)).await;
    let mut change = Change::new().answering(answer);
    let pasted = pasted(env, attempt);
    change = register::refuse(change, registration, &refusal, stack_id, pasted, &occasion);
    if attempt.channel == Channel::Callback && registration.records_refusals() {
        change = with_orphaned_stack(env, change, attempt, seen, &occasion).await?;
    }
    match commit_unless_empty(env, &change).await {
        Ok(()) => Ok(Outcome::Refused(refusal)),
        Err(CommitError::Answered) => Ok(Outcome::Answered),
        Err(CommitError::Store(error)) => Err(error.into()),
        // Another record claimed a unique key in the meantime.
        Err(_) => Err(UseCaseError::Changed),
    }
}

/// The stack of a rejected paste. A callback's stack is recorded as orphaned immediately instead.
fn pasted(env: &impl Env, attempt: &Attempt) -> Option<PastedStack> {
    let role_arn = foreign(env, attempt.role_arn.as_ref().ok())?;
    (attempt.channel == Channel::Paste).then(|| PastedStack {
        stack_id: attempt.stack_id.clone(),
        role_arn,
    })
}

/// Excludes the hub's own roles: the hub's policy denies assuming them, so a rejection would prove
/// nothing.
fn foreign(env: &impl Env, role: Option<&RoleArn>) -> Option<RoleArn> {
    let allowed =
        |role: &&RoleArn| env.hub().allow_own_account || role.account() != &env.hub().account;
    role.filter(allowed).cloned()
}

/// Records a rejected stack as orphaned, unless an account or an orphaned stack already has it, or
/// the tenant has too many stacks that nothing has proven: a token alone can name any stack. If its
/// Delete has already arrived, that is the first evidence; otherwise, the commit requires that
/// it does not arrive concurrently.
async fn with_orphaned_stack(
    env: &impl Env,
    change: Change,
    attempt: &Attempt,
    seen: Option<EvidenceKind>,
    occasion: &Occasion,
) -> Result<Change, UseCaseError> {
    let (registration, stack_id) = (&attempt.registration, &attempt.stack_id);
    let tombstone = register::tombstone(
        &registration.registration_id,
        stack_id,
        attempt.logical_resource_id.as_deref(),
    );
    let account = Guard::Stack(stack_id.clone());
    let orphan = Guard::OrphanedStack {
        registration_id: registration.registration_id.clone(),
        stack_id: stack_id.clone(),
    };
    let preflight = register::preflight_tombstone(&registration.registration_id, stack_id);
    let (account, orphan, deleted, preflight_deleted, unproven) = futures_util::join!(
        env.store().owner(&account),
        env.store().owner(&orphan),
        env.store().owner(&tombstone),
        env.store().owner(&preflight),
        env.store().count_unproven_stacks(&registration.tenant)
    );
    // Other tenants' records of the stack don't matter here.
    let account = account?.filter(|owner| owner.tenant == registration.tenant);
    if account.is_some() || orphan?.is_some() {
        return Ok(change);
    }
    if seen.is_none() && unproven? >= MOST_UNPROVEN_STACKS {
        return Ok(change);
    }
    let (deleted, preflight_deleted) = (deleted?.is_some(), preflight_deleted?.is_some());
    let refused = RefusedStack {
        orphaned_stack_id: OrphanedStackId::new(env.id_seed()),
        stack_id: stack_id.clone(),
        role_arn: foreign(env, attempt.role_arn.as_ref().ok()),
        logical_resource_id: attempt
            .logical_resource_id
            .clone()
            .unwrap_or_else(|| register::LOGICAL_RESOURCE_ID.to_owned()),
        seen,
        deleted,
        preflight_deleted,
    };
    let change =
        orphan::open_refused_stack(change, registration, refused, occasion, env.settings());
    let still_free = [(deleted, tombstone), (preflight_deleted, preflight)];
    let still_free = still_free.into_iter().filter(|(is_claimed, _)| !is_claimed);
    Ok(still_free.fold(change, |change, (_, guard)| {
        change.require(Requirement::Free(guard))
    }))
}

/// The rejection for a unique key that was already claimed.
fn conflict(error: &CommitError) -> Refusal {
    match error {
        CommitError::Held(guard) => held(guard),
        CommitError::Connected(_) => Refusal::new(
            Code::AccountAlreadyConnected,
            &Reason::AccountConnected,
            &Remedy::AllowDuplicate,
        ),
        CommitError::GroupClosed => {
            Refusal::new(Code::NotFound, &Reason::GroupDeleted, &Remedy::ChooseGroup)
        }
        _ => changed_meanwhile(),
    }
}

fn held(guard: &Guard) -> Refusal {
    match guard {
        Guard::RoleArn(_) | Guard::RoleUniqueId(_) => Refusal::new(
            Code::RoleAlreadyRegistered,
            &Reason::RoleRegistered,
            &Remedy::DeleteAndCreate,
        ),
        Guard::Stack(_) => Refusal::new(
            Code::StackAlreadyRegistered,
            &Reason::StackRegistered,
            &Remedy::DeleteAndCreate,
        ),
        Guard::Deleted { .. } => Refusal::new(
            Code::Conflict,
            &Reason::StackDeleted,
            &Remedy::DeleteAndCreate,
        ),
        Guard::ExternalId(_) | Guard::OrphanedStack { .. } => changed_meanwhile(),
    }
}

fn changed_meanwhile() -> Refusal {
    Refusal::new(
        Code::Conflict,
        &Reason::RegistrationChanged,
        &Remedy::TryAgain,
    )
}

/// A rejection with the first check that failed or was inconclusive.
pub fn verification_refusal(report: &Report) -> Refusal {
    let code = match report.verdict {
        Verdict::Inconclusive => Code::VerificationInconclusive,
        Verdict::Passed | Verdict::Failed => Code::VerificationFailed,
    };
    Refusal::of_report(code, report)
}
