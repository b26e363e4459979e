//! A thin, typed client of the hub's API: one method per call of the contract.

mod model;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::anyhow;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub use model::{
    Account, AuditEntry, Check, Deregistered, FieldError, Group, OrphanedStack, Page, Problem,
    Registration, Report,
};

use crate::http::{Http, HttpAnswer};

/// One caller of the API.
#[derive(Debug, Clone)]
pub struct HubClient {
    http: Http,
    api_url: String,
    token: Option<String>,
    patience: Duration,
}

/// Why a call gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The hub refused, and said why.
    #[error("{} {}: {}", .0.status, .0.code, .0.detail)]
    Problem(Box<Problem>),
    /// An answer that is none of the hub's (the gateway's own refusal, say).
    #[error("{status}: {body}")]
    Unexpected { status: u16, body: String },
    #[error(transparent)]
    Transport(#[from] anyhow::Error),
}

impl CallError {
    /// The code of the hub's refusal.
    pub fn code(&self) -> Option<&str> {
        self.problem().map(|problem| problem.code.as_str())
    }

    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem(problem) => Some(problem),
            Self::Unexpected { .. } | Self::Transport(_) => None,
        }
    }
}

pub type Call<T> = Result<T, CallError>;

/// Between two tries of a patient client.
const PAUSE: Duration = Duration::from_millis(500);

fn is_worth_another_try(answer: &HttpAnswer) -> bool {
    let conflict = || {
        let problem = serde_json::from_slice::<Problem>(&answer.body);
        problem.is_ok_and(|problem| problem.code == "conflict")
    };
    answer.status >= 500 || answer.status == 429 || answer.status == 409 && conflict()
}

/// How long to wait where a tenant's pace asks for a moment: whoever waits so long is served.
fn moment(answer: &HttpAnswer) -> Option<Duration> {
    let seconds = answer
        .header("retry-after")
        .filter(|_| answer.status == 429)?;
    let seconds = seconds.parse().ok().filter(|seconds| *seconds <= 2)?;
    Some(Duration::from_secs(seconds))
}

/// So often it is waited for a moment.
const MOST_MOMENTS: u32 = 10;

/// Never twice the same: no two requests begin in one nanosecond.
fn now_nanos() -> u128 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |elapsed| elapsed.as_nanos())
}

impl HubClient {
    pub fn new(http: Http, api_url: &str, token: Option<&str>) -> Self {
        Self {
            http,
            api_url: api_url.trim_end_matches('/').to_owned(),
            token: token.map(str::to_owned),
            patience: Duration::ZERO,
        }
    }

