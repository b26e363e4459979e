//! The HTTP stack: one for requests to the hub and to the issuer of tokens.

use std::error::Error as StdError;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ureq::http::{Request, Uri};
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Proxy};

/// Covers name resolution, the connection and the TLS handshake.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The metadata and the tokens of an issuer are far smaller.
const MAX_RESPONSE_BYTES: u64 = 1024 * 1024;

pub type BoxError = Box<dyn StdError + Send + Sync>;

/// A client for one host. Root certificates are read only for https.
pub fn agent(is_plain_http: bool, timeout: Duration) -> Agent {
    let config = Agent::config_builder()
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .timeout_global(Some(timeout))
        // A redirect would send a token to another host.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .user_agent(concat!("rolecall/", env!("CARGO_PKG_VERSION")));
    let config = if is_plain_http {
        // A proxy could read the token.
        config.proxy(None)
    } else {
        config.proxy(Proxy::try_from_env()).tls_config(tls())
    };
    config.build().into()
}

/// Whether a URL can be used for secrets: https, or http to this machine, without a user or a fragment.
pub fn is_secure(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else {
        return false;
    };
    let Some(authority) = uri.authority() else {
        return false;
    };
    let is_encrypted = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => is_loopback(authority.host()),
        _ => false,
    };
    is_encrypted && !authority.as_str().contains('@') && !url.contains('#')
}

pub fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// A response of an issuer.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub body: String,
}

/// Reads a document.
pub fn get(url: &str, timeout: Duration) -> Result<Response, BoxError> {
    let request = Request::get(url)
        .header("accept", "application/json")
        .body(())?;
    read(agent(url.starts_with("http:"), timeout).run(request)?)
}

/// Sends a form.
pub fn post_form(
    url: &str,
    fields: &[(&str, &str)],
    timeout: Duration,
) -> Result<Response, BoxError> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    let request = Request::post(url)
        .header("accept", "application/json")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.extend_pairs(fields).finish())?;
    read(agent(url.starts_with("http:"), timeout).run(request)?)
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> Result<Response, BoxError> {
    let body = response.body_mut().with_config().limit(MAX_RESPONSE_BYTES);
    let bytes = body.read_to_vec()?;
    Ok(Response {
        status: response.status().as_u16(),
        body: String::from_utf8_lossy(&bytes).into_owned(),
    })
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

#[cfg(test)]
mod tests {
    use super::is_secure;

    #[test]
    fn secrets_are_sent_over_https_or_to_this_machine() {
        for url in [
            "https://issuer.example/token",
            "http://127.0.0.1:4566/token",
            "http://localhost/x",
        ] {
            assert!(is_secure(url), "{url}");
        }
        for url in [
            "http://issuer.example/token",
            "http://localhost@evil.example/",
            "http://127.0.0.1.evil.example/",
            "https://me:secret@issuer.example/",
            "https://issuer.example/#x",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "/token",
            "",
        ] {
            assert!(!is_secure(url), "{url}");
        }
    }
}
