//! HTTP with the AWS SDK's connector, so that a program has one HTTP stack and one TLS stack.

use std::error::Error;
use std::time::Duration;

use aws_smithy_http_client::{Connector, tls};
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

/// Longer than any response of the hub may take (20 s), so that only hanging requests time out.
const TIMEOUT: Duration = Duration::from_secs(45);

/// A small HTTP client. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Http {
    connector: SharedHttpConnector,
    timeout: Duration,
}

/// A fully read response.
#[derive(Debug, Clone)]
pub struct HttpAnswer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: Vec<u8>,
}

/// Why there is no response.
#[derive(Debug, thiserror::Error)]
#[error("no response to {request}")]
pub struct HttpError {
    /// The method and URL.
    request: String,
    source: Box<dyn Error + Send + Sync>,
}

impl HttpError {
    pub fn new(
        request: impl Into<String>,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self {
            request: request.into(),
            source: source.into(),
        }
    }
}

impl HttpAnswer {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl Default for Http {
    fn default() -> Self {
        Self::new()
    }
}

impl Http {
    pub fn new() -> Self {
        let connector = Connector::builder().tls_provider(tls_provider()).build();
        Self::over(SharedHttpConnector::new(connector))
    }

    /// Shares the connector of an SDK's clients, including its TLS configuration.
    pub fn over(connector: SharedHttpConnector) -> Self {
        Self {
            connector,
            timeout: TIMEOUT,
        }
    }

    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// # Errors
    /// If no complete response was received.
    pub async fn send(&self, request: http::Request<Vec<u8>>) -> Result<HttpAnswer, HttpError> {
        let what = format!("{} {}", request.method(), request.uri());
        let answer = tokio::time::timeout(self.timeout, self.exchange(request)).await;
        let answer = answer.unwrap_or_else(|_| {
            let seconds = self.timeout.as_secs();
            Err(format!("no response within {seconds} s").into())
        });
        answer.map_err(|source| HttpError::new(what, source))
    }

    async fn exchange(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> Result<HttpAnswer, Box<dyn Error + Send + Sync>> {
        let request = request.map(SdkBody::from).try_into()?;
        let response = self.connector.call(request).await?;
        let (head, body) = response.try_into_http1x()?.into_parts();
        let body = ByteStream::new(body).collect().await?.to_vec();
        Ok(HttpAnswer {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
        })
    }

    /// # Errors
    /// Like [`Http::send`], and for an invalid URL.
    pub async fn get(&self, url: &str) -> Result<HttpAnswer, HttpError> {
        let request = http::Request::get(url).body(Vec::new());
        let request = request.map_err(|error| HttpError::new(url, error))?;
        self.send(request).await
    }
}

/// The workspace's only TLS stack.
pub fn tls_provider() -> tls::Provider {
    tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring)
}
