//! Answers the custom resource of every customer's stack. Whatever happens, each request gets an
//! answer in time, and every answer to one request is the same.

pub mod answer;
mod handle;
pub mod request;
pub mod response_url;

use crate::request::{Request, RequestType, decode};
use futures_util::FutureExt;
use futures_util::future::{Either, select};
use rolecall_domain::ids::RegistrationId;
use rolecall_domain::ports::{CustomerAccounts, Host, Store, StoreError, TokenKeys};
use rolecall_domain::problem::{Code, Refusal};
use rolecall_domain::remedy::Remedy;
use rolecall_domain::token::KeyId;
use rolecall_domain::{SignedDuration, Timestamp};
use rolecall_flows::{Context, FlowError};
use serde_json::Value;
use std::panic::AssertUnwindSafe;
use std::pin::pin;

/// Sends an answer to where CloudFormation waits for it.
#[expect(
    async_fn_in_trait,
    reason = "the function is generic over it and needs no Send bound"
)]
pub trait Reply {
    type Error: std::error::Error;
    /// One PUT, taken with a success status.
    async fn put(&self, url: &str, body: &str) -> Result<(), Self::Error>;
}

#[derive(Debug)]
pub struct Callback<S, C, H, K, R> {
    pub ctx: Context<S, C, H>,
    pub keys: K,
    pub reply: R,
    /// Origins besides Amazon's that an answer may be sent to.
    pub response_origins: Vec<String>,
}

/// The event could not be dealt with to the end; Lambda delivers it again.
#[derive(Debug, thiserror::Error)]
pub enum CallbackError {
    #[error("no answer could be delivered")]
    Undelivered,
    #[error("the work on the request is not finished")]
    Unfinished,
}

/// What is kept free at the end of an invocation: to write down that the rest was not enough...
const RESERVE: SignedDuration = SignedDuration::from_secs(20);

/// ...and to send that.
const LAST_PUT: SignedDuration = SignedDuration::from_secs(7);

impl<S: Store, C: CustomerAccounts, H: Host, K: TokenKeys, R: Reply> Callback<S, C, H, K, R> {
    /// Deals with every request in the event.
    ///
    /// # Errors
    /// When the event should be delivered again.
    pub async fn handle(&self, event: &Value, deadline: Timestamp) -> Result<(), CallbackError> {
        let mut result = Ok(());
        for (place, decoded) in decode(event).into_iter().enumerate() {
            match decoded {
                Ok(request) => result = result.and(self.answer(&request, deadline).await),
                // Anybody may publish to the topic: kept for nobody to look into, or strangers
                // could fill a queue.
                Err(reason) => tracing::error!(
                    message.id = message_id(event, place),
                    code = Code::MalformedRequest.as_str(),
                    %reason,
                    "a request can't be answered"
                ),
            }
        }
        result
    }

    async fn answer(&self, request: &Request, deadline: Timestamp) -> Result<(), CallbackError> {
        let stack_id = &request.key.stack_id;
        if !response_url::is_allowed(&request.response_url, stack_id, &self.response_origins) {
            tracing::error!(
                code = Code::MalformedRequest.as_str(),
                stack.id = %stack_id,
                "the response URL is not CloudFormation's; nothing was done"
            );
            return Ok(());
        }
        let (body, finished) = self.decide_in_time(request, deadline).await?;
        self.deliver(request, &body, deadline).await?;
        tracing::info!(
            stack.id = %stack_id,
            request.id = %request.key.request_id,
            request.kind = ?request.request_type,
            "answered"
        );
        if finished {
            Ok(())
        } else {
            Err(CallbackError::Unfinished)
        }
    }

    /// The body to answer with, and whether all that the request asks for is written down.
    /// An Update or a Delete that could not be worked on is let go, because a failure would wedge
    /// the customer's stack; its work is left to the next delivery.
    async fn decide_in_time(
        &self,
        request: &Request,
        deadline: Timestamp,
    ) -> Result<(String, bool), CallbackError> {
        let work = self.decide(request, deadline);
        let refusal = match self.within(deadline - RESERVE, request, work).await {
            Ok(body) => return Ok((body, true)),
            Err(refusal) => refusal,
        };
        if request.request_type != RequestType::Create {
            return Ok((answer::let_go(request), false));
        }
        let work = self.give_up(request, refusal);
        match self.within(deadline - LAST_PUT, request, work).await {
            Ok(body) => Ok((body, true)),
            // Only what is kept is sent: it may be that the account was recorded after all.
            Err(_) => Err(CallbackError::Unfinished),
        }
    }

    /// Tries again what failed because the table was unwell: an answer that is sent before it is
    /// written down might not be the one that a later delivery comes to.
    async fn decide(&self, request: &Request, deadline: Timestamp) -> Result<String, FlowError> {
        loop {
            match self.decide_once(request, deadline).await {
                Err(error) if error.is_passing() && self.ctx.now() < deadline - RESERVE => {
                    log_failure(request, &error);
                    self.ctx.host.sleep(SignedDuration::from_secs(1)).await;
                }
                decided => return decided,
            }
        }
    }

