//! HTTP: sends one request, and turns the response into a body or an error.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::{self, Response};

use super::address::Address;
use super::authorization::Authorization;
use crate::error::{Error, Problem, Rejection};
use crate::http::{BoxError, agent};
use rolecall_client::{Body, Request};

/// The hub responds within 20 s, and its gateway times out after 30 s.
pub(super) const TIMEOUT: Duration = Duration::from_secs(40);

/// A page of a hundred accounts with their reports is far smaller.
const MAX_RESPONSE_BYTES: u64 = 32 * 1024 * 1024;

#[derive(Debug)]
pub(super) struct Transport {
    agent: Agent,
    address: Address,
    authorization: Authorization,
}

struct RawResponse {
    status: u16,
    /// Seconds. The hub does not send the other form, a date.
    retry_after: Option<u64>,
    body: String,
}

impl Transport {
    pub(super) fn new(
        address: Address,
        authorization: Authorization,
        timeout: Duration,
    ) -> Result<Self, Error> {
        authorization.check()?;
        Ok(Self {
            agent: agent(address.is_plain_http(), timeout),
            address,
            authorization,
        })
    }

    pub(super) fn send(&self, request: &Request, key: Option<&str>) -> Result<String, Error> {
        let response = self.exchange(request, key);
        let response = response.map_err(|source| Error::Unreachable {
            url: self.address.to_string(),
            source,
        })?;
        if !(200..300).contains(&response.status) {
            return Err(self.rejection(response));
        }
        let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&response.body).is_ok();
        if request.expects == Body::Json && !is_json {
            let status = response.status;
            return Err(Error::InvalidResponse(format!(
                "status {status}, but the body is not JSON"
            )));
        }
        Ok(response.body)
    }

    fn exchange(&self, request: &Request, key: Option<&str>) -> Result<RawResponse, BoxError> {
        let mut builder = http::Request::builder()
            .method(request.method)
            .uri(self.address.url(&request.target()))
            .header("accept", "application/json, text/plain");
        if let Some(key) = key {
            builder = builder.header("idempotency-key", key);
        }
        let response = match &request.body {
            Some(body) => {
                let builder = builder.header("content-type", "application/json");
                let request = builder.body(body.to_string())?;
                self.agent.run(self.authorization.apply(request)?)?
            }
            None => {
                let request = self.authorization.apply(builder.body(String::new())?)?;
                self.agent.run(request.map(|_| ()))?
            }
        };
        self.read(response)
    }

    fn read(&self, mut response: Response<ureq::Body>) -> Result<RawResponse, BoxError> {
        let body = response.body_mut().with_config().limit(MAX_RESPONSE_BYTES);
        let bytes = body.read_to_vec()?;
        let retry_after = response.headers().get("retry-after");
        let retry_after = retry_after.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(RawResponse {
            status: response.status().as_u16(),
            retry_after,
            body: self.authorization.redact(text),
        })
    }

    fn rejection(&self, response: RawResponse) -> Error {
        let RawResponse {
            status,
            retry_after,
            body,
        } = response;
        if let Ok(problem) = serde_json::from_str::<Problem>(&body) {
            // A proxy may have changed the status, so the status of the response counts.
            let problem = Problem { status, ..problem };
            return Error::Rejected(Box::new(Rejection {
                problem,
                body,
                retry_after,
            }));
        }
        if status < 400 {
            return Error::InvalidResponse(format!("status {status}"));
        }
        let parsed = serde_json::from_str::<Value>(&body).ok();
        let message = parsed.as_ref().and_then(|body| body["message"].as_str());
        let message = match (status, message) {
            (401, _) => {
                return Error::Gateway {
                    status,
                    message: self.authorization.rejected(),
                    retry_after,
                };
            }
            (403, _) if self.authorization.is_signed() => {
                return Error::Gateway {
                    status,
                    message: self.authorization.rejected(),
                    retry_after,
                };
            }
            (404, None) => "no such path; check that the URL is the hub's",
            (_, Some(message)) => message,
            (_, None) => "no details",
        };
        Error::Gateway {
            status,
            message: format!("The hub's gateway responded with status {status}: {message}."),
            retry_after,
        }
    }
}
