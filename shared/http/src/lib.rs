//! What the functions behind the HTTP API share: how they read its events ([`event`]), and their responses
//! and errors.

// Text of any language can't be cut at a number of bytes.
#![cfg_attr(not(test), warn(clippy::string_slice))]

pub mod event;
mod problem;
mod report;
mod response;

pub use problem::Problem;
pub use report::{check, report};
pub use response::Response;

use rolecall_aws::telemetry::{Ending, Outcome, RequestLog};
use rolecall_domain::SignedDuration;

/// Callers get a response within 20 seconds. The gateway times out after 30.
pub const RESPONSE_TIMEOUT: SignedDuration = SignedDuration::from_secs(18);

/// Logs the result of a request, and turns it into a response.
pub fn conclude(
    result: Result<Response, Problem>,
    log: &RequestLog,
    request_id: &str,
    api_url: &str,
) -> Response {
    match result {
        Ok(response) => {
            let ending = Ending {
                status_code: Some(response.status_code),
                ..Ending::default()
            };
            log.end(Outcome::Succeeded, &ending);
            response
        }
        Err(problem) => {
            problem.write_to(log);
            problem.into_response(request_id, api_url)
        }
    }
}
