//! The hub that the suite was started for, and everybody around it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use aws_sdk_cloudformation::types::Capability;
use rolecall_aws::clients::Aws;
use rolecall_aws::config::AwsEnvironment;
use rolecall_local::bus::BusListener;
use rolecall_local::client::{Group, HubClient};
use rolecall_local::customer::Customer;
use rolecall_local::hub::Hub;
use rolecall_local::paths::Tree;
use rolecall_local::tenants::TENANTS;
use tokio::sync::Mutex;

use crate::tenants::sign_in;

/// For anything that should take a moment.
pub const SOON: Duration = Duration::from_secs(30);

/// Accounts that the tests of one program may use up on the hub that they share...
const CUSTOMERS: usize = 224;

/// ...and on one of their own.
const OWN_CUSTOMERS: usize = 3;

/// By the address of their emulator: a customer's stacks call the hub there.
static PREPARED: Mutex<BTreeMap<String, Vec<Customer>>> = Mutex::const_new(BTreeMap::new());

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
    customers: usize,
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
            customers: CUSTOMERS,
        })
    }

    /// A hub of the test's own, and callers who try again for so long.
    pub fn of(hub: Hub, patience: Duration) -> Result<Self> {
        Ok(Self {
            acme: hub.acme()?.patient(patience),
            tenant: TENANTS[0].to_owned(),
            globex: hub.globex()?.patient(patience),
            hub,
            customers: OWN_CUSTOMERS,
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
    pub async fn customer(&self) -> Result<Customer> {
        let mut prepared = PREPARED.lock().await;
        let hub = self.endpoint_url();
        if !prepared.contains_key(hub) {
            let customers = self.prepare_customers().await?;
            prepared.insert(hub.to_owned(), customers);
        }
        let left = prepared.get_mut(hub).and_then(Vec::pop);
        left.context("this test program needs more CUSTOMERS")
    }

    /// The emulator's CloudFormation publishes to no topic: infra/local/stand-in.yaml does. All are
    /// made at once, because making one ends the running stand-ins of all others.
    async fn prepare_customers(&self) -> Result<Vec<Customer>> {
        let template = std::fs::read_to_string(Tree::default().stand_in_template())?;
        let parameters: BTreeMap<String, String> = [
            ("TopicArn", self.hub.file().output("TopicArn")?),
            ("EndpointUrl", self.endpoint_url()),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
        let mut customers = Vec::with_capacity(self.customers);
        for _ in 0..self.customers {
            let customer = self.stranger();
            let stacks = customer.stacks_in(&self.hub.file().region);
            let capabilities = [Capability::CapabilityIam];
            stacks
                .deploy("stand-in", &template, &parameters, &capabilities)
                .await?;
            customers.push(customer);
        }
        Ok(customers)
    }

    /// A customer whose stacks can't call back: for lines to paste.
    pub fn stranger(&self) -> Customer {
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
