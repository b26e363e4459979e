//! Answers the two custom resources of every customer's stack: the preflight, which is created first,
//! and the registration, which is created last. Each request is answered before the
//! deadline, and all answers to the same request are identical. Anyone can publish to the topic, so
//! a request without a valid token costs one PUT, and is never stored, retried or waited for.

// Text of any language can't be cut at a number of bytes.
#![cfg_attr(not(test), warn(clippy::string_slice))]

pub mod answer;
mod authenticate;
mod claim;
mod create;
mod deadline;
mod decision;
mod deliver;
mod error;
mod handle;
mod log;
mod preflight;
mod recorded;
pub mod request;
pub mod response_url;
pub mod support;

use crate::authenticate::authenticate;
use crate::claim::Delivery;
use crate::deadline::decide_in_time;
use crate::decision::Decision;
use crate::deliver::{deliver, deliver_once};
use crate::log::Line;
use crate::request::{Request, decode};
use rolecall_domain::Timestamp;
use rolecall_domain::ports::TokenKeys;
use rolecall_usecases::Env;
use serde_json::Value;

pub use crate::claim::{DELIVERIES_A_DAY, DELIVERIES_THAT_WAIT};
pub use crate::deliver::Reply;
pub use crate::error::CallbackError;
pub use rolecall_aws::reply::ReplyError;

#[derive(Debug)]
pub struct Callback<E, K, R> {
    pub env: E,
    pub keys: K,
    pub reply: R,
    /// Additional origins to which answers may be sent.
    pub response_origins: Vec<String>,
}

impl<E: Env, K: TokenKeys, R: Reply> Callback<E, K, R> {
    /// Handles every request in the event.
    ///
    /// # Errors
    /// When the event must be delivered again.
    pub async fn handle(&self, event: &Value, deadline: Timestamp) -> Result<(), CallbackError> {
        let mut result = Ok(());
        for (index, decoded) in decode(event).into_iter().enumerate() {
            let message_id = message_id(event, index);
            match decoded {
                Ok(request) => {
                    let line = Line::start(&request, message_id);
                    let answered = self.answer(&request, &line, deadline).await;
                    line.end(&answered);
                    result = result.and(answered);
                }
                // Not an error: anyone could raise the alarm or fill the failure queue.
                Err(reason) => log::malformed(&reason, message_id),
            }
        }
        result
    }

    async fn answer(
        &self,
        request: &Request,
        line: &Line,
        deadline: Timestamp,
    ) -> Result<(), CallbackError> {
        let (env, reply) = (&self.env, &self.reply);
        let stack_id = &request.key.stack_id;
        let is_cloudformations =
            response_url::is_allowed(&request.response_url, stack_id, &self.response_origins);
        let Some(proof) = authenticate(env, &self.keys, request, line).await? else {
            if is_cloudformations {
                let body = decision::unauthenticated(request);
                deliver_once(env, reply, request, &body, line).await;
            }
            return Ok(());
        };
        if !is_cloudformations {
            line.proven(&proof.registration_id);
            return Err(CallbackError::ForeignHost);
        }
        let delivery = Delivery::new(env, &proof, line, deadline);
        let (decision, finished) = decide_in_time(env, request, &delivery).await?;
        match decision {
            Decision::Answer(body) => deliver(env, reply, request, &body, &delivery).await?,
            Decision::AnswerOnce(body) => deliver_once(env, reply, request, &body, line).await,
            Decision::Busy => return Err(CallbackError::Unfinished),
        }
        if finished {
            Ok(())
        } else {
            Err(CallbackError::Unfinished)
        }
    }
}

/// The topic's message id. `None` if the request did not come through a topic.
fn message_id(event: &Value, index: usize) -> Option<&str> {
    let record = event.get("Records")?.get(index)?;
    record.pointer("/Sns/MessageId")?.as_str()
}
