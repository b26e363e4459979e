//! The hub that the suite was started for, and everybody around it.

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

/// For anything that should take a moment.
pub const SOON: Duration = Duration::from_secs(30);

/// All tests share one hub, so each makes its own groups and, where an account gets connected,
/// its own customer.
#[derive(Debug, Clone)]
pub struct World {
    pub hub: Hub,
    /// A tenant of this suite's own, by this name: tenants have limits, and lists grow slow in the
    /// emulator.
    pub acme: HubClient,
    pub tenant: String,
    pub globex: HubClient,
}

/// The tenant of each suite, and its token.
static ACME: Mutex<BTreeMap<String, (String, String)>> = Mutex::const_new(BTreeMap::new());

/// The test harness names a test's thread by its path, which begins with the suite.
fn suite() -> String {
    let thread = std::thread::current();
    let path = thread.name().unwrap_or_default();
    path.split("::").next().unwrap_or_default().to_owned()
}

impl World {
    /// # Panics
    /// Without a hub: that is no failure of what is tested.
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

    /// A hub of the test's own, and callers who try again for so long.
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

    /// A customer whose AWS account nobody has connected yet.
    pub fn customer(&self) -> Customer {
        Customer::new(&twelve_digits(), self.endpoint_url())
    }

    /// All that the hub tells others from now on.
    pub async fn listen(&self) -> Result<BusListener> {
        BusListener::start(&self.hub, &unique("listener")).await
    }

    /// The AWS clients of an account's root user.
    pub fn aws(&self, account_id: &str) -> Result<Aws> {
        self.aws_with(account_id, "local", None)
    }

    /// The AWS clients of whoever the credentials are of.
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

/// A number that no other test has, in this run or in another against the same hub.
fn number() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let micros = since.map_or(0, |elapsed| elapsed.as_micros() as u64);
    let next = |last| Some(micros.max(last + 1));
    let last = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
    micros.max(last.unwrap_or_default() + 1)
}

/// An AWS account: for the emulator, twelve digits are one.
pub fn twelve_digits() -> String {
    format!("{:012}", 500_000_000_000 + number() % 400_000_000_000)
}

pub fn unique(name: &str) -> String {
    format!("{name}-{}", number())
}
