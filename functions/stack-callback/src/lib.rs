//! Answers the custom resource of every customer's stack. Whatever happens, each request gets an
//! answer in time, and every answer to one request is the same. Anyone may publish to the topic: a
//! request without a valid token costs one PUT, and nothing of it is kept, retried or waited for.

pub mod answer;
mod authenticate;
mod claim;
mod create;
mod decide;
mod delete;
mod deliver;
mod handle;
mod log;
pub mod request;
pub mod response_url;

use crate::authenticate::Proof;
use crate::claim::Delivery;
use crate::handle::Decision;
use crate::log::Line;
use crate::request::{Request, decode};
use rolecall_domain::Timestamp;
use rolecall_domain::ports::{CustomerAccounts, Host, Store, TokenKeys};
use rolecall_flows::Context;
use serde_json::Value;

pub use crate::claim::{DELIVERIES_A_DAY, PATIENT_DELIVERIES};
pub use crate::deliver::Reply;
pub use rolecall_aws::reply::ReplyError;

#[derive(Debug)]
pub struct Callback<S, C, H, K, R> {
    pub ctx: Context<S, C, H>,
    pub keys: K,
    pub reply: R,
    /// Origins besides Amazon's that an answer may be sent to.
    pub response_origins: Vec<String>,
}

/// The event could not be dealt with to the end; Lambda delivers it again, twice at most.
#[derive(Debug, thiserror::Error)]
pub enum CallbackError {
    #[error("no answer could be delivered")]
    Undelivered,
    #[error("the work on the request is not finished")]
    Unfinished,
    #[error("the token keys could not be read")]
    NoKeys,
    /// A customer's stack gets no answer. Either CloudFormation uses a host that this hub does not
    /// know, or a customer forged the URL: an operator has to look.
    #[error("the response URL of an authenticated request is not CloudFormation's")]
    ForeignHost,
}

impl<S: Store, C: CustomerAccounts, H: Host, K: TokenKeys, R: Reply> Callback<S, C, H, K, R> {
    /// Deals with every request in the event.
    ///
    /// # Errors
    /// When the event should be delivered again.
    pub async fn handle(&self, event: &Value, deadline: Timestamp) -> Result<(), CallbackError> {
        let mut result = Ok(());
        for (place, decoded) in decode(event).into_iter().enumerate() {
            let message_id = message_id(event, place);
            match decoded {
                Ok(request) => {
                    let line = Line::start(&request, message_id);
                    let answered = self.answer(&request, &line, deadline).await;
                    line.end(&answered);
                    result = result.and(answered);
                }
                // Not an error: strangers could raise the alarm, or fill a queue.
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
        let stack_id = &request.key.stack_id;
        let is_cloudformations =
            response_url::is_allowed(&request.response_url, stack_id, &self.response_origins);
        match self.authenticate(request, line).await? {
            Some(proof) if is_cloudformations => self.work(request, &proof, line, deadline).await,
            Some(proof) => {
                line.proven(&proof.registration_id);
                Err(CallbackError::ForeignHost)
            }
            None => {
                if is_cloudformations {
                    let body = handle::unauthenticated(request);
                    self.deliver_once(request, &body, line).await;
                }
                Ok(())
            }
        }
    }

    async fn work(
        &self,
        request: &Request,
        proof: &Proof,
        line: &Line,
        deadline: Timestamp,
    ) -> Result<(), CallbackError> {
        let delivery = Delivery::new(proof, line, deadline);
        let (decision, finished) = self.decide_in_time(request, &delivery).await?;
        match decision {
            Decision::Answer(body) => self.deliver(request, &body, &delivery).await?,
            Decision::AnswerOnce(body) => self.deliver_once(request, &body, line).await,
            Decision::Busy => return Err(CallbackError::Unfinished),
        }
        if finished {
            Ok(())
        } else {
            Err(CallbackError::Unfinished)
        }
    }
}

/// The topic's own; what was not published there has none.
fn message_id(event: &Value, place: usize) -> Option<&str> {
    let record = event.get("Records")?.get(place)?;
    record.pointer("/Sns/MessageId")?.as_str()
}
