//! Runs the functions' own code in this process over a real table, so that a test can send many
//! requests concurrently without other programs in between.

mod stack;

pub use stack::Stack;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use registration_api::route::send_through_gateway;
use registration_api::routes::ROUTES;
use registration_api::{Api, Response};
use rolecall_aws::host::SystemHost;
use rolecall_aws::table::Table;
use rolecall_domain::SignedDuration;
use rolecall_domain::aws::{AwsAccountId, Region};
use rolecall_domain::check::Hub;
use rolecall_domain::link::service::Service;
use rolecall_domain::link::token::KeyRing;
use rolecall_domain::ports::{
    BucketError, CustomerAccounts, Host, StoreError, TemplateBucket, TokenKeys,
};
use rolecall_domain::settings::Settings;
use rolecall_domain::template::Onboarding;
use rolecall_testing::{onboarding, owners};
use rolecall_usecases::Environment;
use serde_json::{Value, json};
use stack_callback::{Callback, Reply, ReplyError};

/// A key ring with the hub's only token key.
#[derive(Debug, Clone)]
pub struct OneKey(Arc<KeyRing>);

impl TokenKeys for OneKey {
    async fn ring(&self) -> Result<Arc<KeyRing>, StoreError> {
        Ok(Arc::clone(&self.0))
    }

    async fn newest_ring(&self) -> Result<Arc<KeyRing>, StoreError> {
        self.ring().await
    }
}

/// Accepts every template.
#[derive(Debug, Clone, Copy)]
pub struct AnyTemplate;

impl TemplateBucket for AnyTemplate {
    async fn put_once(&self, _key: &str, _template: &str) -> Result<(), BucketError> {
        Ok(())
    }
}

/// Stores the responses to CloudFormation.
#[derive(Debug, Default)]
pub struct Outbox(Mutex<BTreeMap<String, String>>);

impl Reply for Outbox {
    async fn put(&self, url: &str, body: &str) -> Result<(), ReplyError> {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent.insert(url.to_owned(), body.to_owned());
        Ok(())
    }
}

impl Outbox {
    /// The response that was sent to a URL.
    pub fn answer(&self, url: &str) -> Result<String> {
        let sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent.get(url).cloned().context("no answer arrived")
    }
}

/// The API and the callback. Each has its own view of the customers' accounts.
#[derive(Debug)]
pub struct InProcess<C, H = SystemHost> {
    pub api: Api<Environment<Table, C, H>, OneKey, AnyTemplate>,
    pub callback: Callback<Environment<Table, C, H>, OneKey, Outbox>,
}

/// The hub's account and the principals that customers' roles trust.
///
/// # Panics
/// Never; all values are constants.
pub fn hub() -> Hub {
    Hub {
        account: AwsAccountId::parse("111111111111").expect("twelve digits"),
        region: Region::parse("us-east-1").expect("valid"),
        allow_own_account: false,
        trusted_principals: vec!["arn:aws:iam::111111111111:role/rolecall-hub/verifier/*".into()],
    }
}

impl<C: CustomerAccounts> InProcess<C> {
    /// # Panics
    /// Never; the key is a constant.
    pub fn over(table: &Table, customers: impl Fn() -> C) -> Self {
        InProcess::on(table, customers, || SystemHost)
    }
}

impl<C: CustomerAccounts, H: Host> InProcess<C, H> {
    /// # Panics
    /// Never; the key is a constant.
    pub fn on(table: &Table, customers: impl Fn() -> C, host: impl Fn() -> H) -> Self {
        let ring = KeyRing::parse(r#"{"k1":"0123456789abcdef0123456789abcdef"}"#);
        let keys = OneKey(Arc::new(ring.expect("a key ring")));
        let env = |onboarding: Option<Onboarding>| Environment {
            store: table.clone(),
            customers: customers(),
            host: host(),
            settings: Settings::default(),
            hub: hub(),
            onboarding,
        };
        Self {
            api: Api {
                env: env(Some(onboarding(&hub()))),
                keys: keys.clone(),
                bucket: AnyTemplate,
                claims: owners(),
                sign_in: registration_api::sign_in::SignIn::default(),
                service: Service::new(Region::parse("us-east-1").expect("a Region"), []),
                topic_name: "rolecall-registration".to_owned(),
                onboarding_bucket: "example".to_owned(),
                api_url: "https://hub.example".to_owned(),
                console_url: Some("https://hub.example".to_owned()),
            },
            callback: Callback {
                env: env(None),
                keys,
                reply: Outbox::default(),
                response_origins: Vec::new(),
            },
        }
    }

    /// Handles an API request, as API Gateway passes it to the function.
    pub async fn ask(&self, asked: &Asked<'_>) -> Response {
        // Boxed, because many such futures in one future overflow a test thread's stack.
        Box::pin(self.api.handle(&asked.event())).await
    }

    /// Sends a request that must succeed, and returns the response body.
    pub async fn must(&self, asked: &Asked<'_>) -> Result<Value> {
        let response = self.ask(asked).await;
        anyhow::ensure!(response.status_code < 300, "{asked:?}: {}", response.body);
        Ok(serde_json::from_str(&response.body).unwrap_or_default())
    }

    /// Handles a custom-resource request and returns the response.
    pub async fn call_back(&self, request: &Value) -> Result<Value> {
        let deadline = self.callback.env.host.now() + SignedDuration::from_secs(60);
        Box::pin(self.callback.handle(request, deadline)).await?;
        let url = request["ResponseURL"].as_str().unwrap_or_default();
        Ok(serde_json::from_str(&self.callback.reply.answer(url)?)?)
    }
}

/// An API request.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    pub tenant: &'a str,
    pub method: &'a str,
    pub path: String,
    pub query: Vec<(&'a str, String)>,
    pub key: Option<&'a str>,
    pub body: Value,
}

impl<'a> Asked<'a> {
    pub fn new(tenant: &'a str, method: &'a str, path: impl Into<String>) -> Self {
        Self {
            tenant,
            method,
            path: path.into(),
            query: Vec::new(),
            key: None,
            body: Value::Null,
        }
    }

    #[must_use]
    pub fn body(self, body: Value) -> Self {
        Self { body, ..self }
    }

    #[must_use]
    pub fn query(mut self, name: &'a str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    #[must_use]
    pub fn key(self, key: &'a str) -> Self {
        let key = Some(key);
        Self { key, ..self }
    }

    fn event(&self) -> Value {
        let mut event = json!({
            "version": "2.0",
            "rawPath": self.path,
            "headers": {},
            "requestContext": {
                "requestId": "in-process",
                "http": {"method": self.method},
                "authorizer": {"jwt": {"claims": {
                    "custom:tenant": self.tenant,
                    "sub": format!("user of {}", self.tenant),
                }}},
            },
            "isBase64Encoded": false,
        });
        for (name, value) in &self.query {
            event["queryStringParameters"][name] = json!(value);
        }
        if let Some(key) = self.key {
            event["headers"]["idempotency-key"] = json!(key);
        }
        if !self.body.is_null() {
            event["body"] = json!(self.body.to_string());
        }
        send_through_gateway(ROUTES, &mut event);
        event
    }
}
