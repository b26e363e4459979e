//! The decision on a request, and its stored answer.

use crate::answer;
use crate::request::{Request, RequestType};
use rolecall_domain::Timestamp;
use rolecall_domain::change::PersistedAnswer;
use rolecall_domain::ids::RegistrationId;
use rolecall_domain::messages::Reason;
use rolecall_domain::ports::Requests;
use rolecall_domain::problem::Code;
use rolecall_domain::record::refusal::Refusal;
use rolecall_domain::remedy::Remedy;
use rolecall_usecases::{Env, UseCaseError};

/// The decision on a request.
pub(crate) enum Decision {
    /// Send this body, with retries.
    Answer(String),
    /// Send this body without retries: the request is unauthenticated, or one of too many.
    AnswerOnce(String),
    /// Another worker holds the request; the next delivery finds its answer.
    Busy,
}

pub(crate) fn keep(
    request: &Request,
    registration_id: &RegistrationId,
    body: String,
) -> PersistedAnswer {
    PersistedAnswer {
        key: request.key_under(registration_id),
        body,
    }
}

/// The answer to an unauthenticated request. Nothing is stored for such a request.
pub(crate) fn unauthenticated(request: &Request) -> String {
    if request.request_type == RequestType::Delete {
        return answer::respond_success(request);
    }
    let refusal = Refusal::new(
        Code::InvalidToken,
        &Reason::InvalidToken,
        &Remedy::CreateUnchanged,
    );
    answer::failed(request, &refusal, None)
}

/// When a request was first received, and whether it may wait for IAM propagation.
pub(crate) struct Received {
    pub(crate) first_at: Timestamp,
    pub(crate) waits: bool,
}

/// Stores the answer, and returns the one that is stored: another worker may have been first.
pub(crate) async fn kept(
    env: &impl Env,
    request: &Request,
    registration_id: &RegistrationId,
    body: String,
) -> Result<String, UseCaseError> {
    let answer = keep(request, registration_id, body);
    Ok(env.store().keep_answer(&answer).await?)
}
