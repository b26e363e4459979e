//! TLS for the stub, because TLS is a large part of a program's start.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use rolecall_aws::tls::AMAZON_ROOTS;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::NoServerSessionStorage;
use tokio_rustls::TlsAcceptor;

/// The certificate's host name.
pub const HOST: &str = "localhost";

/// The system's root certificates, on Amazon Linux and on Debian.
const SYSTEM_ROOTS: [&str; 2] = [
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/certs/ca-certificates.crt",
];

fn fixed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tls").join(name)
}

/// The CA that signed the stub's certificate.
pub fn ca() -> PathBuf {
    fixed("ca.pem")
}

/// # Errors
/// If the certificate can't be used.
pub fn acceptor() -> Result<TlsAcceptor> {
    let chain = CertificateDer::pem_file_iter(fixed("server.pem"))?;
    let chain = chain.collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_file(fixed("server.key"))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    // Disable session resumption, because AWS's services are different hosts.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// The files that make programs trust the stub.
#[derive(Debug, Clone)]
pub struct Trust {
    /// The system's roots and the CA, as large as a system's store.
    pub system: PathBuf,
    /// Amazon's roots and the CA, as large as what our functions load on AWS.
    pub amazon: PathBuf,
}

impl Trust {
    /// # Errors
    /// If a file can't be written, or there is no system store.
    pub fn write(under: &Path) -> Result<Self> {
        let own = fs::read_to_string(ca())?;
        let store = SYSTEM_ROOTS
            .iter()
            .find_map(|path| fs::read_to_string(path).ok());
        let store = store.context("no store of root certificates was found")?;
        let written = |name: &str, roots: &str| {
            let path = under.join(name);
            fs::write(&path, format!("{roots}{own}"))?;
            anyhow::Ok(path)
        };
        Ok(Self {
            system: written("system-roots.pem", &store)?,
            amazon: written("amazon-roots.pem", AMAZON_ROOTS)?,
        })
    }
}
