//! Calls an issuer with single https requests of bounded size and time. Redirects are
//! not followed, because they could lead anywhere.

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use rolecall_domain::workload::{IssuerUrl, KeySet, KeySetError, jwks_uri};
use std::time::Duration;

/// From connecting to the end of the body. An SDK waits for one or two seconds for its credentials.
const WHOLE: Duration = Duration::from_secs(3);

/// The same for a form, while a user is waiting.
const FORM: Duration = Duration::from_secs(10);

/// Larger than the documents of any known issuer.
const MAX_BYTES: usize = 256 * 1024;

/// Why an issuer's keys could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("the URL is not callable")]
    NotCallable,
    #[error("the issuer timed out")]
    TimedOut,
    #[error("the connection to the issuer failed")]
    Broken,
    /// Includes redirects.
    #[error("the issuer returned status {0}")]
    Refused(u16),
    #[error("the issuer's document is too large")]
    TooLarge,
    #[error(transparent)]
    Unusable(#[from] KeySetError),
}

/// Reads the issuer's discovery document, and the keys that it names.
pub(super) async fn keys(
    connector: &SharedHttpConnector,
    issuer: &IssuerUrl,
    discovery_url: &str,
    allow_loopback: bool,
) -> Result<KeySet, FetchError> {
    let document = get(connector, discovery_url).await?;
    let place = jwks_uri(issuer, &document, allow_loopback)?;
    Ok(KeySet::parse(&get(connector, &place).await?)?)
}

pub(crate) async fn get(connector: &SharedHttpConnector, url: &str) -> Result<Vec<u8>, FetchError> {
    let request = http::Request::get(url).body(SdkBody::empty());
    match exchange(connector, request, WHOLE).await? {
        (200, body) => Ok(body),
        (status, _) => Err(FetchError::Refused(status)),
    }
}

/// Sends a form. The form and the header can contain credentials, so no error contains them.
pub(crate) async fn post_form(
    connector: &SharedHttpConnector,
    url: &str,
    authorization: Option<String>,
    form: String,
) -> Result<(u16, Vec<u8>), FetchError> {
    let mut request = http::Request::post(url).header(
        http::header::CONTENT_TYPE,
        "application/x-www-form-urlencoded",
    );
    if let Some(authorization) = authorization {
        request = request.header(http::header::AUTHORIZATION, authorization);
    }
    exchange(connector, request.body(SdkBody::from(form)), FORM).await
}

/// The status and the body of a response.
async fn exchange(
    connector: &SharedHttpConnector,
    request: Result<http::Request<SdkBody>, http::Error>,
    limit: Duration,
) -> Result<(u16, Vec<u8>), FetchError> {
    let mut request = request.map_err(|_| FetchError::NotCallable)?;
    let json = http::HeaderValue::from_static("application/json");
    request.headers_mut().insert(http::header::ACCEPT, json);
    let request = HttpRequest::try_from(request).map_err(|_| FetchError::NotCallable)?;
    let exchange = async {
        let response = connector.call(request).await.map_err(|error| {
            if error.is_timeout() {
                FetchError::TimedOut
            } else {
                FetchError::Broken
            }
        })?;
        let status = response.status().as_u16();
        let body = bounded(ByteStream::new(response.into_body())).await?;
        Ok((status, body))
    };
    let fetched = tokio::time::timeout(limit, exchange).await;
    fetched.unwrap_or(Err(FetchError::TimedOut))
}

async fn bounded(mut body: ByteStream) -> Result<Vec<u8>, FetchError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = body.next().await {
        bytes.extend_from_slice(&chunk.map_err(|_| FetchError::Broken)?);
        if bytes.len() > MAX_BYTES {
            return Err(FetchError::TooLarge);
        }
    }
    Ok(bytes)
}
