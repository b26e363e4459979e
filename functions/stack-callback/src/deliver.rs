//! Sends an answer to where CloudFormation waits for it.

use crate::claim::Delivery;
use crate::log::Line;
use crate::request::Request;
use crate::{Callback, CallbackError, ReplyError};
use futures_util::future::{Either, select};
use rolecall_domain::SignedDuration;
use rolecall_domain::ports::{CustomerAccounts, Host, Store, TokenKeys};
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

const FIRST_PAUSE: SignedDuration = SignedDuration::from_millis(200);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_secs(4);

/// Kept free at the end of an invocation.
const LAST_MOMENT: SignedDuration = SignedDuration::from_millis(500);

impl<S: Store, C: CustomerAccounts, H: Host, K: TokenKeys, R: Reply> Callback<S, C, H, K, R> {
    /// Puts the answer until it is taken, can't be taken, or the time is over. One that can't be
    /// taken ends well: another delivery would not change that.
    pub(crate) async fn deliver(
        &self,
        request: &Request,
        body: &str,
        delivery: &Delivery<'_>,
    ) -> Result<(), CallbackError> {
        let line = delivery.line;
        let end = (delivery.deadline - LAST_MOMENT).min(self.ctx.now() + ALL_PUTS);
        let mut pause = FIRST_PAUSE;
        loop {
            let left = end.duration_since(self.ctx.now());
            let longest = ONE_PUT.min(left.max(SignedDuration::ZERO));
            match self.put(request, body, line, longest).await {
                Ok(()) => return Ok(()),
                Err(error) if !error.is_retryable() => {
                    line.lost();
                    return Ok(());
                }
                Err(_) if self.ctx.now() + pause >= end => return Err(CallbackError::Undelivered),
                Err(_) => self.ctx.host.sleep(pause).await,
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// One PUT, whatever comes of it.
    pub(crate) async fn deliver_once(&self, request: &Request, body: &str, line: &Line) {
        let _ = self.put(request, body, line, ONE_PUT).await;
    }

    async fn put(
        &self,
        request: &Request,
        body: &str,
        line: &Line,
        longest: SignedDuration,
    ) -> Result<(), ReplyError> {
        line.answer(body);
        let put = pin!(self.reply.put(&request.response_url, body));
        let alarm = pin!(self.ctx.host.sleep(longest));
        let result = match select(put, alarm).await {
            Either::Left((result, _)) => result,
            Either::Right(_) => Err(ReplyError::TimedOut),
        };
        if let Err(error) = &result {
            line.trouble(error);
        }
        result
    }
}

impl Reply for rolecall_aws::reply::Replier {
    async fn put(&self, url: &str, body: &str) -> Result<(), ReplyError> {
        Self::put(self, url, body).await
    }
}
