//! Answers an authenticated request before the deadline, even if its processing fails, panics or hangs.

use crate::answer;
use crate::claim::Delivery;
use crate::create;
use crate::decision::Decision;
use crate::error::CallbackError;
use crate::handle;
use crate::log::Line;
use crate::request::{Request, RequestType};
use futures_util::FutureExt;
use futures_util::future::{Either, select};
use rolecall_domain::messages::Reason;
use rolecall_domain::ports::Clock;
use rolecall_domain::problem::Code;
use rolecall_domain::record::refusal::Refusal;
use rolecall_domain::remedy::Remedy;
use rolecall_domain::retry::{RetryPolicy, with_retry};
use rolecall_domain::{SignedDuration, Timestamp};
use rolecall_usecases::{Env, UseCaseError};
use std::panic::AssertUnwindSafe;
use std::pin::pin;

/// Time reserved at the end of an invocation to store a refusal if processing took too long.
const RESERVE: SignedDuration = SignedDuration::from_secs(20);

/// The part of it that is reserved for sending the answer.
const LAST_PUT: SignedDuration = SignedDuration::from_secs(7);

/// Retries of a request while the table is unavailable.
const REQUEST: RetryPolicy = RetryPolicy {
    first_pause: SignedDuration::from_secs(1),
    longest_pause: SignedDuration::from_secs(8),
    attempts: u32::MAX,
    until: None,
};

/// Returns the answer, and whether the request was processed completely. An Update or a Delete that
/// could not be processed is answered with SUCCESS, because FAILED would block the customer's stack.
/// The next delivery processes it.
pub(crate) async fn decide_in_time(
    env: &impl Env,
    request: &Request,
    delivery: &Delivery<'_>,
) -> Result<(Decision, bool), CallbackError> {
    let (line, deadline) = (delivery.line, delivery.deadline);
    let end = deadline - RESERVE;
    let work = repeated(env, delivery, end, async || {
        handle::work(env, request, delivery).await
    });
    let refusal = match within(env, end, line, work).await {
        Ok(decision) => return Ok((decision, true)),
        Err(refusal) => refusal,
    };
    if request.request_type != RequestType::Create {
        return Ok((Decision::Answer(answer::respond_success(request)), false));
    }
    // Refused like any other Create.
    let end = deadline - LAST_PUT;
    let work = repeated(env, delivery, end, async || {
        create::give_up(env, request, delivery, refusal.clone()).await
    });
    match within(env, end, line, work).await {
        Ok(decision) => Ok((decision, true)),
        // Only a stored answer is sent, because the account may have been recorded after all.
        Err(_) => Err(CallbackError::Unfinished),
    }
}

/// Starts the request over, with pauses of seconds, while the table is unavailable. An answer must be
/// stored before it is sent; otherwise a later delivery could answer differently. The use cases and
/// the SDK have already retried at a faster pace.
async fn repeated(
    env: &impl Env,
    delivery: &Delivery<'_>,
    end: Timestamp,
    mut work: impl AsyncFnMut() -> Result<Decision, UseCaseError>,
) -> Result<Decision, UseCaseError> {
    let retryable = |error: &UseCaseError| error.is_retryable() && env.now() < end;
    with_retry(env.host(), &REQUEST, retryable, async || {
        work()
            .await
            .inspect_err(|error| delivery.line.trouble(error))
    })
    .await
}

/// Returns the decision, or the refusal to send because the work failed, panicked or took too long.
async fn within(
    env: &impl Env,
    end: Timestamp,
    line: &Line,
    work: impl Future<Output = Result<Decision, UseCaseError>>,
) -> Result<Decision, Refusal> {
    let work = pin!(AssertUnwindSafe(work).catch_unwind());
    let left = end.duration_since(env.now());
    let alarm = pin!(env.host().sleep(left.max(SignedDuration::ZERO)));
    let (code, reason) = match select(work, alarm).await {
        Either::Left((Ok(Ok(decision)), _)) => return Ok(decision),
        Either::Left((Ok(Err(error)), _)) => {
            line.trouble(&error);
            (Code::InternalError, Reason::HubFailed)
        }
        Either::Left((Err(_), _)) => {
            line.panicked();
            (Code::InternalError, Reason::HubFailed)
        }
        Either::Right(_) => (Code::DeadlineExceeded, Reason::HubTimedOut),
    };
    Err(Refusal::new(code, &reason, &Remedy::DeleteAndCreate))
}
