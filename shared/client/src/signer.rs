//! Signatures (SigV4), for the operator's API and for AWS services.

use std::error::Error;
use std::fmt;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;

/// Signs requests with the credentials of an IAM identity.
#[derive(Clone)]
pub struct Signer {
    credentials: Credentials,
    region: String,
    service: &'static str,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

/// Why a request can't be signed.
#[derive(Debug, thiserror::Error)]
#[error("the request can't be signed")]
pub struct SigningError(#[source] Box<dyn Error + Send + Sync>);

impl SigningError {
    fn of(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(error.into())
    }
}

impl Signer {
    /// For the operator's API, which API Gateway verifies. `region` is the Region of the hub.
    pub fn new(credentials: Credentials, region: impl Into<String>) -> Self {
        Self::of_service(credentials, region, "execute-api")
    }

    /// For another service, by the name that its signatures contain.
    pub fn of_service(
        credentials: Credentials,
        region: impl Into<String>,
        service: &'static str,
    ) -> Self {
        Self {
            credentials,
            region: region.into(),
            service,
        }
    }

    /// Adds the signature. It covers the method, the path, the query and the body, and is valid for
    /// five minutes from `now`.
    ///
    /// # Errors
    /// If the request has no valid URL.
    pub fn sign<B: AsRef<[u8]>>(
        &self,
        mut request: http::Request<B>,
        now: SystemTime,
    ) -> Result<http::Request<B>, SigningError> {
        let identity = self.credentials.clone().into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(self.service)
            .time(now)
            .settings(SigningSettings::default())
            .build()
            .map_err(SigningError::of)?
            .into();
        let headers = request.headers().iter();
        let headers =
            headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let signable = SignableRequest::new(
            request.method().as_str(),
            request.uri().to_string(),
            headers,
            SignableBody::Bytes(request.body().as_ref()),
        );
        let signed = sign(signable.map_err(SigningError::of)?, &params);
        let (instructions, _) = signed.map_err(SigningError::of)?.into_parts();
        instructions.apply_to_request_http1x(&mut request);
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn signer() -> Signer {
        let token = Some("a-session-token".to_owned());
        let credentials = Credentials::new("AKIDEXAMPLE", "a-secret", token, None, "a test");
        Signer::new(credentials, "eu-central-1")
    }

    #[test]
    fn signed_request_names_the_service_and_the_region() {
        let request = http::Request::get("https://hub.example/operator/v1/accounts?status=active");
        let request = request.body(Vec::new()).expect("valid");
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let signed = signer().sign(request, now).expect("signed");
        let header = |name: &str| signed.headers()[name].to_str().expect("text").to_owned();
        let scope = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20270115/eu-central-1/execute-api/aws4_request";
        assert!(
            header("authorization").starts_with(scope),
            "{}",
            header("authorization")
        );
        assert_eq!(header("x-amz-security-token"), "a-session-token");
        assert_eq!(header("x-amz-date"), "20270115T080000Z");
    }

    #[test]
    fn displayed_signer_contains_no_credentials() {
        let shown = format!("{:?}", signer());
        for secret in ["AKIDEXAMPLE", "a-secret", "a-session-token"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
