//! Signed requests for calls that don't justify an SDK crate, which would add minutes of compile time.

use aws_credential_types::Credentials;
use rolecall_aws::signed::Regional;
use rolecall_client::http::{Http, HttpAnswer};
use serde_json::Value;

use crate::error::AdminError;

/// Signs requests with one account's credentials in one Region.
#[derive(Debug, Clone)]
pub struct Signer {
    http: Http,
    credentials: Credentials,
    regional: Regional,
}

impl Signer {
    /// `endpoint` replaces AWS's host names.
    pub fn new(http: Http, credentials: Credentials, region: &str, endpoint: Option<&str>) -> Self {
        Self {
            http,
            credentials,
            regional: Regional::new(region, endpoint),
        }
    }

    /// The base URL of a service.
    pub fn base(&self, service: &str) -> String {
        self.regional.service_url(service)
    }

    /// The base URL of a bucket.
    pub fn bucket_base(&self, bucket: &str) -> String {
        self.regional.bucket_url(bucket)
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
        let answer = self.post(service, target, body).await?;
        if !answer.is_success() {
            return Err(refused(&answer));
        }
        serde_json::from_slice(&answer.body).map_err(|_| refused(&answer))
    }

    /// The same, with AWS's code and message in the error.
    ///
    /// # Errors
    /// When AWS rejects the request or can't be reached.
    pub async fn json_call(
        &self,
        operation: &'static str,
        service: &str,
        target: &str,
        body: &Value,
    ) -> Result<Value, AdminError> {
        let answer = self.post(service, target, body).await?;
        let read = serde_json::from_slice::<Value>(&answer.body);
        if answer.is_success() {
            return match read {
                Ok(read) => Ok(read),
                // Some actions have an empty response.
                Err(_) if answer.body.is_empty() => Ok(Value::Null),
                Err(error) => Err(AdminError::Unreachable {
                    operation,
                    source: error.into(),
                }),
            };
        }
        let read = read.unwrap_or_default();
        let text = |names: [&str; 2]| names.iter().find_map(|name| read[*name].as_str());
        let code = text(["__type", "code"]).map(|code| code.rsplit('#').next().unwrap_or(code));
        Err(AdminError::Refused {
            operation,
            code: code.map_or_else(|| answer.status.to_string(), str::to_owned),
            message: text(["message", "Message"]).unwrap_or_default().to_owned(),
        })
    }

    async fn post(
        &self,
        service: &str,
        target: &str,
        body: &Value,
    ) -> Result<HttpAnswer, AdminError> {
        let request = http::Request::post(format!("{}/", self.base(service)))
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", target)
            .body(body.to_string().into_bytes());
        let request = request.map_err(|error| AdminError::NotSigned(error.into()))?;
        self.send(service, request).await
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
        let signed = self.regional.sign(signing_name, &self.credentials, request);
        let signed = signed.map_err(AdminError::NotSigned)?;
        let sent = self.http.send(signed).await;
        sent.map_err(|error| AdminError::unreachable("signed request", error))
    }
}
