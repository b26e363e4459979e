//! Sends calls with the AWS SDK's HTTP stack.

use std::time::{Duration, Instant, SystemTime};

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::calls;
use crate::http::{Http, HttpAnswer, HttpError};
use crate::model::{
    Account, AuditEntry, Deregistered, Group, NewRegistration, OrphanedStack, Page, Problem,
    Registration, Report,
};
use crate::request::{Call, Repeat, Request};
use crate::signer::Signer;

/// A client of the API for one caller.
#[derive(Debug, Clone)]
pub struct HubClient {
    http: Http,
    api_url: String,
    token: Option<String>,
    signer: Option<Signer>,
    retry_for: Duration,
    paces_all: bool,
}

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The hub rejected the request.
    #[error("{} {}: {}", .0.status, .0.code, .0.detail)]
    Problem(Box<Problem>),
    /// A response that is not the hub's, such as a rejection by API Gateway.
    #[error("{status}: {body}")]
    Unexpected { status: u16, body: String },
    /// A successful response that does not match the API contract.
    #[error("the response to {path} can't be parsed: {body}")]
    Unreadable {
        path: String,
        body: String,
        source: serde_json::Error,
    },
    #[error(transparent)]
    Transport(#[from] HttpError),
}

impl CallError {
    /// The code of the hub's rejection.
    pub fn code(&self) -> Option<&str> {
        self.problem().map(|problem| problem.code.as_str())
    }

    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem(problem) => Some(problem),
            Self::Unexpected { .. } | Self::Unreadable { .. } | Self::Transport(_) => None,
        }
    }
}

pub type Answered<T> = Result<T, CallError>;

/// The pause between two attempts of a retrying client.
const PAUSE: Duration = Duration::from_millis(500);

/// The longest `Retry-After` of a 429 response for which a client waits even if retries are not enabled.
const LONGEST_PACE: u64 = 2;
/// The maximum number of such waits per call.
const MAX_PACES: u32 = 10;

fn is_retryable(answer: &HttpAnswer) -> bool {
    let conflict = || {
        let problem = serde_json::from_slice::<Problem>(&answer.body);
        problem.is_ok_and(|problem| problem.code == "conflict")
    };
    answer.status >= 500 || answer.status == 429 || answer.status == 409 && conflict()
}

fn pace(answer: &HttpAnswer) -> Option<Duration> {
    let seconds = answer
        .header("retry-after")
        .filter(|_| answer.status == 429)?;
    let seconds = seconds.parse().ok();
    seconds
        .filter(|seconds| *seconds <= LONGEST_PACE)
        .map(Duration::from_secs)
}

/// 128 random bits: two clients of a tenant must never choose the same key.
fn new_key() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::getrandom(&mut bytes)?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

impl HubClient {
    pub fn new(http: Http, api_url: &str, token: Option<&str>) -> Self {
        Self {
            http,
            api_url: api_url.trim_end_matches('/').to_owned(),
            token: token.map(str::to_owned),
            signer: None,
            retry_for: Duration::ZERO,
            paces_all: false,
        }
    }

    /// A client of the operator's API, which signs each request.
    pub fn signed(http: Http, api_url: &str, signer: Signer) -> Self {
        Self {
            signer: Some(signer),
            ..Self::new(http, api_url, None)
        }
    }

    /// A client that retries for this long after lost responses, server errors and rate limiting.
    /// Calls that create something then get an Idempotency-Key. Calls that may not be repeated are not
    /// retried.
    pub fn retrying(self, retry_for: Duration) -> Self {
        Self { retry_for, ..self }
    }

    /// A client that waits for a short `Retry-After` even with calls that may not be repeated, because a
    /// request that was rate limited had no effect.
    pub fn pacing(self) -> Self {
        Self {
            paces_all: true,
            ..self
        }
    }

