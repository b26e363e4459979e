//! Turns errors into responses (RFC 9457). No other module does this.

use crate::response::Response;
use rolecall_aws::telemetry::{Ending, Outcome, RequestLog, with_causes};
use rolecall_domain::check::Report;
use rolecall_domain::messages::{Detail, Localized, Message, Rule, Seconds};
use rolecall_domain::ports::{BucketError, CommitError, StoreError};
use rolecall_domain::problem::Code;
use rolecall_domain::record::refusal::Refusal;
use rolecall_domain::text::FieldError;
use rolecall_domain::{SignedDuration, Timestamp};
use rolecall_usecases::UseCaseError;
use serde_json::{Map, Value, json};

/// The error response to a request.
#[derive(Debug)]
pub struct Problem {
    code: Code,
    detail: Box<Localized>,
    errors: Vec<FieldError>,
    report: Option<Box<Report>>,
    /// Further members of the response.
    further: Map<String, Value>,
    retry_after: Option<u32>,
    /// The supported methods of the path, for the header `Allow`.
    allow: Option<Box<str>>,
    /// Logged, and not shown to the caller.
    cause: Option<Box<str>>,
    /// Whether a record changed after it was read, so that deciding again may succeed.
    is_stale: bool,
}

/// When to retry after a temporary failure, in seconds.
const SOON: u32 = 15;

impl Problem {
    pub fn new(code: Code, detail: &impl Message) -> Self {
        let retry_after = (code.status() == 503).then_some(SOON);
        Self {
            code,
            detail: Box::new(detail.localized()),
            errors: Vec::new(),
            report: None,
            further: Map::new(),
            retry_after,
            allow: None,
            cause: None,
            is_stale: false,
        }
    }

    /// An unknown id and another tenant's id get the same response.
    pub fn not_found(what: &Detail) -> Self {
        Self::new(Code::NotFound, what)
    }

    pub fn unknown_path() -> Self {
        Self::not_found(&Detail::UnknownPath)
    }

    /// Wrong, ended and replaced links get the same response.
    pub fn page_link_invalid() -> Self {
        Self::new(Code::PageLinkInvalid, &Detail::PageLinkInvalid)
    }

    /// A rejection with the text for the person who creates the stack. The report is for users of the tenant.
    pub fn for_customer(refusal: &Refusal) -> Self {
        if refusal.code == Code::VerificationInconclusive {
            // A paste can be repeated. The customer's remedy is for a stack that has failed.
            return Self::new(refusal.code, &refusal.message());
        }
        let told = refusal.for_customer();
        Self::new(refusal.code, &told.detail.then(&told.remedy))
    }

    pub fn method_not_allowed(allow: String) -> Self {
        Self {
            allow: Some(allow.into()),
            ..Self::new(Code::MethodNotAllowed, &Detail::UnsupportedMethod)
        }
    }

    pub fn conflict() -> Self {
        Self::new(Code::Conflict, &Detail::Conflict)
    }

    /// A record changed after it was read. Reading and deciding again may succeed.
    pub fn changed() -> Self {
        Self {
            is_stale: true,
            ..Self::conflict()
        }
    }

    pub fn is_stale(&self) -> bool {
        self.is_stale
    }

    /// The request took too long.
    pub fn timed_out() -> Self {
        Self::new(Code::DeadlineExceeded, &Detail::TimedOut)
    }

    /// The same for a verification, whose response always has a report.
    pub fn verification_timed_out(now: Timestamp) -> Self {
        Self {
            report: Some(Box::new(Report::out_of_time(now))),
            ..Self::new(Code::VerificationInconclusive, &Detail::AwsTimedOut)
        }
    }

    pub fn field(field: &str, code: &'static str, rule: Rule) -> Self {
        Self::fields(vec![FieldError::of(field, code, rule)])
    }

    /// A field whose value could not be parsed.
    pub fn invalid(field: &str, error: FieldError) -> Self {
        Self::fields(vec![error.within(field)])
    }

    pub fn fields(errors: Vec<FieldError>) -> Self {
        Self {
            errors,
            ..Self::new(Code::InvalidRequest, &Detail::InvalidFields)
        }
    }

    pub fn rate_limited(wait: SignedDuration, detail: &impl Message) -> Self {
        Self {
            retry_after: Some(Seconds::rounded_up(wait).0),
            ..Self::new(Code::RateLimited, detail)
        }
    }

    /// A duration for a sentence, such as `1 second`.
    pub fn seconds(duration: SignedDuration) -> Seconds {
        Seconds::rounded_up(duration)
    }

    /// A bug in the hub's code.
    pub fn unexpected(what: &'static str) -> Self {
        Self::internal(&Unexpected(what))
    }

