//! An answer in time to an authenticated request, whatever fails, panics or hangs.

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

/// What is kept free at the end of an invocation: to write down that the rest was not enough...
const RESERVE: SignedDuration = SignedDuration::from_secs(20);

/// ...and to send that.
const LAST_PUT: SignedDuration = SignedDuration::from_secs(7);

/// Between two tries while the table is unwell.
const REQUEST: RetryPolicy = RetryPolicy {
    first_pause: SignedDuration::from_secs(1),
    longest_pause: SignedDuration::from_secs(8),
    attempts: u32::MAX,
    until: None,
};

/// The answer, and whether all that the request asks for is written down. An Update or a Delete that
/// could not be worked on is answered with success, because a failure would wedge the customer's
/// stack; its work is left to the next delivery.
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
        // Only what is kept is sent: it may be that the account was recorded after all.
        Err(_) => Err(CallbackError::Unfinished),
    }
}

/// Repeats what failed because the table was unwell: an answer that is sent before it is written down
/// might not be the one that a later delivery comes to. It starts the whole request over, with pauses
/// of seconds: what the use cases and the SDK gave up is not repeated at their pace.
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

/// What the work comes to, or the refusal that its failing, panicking or taking too long comes
/// to.
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
