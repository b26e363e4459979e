//! Fetches an issuer's documents: one GET each, over https, of bounded size and time. Redirects are
//! not followed, because they could lead anywhere.

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use rolecall_domain::workload::{IssuerUrl, KeySet, KeySetError, jwks_uri};
use std::time::Duration;

/// From connecting to the end of the body. An SDK waits for one or two seconds for its credentials.
const WHOLE: Duration = Duration::from_secs(3);

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
    allow_loopback: bool,
) -> Result<KeySet, FetchError> {
    if issuer.is_plain_loopback() && !allow_loopback {
        return Err(FetchError::NotCallable);
    }
    let document = get(connector, &issuer.discovery_url()).await?;
    let place = jwks_uri(issuer, &document, allow_loopback)?;
    Ok(KeySet::parse(&get(connector, &place).await?)?)
}

async fn get(connector: &SharedHttpConnector, url: &str) -> Result<Vec<u8>, FetchError> {
    let request = http::Request::get(url)
        .header(http::header::ACCEPT, "application/json")
        .body(SdkBody::empty());
    let request = request.map_err(|_| FetchError::NotCallable)?;
    let request = HttpRequest::try_from(request).map_err(|_| FetchError::NotCallable)?;
    let exchange = async {
        let response = connector.call(request).await.map_err(|error| {
            if error.is_timeout() {
                FetchError::TimedOut
            } else {
                FetchError::Broken
            }
        })?;
        match response.status().as_u16() {
            200 => bounded(ByteStream::new(response.into_body())).await,
            other => Err(FetchError::Refused(other)),
        }
    };
    let fetched = tokio::time::timeout(WHOLE, exchange).await;
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
