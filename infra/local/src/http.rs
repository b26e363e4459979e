//! Plain HTTP over the same connector that the AWS SDK uses, so that this
//! program carries one HTTP stack and one TLS stack.

use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use aws_smithy_http_client::{Connector, tls};
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

/// Longer than any answer of the hub may take (20 s), so that a hang shows as one.
const TIMEOUT: Duration = Duration::from_secs(45);

/// A small HTTP client. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Http {
    connector: SharedHttpConnector,
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct HttpAnswer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: Vec<u8>,
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
        Self {
            connector: SharedHttpConnector::new(connector),
        }
    }

    pub async fn send(&self, request: http::Request<Vec<u8>>) -> Result<HttpAnswer> {
        let what = format!("{} {}", request.method(), request.uri());
        let request = request.map(SdkBody::from);
        let request = request.try_into().map_err(|e| anyhow!("{what}: {e}"))?;
        let answer = async {
            let response = self.connector.call(request).await?;
            let response = response.try_into_http1x().map_err(|e| anyhow!(e))?;
            let (head, body) = response.into_parts();
            let body = ByteStream::new(body).collect().await?.to_vec();
            anyhow::Ok(HttpAnswer {
                status: head.status.as_u16(),
                headers: head.headers,
                body,
            })
        };
        match tokio::time::timeout(TIMEOUT, answer).await {
            Ok(result) => result.with_context(|| what),
            Err(_) => Err(anyhow!("{what}: no answer within {} s", TIMEOUT.as_secs())),
        }
    }

    pub async fn get(&self, url: &str) -> Result<HttpAnswer> {
        self.send(http::Request::get(url).body(Vec::new())?).await
    }
}

/// The one TLS stack of the workspace.
pub(crate) fn tls_provider() -> tls::Provider {
    tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring)
}
