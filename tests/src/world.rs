//! The suite's hub, its tenants and its customers.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use rolecall_aws::clients::Aws;
use rolecall_aws::config::AwsEnvironment;
use rolecall_client::{Group, HubClient};
use rolecall_local::bus::BusListener;
use rolecall_local::customer::Customer;
use rolecall_local::hub::Hub;
use rolecall_local::tenants::TENANTS;
use tokio::sync::Mutex;

use crate::tenants::sign_in;

/// A timeout for operations that normally take a moment.
pub const SOON: Duration = Duration::from_secs(30);

/// All tests share one hub, so each test creates its own groups and, if it connects an account, its
/// own customer.
#[derive(Debug, Clone)]
pub struct World {
    pub hub: Hub,
    /// The client of a tenant that only this suite uses, because tenants have limits and the
    /// emulator is slow with long lists. `tenant` is its name.
    pub acme: HubClient,
    pub tenant: String,
    pub globex: HubClient,
}

/// The tenant of each suite, with its token.
static ACME: Mutex<BTreeMap<String, (String, String)>> = Mutex::const_new(BTreeMap::new());

/// The test harness names a test's thread after the test's path, which begins with the suite.
fn suite() -> String {
    let thread = std::thread::current();
    let path = thread.name().unwrap_or_default();
    path.split("::").next().unwrap_or_default().to_owned()
}

impl World {
    /// # Panics
    /// If there is no hub, because that is not a failure of the tested code.
    pub async fn find() -> Result<Self> {
        let hub = Hub::from_env();
        let hub = hub.unwrap_or_else(|error| panic!("no hub ({error:#}); run: make test"));
        let suite = suite();
        let mut signed_in = ACME.lock().await;
        if !signed_in.contains_key(&suite) {
            let name = unique("acme");
            let tokens = sign_in(&hub, Some(&name)).await?;
            signed_in.insert(suite.clone(), (name, tokens.id));
        }
        let (tenant, token) = signed_in[&suite].clone();
        Ok(Self {
            acme: hub.caller(Some(&token)),
            tenant,
            globex: hub.globex()?,
            hub,
        })
    }

    /// A world on a test's own hub, with clients that retry for a given time.
    pub fn of(hub: Hub, patience: Duration) -> Result<Self> {
        Ok(Self {
            acme: hub.acme()?.retrying(patience),
            tenant: TENANTS[0].to_owned(),
            globex: hub.globex()?.retrying(patience),
            hub,
        })
    }

    pub fn endpoint_url(&self) -> &str {
        &self.hub.file().endpoint_url
    }

    pub fn hub_account_id(&self) -> &str {
        &self.hub.file().hub_account_id
    }

    pub async fn group(&self) -> Result<Group> {
        let name = unique("Group");
        Ok(self.acme.create_group(&name, "#2f6fed").await?)
    }

    /// A customer whose AWS account is not connected.
    pub fn customer(&self) -> Customer {
        Customer::new(&twelve_digits(), self.endpoint_url())
    }

    /// Listens to the hub's events from now on.
    pub async fn listen(&self) -> Result<BusListener> {
        BusListener::start(&self.hub, &unique("listener")).await
    }

    /// The AWS clients of an account's root user.
    pub fn aws(&self, account_id: &str) -> Result<Aws> {
        self.aws_with(account_id, "local", None)
    }

    /// AWS clients with the given credentials.
    pub fn aws_with(&self, key: &str, secret: &str, token: Option<&str>) -> Result<Aws> {
        let environment = AwsEnvironment::read(&|name: &str| {
            let value = match name {
                "AWS_REGION" => Some(self.hub.file().region.as_str()),
                "AWS_ACCESS_KEY_ID" => Some(key),
                "AWS_SECRET_ACCESS_KEY" => Some(secret),
                "AWS_SESSION_TOKEN" => token,
                "AWS_ENDPOINT_URL" => Some(self.endpoint_url()),
                _ => None,
            };
            value.map(str::to_owned)
        })?;
        let aws = Aws::new(&environment).context("no root certificates")?;
        Ok(aws.with_operation_timeout(SOON))
    }
}

/// A unique number, also across test runs against the same hub.
fn number() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let micros = since.map_or(0, |elapsed| elapsed.as_micros() as u64);
    let next = |last| Some(micros.max(last + 1));
    let last = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
    micros.max(last.unwrap_or_default() + 1)
}

/// A new AWS account ID; the emulator accepts any twelve digits.
pub fn twelve_digits() -> String {
    format!("{:012}", 500_000_000_000 + number() % 400_000_000_000)
}

pub fn unique(name: &str) -> String {
    format!("{name}-{}", number())
}
