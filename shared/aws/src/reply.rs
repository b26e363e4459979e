//! The answer to CloudFormation: one PUT to the ResponseURL of a request.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-responses.html>
//!
//! The URL is whatever the sender of the request wrote. The caller has checked it against the names
//! that it may have; here it is called once, within a short time, and wherever the other side points
//! to instead, nobody follows. Neither URL nor body is ever told: the URL is signed, so it is a key.

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use std::time::Duration;

/// From the connection to the status. S3 takes milliseconds.
const WHOLE: Duration = Duration::from_secs(3);

/// Why an answer did not arrive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    #[error("the response URL can't be called")]
    NotCallable,
    #[error("the response URL did not answer in time")]
    TimedOut,
    #[error("the connection to the response URL failed")]
    Broken,
    /// Also a redirect: none is followed.
    #[error("the response URL answered with status {0}")]
    Refused(u16),
}

impl ReplyError {
    /// Whether the same PUT may succeed later: not where the other side said no.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::TimedOut | Self::Broken => true,
            Self::Refused(status) => *status == 429 || *status >= 500,
            Self::NotCallable => false,
        }
    }
}

/// Puts answers. Shares the SDK's connector, so its TLS and its time-out for connecting.
#[derive(Debug, Clone)]
pub struct Replier {
    connector: SharedHttpConnector,
}

impl Replier {
    pub fn new(connector: SharedHttpConnector) -> Self {
        Self { connector }
    }

    /// One attempt to put the body at an https URL, or at an http one that the caller allows.
    ///
    /// # Errors
    /// When it did not arrive; it may have, though, after a time-out.
    pub async fn put(&self, url: &str, body: &str) -> Result<(), ReplyError> {
        let request = request(url, body).ok_or(ReplyError::NotCallable)?;
        let call = tokio::time::timeout(WHOLE, self.connector.call(request));
        let response = match call.await {
            Err(_) => return Err(ReplyError::TimedOut),
            Ok(Err(error)) if error.is_timeout() => return Err(ReplyError::TimedOut),
            // The cause can name the host; the kind is enough.
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
        // Present and empty: the URL's signature is over exactly this.
        .header(http::header::CONTENT_TYPE, "")
        .header(http::header::CONTENT_LENGTH, body.len())
        .body(SdkBody::from(body));
    HttpRequest::try_from(request.ok()?).ok()
}

#[cfg(test)]
mod tests;
