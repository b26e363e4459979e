//! What a request comes to, and the answer that is kept for it.

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

/// What a request comes to.
pub(crate) enum Decision {
    /// To be delivered.
    Answer(String),
    /// Sent once, without a repeat: the request is not authenticated, or its sender sent too many.
    AnswerOnce(String),
    /// Another worker has the request; the next delivery finds what it came to.
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

/// The answer to a request that no token vouches for. Nothing of it is written down.
pub(crate) fn unauthenticated(request: &Request) -> String {
    if request.request_type == RequestType::Delete {
        return answer::respond_success(request);
    }
    let refusal = Refusal::new(
        Code::InvalidToken,
        &Reason::InvalidToken,
        &Remedy::CreateUnchanged,
    );
    answer::failed(request, &refusal)
}

/// When a request came first, and whether there is time to wait for IAM on its behalf.
pub(crate) struct Received {
    pub(crate) first_at: Timestamp,
    pub(crate) waits: bool,
}

/// The answer that is kept for the request, which another worker may have decided.
pub(crate) async fn kept(
    env: &impl Env,
    request: &Request,
    registration_id: &RegistrationId,
    body: String,
) -> Result<String, UseCaseError> {
    let answer = keep(request, registration_id, body);
    Ok(env.store().keep_answer(&answer).await?)
}
