//! Signed requests for the few calls that don't justify an SDK crate each:
//! five Cognito calls, an invocation, a log query and three S3 requests would
//! otherwise cost minutes of compile time.

use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use rolecall_domain::aws::{Partition, Region};
use serde_json::Value;

use crate::http::{Http, HttpAnswer};

/// Signs with one account's credentials in one Region.
#[derive(Debug, Clone)]
pub struct Signer {
    http: Http,
    credentials: Credentials,
    region: String,
    endpoint: Option<String>,
}

impl Signer {
    /// `endpoint` replaces AWS's own host names (the emulator's address).
    pub fn new(http: Http, credentials: Credentials, region: &str, endpoint: Option<&str>) -> Self {
        Self {
            http,
            credentials,
            region: region.to_owned(),
            endpoint: endpoint.map(|url| url.trim_end_matches('/').to_owned()),
        }
    }

    /// The base address of a service.
    pub fn base(&self, service: &str) -> String {
        match &self.endpoint {
            Some(endpoint) => endpoint.clone(),
            None => format!(
                "https://{service}.{}.{}",
                self.region,
                dns_suffix(&self.region)
            ),
        }
    }

    /// The base address of a bucket: by host name on AWS, by path on the emulator.
    pub fn bucket_base(&self, bucket: &str) -> String {
        match &self.endpoint {
            Some(endpoint) => format!("{endpoint}/{bucket}"),
            None => format!(
                "https://{bucket}.s3.{}.{}",
                self.region,
                dns_suffix(&self.region)
            ),
        }
    }

    /// A call in AWS's JSON 1.1 protocol, e.g. `Logs_20140328.FilterLogEvents`.
    pub async fn json(&self, service: &str, target: &str, body: &Value) -> Result<Value> {
        let request = http::Request::post(format!("{}/", self.base(service)))
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", target)
            .body(serde_json::to_vec(body)?)?;
        let answer = self.send(service, request).await?;
        if !answer.is_success() {
            bail!("{target}: {} {}", answer.status, answer.text());
        }
        serde_json::from_slice(&answer.body).with_context(|| format!("{target}: not JSON"))
    }

    /// Signs and sends; the caller judges the status.
    pub async fn send(
        &self,
        signing_name: &str,
        request: http::Request<Vec<u8>>,
    ) -> Result<HttpAnswer> {
        let signed = self.sign(signing_name, request)?;
        self.http.send(signed).await
    }

    fn sign(
        &self,
        signing_name: &str,
        mut request: http::Request<Vec<u8>>,
    ) -> Result<http::Request<Vec<u8>>> {
        let mut settings = SigningSettings::default();
        if signing_name == "s3" {
            // S3 signs the path as it is sent, and wants the body's hash in a header.
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        let identity = self.credentials.clone().into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(signing_name)
            .time(SystemTime::now())
            .settings(settings)
            .build()?
            .into();
        let headers = request
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let signable = SignableRequest::new(
            request.method().as_str(),
            request.uri().to_string(),
            headers,
            SignableBody::Bytes(request.body()),
        )?;
        let (instructions, _signature) = sign(signable, &params)?.into_parts();
        instructions.apply_to_request_http1x(&mut request);
        Ok(request)
    }
}

/// What AWS's host names end with in a Region's partition.
pub fn dns_suffix(region: &str) -> &'static str {
    Region::parse(region).map_or(Partition::Aws.dns_suffix(), |region| {
        region.partition().dns_suffix()
    })
}
