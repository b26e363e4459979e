//! Answers the custom resource of every customer's stack. Whatever happens, each request gets an
//! answer in time, and every answer to one request is the same.

pub mod answer;
mod handle;
pub mod request;
pub mod response_url;

use crate::request::{Request, RequestType, decode};
use futures_util::FutureExt;
use futures_util::future::{Either, select};
use rolecall_domain::change::PersistedAnswer;
use rolecall_domain::ids::RegistrationId;
use rolecall_domain::ports::{CustomerAccounts, Host, Store, StoreError, TokenKeys};
use rolecall_domain::problem::{Code, Refusal};
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
    #[error("the token keys could not be read")]
    NoKeys(#[source] StoreError),
    #[error("no answer could be delivered")]
    Undelivered,
    #[error("answered, but not yet written down")]
    Unfinished,
}

/// What is kept free at the end of an invocation, for the answer.
const RESERVE: SignedDuration = SignedDuration::from_secs(8);

impl<S: Store, C: CustomerAccounts, H: Host, K: TokenKeys, R: Reply> Callback<S, C, H, K, R> {
    /// Deals with every request in the event.
    ///
    /// # Errors
    /// When the event should be delivered again.
    pub async fn handle(&self, event: &Value, deadline: Timestamp) -> Result<(), CallbackError> {
        let mut result = Ok(());
        for decoded in decode(event) {
            match decoded {
                Ok(request) => result = result.and(self.answer(&request, deadline).await),
                Err(reason) => {
                    tracing::error!(code = Code::MalformedRequest.as_str(), %reason, "a request can't be answered");
                }
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
        let (body, finished) = match self.authenticate(request).await? {
            Some((registration_id, key_id)) => {
                let work = handle::work(&self.ctx, request, &registration_id, &key_id, deadline);
                self.in_time(request, work, deadline).await
            }
            None => (handle::unauthenticated(request), true),
        };
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

    /// The registration whose token the request carries, and the key that proves it.
    async fn authenticate(
        &self,
        request: &Request,
    ) -> Result<Option<(RegistrationId, KeyId)>, CallbackError> {
        let Some(token) = request.presented_token() else {
            return Ok(None);
        };
        if let Some(known) = self
            .keys
            .ring()
            .await
            .map_err(CallbackError::NoKeys)?
            .authenticate(token)
        {
            return Ok(Some(known));
        }
        Ok(self
            .keys
            .newest_ring()
            .await
            .map_err(CallbackError::NoKeys)?
            .authenticate(token))
    }

    /// The body to answer with, and whether all that the request asks for is written down.
    async fn in_time(
        &self,
        request: &Request,
        work: impl Future<Output = Result<String, FlowError>>,
        deadline: Timestamp,
    ) -> (String, bool) {
        let work = pin!(AssertUnwindSafe(work).catch_unwind());
        let left = deadline.duration_since(self.ctx.now()) - RESERVE;
        let alarm = pin!(self.ctx.host.sleep(left.max(SignedDuration::ZERO)));
        let (code, sentence) = match select(work, alarm).await {
            Either::Left((Ok(Ok(body)), _)) => return (body, true),
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
        let refusal = Refusal::new(
            code,
            sentence,
            "Delete the failed stack and create it again from the link.",
        );
        self.fall_back(request, &refusal).await
    }

    /// An answer for a request whose work did not end. A Delete must never fail, and its answer
    /// is the same whenever it is made, so the work is left to the next delivery.
    async fn fall_back(&self, request: &Request, refusal: &Refusal) -> (String, bool) {
        if request.request_type == RequestType::Delete {
            return (answer::let_go(request), false);
        }
        let body = if request.request_type == RequestType::Update && request.is_unchanged() {
            answer::let_go(request)
        } else {
            answer::failed(request, refusal)
        };
        let answer = PersistedAnswer {
            key: request.key.clone(),
            body: body.clone(),
        };
        let keep = pin!(AssertUnwindSafe(self.ctx.store.keep_answer(&answer)).catch_unwind());
        let alarm = pin!(self.ctx.host.sleep(SignedDuration::from_secs(2)));
        match select(keep, alarm).await {
            Either::Left((Ok(Ok(kept)), _)) => (kept, true),
            _ => (body, true),
        }
    }

    /// Puts the answer until it is taken or the time is over.
    async fn deliver(
        &self,
        request: &Request,
        body: &str,
        deadline: Timestamp,
    ) -> Result<(), CallbackError> {
        let mut pause = SignedDuration::from_millis(200);
        loop {
            match self.reply.put(&request.response_url, body).await {
                Ok(()) => return Ok(()),
                Err(error) => {
                    tracing::warn!(request.id = %request.key.request_id, %error, "the answer did not arrive");
                }
            }
            if self.ctx.now() + pause >= deadline - SignedDuration::from_millis(500) {
                return Err(CallbackError::Undelivered);
            }
            self.ctx.host.sleep(pause).await;
            pause = (pause * 2).min(SignedDuration::from_secs(4));
        }
    }
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
