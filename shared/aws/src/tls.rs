//! The root certificates that connections trust.
//!
//! A system's trust store has about 140 roots, and parsing them takes longer than the rest of the
//! startup. AWS's endpoints use five roots, which are compiled in. This is not pinning: if a
//! certificate does not chain to them, the system's store is loaded and trusted as well.

use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Connector, HttpClientError};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::error::Error;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use std::{io, iter};

/// <https://www.amazontrust.com/repository/>
pub const AMAZON_ROOTS: &str = include_str!("tls/amazon-roots.pem");

/// Connecting to an AWS endpoint takes milliseconds. A connection that takes this long has failed.
pub(crate) const CONNECT: Duration = Duration::from_secs(2);

/// The roots that AWS connections trust.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Roots {
    /// Amazon's compiled-in roots. The system's store is loaded only if a certificate does not
    /// chain to them.
    #[default]
    AmazonThenSystem,
    /// The PEM file in `AWS_CA_BUNDLE`. Nothing else is trusted.
    Pem(Vec<u8>),
}

/// # Errors
/// If the SDK rejects the configuration.
pub(crate) fn connector(roots: &Roots) -> Result<SharedHttpConnector, HttpClientError> {
    match roots {
        Roots::AmazonThenSystem => {
            let amazon = trusting(TrustStore::empty().with_pem_certificate(AMAZON_ROOTS))?;
            Ok(SharedHttpConnector::new(AmazonThenSystem {
                amazon,
                both: Arc::default(),
            }))
        }
        Roots::Pem(pem) => trusting(TrustStore::empty().with_pem_certificate(pem.clone())),
    }
}

/// The certificates of a PEM file that are usable as roots; `None` if there are none. The SDK
/// panics on unusable certificates, which a system's store may contain.
pub(crate) fn usable_roots(pem: &[u8]) -> Option<Vec<u8>> {
    let certificates = CertificateDer::pem_slice_iter(pem).flatten();
    let usable = certificates.filter(|it| RootCertStore::empty().add(it.clone()).is_ok());
    let mut roots = String::new();
    for certificate in usable {
        let encoded = STANDARD.encode(certificate);
        roots.push_str(&format!(
            "-----BEGIN CERTIFICATE-----\n{encoded}\n-----END CERTIFICATE-----\n"
        ));
    }
    (!roots.is_empty()).then(|| roots.into_bytes())
}

fn trusting(store: TrustStore) -> Result<SharedHttpConnector, HttpClientError> {
    let settings = HttpConnectorSettings::builder()
        .connect_timeout(CONNECT)
        .build();
    let connector = Connector::builder()
        .connector_settings(settings)
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(TlsContext::builder().with_trust_store(store).build()?)
        .build();
    Ok(SharedHttpConnector::new(connector))
}

/// Trusts Amazon's roots, and also the system's store once an endpoint needs it.
#[derive(Debug, Clone)]
struct AmazonThenSystem {
    amazon: SharedHttpConnector,
    /// Empty until it is needed.
    both: Arc<OnceLock<Option<SharedHttpConnector>>>,
}

impl AmazonThenSystem {
    /// An attacker who provokes a rejected certificate gains only what the system trusts anyway.
    fn both(&self, why: &ConnectorError) -> Option<&SharedHttpConnector> {
        let read = || {
            let why = why as &dyn Error;
            tracing::warn!(
                error = why,
                "certificate not issued under Amazon's roots; trusting the system's store as well"
            );
            // The system's store may lack Amazon's roots: `SSL_CERT_FILE` can name any file.
            trusting(TrustStore::default().with_pem_certificate(AMAZON_ROOTS)).ok()
        };
        self.both.get_or_init(read).as_ref()
    }
}

impl HttpConnector for AmazonThenSystem {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if let Some(Some(both)) = self.both.get() {
            return both.call(request);
        }
        // `None` if the body is a stream, which no request here has.
        let again = request.try_clone();
        let answer = self.amazon.call(request);
        let connector = self.clone();
        HttpConnectorFuture::new(async move {
            match (answer.await, again) {
                (Err(error), Some(again)) if distrusts(&error) => match connector.both(&error) {
                    Some(both) => both.call(again).await,
                    None => Err(error),
                },
                (answer, _) => answer,
            }
        })
    }
}

/// Whether the connection failed because of a certificate. Any certificate error counts, because
/// the missing root is not always reported. No request data was sent, because the handshake comes
/// first.
fn distrusts(error: &ConnectorError) -> bool {
    let error: &(dyn Error + 'static) = error;
    let mut causes = iter::successors(Some(error), |error| cause(*error));
    causes.any(|cause| {
        matches!(
            cause.downcast_ref(),
            Some(rustls::Error::InvalidCertificate(_))
        )
    })
}

fn cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>() {
        // `source()` does not return the inner error.
        Some(error) => error.get_ref().map(|made_of| made_of as _),
        None => error.source(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An unusable root would stop every function at startup.
    #[test]
    fn compiled_in_roots_are_usable() {
        let roots = CertificateDer::pem_slice_iter(AMAZON_ROOTS.as_bytes());
        let mut store = rustls::RootCertStore::empty();
        for root in roots {
            store.add(root.expect("PEM")).expect("a certificate");
        }
        assert_eq!(store.len(), 5);
        connector(&Roots::AmazonThenSystem).expect("usable");
    }

    #[test]
    fn unusable_certificates_in_bundle_are_ignored() {
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let bundle = format!("{broken}{AMAZON_ROOTS}{broken}");
        let usable = usable_roots(bundle.as_bytes()).expect("five");
        assert_eq!(CertificateDer::pem_slice_iter(&usable).count(), 5);
        connector(&Roots::Pem(usable)).expect("usable");
        assert_eq!(usable_roots(broken.as_bytes()), None);
        assert_eq!(usable_roots(b"not PEM"), None);
    }
}
