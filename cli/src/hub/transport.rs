//! One request, one answer. The only place that speaks HTTP.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use ureq::http::{self, HeaderValue, Response};
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Body, Proxy};

use super::answer::Answer;
use super::settings::{Address, Token};
use crate::failure::Failure;
use crate::request::Request;

/// A name, a handshake: who needs longer is not there.
const CONNECT: Duration = Duration::from_secs(10);

/// The hub answers within 20 s, its gateway gives up after 30 s.
const WHOLE_CALL: Duration = Duration::from_secs(40);

/// Far more than a page of a hundred accounts with their reports.
const LARGEST_ANSWER: u64 = 32 * 1024 * 1024;

/// No answer came, or not all of it.
#[derive(Debug)]
pub(super) struct Unsent(pub(super) Box<dyn Error + Send + Sync>);

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for Unsent {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

#[derive(Debug)]
pub(super) struct Transport {
    agent: Agent,
    address: Address,
    token: Token,
    authorization: HeaderValue,
}

impl Transport {
    pub(super) fn new(address: Address, token: Token) -> Result<Self, Failure> {
        let authorization = token.header()?;
        let config = Agent::config_builder()
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(WHOLE_CALL))
            // Every answer is judged here; and no other place gets the token.
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("rolecall/", env!("CARGO_PKG_VERSION")));
        let config = if address.is_plain() {
            // A proxy would read the token.
            config.proxy(None)
        } else {
            config.proxy(Proxy::try_from_env()).tls_config(tls())
        };
        Ok(Self {
            agent: config.build().into(),
            address,
            token,
            authorization,
        })
    }

    pub(super) fn send(&self, request: &Request, key: Option<&str>) -> Result<Answer, Unsent> {
        let mut builder = http::Request::builder()
            .method(request.method)
            .uri(self.address.url(&request.target()))
            .header("accept", "application/json, text/plain")
            .header("authorization", &self.authorization);
        if let Some(key) = key {
            builder = builder.header("idempotency-key", key);
        }
        let response = match &request.body {
            Some(body) => {
                let builder = builder.header("content-type", "application/json");
                self.agent.run(builder.body(body.to_string())?)?
            }
            None => self.agent.run(builder.body(())?)?,
        };
        self.read(response)
    }

    pub(super) fn token_expires_at(&self) -> Option<i64> {
        self.token.expires_at()
    }

    fn read(&self, mut response: Response<Body>) -> Result<Answer, Unsent> {
        let body = response.body_mut().with_config().limit(LARGEST_ANSWER);
        let bytes = body.read_to_vec()?;
        let retry_after = response.headers().get("retry-after");
        let retry_after = retry_after.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(Answer {
            status: response.status().as_u16(),
            retry_after,
            body: self.token.taken_out_of(text),
        })
    }
}

/// rustls with ring, and the system's root certificates (or those of `SSL_CERT_FILE`).
fn tls() -> TlsConfig {
    let roots = rustls_native_certs::load_native_certs().certs;
    let roots = roots
        .iter()
        .map(|root| Certificate::from_der(root).to_owned());
    TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .root_certs(RootCerts::from(roots))
        .build()
}
