//! Sends the response to CloudFormation: one PUT to the request's ResponseURL.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-responses.html>
//!
//! The sender of the request controls the URL. The caller has compared it with the allowed hosts;
//! here it is called once, with a short timeout, and redirects are not followed. Neither the URL
//! nor the body is logged: the URL is signed, so it grants access.

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use std::time::Duration;

/// From connecting to receiving the status. S3 takes milliseconds.
const WHOLE: Duration = Duration::from_secs(3);

/// Why a response was not delivered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    #[error("the response URL is not callable")]
    NotCallable,
    #[error("the response URL timed out")]
    TimedOut,
    #[error("the connection to the response URL failed")]
    Broken,
    /// Includes redirects, which are not followed.
    #[error("the response URL returned status {0}")]
    Refused(u16),
}

impl ReplyError {
    /// Whether the same PUT may succeed later. Explicit rejections are not retryable.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::TimedOut | Self::Broken => true,
            Self::Refused(status) => *status == 429 || *status >= 500,
            Self::NotCallable => false,
        }
    }
}

/// Sends responses. Shares the SDK's connector, including its TLS configuration and connect
/// timeout.
#[derive(Debug, Clone)]
pub struct Replier {
    connector: SharedHttpConnector,
}

impl Replier {
    pub fn new(connector: SharedHttpConnector) -> Self {
        Self { connector }
    }

    /// Makes one attempt to PUT the body to an https URL, or to an http URL that the caller allows.
    ///
    /// # Errors
    /// If the response was not delivered. After a timeout, it may have been.
    pub async fn put(&self, url: &str, body: &str) -> Result<(), ReplyError> {
        let request = request(url, body).ok_or(ReplyError::NotCallable)?;
        let call = tokio::time::timeout(WHOLE, self.connector.call(request));
        let response = match call.await {
            Err(_) => return Err(ReplyError::TimedOut),
            Ok(Err(error)) if error.is_timeout() => return Err(ReplyError::TimedOut),
            // The cause may contain the host, so only the kind is returned.
            Ok(Err(_)) => return Err(ReplyError::Broken),
            Ok(Ok(response)) => response,
        };
        match response.status().as_u16() {
            200..=299 => Ok(()),
            other => Err(ReplyError::Refused(other)),
        }
    }
}

fn request(url: &str, body: &str) -> Option<HttpRequest> {
    let uri: http::Uri = url.parse().ok()?;
    let callable = matches!(uri.scheme_str(), Some("https" | "http"));
    if !callable
        || uri
            .authority()
            .is_none_or(|name| name.as_str().contains('@'))
    {
        return None;
    }
    let request = http::Request::put(uri)
        // Present and empty, because the URL's signature covers exactly this value.
        .header(http::header::CONTENT_TYPE, "")
        .header(http::header::CONTENT_LENGTH, body.len())
        .body(SdkBody::from(body));
    HttpRequest::try_from(request.ok()?).ok()
}

#[cfg(test)]
mod tests;
