//! Who vouches for the other end of a connection.
//!
//! A system's store has some 140 roots, and reading them takes longer than everything else that a
//! start does. AWS's endpoints are vouched for by five, which are compiled in. That pins nothing:
//! where they do not vouch, the system's store is read, and asked as well.

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

/// A connection to an endpoint of AWS takes milliseconds. One that takes this long will not come.
pub(crate) const CONNECT: Duration = Duration::from_secs(2);

/// Who vouches for AWS's endpoints.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Roots {
    /// Amazon's own, which are compiled in. Where they don't vouch, the system's store is asked as
    /// well; it is not read before.
    #[default]
    AmazonThenSystem,
    /// `AWS_CA_BUNDLE` names a PEM file. Nobody else is trusted.
    Pem(Vec<u8>),
}

/// # Errors
/// When the SDK refuses the configuration.
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

/// The certificates of a PEM file that can be used as roots; none if there is none. The SDK panics at
/// one that can't, and a system's store may well have some.
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

/// Amazon's roots, until an endpoint is met that they don't vouch for; from then on the system's as
/// well.
#[derive(Debug, Clone)]
struct AmazonThenSystem {
    amazon: SharedHttpConnector,
    /// Empty as long as it was not needed.
    both: Arc<OnceLock<Option<SharedHttpConnector>>>,
}

impl AmazonThenSystem {
    /// Whoever causes a certificate to be refused gets no more than this: what a system trusts anyway.
    fn both(&self, why: &ConnectorError) -> Option<&SharedHttpConnector> {
        let read = || {
            let why = why as &dyn Error;
            tracing::warn!(
                error = why,
                "not by Amazon's roots: the system's are asked as well"
            );
            // The system's store may be without Amazon's: `SSL_CERT_FILE` can name any file.
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
        // None when the body is a stream, which no request here has.
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

/// Whether a certificate was the reason, whatever is wrong with it: which root it lacks does not always
/// show. Nothing was sent then: the handshake comes first.
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
        // What it was made of is not its source.
        Some(error) => error.get_ref().map(|made_of| made_of as _),
        None => error.source(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One that can't be read would end every function at its start.
    #[test]
    fn amazons_five_roots_can_be_used() {
        let roots = CertificateDer::pem_slice_iter(AMAZON_ROOTS.as_bytes());
        let mut store = rustls::RootCertStore::empty();
        for root in roots {
            store.add(root.expect("PEM")).expect("a certificate");
        }
        assert_eq!(store.len(), 5);
        connector(&Roots::AmazonThenSystem).expect("usable");
    }

    #[test]
    fn what_a_bundle_has_besides_roots_is_left_out() {
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let bundle = format!("{broken}{AMAZON_ROOTS}{broken}");
        let usable = usable_roots(bundle.as_bytes()).expect("five");
        assert_eq!(CertificateDer::pem_slice_iter(&usable).count(), 5);
        connector(&Roots::Pem(usable)).expect("usable");
        assert_eq!(usable_roots(broken.as_bytes()), None);
        assert_eq!(usable_roots(b"not PEM"), None);
    }
}
