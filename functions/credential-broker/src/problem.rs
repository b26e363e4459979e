//! Turns errors into responses (RFC 9457).

use crate::response::Response;
use rolecall_aws::telemetry::{Ending, Outcome, RequestLog, with_causes};
use rolecall_domain::credentials::IssueRefusal;
use rolecall_domain::messages::{Detail, Language, Localized, Message, Seconds, in_language};
use rolecall_domain::problem::Code;
use rolecall_domain::text::FieldError;
use rolecall_usecases::UseCaseError;
use rolecall_usecases::issue_credentials::IssueError;
use serde_json::{Map, Value, json};

/// The error response to a request.
#[derive(Debug)]
pub struct Problem {
    code: Code,
    detail: Box<Localized>,
    errors: Vec<FieldError>,
    /// Further members of the response.
    further: Map<String, Value>,
    retry_after: Option<u32>,
    /// Logged, and not shown to the caller.
    cause: Option<String>,
}

/// When to retry after a temporary failure, in seconds.
const SOON: u32 = 15;

impl Problem {
    pub fn new(code: Code, detail: &impl Message) -> Self {
        Self {
            code,
            detail: Box::new(detail.localized()),
            errors: Vec::new(),
            further: Map::new(),
            retry_after: (code.status() == 503).then_some(SOON),
            cause: None,
        }
    }

    /// Also for paths that IAM could read differently, and for callers that are not the operator's.
    pub fn unknown_path() -> Self {
        Self::new(Code::NotFound, &Detail::UnknownPath)
    }

    pub fn timed_out() -> Self {
        Self::new(Code::DeadlineExceeded, &Detail::TimedOut)
    }

    pub fn fields(errors: Vec<FieldError>) -> Self {
        Self {
            errors,
            ..Self::new(Code::InvalidRequest, &Detail::InvalidFields)
        }
    }

    /// Why no credentials were issued. The account of a refused request is logged.
    pub fn of(error: IssueError, log: &RequestLog) -> Self {
        match error {
            IssueError::UnknownAccount => Self::new(Code::NotFound, &Detail::UnknownAccount),
            IssueError::Refused(account, refusal) => {
                log.account(&account);
                Self::refused(&refusal)
            }
            IssueError::TooOften { wait, were_refused } => {
                let detail = match were_refused {
                    true => Detail::RefusedTooOften,
                    false => Detail::CredentialsTooOften,
                };
                Self {
                    retry_after: Some(Seconds::rounded_up(wait).0),
                    ..Self::new(Code::RateLimited, &detail)
                }
            }
            IssueError::Inconclusive => {
                Self::new(Code::VerificationInconclusive, &Detail::ProofInconclusive)
            }
            IssueError::UseCase(UseCaseError::Changed | UseCaseError::Contended) => {
                Self::new(Code::Conflict, &Detail::Conflict)
            }
            IssueError::PolicyRejected(_) | IssueError::UseCase(_) => Self {
                cause: Some(with_causes(&error)),
                ..Self::new(Code::InternalError, &Detail::InternalError)
            },
        }
    }

    fn refused(refusal: &IssueRefusal) -> Self {
        match refusal {
            IssueRefusal::NotGranted(profile) => {
                let profile = profile.to_string();
                Self::new(
                    Code::AccessNotGranted,
                    &Detail::AccessNotGranted { profile },
                )
            }
            IssueRefusal::NotUsable { status, check } => {
                let status_text = (*status).to_owned();
                let detail = match check {
                    Some(check) => Detail::AccountCheckFails {
                        status: status_text,
                        check: check.as_str().to_owned(),
                    },
                    None => Detail::AccountNotActive {
                        status: status_text,
                    },
                };
                let mut problem = Self::new(Code::AccountNotUsable, &detail);
                problem.add("account_status", json!(status));
                problem.add("check", json!(check.map(|check| check.as_str())));
                problem
            }
        }
    }

    fn add(&mut self, name: &str, value: Value) {
        self.further.insert(name.to_owned(), value);
    }

    /// Logs the request.
    pub fn write_to(&self, log: &RequestLog) {
        let outcome = match self.code {
            Code::InternalError | Code::DeadlineExceeded => Outcome::Failed,
            _ => Outcome::Refused,
        };
        let ending = Ending {
            status_code: Some(self.code.status()),
            error: self.cause.clone(),
            ..Ending::code(self.code.as_str())
        };
        log.end(outcome, &ending);
    }

    pub fn into_response(self, request_id: &str, api_url: &str, language: Language) -> Response {
        let detail = match self.retry_after.map(Seconds) {
            Some(wait) => self.detail.then(&Detail::RetryIn { wait }),
            None => *self.detail,
        };
        let mut body = json!({
            "type": format!("{api_url}/reference/{}", self.code.as_str()),
            "title": self.code.title().localized(),
            "status": self.code.status(),
            "code": self.code.as_str(),
            "detail": detail,
            "request_id": request_id,
        });
        if !self.errors.is_empty() {
            body["errors"] = json!(self.errors);
        }
        for (name, value) in self.further {
            body[name] = value;
        }
        in_language(&mut body, language);
        let response = Response::json(self.code.status(), &body)
            .header("content-type", "application/problem+json")
            .header("content-language", language.tag())
            .header("vary", "accept-language");
        match self.retry_after {
            Some(seconds) => response.header("retry-after", seconds.to_string()),
            None => response,
        }
    }
}
