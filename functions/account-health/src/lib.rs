//! Checks connected accounts. Each message names one account and fails on its own.

// Text of any language can't be cut at a number of bytes.
#![cfg_attr(not(test), warn(clippy::string_slice))]

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse};
use futures_util::future::{Either, FutureExt, join_all, select};
use futures_util::join;
use futures_util::stream::{self, StreamExt};
use rolecall_aws::telemetry::{Ending, Outcome, RequestLog};
use rolecall_domain::check::Verdict;
use rolecall_domain::ports::{Clock, Records, ScheduleStore};
use rolecall_domain::problem::Code;
use rolecall_domain::schedule::{CheckSchedule, DueCheck, Subject};
use rolecall_domain::text::Tenant;
use rolecall_domain::{SignedDuration, Timestamp};
use rolecall_usecases::check_account::Checked;
use rolecall_usecases::{
    CHECKS_AT_ONCE, Env, TemplateCache, UseCaseError, check_account_when_due, count_checks,
};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::pin::pin;

/// Time reserved at the end of an invocation to report which messages SQS must redeliver.
const RESERVE: SignedDuration = SignedDuration::from_secs(5);

/// Why a message could not be processed.
#[derive(Debug, thiserror::Error)]
enum MessageError {
    #[error("the message is not a request for a check")]
    Malformed,
    #[error("the invocation ran out of time")]
    OutOfTime,
    #[error("the check panicked")]
    Panicked,
    #[error(transparent)]
    UseCase(#[from] UseCaseError),
}

/// The event did not come from a queue, so a response could name none of its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the event is not a batch of messages")]
pub struct NotABatch;

/// Processes every message. SQS redelivers those that failed, and moves them to the dead-letter
/// queue in the end. An account that hangs does not affect the results of the others.
///
/// # Errors
/// When the event is not a batch.
pub async fn handle(
    env: &impl Env,
    event: &Value,
    deadline: Timestamp,
) -> Result<SqsBatchResponse, NotABatch> {
    let messages = event.get("Records").and_then(Value::as_array);
    let templates = TemplateCache::default();
    let done = RefCell::default();
    let batch_item_failures = stream::iter(messages.ok_or(NotABatch)?)
        .map(|message| process(env, message, deadline, &templates, &done))
        .buffer_unordered(CHECKS_AT_ONCE)
        .filter_map(|failure| async { failure })
        .collect()
        .await;
    // One write for a tenant's checks in the batch.
    let counts = done.into_inner().into_iter();
    let counts = counts.map(async |(tenant, checks)| count_checks(env, &tenant, checks).await);
    join_all(counts).await;
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = batch_item_failures;
    Ok(response)
}

/// Decodes each message separately, so that a malformed one does not fail the others.
async fn process(
    env: &impl Env,
    message: &Value,
    deadline: Timestamp,
    templates: &TemplateCache,
    done: &RefCell<BTreeMap<Tenant, u32>>,
) -> Option<BatchItemFailure> {
    let text = |name| message.get(name).and_then(Value::as_str);
    let id = text("messageId").unwrap_or_default();
    let log = RequestLog::start("scheduled check");
    log.message_id(id);
    let left = (deadline - RESERVE).duration_since(env.now());
    let alarm = pin!(env.host().sleep(left.max(SignedDuration::ZERO)));
    // A panic can't leave the shared state inconsistent: the checks share only the templates,
    // and each template is stored completely or not at all.
    let check = check(
        env,
        text("body").unwrap_or_default(),
        templates,
        (&log, done),
    );
    let check = AssertUnwindSafe(check);
    let check = pin!(check.catch_unwind());
    let result = match select(check, alarm).await {
        Either::Left((result, _)) => result.unwrap_or(Err(MessageError::Panicked)),
        Either::Right(_) => Err(MessageError::OutOfTime),
    };
    let error = match result {
        Ok(checked) => {
            write(&log, checked.as_ref());
            return None;
        }
        Err(error) => error,
    };
    let outcome = match error {
        MessageError::Malformed => Outcome::Malformed,
        _ => Outcome::Failed,
    };
    log.end(outcome, &Ending::error(&error));
    // SQS would read an empty identifier as a failure of the whole batch.
    (!id.is_empty()).then(|| {
        let mut failure = BatchItemFailure::default();
        failure.item_identifier = id.to_owned();
        failure
    })
}

/// `None` if there was nothing to check.
async fn check(
    env: &impl Env,
    body: &str,
    templates: &TemplateCache,
    (log, done): (&RequestLog, &RefCell<BTreeMap<Tenant, u32>>),
) -> Result<Option<Checked>, MessageError> {
    let due: DueCheck = serde_json::from_str(body).map_err(|_| MessageError::Malformed)?;
    log.tenant(&due.tenant);
    log.account_id(&due.account_id);
    let subject = Subject::Account(due.account_id.clone());
    let (account, schedule) = join!(
        env.store().account(&due.tenant, &due.account_id),
        env.store().check_schedule(&due.tenant, &subject)
    );
    let (account, schedule) = (
        account.map_err(UseCaseError::from)?,
        schedule.map_err(UseCaseError::from)?,
    );
    if let Some(account) = &account {
        log.account(account);
    }
    let schedule = schedule.unwrap_or_else(|| CheckSchedule::never(due.tenant.clone(), subject));
    if due.is_outdated(&schedule) {
        return Ok(None);
    }
    match account.filter(|account| !account.is_deregistered()) {
        Some(account) => {
            let checked = check_account_when_due(env, account, &schedule, templates).await?;
            if checked.is_some() {
                *done.borrow_mut().entry(due.tenant).or_default() += 1;
            }
            Ok(checked)
        }
        None => {
            end_schedule(env, &schedule).await?;
            Ok(None)
        }
    }
}

/// Ends the schedule of an account that was deregistered in the meantime.
async fn end_schedule(env: &impl Env, schedule: &CheckSchedule) -> Result<(), UseCaseError> {
    let ended = schedule.ended();
    env.store().reschedule(schedule, &ended).await?;
    Ok(())
}

/// Logs the result of a check.
fn write(log: &RequestLog, checked: Option<&Checked>) {
    let (verdict, report) = match checked {
        None => return log.end(Outcome::Skipped, &Ending::default()),
        Some(Checked::Quickly(verdict)) => (*verdict, None),
        Some(Checked::Fully(report)) => (report.verdict, Some(&**report)),
    };
    let (outcome, mut ending) = match verdict {
        Verdict::Passed => (Outcome::Succeeded, Ending::default()),
        Verdict::Failed => (
            Outcome::Refused,
            Ending::code(Code::VerificationFailed.as_str()),
        ),
        Verdict::Inconclusive => (
            Outcome::Refused,
            Ending::code(Code::VerificationInconclusive.as_str()),
        ),
    };
    if let Some(report) = report {
        ending = ending.checked(report);
    }
    log.end(outcome, &ending);
}