    /// Sends a request unchanged. `path` starts with `/v1` or `/operator/v1`; the response is not interpreted.
    ///
    /// # Errors
    /// If there is no response.
    pub async fn raw(
        &self,
        method: http::Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<HttpAnswer, HttpError> {
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.api_url));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body);
        let mut request = request.map_err(|error| HttpError::new(path, error))?;
        if let Some(signer) = &self.signer {
            let signed = signer.sign(request, SystemTime::now());
            request = signed.map_err(|error| HttpError::new(path, error))?;
        }
        self.http.send(request).await
    }

    /// Sends a call.
    ///
    /// # Errors
    /// If the hub rejects it, or there is no usable response.
    pub async fn send<T: DeserializeOwned>(&self, call: Call<T>) -> Answered<T> {
        let path = call.request.target();
        let answer = self.answer(&call.request, &path).await?;
        if !answer.is_success() {
            return Err(match serde_json::from_slice(&answer.body) {
                Ok(problem) => CallError::Problem(Box::new(problem)),
                Err(_) => CallError::Unexpected {
                    status: answer.status,
                    body: answer.text(),
                },
            });
        }
        let text = match call.request.expects {
            crate::Body::Json => answer.text(),
            crate::Body::Empty => "null".to_owned(),
        };
        serde_json::from_str(&text).map_err(|source| CallError::Unreadable {
            path,
            body: text,
            source,
        })
    }

    async fn answer(&self, request: &Request, path: &str) -> Result<HttpAnswer, HttpError> {
        let body = request.body.as_ref();
        let body = body.map_or_else(Vec::new, |body| body.to_string().into_bytes());
        let key = match &request.repeat {
            Repeat::WithKey(Some(key)) => Some(key.clone()),
            Repeat::WithKey(None) if !self.retry_for.is_zero() => {
                Some(new_key().map_err(|error| HttpError::new(path, error.to_string()))?)
            }
            Repeat::WithKey(None) | Repeat::Safe | Repeat::Never => None,
        };
        let headers: Vec<_> = key
            .iter()
            .map(|key| ("idempotency-key", key.as_str()))
            .collect();
        let method = http::Method::from_bytes(request.method.as_bytes());
        let method = method.map_err(|error| HttpError::new(path, error))?;
        let deadline = Instant::now() + self.retry_for;
        let repeatable = request.repeat != Repeat::Never;
        let waits = repeatable || self.paces_all;
        let mut paces = 0;
        loop {
            let sent = self.raw(method.clone(), path, &headers, body.clone()).await;
            let pause = match &sent {
                Ok(answer) if waits && paces < MAX_PACES => pace(answer),
                _ => None,
            };
            if let Some(pause) = pause {
                paces += 1;
                tokio::time::sleep(pause).await;
                continue;
            }
            let retryable = repeatable && sent.as_ref().map_or(true, is_retryable);
            if !retryable || Instant::now() >= deadline {
                return sent;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    // Groups

    pub async fn create_group(&self, name: &str, color: &str) -> Answered<Group> {
        self.send(calls::create_group(name, color)).await
    }

    pub async fn groups(&self) -> Answered<Page<Group>> {
        self.send(calls::list_groups()).await
    }

    pub async fn group(&self, group_id: &str) -> Answered<Group> {
        self.send(calls::get_group(group_id)).await
    }

    pub async fn change_group(&self, group_id: &str, change: &Value) -> Answered<Group> {
        self.send(calls::change_group(group_id, change.clone()))
            .await
    }

    pub async fn delete_group(&self, group_id: &str) -> Answered<()> {
        self.send(calls::delete_group(group_id)).await
    }

    // Registrations

    pub async fn register(&self, group_id: &str, new: &NewRegistration) -> Answered<Registration> {
        self.send(calls::create_registration(group_id, new)).await
    }

    pub async fn registrations(&self, group_id: &str) -> Answered<Page<Registration>> {
        self.send(calls::list_registrations(group_id)).await
    }

    pub async fn registration(&self, registration_id: &str) -> Answered<Registration> {
        self.send(calls::get_registration(registration_id)).await
    }

    /// Completes a registration with the stack's output.
    pub async fn complete(
        &self,
        registration_id: &str,
        stack_info: &str,
        account_name: Option<&str>,
    ) -> Answered<Account> {
        let call = calls::complete_registration(registration_id, stack_info, account_name);
        self.send(call).await
    }

    pub async fn revoke(&self, registration_id: &str) -> Answered<Registration> {
        self.send(calls::revoke_registration(registration_id)).await
    }

    // Accounts

    pub async fn accounts(&self, group_id: &str) -> Answered<Page<Account>> {
        self.send(calls::list_group_accounts(group_id)).await
    }

    pub async fn account(&self, account_id: &str) -> Answered<Account> {
        self.send(calls::get_account(account_id)).await
    }

    pub async fn change_account(&self, account_id: &str, change: &Value) -> Answered<Account> {
        self.send(calls::change_account(account_id, change.clone()))
            .await
    }

    pub async fn check(&self, account_id: &str) -> Answered<Report> {
        self.send(calls::check_account(account_id)).await
    }

    pub async fn history(&self, account_id: &str) -> Answered<Page<AuditEntry>> {
        self.send(calls::get_account_history(account_id)).await
    }

    pub async fn deregister(&self, account_id: &str) -> Answered<Deregistered> {
        self.send(calls::deregister_account(account_id)).await
    }

    // Orphaned stacks

    pub async fn orphaned_stacks(&self, status: Option<&str>) -> Answered<Page<OrphanedStack>> {
        self.send(calls::list_orphaned_stacks(status)).await
    }

    pub async fn orphaned_stack(&self, id: &str) -> Answered<OrphanedStack> {
        self.send(calls::get_orphaned_stack(id)).await
    }

    pub async fn check_orphaned_stack(&self, id: &str) -> Answered<OrphanedStack> {
        self.send(calls::check_orphaned_stack(id)).await
    }

    pub async fn dismiss(&self, id: &str, reason: &str) -> Answered<OrphanedStack> {
        self.send(calls::dismiss_orphaned_stack(id, reason)).await
    }

    // Policies

    pub async fn required_permissions(&self) -> Answered<Value> {
        self.send(calls::get_required_permissions(None, None)).await
    }
}