    /// One who tries again for so long what is worth it: a lost answer, a hub that is unwell, too
    /// many requests. What creates something then carries an Idempotency-Key.
    pub fn patient(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Any request, as it is. `path` begins with `/v1`; the answer is not judged.
    pub async fn raw(
        &self,
        method: http::Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> anyhow::Result<HttpAnswer> {
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
        self.http.send(request.body(body)?).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: http::Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Call<T> {
        let body = body.map_or_else(Vec::new, |body| body.to_string().into_bytes());
        let deadline = Instant::now() + self.patience;
        let mut moments = 0;
        let answer = loop {
            let request = self.raw(method.clone(), path, headers, body.clone());
            match request.await {
                Ok(answer) if moments < MOST_MOMENTS && moment(&answer).is_some() => {
                    moments += 1;
                    tokio::time::sleep(moment(&answer).unwrap_or(PAUSE)).await;
                }
                answer if Instant::now() >= deadline => break answer?,
                Ok(answer) if !is_worth_another_try(&answer) => break answer,
                _ => tokio::time::sleep(PAUSE).await,
            }
        };
        if answer.is_success() {
            // 204 has no body; `null` is what () reads from.
            let body: &[u8] = if answer.body.is_empty() {
                b"null"
            } else {
                &answer.body
            };
            return serde_json::from_slice(body)
                .map_err(|e| anyhow!("{path}: {e} in {}", answer.text()).into());
        }
        match serde_json::from_slice::<Problem>(&answer.body) {
            Ok(problem) => Err(CallError::Problem(Box::new(problem))),
            Err(_) => Err(CallError::Unexpected {
                status: answer.status,
                body: answer.text(),
            }),
        }
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Call<T> {
        self.call(http::Method::GET, path, &[], None).await
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Call<T> {
        self.call(http::Method::POST, path, &[], Some(body)).await
    }

    /// A POST that creates something, once however often it is tried.
    async fn create<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Call<T> {
        let key = format!("{:032x}", now_nanos());
        let keyed = [("idempotency-key", key.as_str())];
        let headers: &[_] = if self.patience.is_zero() { &[] } else { &keyed };
        self.call(http::Method::POST, path, headers, Some(body))
            .await
    }

    async fn patch<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Call<T> {
        self.call(http::Method::PATCH, path, &[], Some(body)).await
    }

    async fn delete<T: DeserializeOwned>(&self, path: &str) -> Call<T> {
        self.call(http::Method::DELETE, path, &[], None).await
    }

    // Groups

    pub async fn create_group(&self, name: &str, color: &str) -> Call<Group> {
        self.create("/v1/groups", &json!({"name": name, "color": color}))
            .await
    }

    pub async fn groups(&self) -> Call<Page<Group>> {
        self.get("/v1/groups").await
    }

    pub async fn group(&self, group_id: &str) -> Call<Group> {
        self.get(&format!("/v1/groups/{group_id}")).await
    }

    pub async fn change_group(&self, group_id: &str, change: &Value) -> Call<Group> {
        self.patch(&format!("/v1/groups/{group_id}"), change).await
    }

    pub async fn delete_group(&self, group_id: &str) -> Call<()> {
        self.delete(&format!("/v1/groups/{group_id}")).await
    }

    // Registrations

    pub async fn register(&self, group_id: &str, wish: &NewRegistration) -> Call<Registration> {
        self.create(
            &format!("/v1/groups/{group_id}/registrations"),
            &json!(wish),
        )
        .await
    }

    pub async fn registrations(&self, group_id: &str) -> Call<Page<Registration>> {
        self.get(&format!("/v1/groups/{group_id}/registrations"))
            .await
    }

    pub async fn registration(&self, registration_id: &str) -> Call<Registration> {
        self.get(&format!("/v1/registrations/{registration_id}"))
            .await
    }

    /// The paste channel.
    pub async fn complete(
        &self,
        registration_id: &str,
        stack_info: &str,
        account_name: Option<&str>,
    ) -> Call<Account> {
        let mut body = json!({"stack_info": stack_info});
        if let Some(name) = account_name {
            body["account_name"] = json!(name);
        }
        self.post(
            &format!("/v1/registrations/{registration_id}/complete"),
            &body,
        )
        .await
    }

    pub async fn revoke(&self, registration_id: &str) -> Call<Registration> {
        self.delete(&format!("/v1/registrations/{registration_id}"))
            .await
    }

    // Accounts

    pub async fn accounts(&self, group_id: &str) -> Call<Page<Account>> {
        self.get(&format!("/v1/groups/{group_id}/accounts")).await
    }

    pub async fn account(&self, account_id: &str) -> Call<Account> {
        self.get(&format!("/v1/accounts/{account_id}")).await
    }

    pub async fn change_account(&self, account_id: &str, change: &Value) -> Call<Account> {
        self.patch(&format!("/v1/accounts/{account_id}"), change)
            .await
    }

    pub async fn check(&self, account_id: &str) -> Call<Report> {
        self.post(&format!("/v1/accounts/{account_id}/checks"), &json!({}))
            .await
    }

    pub async fn history(&self, account_id: &str) -> Call<Page<AuditEntry>> {
        self.get(&format!("/v1/accounts/{account_id}/history"))
            .await
    }

    pub async fn deregister(&self, account_id: &str) -> Call<Deregistered> {
        self.delete(&format!("/v1/accounts/{account_id}")).await
    }

    // The ledger

    pub async fn orphaned_stacks(&self, status: Option<&str>) -> Call<Page<OrphanedStack>> {
        match status {
            Some(status) => {
                self.get(&format!("/v1/orphaned-stacks?status={status}"))
                    .await
            }
            None => self.get("/v1/orphaned-stacks").await,
        }
    }

    pub async fn orphaned_stack(&self, id: &str) -> Call<OrphanedStack> {
        self.get(&format!("/v1/orphaned-stacks/{id}")).await
    }

    pub async fn check_orphaned_stack(&self, id: &str) -> Call<OrphanedStack> {
        self.post(&format!("/v1/orphaned-stacks/{id}/checks"), &json!({}))
            .await
    }

    pub async fn dismiss(&self, id: &str, reason: &str) -> Call<OrphanedStack> {
        self.post(
            &format!("/v1/orphaned-stacks/{id}/dismiss"),
            &json!({"reason": reason}),
        )
        .await
    }

    pub async fn required_permissions(&self) -> Call<Value> {
        self.get("/v1/required-permissions").await
    }
}

/// What a registration may be asked to be.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewRegistration {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aws_account_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_duplicate: Option<bool>,
}

impl NewRegistration {
    pub fn named(name: &str) -> Self {
        Self {
            account_name: Some(name.to_owned()),
            ..Self::default()
        }
    }
}