    async fn decide_once(
        &self,
        request: &Request,
        deadline: Timestamp,
    ) -> Result<String, FlowError> {
        match self.authenticate(request).await {
            Some((registration_id, key_id)) => {
                handle::work(&self.ctx, request, &registration_id, &key_id, deadline).await
            }
            None => Ok(handle::unauthenticated(request)),
        }
    }

    /// Refuses a Create that could not be worked on, like any other that is refused.
    async fn give_up(&self, request: &Request, refusal: Refusal) -> Result<String, FlowError> {
        match self.authenticate(request).await {
            Some((registration_id, _)) => {
                handle::give_up(&self.ctx, request, &registration_id, refusal).await
            }
            None => Ok(handle::unauthenticated(request)),
        }
    }

    /// The registration whose token the request carries, and the key that proves it. While the
    /// keys can't be read, nothing can be decided: it is tried until the time is over.
    async fn authenticate(&self, request: &Request) -> Option<(RegistrationId, KeyId)> {
        let token = request.presented_token()?;
        loop {
            match self.authenticate_once(token).await {
                Ok(known) => return known,
                Err(error) => {
                    tracing::error!(%error, "the token keys could not be read");
                    self.ctx.host.sleep(SignedDuration::from_secs(1)).await;
                }
            }
        }
    }

    async fn authenticate_once(
        &self,
        token: &str,
    ) -> Result<Option<(RegistrationId, KeyId)>, StoreError> {
        match self.keys.ring().await?.authenticate(token) {
            Some(known) => Ok(Some(known)),
            None => Ok(self.keys.newest_ring().await?.authenticate(token)),
        }
    }

    /// The body that the work comes to, or the refusal that its failing, panicking or taking too
    /// long comes to.
    async fn within(
        &self,
        end: Timestamp,
        request: &Request,
        work: impl Future<Output = Result<String, FlowError>>,
    ) -> Result<String, Refusal> {
        let work = pin!(AssertUnwindSafe(work).catch_unwind());
        let left = end.duration_since(self.ctx.now());
        let alarm = pin!(self.ctx.host.sleep(left.max(SignedDuration::ZERO)));
        let (code, sentence) = match select(work, alarm).await {
            Either::Left((Ok(Ok(body)), _)) => return Ok(body),
            Either::Left((Ok(Err(error)), _)) => {
                log_failure(request, &error);
                (Code::InternalError, "The hub could not finish the request.")
            }
            Either::Left((Err(_), _)) => {
                tracing::error!(request.id = %request.key.request_id, "the handler panicked");
                (Code::InternalError, "The hub could not finish the request.")
            }
            Either::Right(_) => (
                Code::DeadlineExceeded,
                "The hub ran out of time for the request.",
            ),
        };
        Err(Refusal::new(code, sentence, &Remedy::DeleteAndCreate))
    }

    /// Puts the answer until it is taken or the time is over.
    async fn deliver(
        &self,
        request: &Request,
        body: &str,
        deadline: Timestamp,
    ) -> Result<(), CallbackError> {
        let end = deadline - SignedDuration::from_millis(500);
        let mut pause = SignedDuration::from_millis(200);
        loop {
            let put = pin!(self.reply.put(&request.response_url, body));
            let left = end.duration_since(self.ctx.now());
            // A bucket that hangs must not hold the invocation until it is killed.
            let alarm = pin!(self.ctx.host.sleep(left.max(SignedDuration::ZERO)));
            match select(put, alarm).await {
                Either::Left((Ok(()), _)) => return Ok(()),
                Either::Left((Err(error), _)) => {
                    tracing::warn!(request.id = %request.key.request_id, %error, "the answer did not arrive");
                }
                Either::Right(_) => return Err(CallbackError::Undelivered),
            }
            if self.ctx.now() + pause >= end {
                return Err(CallbackError::Undelivered);
            }
            self.ctx.host.sleep(pause).await;
            pause = (pause * 2).min(SignedDuration::from_secs(4));
        }
    }
}

/// The topic's own; what was not published there has none.
fn message_id(event: &Value, place: usize) -> Option<&str> {
    let record = event.get("Records")?.get(place)?;
    record.pointer("/Sns/MessageId")?.as_str()
}

fn log_failure(request: &Request, error: &FlowError) {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(
        request.id = %request.key.request_id,
        stack.id = %request.key.stack_id,
        %error,
        cause,
        "the request could not be finished"
    );
}

impl Reply for rolecall_aws::reply::Replier {
    type Error = rolecall_aws::reply::ReplyError;

    async fn put(&self, url: &str, body: &str) -> Result<(), Self::Error> {
        Self::put(self, url, body).await
    }
}
