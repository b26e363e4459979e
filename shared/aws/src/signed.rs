//! Signed requests (SigV4) for calls that don't justify an SDK crate, which would add minutes of compile time and
//! make a function's package larger.

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use rolecall_domain::aws::{Partition, Region};
use std::error::Error;
use std::time::SystemTime;

/// Why a request could not be signed.
pub type SigningError = Box<dyn Error + Send + Sync>;

/// AWS's services in a Region: their host names, and signatures that they accept.
#[derive(Debug, Clone)]
pub struct Regional {
    region: String,
    endpoint_url: Option<String>,
}

impl Regional {
    /// `endpoint_url` replaces AWS's host names.
    pub fn new(region: &str, endpoint_url: Option<&str>) -> Self {
        Self {
            region: region.to_owned(),
            endpoint_url: endpoint_url.map(|url| url.trim_end_matches('/').to_owned()),
        }
    }

    /// The base URL of a service.
    pub fn service_url(&self, service: &str) -> String {
        match &self.endpoint_url {
            Some(endpoint) => endpoint.clone(),
            None => format!("https://{service}.{}.{}", self.region, self.dns_suffix()),
        }
    }

    /// The base URL of a bucket: in the host name on AWS, in the path of a custom endpoint.
    pub fn bucket_url(&self, bucket: &str) -> String {
        match &self.endpoint_url {
            Some(endpoint) => format!("{endpoint}/{bucket}"),
            None => format!("https://{bucket}.s3.{}.{}", self.region, self.dns_suffix()),
        }
    }

    /// The suffix of the host names in the Region's partition.
    fn dns_suffix(&self) -> &'static str {
        let partition = Region::parse(&*self.region).map(|region| region.partition());
        partition.unwrap_or(Partition::Aws).dns_suffix()
    }

    /// # Errors
    /// If the request is not valid.
    pub fn sign<B: AsRef<[u8]>>(
        &self,
        service: &str,
        credentials: &Credentials,
        mut request: http::Request<B>,
    ) -> Result<http::Request<B>, SigningError> {
        let mut settings = SigningSettings::default();
        if service == "s3" {
            // S3 signs the path as it is sent, and requires the body's hash in a header.
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        let identity = credentials.clone().into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(service)
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
            SignableBody::Bytes(request.body().as_ref()),
        )?;
        let (instructions, _signature) = sign(signable, &params)?.into_parts();
        instructions.apply_to_request_http1x(&mut request);
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_names_have_the_suffix_of_the_partition() {
        for (region, suffix) in [
            ("eu-central-1", "amazonaws.com"),
            ("us-gov-west-1", "amazonaws.com"),
            ("cn-north-1", "amazonaws.com.cn"),
        ] {
            let aws = Regional::new(region, None);
            let bucket = aws.bucket_url("templates");
            assert_eq!(bucket, format!("https://templates.s3.{region}.{suffix}"));
            let service = aws.service_url("logs");
            assert_eq!(service, format!("https://logs.{region}.{suffix}"));
        }
    }

    #[test]
    fn endpoint_replaces_host_names() {
        let local = Regional::new("us-east-1", Some("http://127.0.0.1:4566/"));
        let bucket = local.bucket_url("templates");
        assert_eq!(bucket, "http://127.0.0.1:4566/templates");
        assert_eq!(local.service_url("logs"), "http://127.0.0.1:4566");
    }
}
