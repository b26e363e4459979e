//! What an SDK error comes to. Nothing here is ever taken for a refusal but AWS's own word for it.

use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use std::error::Error;
use std::fmt;

/// The kinds of failure that somebody acts on differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// AWS said AccessDenied.
    Denied,
    /// AWS said that there are too many requests.
    Throttled,
    /// AWS refused with another code.
    Other,
    /// No usable answer: a time-out, a broken connection, a body that is none of AWS's.
    NoAnswer,
}

/// An SDK error, judged. It can be logged: neither it nor its causes repeat what was sent.
#[derive(Debug)]
pub struct Failure {
    pub kind: Kind,
    /// AWS's code, where there was one.
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
            kind: judge(status, code),
            code: code.map(str::to_owned),
            message: message.map(str::to_owned),
            cause: causes(error),
        }
    }

    pub fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// For the log: AWS's code and status, or how far the request got.
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

fn judge(status: Option<u16>, code: Option<&str>) -> Kind {
    match (status, code) {
        // A gateway in between can answer 403 too, but not with AWS's code.
        (Some(400..=499), Some(code)) if DENIED.contains(&code) => Kind::Denied,
        (_, Some(code)) if THROTTLED.contains(&code) => Kind::Throttled,
        (Some(429), _) => Kind::Throttled,
        (Some(400..=499), Some(_)) => Kind::Other,
        _ => Kind::NoAnswer,
    }
}

/// AWS's messages can quote what was sent, so of a service's error only code and status are told;
/// of all others, the whole chain of causes.
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
    fn only_aws_own_words_are_a_denial() {
        assert_eq!(judge(Some(403), Some("AccessDenied")), Kind::Denied);
        assert_eq!(judge(Some(403), None), Kind::NoAnswer);
        assert_eq!(judge(None, None), Kind::NoAnswer);
        assert_eq!(judge(Some(500), Some("AccessDenied")), Kind::NoAnswer);
        assert_eq!(judge(Some(503), Some("Throttling")), Kind::Throttled);
        assert_eq!(
            judge(Some(400), Some("ThrottlingException")),
            Kind::Throttled
        );
        assert_eq!(judge(Some(429), None), Kind::Throttled);
        assert_eq!(
            judge(Some(400), Some("MalformedPolicyDocument")),
            Kind::Other
        );
        assert_eq!(judge(Some(403), Some("ExpiredToken")), Kind::Other);
        assert_eq!(judge(Some(503), Some("ServiceUnavailable")), Kind::NoAnswer);
    }
}
