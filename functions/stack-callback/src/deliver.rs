//! Sends an answer to where CloudFormation waits for it.

use crate::claim::Delivery;
use crate::error::CallbackError;
use crate::log::Line;
use crate::request::Request;
use futures_util::future::{Either, select};
use rolecall_aws::reply::ReplyError;
use rolecall_domain::SignedDuration;
use rolecall_domain::ports::Clock;
use rolecall_domain::retry::{RetryPolicy, with_retry};
use rolecall_usecases::Env;
use std::pin::pin;

/// The bucket that answers go to.
#[expect(
    async_fn_in_trait,
    reason = "the function is generic over it and needs no Send bound"
)]
pub trait Reply {
    /// One PUT, taken with a success status.
    async fn put(&self, url: &str, body: &str) -> Result<(), ReplyError>;
}

/// S3 answers within milliseconds. A bucket that hangs must not hold the function.
const ONE_PUT: SignedDuration = SignedDuration::from_secs(3);

/// How long one delivery of a request tries. Lambda delivers it twice more.
const ALL_PUTS: SignedDuration = SignedDuration::from_secs(30);

const PUTS: RetryPolicy = RetryPolicy {
    first_pause: SignedDuration::from_millis(200),
    longest_pause: SignedDuration::from_secs(4),
    attempts: u32::MAX,
    until: None,
};

/// Kept free at the end of an invocation.
const LAST_MOMENT: SignedDuration = SignedDuration::from_millis(500);

/// Puts the answer until it is taken, can't be taken, or the time is over. One that can't be taken
/// ends well: another delivery would not change that.
pub(crate) async fn deliver(
    env: &impl Env,
    reply: &impl Reply,
    request: &Request,
    body: &str,
    delivery: &Delivery<'_>,
) -> Result<(), CallbackError> {
    let line = delivery.line;
    let end = (delivery.deadline - LAST_MOMENT).min(env.now() + ALL_PUTS);
    let policy = RetryPolicy {
        until: Some(end),
        ..PUTS
    };
    let delivered = with_retry(env.host(), &policy, ReplyError::is_retryable, async || {
        let left = end.duration_since(env.now());
        let longest = ONE_PUT.min(left.max(SignedDuration::ZERO));
        put(env, reply, request, body, line, longest).await
    });
    match delivered.await {
        Ok(()) => Ok(()),
        Err(error) if error.is_retryable() => Err(CallbackError::Undelivered),
        Err(_) => {
            line.lost();
            Ok(())
        }
    }
}

/// One PUT, whatever comes of it.
pub(crate) async fn deliver_once(
    env: &impl Env,
    reply: &impl Reply,
    request: &Request,
    body: &str,
    line: &Line,
) {
    let _ = put(env, reply, request, body, line, ONE_PUT).await;
}

async fn put(
    env: &impl Env,
    reply: &impl Reply,
    request: &Request,
    body: &str,
    line: &Line,
    longest: SignedDuration,
) -> Result<(), ReplyError> {
    line.answer(body);
    let put = pin!(reply.put(&request.response_url, body));
    let alarm = pin!(env.host().sleep(longest));
    let result = match select(put, alarm).await {
        Either::Left((result, _)) => result,
        Either::Right(_) => Err(ReplyError::TimedOut),
    };
    if let Err(error) = &result {
        line.trouble(error);
    }
    result
}

impl Reply for rolecall_aws::reply::Replier {
    async fn put(&self, url: &str, body: &str) -> Result<(), ReplyError> {
        Self::put(self, url, body).await
    }
}
