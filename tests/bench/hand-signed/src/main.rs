//! Repeats another function's calls in the same order: signed without an SDK, with the responses
//! ignored. The baseline for the cost of everything else.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use futures_util::future::try_join_all;
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use lambda_runtime::tower::BoxError;
use lambda_runtime::{LambdaEvent, service_fn};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
struct Call {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: String,
    /// None for calls outside of AWS's APIs.
    signed_for: Option<SignedFor>,
}

#[derive(Debug, Deserialize)]
struct SignedFor {
    service: String,
    region: String,
    access_key_id: String,
    session_token: Option<String>,
}

type Body = Full<Bytes>;

#[derive(Debug)]
struct Http(Client<HttpsConnector<HttpConnector>, Body>);

impl Http {
    fn trusting(roots: &str) -> Result<Self, BoxError> {
        let mut store = rustls::RootCertStore::empty();
        for root in CertificateDer::pem_file_iter(roots)? {
            store.add(root?)?;
        }
        let provider = rustls::crypto::ring::default_provider();
        let tls = rustls::ClientConfig::builder_with_provider(provider.into())
            .with_safe_default_protocol_versions()?
            .with_root_certificates(store)
            .with_no_client_auth();
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        tcp.enforce_http(false);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_only()
            .enable_http1()
            .wrap_connector(tcp);
        Ok(Self(Client::builder(TokioExecutor::new()).build(connector)))
    }

    async fn make(&self, call: &Call) -> Result<(), BoxError> {
        let answer = self.0.request(call.request()?).await?;
        answer.into_body().collect().await?;
        Ok(())
    }
}

impl Call {
    fn request(&self) -> Result<http::Request<Body>, BoxError> {
        let mut request = http::Request::builder()
            .method(self.method.as_str())
            .uri(&self.url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let body = self.body.clone().into_bytes().into();
        let mut request = request.body(Full::new(body))?;
        if let Some(signed_for) = &self.signed_for {
            self.sign(&mut request, signed_for)?;
        }
        Ok(request)
    }

    fn sign(
        &self,
        request: &mut http::Request<Body>,
        signed_for: &SignedFor,
    ) -> Result<(), BoxError> {
        let credentials = Credentials::new(
            &signed_for.access_key_id,
            "any",
            signed_for.session_token.clone(),
            None,
            "recorded",
        );
        let identity = credentials.into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&signed_for.region)
            .name(&signed_for.service)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| (name.as_str(), value.as_str()));
        let body = SignableBody::Bytes(self.body.as_bytes());
        let signable = SignableRequest::new(&self.method, &self.url, headers, body)?;
        let (instructions, _signature) = sign(signable, &params)?.into_parts();
        instructions.apply_to_request_http1x(request);
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let http = Http::trusting(&std::env::var("AWS_CA_BUNDLE")?)?;
    let calls = std::fs::read(std::env::var("CALLS")?)?;
    let rounds: Vec<Vec<Call>> = serde_json::from_slice(&calls)?;
    let handle = async |_: LambdaEvent<Value>| {
        for round in &rounds {
            try_join_all(round.iter().map(|call| http.make(call))).await?;
        }
        Ok::<_, BoxError>(Value::Null)
    };
    lambda_runtime::run(service_fn(handle)).await
}
