//! A running hub, with the operator's access.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use rolecall_admin::aws::Account;
use rolecall_client::HubClient;
use rolecall_client::http::Http;

use crate::aws::root_user;
use crate::customer::Customer;
use crate::hub_file::{ENV, HubFile};
use crate::logs::{self, Run};
use crate::overlay::pascal_case;
use crate::tenants::TENANTS;

/// A running local hub.
#[derive(Debug, Clone)]
pub struct Hub {
    file: HubFile,
    http: Http,
    account: Account,
}

/// The result of a direct invocation of a function.
#[derive(Debug, Clone)]
pub struct Invoked {
    pub payload: Value,
    /// Whether the function returned an error.
    pub failed: bool,
}

impl Hub {
    pub fn new(file: HubFile) -> Self {
        let account = root_user(&file.hub_account_id, &file.region, &file.endpoint_url);
        Self {
            file,
            http: Http::new(),
            account,
        }
    }

    /// The hub that `with-hub` started for this process.
    pub fn from_env() -> Result<Self> {
        let path = std::env::var_os(ENV).with_context(|| {
            format!("{ENV} is not set: run this under `rolecall-local with-hub`")
        })?;
        Ok(Self::new(HubFile::read(path.as_ref())?))
    }

    pub fn file(&self) -> &HubFile {
        &self.file
    }

    /// The hub's own account.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// An API client of a tenant.
    pub fn tenant(&self, tenant: &str) -> Result<HubClient> {
        let token = self.file.tokens.get(tenant);
        let token = token.with_context(|| format!("no tenant {tenant}"))?;
        Ok(self.caller(Some(token)))
    }

    /// The first tenant.
    pub fn acme(&self) -> Result<HubClient> {
        self.tenant(TENANTS[0])
    }

    /// The second tenant.
    pub fn globex(&self) -> Result<HubClient> {
        self.tenant(TENANTS[1])
    }

    /// An API client with any token, or with none.
    pub fn caller(&self, token: Option<&str>) -> HubClient {
        HubClient::new(self.http.clone(), &self.file.api_url, token).pacing()
    }

    /// The n-th customer account, from 0.
    pub fn customer(&self, index: usize) -> Result<Customer> {
        let id = self.file.customer_account_ids.get(index);
        let id = id.with_context(|| format!("no customer {index}"))?;
        Ok(Customer::new(id, &self.file.endpoint_url))
    }

    /// A setting of this hub, in seconds.
    pub fn seconds(&self, parameter: &str) -> Result<u64> {
        let value = self.file.parameters.get(parameter);
        value
            .with_context(|| format!("the hub has no parameter {parameter}"))?
            .parse()
            .with_context(|| format!("{parameter} is not a number"))
    }

    /// The deployed name of a function such as `stack-cleanup`.
    pub fn function_name(&self, function: &str) -> Result<&str> {
        let arn = self
            .file
            .output(&format!("{}FunctionArn", pascal_case(function)))?;
        arn.rsplit(':').next().context("an ARN without a name")
    }

    /// Invokes a function directly and waits for its result.
    pub async fn invoke(&self, function: &str, event: &Value) -> Result<Invoked> {
        let signer = self.account.signer();
        let name = self.function_name(function)?;
        let url = format!(
            "{}/2015-03-31/functions/{name}/invocations",
            signer.base("lambda")
        );
        let request = http::Request::post(url).body(serde_json::to_vec(event)?)?;
        let answer = signer.send("lambda", request).await?;
        if !answer.is_success() {
            bail!("invoking {function}: {} {}", answer.status, answer.text());
        }
        Ok(Invoked {
            failed: answer.header("x-amz-function-error").is_some(),
            payload: serde_json::from_slice(&answer.body).unwrap_or(Value::Null),
        })
    }

    /// Runs the schedule now.
    pub async fn tick(&self) -> Result<Invoked> {
        self.invoke("stack-cleanup", &self.schedule_event()).await
    }

    /// The event that the schedule sends.
    pub fn schedule_event(&self) -> Value {
        json!({
            "version": "0",
            "id": "00000000-0000-4000-8000-000000000001",
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": self.file.hub_account_id,
            "time": "2026-01-01T00:00:00Z",
            "region": self.file.region,
            "resources": [],
            "detail": {},
        })
    }

    /// The runs of a function that ended after `since_ms`.
    pub async fn runs(&self, function: &str, since_ms: u64) -> Result<Vec<Run>> {
        let log_group = format!("/aws/lambda/{}", self.function_name(function)?);
        logs::runs(self.account.signer(), &log_group, since_ms).await
    }
}
