//! Applies an organization event about an AWS account to all records that track the account.

use crate::Summary;
use futures_util::stream::{self, StreamExt};
use rolecall_aws::telemetry::{Ending, Outcome, RequestLog};
use rolecall_domain::aws::AwsAccountId;
use rolecall_domain::change::Owner;
use rolecall_domain::ids::{AccountId, OrphanedStackId};
use rolecall_domain::ports::{Lists, Slice};
use rolecall_domain::record::evidence::Evidence;
use rolecall_domain::schedule::Subject;
use rolecall_usecases::{Env, UseCaseError, organization_event};

/// Records per page.
const PAGE: usize = 100;

/// Records that are updated concurrently.
const AT_ONCE: usize = 16;

/// Updates every registered account and orphaned stack in the AWS account. A record that can't be
/// updated does not stop the others. The event is then delivered again, and changes nothing for
/// the records that are already up to date.
pub(crate) async fn update_all(
    env: &impl Env,
    aws_account_id: &AwsAccountId,
    closed: Option<&Evidence>,
) -> Result<Summary, UseCaseError> {
    let mut summary = Summary::default();
    let mut failure = None;
    let mut after = None;
    loop {
        let slice = Slice::first(PAGE).after(after);
        let page = env.store().in_aws_account(aws_account_id, &slice).await?;
        let updated = stream::iter(&page.items)
            .map(|owner| update(env, aws_account_id, owner, closed))
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        for updated in updated {
            match updated {
                Ok(()) => summary.records_updated += 1,
                Err(error) => failure = Some(error),
            }
        }
        after = page.next;
        if after.is_none() {
            return failure.map_or(Ok(summary), Err);
        }
    }
}

async fn update(
    env: &impl Env,
    aws_account_id: &AwsAccountId,
    owner: &Owner,
    closed: Option<&Evidence>,
) -> Result<(), UseCaseError> {
    let tenant = &owner.tenant;
    let log = RequestLog::start("update a record after an account event");
    log.tenant(tenant);
    log.aws_account(aws_account_id);
    let updated = match subject(owner) {
        Some(subject) => {
            match &subject {
                Subject::Account(id) => log.account_id(id),
                Subject::Stack(id) => log.orphaned_stack_id(id),
                Subject::Registration(id) => log.registration_id(id),
            }
            organization_event(env, tenant, &subject, closed).await
        }
        None => Ok(()),
    };
    match &updated {
        Ok(()) => log.end(Outcome::Succeeded, &Ending::default()),
        Err(error) => log.end(Outcome::Failed, &Ending::error(error)),
    }
    updated
}

fn subject(owner: &Owner) -> Option<Subject> {
    let id = owner.record_id.as_str();
    let account = AccountId::parse(id).map(Subject::Account);
    account
        .or_else(|_| OrphanedStackId::parse(id).map(Subject::Stack))
        .ok()
}