    /// A failure that only the operator can fix.
    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        Self::new(Code::InternalError, &Detail::InternalError).because(with_causes(error))
    }

    /// Adds the cause, for the operator only.
    #[must_use]
    pub fn because(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into().into());
        self
    }

    /// Adds a member to the response.
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.further.insert(name.to_owned(), value);
        self
    }

    /// For AWS SDKs: the SDK for JavaScript shows only these two members of an error, the SDK for Python shows
    /// all members, and the SDK for Rust shows only the status.
    #[must_use]
    pub fn for_sdks(self) -> Self {
        let (code, message) = (json!(self.code.as_str()), json!(self.detail));
        self.with("Code", code).with("Message", message)
    }

    /// Logs the request.
    pub fn write_to(&self, log: &RequestLog) {
        let outcome = match self.code {
            Code::TenantMissing | Code::CallerNotAllowed => Outcome::Unauthenticated,
            Code::InternalError | Code::DeadlineExceeded => Outcome::Failed,
            _ => Outcome::Refused,
        };
        let mut ending = Ending {
            status_code: Some(self.code.status()),
            error: self.cause.as_deref().map(str::to_owned),
            ..Ending::code(self.code.as_str())
        };
        if let Some(report) = &self.report {
            ending = ending.checked(report);
        }
        log.end(outcome, &ending);
    }

    pub fn into_response(self, request_id: &str, api_url: &str) -> Response {
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
        if let Some(report) = self.report {
            body["report"] = crate::report(&report);
        }
        for (name, value) in self.further {
            body[name] = value;
        }
        let response =
            Response::json(self.code.status(), &body).content_type("application/problem+json");
        let response = match self.allow {
            Some(methods) => response.header("allow", methods),
            None => response,
        };
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
            ..Self::new(refusal.code, &detail)
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::internal(&error)
    }
}

impl From<BucketError> for Problem {
    fn from(error: BucketError) -> Self {
        match error {
            BucketError::Unavailable(_) => {
                Self::new(Code::DeadlineExceeded, &Detail::AwsTimedOut).because(with_causes(&error))
            }
            BucketError::Rejected { .. } => Self::internal(&error),
        }
    }
}

impl From<UseCaseError> for Problem {
    fn from(error: UseCaseError) -> Self {
        match error {
            UseCaseError::Store(error) => error.into(),
            UseCaseError::Changed => Self::changed(),
            UseCaseError::Contended => Self::conflict(),
            UseCaseError::Missing(_) | UseCaseError::Unexpected(_) => Self::internal(&error),
        }
    }
}

/// For a commit that can fail only because a record changed.
impl From<CommitError> for Problem {
    fn from(error: CommitError) -> Self {
        UseCaseError::from(error).into()
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unexpected(&'static str);

#[cfg(test)]
mod tests {
    use super::*;
    use rolecall_domain::aws::ExternalId;
    use rolecall_domain::change::Guard;

    /// Any other failure of a commit is a bug in the hub: the caller can't fix it, and the operator
    /// finds the cause in the log.
    #[test]
    fn only_a_changed_record_is_a_conflict() {
        let guard = Guard::ExternalId(ExternalId::from_random([7; 20]));
        for impossible in [
            CommitError::Held(Box::new(guard)),
            CommitError::GroupClosed,
            CommitError::Answered,
            CommitError::KeyUsed,
        ] {
            let problem = Problem::from(impossible);
            assert!(!problem.is_stale());
            assert_eq!(problem.code, Code::InternalError);
            assert_eq!(problem.code.status(), 500);
            assert!(problem.cause.is_some_and(|cause| !cause.is_empty()));
        }
        assert_eq!(Problem::unexpected("a bug").code, Code::InternalError);
        let stale = Problem::from(CommitError::Stale);
        assert!(stale.is_stale() && stale.code == Code::Conflict);
        let contended = Problem::from(UseCaseError::Contended);
        assert!(!contended.is_stale() && contended.code == Code::Conflict);
    }

    #[test]
    fn rejected_template_is_an_internal_error_and_unavailable_bucket_is_temporary() {
        let rejected = Problem::from(BucketError::Rejected {
            bucket: "templates".to_owned(),
            source: "AccessDenied".into(),
        });
        assert_eq!(rejected.code, Code::InternalError);
        assert_eq!(rejected.retry_after, None);
        let cause = rejected.cause.expect("a cause");
        assert!(
            cause.contains("s3:PutObject on templates/onboarding/*"),
            "{cause}"
        );
        assert!(cause.ends_with(": AccessDenied"), "{cause}");
        let busy = Problem::from(BucketError::Unavailable("SlowDown".into()));
        assert_eq!((busy.code.status(), busy.retry_after), (503, Some(SOON)));
        assert!(busy.cause.expect("a cause").ends_with(": SlowDown"));
    }
}
