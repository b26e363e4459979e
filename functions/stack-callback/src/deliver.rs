//! Sends an answer to the request's ResponseURL.

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

/// Sends answers to CloudFormation's bucket.
#[expect(
    async_fn_in_trait,
    reason = "the function is generic over it and needs no Send bound"
)]
pub trait Reply {
    /// Makes one PUT. Succeeds only if the response has a success status.
    async fn put(&self, url: &str, body: &str) -> Result<(), ReplyError>;
}

/// S3 responds within milliseconds. A request that hangs must not occupy the function.
const ONE_PUT: SignedDuration = SignedDuration::from_secs(3);

/// Total time for sending an answer in one delivery. Lambda delivers the request twice more.
const ALL_PUTS: SignedDuration = SignedDuration::from_secs(30);

const PUTS: RetryPolicy = RetryPolicy {
    first_pause: SignedDuration::from_millis(200),
    longest_pause: SignedDuration::from_secs(4),
    attempts: u32::MAX,
    until: None,
};

/// Time reserved at the end of an invocation.
const LAST_MOMENT: SignedDuration = SignedDuration::from_millis(500);

/// Sends the answer until it is accepted, rejected permanently, or time runs out. A permanent
/// rejection is not an error, because another delivery would be rejected too.
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

/// Makes one PUT and ignores its result.
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
