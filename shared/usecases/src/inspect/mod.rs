//! Gathers the input of a verification.

mod calls;

pub(crate) use calls::{inspect_orphan, quick_check};

use crate::{Env, TemplateCache, UseCaseError};
use calls::{gone_versions, observe};
use futures_util::join;
use futures_util::stream::{self, StreamExt};
use rolecall_domain::check::{Expected, Observed, Report};
use rolecall_domain::companion::Kind;
use rolecall_domain::ids::AccountId;
use rolecall_domain::ports::{Lists, Records, ScheduleStore};
use rolecall_domain::schedule::Subject;

/// The maximum number of concurrent reads. More would only wait for connections.
const READS_AT_ONCE: usize = 16;

/// Inspects the role and its stack, and concurrently reads the record of its template.
///
/// # Errors
/// If the store fails.
pub(crate) async fn inspect(
    env: &impl Env,
    expected: &mut Expected,
    templates: &TemplateCache,
) -> Result<Observed, UseCaseError> {
    if expected.template.is_none() {
        let (duplicates, observed) = {
            let duplicates = duplicates(env, expected);
            join!(duplicates, observe(env, expected, templates))
        };
        let (observed, template) = observed?;
        (expected.template, expected.duplicates) = (template, duplicates?);
        return known(env, expected, observed).await;
    }
    let (observed, template) = observe(env, expected, templates).await?;
    expected.template = template;
    known(env, expected, observed).await
}

/// Adds what only a stack with customer-managed policies needs.
async fn known(
    env: &impl Env,
    expected: &mut Expected,
    mut observed: Observed,
) -> Result<Observed, UseCaseError> {
    if observed.needs_known_policies() {
        let known = last_report(env, expected).await?;
        let known = known.map(|report| (report.given_policies, report.stack));
        (expected.known_policies, expected.known_stack) = known.unwrap_or_default();
        observed.gone_versions = gone_versions(env.customers(), expected, &observed).await;
    }
    Ok(observed)
}

/// The account's last report, which has what the hub remembers of its stack and policies.
async fn last_report(env: &impl Env, expected: &Expected) -> Result<Option<Report>, UseCaseError> {
    let Some(account_id) = &expected.account_id else {
        return Ok(None);
    };
    let subject = Subject::Account(account_id.clone());
    Ok(env.store().report(&expected.tenant, &subject).await?)
}

/// Other accounts of the tenant that connect the same AWS account and have a role of a kind that is
/// needed only once. Reads nothing if this stack has no such role.
async fn duplicates(
    env: &impl Env,
    expected: &Expected,
) -> Result<Vec<(Kind, AccountId)>, UseCaseError> {
    let mut kinds = expected.deployed_roles.iter().map(|made| made.kind);
    if !kinds.any(|kind| kind.one_per_account) {
        return Ok(Vec::new());
    }
    let (tenant, aws_account_id) = (&expected.tenant, expected.stack_id.account());
    // Each has a role in the AWS account, whose quota is a few thousand roles.
    let ids = env.store().connected(tenant, aws_account_id).await?;
    let accounts = ids.iter().map(|id| env.store().account(tenant, id));
    let mut accounts = stream::iter(accounts).buffered(READS_AT_ONCE);
    let mut duplicates = Vec::new();
    while let Some(account) = accounts.next().await {
        let other = account?.filter(|it| it.is_connected() && it.stack_id != expected.stack_id);
        if let Some(account) = other {
            let alone = account
                .deployed_roles
                .iter()
                .filter(|made| made.kind.one_per_account);
            duplicates.extend(alone.map(|made| (made.kind, account.account_id.clone())));
        }
    }
    Ok(duplicates)
}
