//! Calls the hub's API with the token of the signed-in user or of a public page.

use rolecall_client::http::{Http, HttpAnswer, HttpError};
use rolecall_client::{Body, Call, Problem, Repeat, Request};
use rolecall_domain::messages::Language;
use serde::de::DeserializeOwned;
use std::fmt;
use std::time::Duration;

/// The header of a public page's token.
const PAGE_TOKEN: &str = "rolecall-page-token";

/// The API answers within 20 seconds.
const TIMEOUT: Duration = Duration::from_secs(22);

/// The longest `Retry-After` that a page waits for.
const LONGEST_WAIT: u64 = 2;

/// The maximum number of waits per call.
const MOST_WAITS: usize = 3;

/// How a call is authenticated.
#[derive(Clone, Copy)]
pub enum Credential<'a> {
    IdToken(&'a str),
    PageToken(&'a str),
    Nobody,
}

impl fmt::Debug for Credential<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::IdToken(_) => "IdToken",
            Self::PageToken(_) => "PageToken",
            Self::Nobody => "Nobody",
        })
    }
}

/// A response of the API.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub retry_after: Option<u32>,
    pub content_type: Option<String>,
    /// The name of a file.
    pub content_disposition: Option<String>,
    pub body: Vec<u8>,
}

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error("{} {}: {}", .0.status, .0.code, .0.detail)]
    Problem(Box<Problem>),
    /// The token is not, or no longer, accepted.
    #[error("the API did not accept the token")]
    NotAccepted,
    #[error("too many requests")]
    Throttled { seconds: u32 },
    /// It did not respond, or the response does not match its contract.
    #[error("the API did not respond: {0}")]
    Unavailable(String),
}

/// Sends requests to the API.
#[expect(async_fn_in_trait, reason = "the console needs no Send bound")]
pub trait Api {
    /// Without a language, the API chooses that of the record or of the brand.
    ///
    /// # Errors
    /// If there is no response.
    async fn send(
        &self,
        request: &Request,
        credential: Credential<'_>,
        language: Option<Language>,
    ) -> Result<Answer, ApiError>;
}

/// The API over HTTP.
#[derive(Debug, Clone)]
pub struct HttpApi {
    http: Http,
    /// Without a trailing slash.
    url: String,
}

impl HttpApi {
    pub fn new(http: Http, url: &str) -> Self {
        Self {
            http: http.with_timeout(TIMEOUT),
            url: url.to_owned(),
        }
    }

    async fn once(
        &self,
        request: &Request,
        credential: Credential<'_>,
        language: Option<Language>,
    ) -> Result<HttpAnswer, HttpError> {
        let url = format!("{}{}", self.url, request.target());
        let mut builder = http::Request::builder().method(request.method).uri(&url);
        if let Some(language) = language {
            builder = builder.header("accept-language", language.tag());
        }
        builder = match credential {
            Credential::IdToken(token) => {
                builder.header("authorization", format!("Bearer {token}"))
            }
            Credential::PageToken(token) => builder.header(PAGE_TOKEN, token),
            Credential::Nobody => builder,
        };
        if let Repeat::WithKey(Some(key)) = &request.repeat {
            builder = builder.header("idempotency-key", key);
        }
        let body = request.body.as_ref();
        let body = body.map_or_else(Vec::new, |body| body.to_string().into_bytes());
        if !body.is_empty() {
            builder = builder.header("content-type", "application/json");
        }
        let request = builder.body(body);
        let request = request.map_err(|error| HttpError::new("a request of the API", error))?;
        self.http.send(request).await
    }
}

impl Api for HttpApi {
    /// A request that was throttled had no effect, so it is sent again after a short wait.
    async fn send(
        &self,
        request: &Request,
        credential: Credential<'_>,
        language: Option<Language>,
    ) -> Result<Answer, ApiError> {
        let mut waits = 0;
        loop {
            let answer = self.once(request, credential, language).await;
            let answer = answer.map_err(|error| unanswered(&error))?;
            let retry_after = answer.header("retry-after").and_then(|it| it.parse().ok());
            let short = retry_after.filter(|seconds| *seconds <= LONGEST_WAIT);
            match short {
                Some(seconds) if answer.status == 429 && waits < MOST_WAITS => {
                    waits += 1;
                    tokio::time::sleep(Duration::from_secs(seconds)).await;
                }
                _ => {
                    return Ok(Answer {
                        status: answer.status,
                        retry_after: retry_after.and_then(|it| u32::try_from(it).ok()),
                        content_type: answer.header("content-type").map(str::to_owned),
                        content_disposition: answer
                            .header("content-disposition")
                            .map(str::to_owned),
                        body: answer.body,
                    });
                }
            }
        }
    }
}

/// When to retry if the API does not specify it.
const SOON: u32 = 5;

/// Sends a call and reads its result.
///
/// # Errors
/// If the API rejects it, or there is no usable response.
pub async fn call<T: DeserializeOwned>(
    api: &impl Api,
    call: Call<T>,
    credential: Credential<'_>,
    language: impl Into<Option<Language>>,
) -> Result<T, ApiError> {
    let request = call.request;
    let answer = api.send(&request, credential, language.into()).await?;
    if (200..300).contains(&answer.status) {
        let body = match request.expects {
            Body::Json => &answer.body[..],
            Body::Empty => &b"null"[..],
        };
        return serde_json::from_slice(body)
            .map_err(|error| ApiError::Unavailable(format!("an unexpected response: {error}")));
    }
    Err(refused(&answer))
}

pub(crate) fn refused(answer: &Answer) -> ApiError {
    match (
        answer.status,
        serde_json::from_slice::<Problem>(&answer.body),
    ) {
        // The gateway's own rejections have no code.
        (401, _) => ApiError::NotAccepted,
        (429 | 503, _) => ApiError::Throttled {
            seconds: answer.retry_after.unwrap_or(SOON),
        },
        (_, Ok(problem)) => ApiError::Problem(Box::new(problem)),
        (status, Err(_)) => ApiError::Unavailable(format!("status {status}")),
    }
}

/// Omits the request's URL, which can contain search terms.
fn unanswered(error: &HttpError) -> ApiError {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    ApiError::Unavailable(cause.unwrap_or_default())
}
