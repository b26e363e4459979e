//! The bucket of onboarding templates: S3, with one signed request. An S3 client would make the function's package
//! larger and its start slower.

use crate::clients::{ATTEMPT, Aws};
use crate::failure::{Failure, Kind};
use crate::host::SystemHost;
use crate::signed::Regional;
use crate::telemetry::with_causes;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use jiff::SignedDuration;
use rolecall_domain::ports::BucketError;
use rolecall_domain::retry::{RetryPolicy, with_retry};
use std::error::Error;

/// Two attempts fit into the time that an API caller waits.
const RETRY: RetryPolicy = RetryPolicy {
    first_pause: SignedDuration::from_millis(200),
    longest_pause: SignedDuration::from_millis(200),
    attempts: 2,
    until: None,
};

/// S3 received two writes of the same key at the same time. The second attempt then finds the key.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>
const CONFLICT: &str = "ConditionalRequestConflict";

/// Adds templates to the hub's bucket.
#[derive(Debug, Clone)]
pub struct TemplateBucket {
    connector: SharedHttpConnector,
    credentials: SharedCredentialsProvider,
    regional: Regional,
    name: String,
}

impl TemplateBucket {
    pub fn new(aws: &Aws, name: impl Into<String>) -> Self {
        Self {
            connector: aws.connector(),
            credentials: aws.credentials(),
            regional: aws.regional(),
            name: name.into(),
        }
    }

    async fn attempt(&self, key: &str, body: &str) -> Result<(), Failure> {
        let answer = tokio::time::timeout(ATTEMPT, self.exchange(key, body)).await;
        let answer = answer.unwrap_or_else(|_| Err("the request timed out".into()));
        let (status, body) =
            answer.map_err(|error| Failure::no_answer(&with_causes(error.as_ref())))?;
        match status {
            // 412: the key exists.
            200..=299 | 412 => Ok(()),
            _ => Err(Failure::of_s3(status, &body)),
        }
    }

    /// The status and body of S3's response.
    async fn exchange(
        &self,
        key: &str,
        body: &str,
    ) -> Result<(u16, String), Box<dyn Error + Send + Sync>> {
        // Read for each attempt, because credentials expire.
        let credentials = self.credentials.provide_credentials().await?;
        let url = format!("{}/{key}", self.regional.bucket_url(&self.name));
        let request = http::Request::put(url)
            .header(http::header::CONTENT_TYPE, "application/yaml")
            .header(http::header::IF_NONE_MATCH, "*")
            .body(body)?;
        let request = self.regional.sign("s3", &credentials, request)?;
        let request = HttpRequest::try_from(request.map(SdkBody::from))?;
        let response = self.connector.call(request).await?;
        let status = response.status().as_u16();
        // The body must be read completely before the connection can be reused.
        let body = ByteStream::new(response.into_body()).collect().await?;
        Ok((status, String::from_utf8_lossy(&body.to_vec()).into_owned()))
    }
}

impl rolecall_domain::ports::TemplateBucket for TemplateBucket {
    async fn put_once(&self, key: &str, template: &str) -> Result<(), BucketError> {
        let attempt = async || self.attempt(key, template).await;
        let stored = with_retry(&SystemHost, &RETRY, is_retryable, attempt).await;
        stored.map_err(|failure| match is_retryable(&failure) {
            true => BucketError::Unavailable(failure.into()),
            false => BucketError::Rejected {
                bucket: self.name.clone(),
                source: failure.into(),
            },
        })
    }
}

fn is_retryable(failure: &Failure) -> bool {
    match failure.kind {
        Kind::Throttled | Kind::NoAnswer => true,
        Kind::Denied | Kind::Other => failure.is(CONFLICT),
    }
}

#[cfg(test)]
mod tests;
