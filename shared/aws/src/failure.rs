//! Classifies SDK errors. Only an explicit denial by AWS counts as a denial.

use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use std::error::Error;
use std::fmt;

/// The kinds of failure that callers handle differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// AWS returned AccessDenied.
    Denied,
    /// AWS throttled the request.
    Throttled,
    /// AWS rejected the request with another code.
    Other,
    /// No usable response: a timeout, a broken connection, or a body that is not from AWS.
    NoAnswer,
}

/// A classified SDK error. Safe to log: neither it nor its causes contain request data.
#[derive(Debug, Clone)]
pub struct Failure {
    pub kind: Kind,
    /// AWS's error code, if there was one.
    pub code: Option<String>,
    pub message: Option<String>,
    cause: String,
}

const DENIED: &[&str] = &["AccessDenied", "AccessDeniedException"];

/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>
const THROTTLED: &[&str] = &[
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "BandwidthLimitExceeded",
    "SlowDown",
    "PriorRequestNotComplete",
];

impl Failure {
    pub fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let status = error
            .raw_response()
            .map(|response| response.status().as_u16());
        let service = error.as_service_error();
        let code = service.and_then(|error| error.code());
        let message = service.and_then(|error| error.message());
        Self {
            kind: classify(status, code),
            code: code.map(str::to_owned),
            message: message.map(str::to_owned),
            cause: causes(error),
        }
    }

    /// A failure that AWS reports for a part of a request.
    pub fn of_part(code: &str, message: Option<&str>) -> Self {
        Self {
            // Status 400, because AWS accepted the request itself.
            kind: classify(Some(400), Some(code)),
            code: Some(code.to_owned()),
            message: message.map(str::to_owned),
            cause: code.to_owned(),
        }
    }

    /// An error response of S3: `<Error><Code>AccessDenied</Code><Message>...</Message></Error>`.
    pub fn of_s3(status: u16, body: &str) -> Self {
        let field = |name: &str| {
            let (_, rest) = body.split_once(&format!("<{name}>"))?;
            let (value, _) = rest.split_once(&format!("</{name}>"))?;
            Some(value)
        };
        let code = field("Code");
        Self {
            kind: classify(Some(status), code),
            code: code.map(str::to_owned),
            message: field("Message").map(str::to_owned),
            cause: format!("{}, HTTP status {status}", code.unwrap_or("no code")),
        }
    }

    /// A response that lacks what AWS promises.
    pub fn no_answer(cause: &str) -> Self {
        Self {
            kind: Kind::NoAnswer,
            code: None,
            message: None,
            cause: cause.to_owned(),
        }
    }

    pub fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// For logs: AWS's error code and status, or the point at which the request failed.
    pub fn cause(&self) -> &str {
        &self.cause
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cause)
    }
}

impl Error for Failure {}

fn classify(status: Option<u16>, code: Option<&str>) -> Kind {
    match (status, code) {
        // Gateways can also return 403, but without AWS's error code.
        (Some(400..=499), Some(code)) if DENIED.contains(&code) => Kind::Denied,
        (_, Some(code)) if THROTTLED.contains(&code) => Kind::Throttled,
        (Some(429), _) => Kind::Throttled,
        // S3 redirects requests for a bucket in another Region.
        (Some(300..=499), Some(_)) => Kind::Other,
        _ => Kind::NoAnswer,
    }
}

/// AWS's messages can contain request data, so only code and status of service errors are included.
/// Other errors include their chain of causes.
fn causes<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: ProvideErrorMetadata + Error + 'static,
{
    if let (Some(service), Some(raw)) = (error.as_service_error(), error.raw_response()) {
        let code = service.code().unwrap_or("no code");
        return format!("{code}, HTTP status {}", raw.status());
    }
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_aws_error_code_is_a_denial() {
        assert_eq!(classify(Some(403), Some("AccessDenied")), Kind::Denied);
        assert_eq!(classify(Some(403), None), Kind::NoAnswer);
        assert_eq!(classify(None, None), Kind::NoAnswer);
        assert_eq!(classify(Some(500), Some("AccessDenied")), Kind::NoAnswer);
        assert_eq!(classify(Some(503), Some("Throttling")), Kind::Throttled);
        assert_eq!(
            classify(Some(400), Some("ThrottlingException")),
            Kind::Throttled
        );
        assert_eq!(classify(Some(429), None), Kind::Throttled);
        assert_eq!(
            classify(Some(400), Some("MalformedPolicyDocument")),
            Kind::Other
        );
        assert_eq!(classify(Some(403), Some("ExpiredToken")), Kind::Other);
        assert_eq!(
            classify(Some(503), Some("ServiceUnavailable")),
            Kind::NoAnswer
        );
        assert_eq!(classify(Some(301), Some("PermanentRedirect")), Kind::Other);
        assert_eq!(classify(Some(301), None), Kind::NoAnswer);
    }

    #[test]
    fn s3_error_has_code_and_message() {
        let body = "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code>\
                    <Message>Access Denied</Message></Error>";
        let failure = Failure::of_s3(403, body);
        assert_eq!(failure.kind, Kind::Denied);
        assert_eq!(failure.message.as_deref(), Some("Access Denied"));
        assert_eq!(failure.cause(), "AccessDenied, HTTP status 403");
        let gateway = Failure::of_s3(403, "<html>Forbidden</html>");
        assert_eq!(gateway.kind, Kind::NoAnswer);
        assert_eq!(gateway.cause(), "no code, HTTP status 403");
    }
}
