//! The one place where errors become responses (RFC 9457).

use crate::response::Response;
use rolecall_aws::telemetry::{Ending, Outcome, RequestLog, with_causes};
use rolecall_domain::Timestamp;
use rolecall_domain::ports::StoreError;
use rolecall_domain::problem::{Code, Refusal};
use rolecall_domain::verification::Report;
use rolecall_flows::FlowError;
use serde::Serialize;
use serde_json::json;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    pub field: String,
    pub code: &'static str,
    pub message: String,
}

impl FieldError {
    pub fn new(field: &str, code: &'static str, message: &str) -> Self {
        Self {
            field: field.to_owned(),
            code,
            message: message.to_owned(),
        }
    }
}

/// A request that did not lead to what it asked for.
#[derive(Debug)]
pub struct Problem {
    code: Code,
    detail: String,
    errors: Vec<FieldError>,
    report: Option<Box<Report>>,
    retry_after: Option<u32>,
    /// For the log alone.
    cause: Option<String>,
}

/// When to try again what others or AWS stood in the way of, in seconds.
const SOON: u32 = 15;

impl Problem {
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        let retry_after = (code == Code::VerificationInconclusive).then_some(SOON);
        Self {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            report: None,
            retry_after,
            cause: None,
        }
    }

    /// An unknown id and another tenant's are answered alike.
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "There is nothing here under this id.")
    }

    pub fn conflict() -> Self {
        Self::new(
            Code::Conflict,
            "Something else changed this at the same time. Try again.",
        )
    }

    /// AWS took longer than the caller should wait.
    pub fn out_of_time(now: Timestamp) -> Self {
        let detail = "AWS did not answer in time. Try again in a moment.";
        Self {
            report: Some(Box::new(Report::out_of_time(now))),
            ..Self::new(Code::VerificationInconclusive, detail)
        }
    }

    pub fn field(field: &str, code: &'static str, message: &str) -> Self {
        Self::fields(vec![FieldError::new(field, code, message)])
    }

    pub fn fields(errors: Vec<FieldError>) -> Self {
        Self {
            errors,
            ..Self::new(
                Code::InvalidRequest,
                "Some fields of the request are not valid.",
            )
        }
    }

    pub fn rate_limited(retry_after: u32, detail: &str) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..Self::new(Code::RateLimited, detail)
        }
    }

    fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        Self::new(
            Code::InternalError,
            "The hub could not do this. Try again later.",
        )
        .because(with_causes(error))
    }

    /// What the operator has to know, and the caller has not.
    #[must_use]
    pub fn because(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// The request's line in the log.
    pub fn write_to(&self, log: &RequestLog) {
        let outcome = match self.code {
            Code::TenantMissing => Outcome::Unauthenticated,
            Code::InternalError | Code::DeadlineExceeded => Outcome::Failed,
            _ => Outcome::Refused,
        };
        let mut ending = Ending {
            status_code: Some(self.code.status()),
            error: self.cause.clone(),
            ..Ending::code(self.code.as_str())
        };
        if let Some(report) = &self.report {
            ending = ending.checked(report);
        }
        log.end(outcome, &ending);
    }

    pub fn is_not_found(&self) -> bool {
        self.code == Code::NotFound
    }

    pub fn into_response(self, request_id: &str) -> Response {
        let mut body = json!({
            "type": format!("urn:rolecall:problem:{}", self.code.as_str()),
            "title": self.code.title(),
            "status": self.code.status(),
            "code": self.code.as_str(),
            "detail": self.detail,
            "request_id": request_id,
        });
        if !self.errors.is_empty() {
            body["errors"] = json!(self.errors);
        }
        if let Some(report) = self.report {
            body["report"] = json!(report);
        }
        let response =
            Response::json(self.code.status(), &body).content_type("application/problem+json");
        match self.retry_after {
            Some(seconds) => response.header("retry-after", seconds.to_string()),
            None => response,
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.message();
        Self {
            report: refusal.report,
            ..Self::new(refusal.code, detail)
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::internal(&error)
    }
}

impl From<FlowError> for Problem {
    fn from(error: FlowError) -> Self {
        match error {
            FlowError::Store(error) => error.into(),
            FlowError::Contended => Self::conflict(),
        }
    }
}
