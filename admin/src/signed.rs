//! Signed requests for calls that don't justify an SDK crate, which would add minutes of compile time.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use rolecall_client::http::{Http, HttpAnswer};
use rolecall_domain::aws::{Partition, Region};
use serde_json::Value;

use crate::error::AdminError;

/// Signs requests with one account's credentials in one Region.
#[derive(Debug, Clone)]
pub struct Signer {
    http: Http,
    credentials: Credentials,
    region: String,
    endpoint: Option<String>,
}

impl Signer {
    /// `endpoint` replaces AWS's host names.
    pub fn new(http: Http, credentials: Credentials, region: &str, endpoint: Option<&str>) -> Self {
        Self {
            http,
            credentials,
            region: region.to_owned(),
            endpoint: endpoint.map(|url| url.trim_end_matches('/').to_owned()),
        }
    }

    /// The base URL of a service.
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

    /// The base URL of a bucket: in the host name on AWS, in the path of a custom endpoint.
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
    ///
    /// # Errors
    /// When AWS rejects the request or can't be reached.
    pub async fn json(
        &self,
        service: &str,
        target: &str,
        body: &Value,
    ) -> Result<Value, AdminError> {
        let refused = |answer: &HttpAnswer| AdminError::Refused {
            operation: "JSON request",
            code: format!("{target} {}", answer.status),
            message: answer.text(),
        };
        let request = http::Request::post(format!("{}/", self.base(service)))
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", target)
            .body(body.to_string().into_bytes());
        let request = request.map_err(|error| AdminError::NotSigned(error.into()))?;
        let answer = self.send(service, request).await?;
        if !answer.is_success() {
            return Err(refused(&answer));
        }
        serde_json::from_slice(&answer.body).map_err(|_| refused(&answer))
    }

    /// Signs and sends a request. The caller checks the status.
    ///
    /// # Errors
    /// When there is no response.
    pub async fn send(
        &self,
        signing_name: &str,
        request: http::Request<Vec<u8>>,
    ) -> Result<HttpAnswer, AdminError> {
        let signed = self.sign(signing_name, request);
        let signed = signed.map_err(AdminError::NotSigned)?;
        let sent = self.http.send(signed).await;
        sent.map_err(|error| AdminError::unreachable("signed request", error))
    }

    fn sign(
        &self,
        signing_name: &str,
        mut request: http::Request<Vec<u8>>,
    ) -> Result<http::Request<Vec<u8>>, Box<dyn std::error::Error + Send + Sync>> {
        let mut settings = SigningSettings::default();
        if signing_name == "s3" {
            // S3 signs the path as it is sent, and requires the body's hash in a header.
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

/// The suffix of AWS's host names in a Region's partition.
pub fn dns_suffix(region: &str) -> &'static str {
    Region::parse(region).map_or(Partition::Aws.dns_suffix(), |region| {
        region.partition().dns_suffix()
    })
}
