//! What an answer means: the one place where status and body become a failure.

use serde_json::Value;

use super::expiry;

use crate::failure::{Failure, Problem, Refusal};
use crate::request::Wanted;

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Seconds. HTTP's other form, a date, is none that the hub sends.
    pub(super) retry_after: Option<u64>,
    pub(super) body: String,
}

/// The body of a success.
pub(super) fn judge(
    answer: Answer,
    wanted: Wanted,
    token_expires_at: Option<i64>,
) -> Result<String, Failure> {
    let Answer {
        status,
        retry_after,
        body,
    } = answer;
    if !(200..300).contains(&status) {
        return Err(refusal(status, retry_after, body, token_expires_at));
    }
    if wanted == Wanted::Json && serde_json::from_str::<serde::de::IgnoredAny>(&body).is_err() {
        return Err(Failure::Unusable(format!("status {status}, but no JSON")));
    }
    Ok(body)
}

fn refusal(
    status: u16,
    retry_after: Option<u64>,
    body: String,
    token_expires_at: Option<i64>,
) -> Failure {
    if let Ok(problem) = serde_json::from_str::<Problem>(&body) {
        // Not the body's own: a proxy may have changed the status, and that one is real.
        let problem = Problem { status, ..problem };
        return Failure::Refused(Box::new(Refusal {
            problem,
            body,
            retry_after,
        }));
    }
    if status < 400 {
        return Failure::Unusable(format!("status {status}; is this the hub's address?"));
    }
    let said = serde_json::from_str::<Value>(&body).ok();
    let said = said.as_ref().and_then(|body| body["message"].as_str());
    let message = match (status, said) {
        (401, _) => expiry::refused(token_expires_at),
        (_, Some(said)) => said.to_owned(),
        (404, None) => "There is no such path; is this the hub's address?".to_owned(),
        (_, None) => "The hub's gateway refused.".to_owned(),
    };
    Failure::Gateway {
        status,
        message,
        retry_after,
    }
}
