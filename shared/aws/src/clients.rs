//! The SDK's clients: the only place that determines their startup time and timeouts.
//!
//! These choices affect startup time:
//! - TLS with ring: AWS-LC would gather jitter entropy at the first handshake, about 46 ms of CPU
//!   time.
//! - Amazon's roots first ([`crate::tls`]): parsing the system's store would be most of the startup.
//! - One connector for all clients and for CloudFormation's response URL: an SDK client with a
//!   separate connector parses all root certificates again.
//! - Configuration built from Lambda's environment: `aws-config` would look for profiles, SSO and
//!   instance metadata that no function has.
//! - Clients only for the services that a function uses, created before its first event: with
//!   little memory, the first event gets a fraction of the CPU that the startup gets.
//! - Connections opened before the first event in functions whose callers wait, as many as they use
//!   concurrently: a handshake takes a quarter of a millisecond of CPU time, and seven times that at
//!   256 MB.

use crate::config::AwsEnvironment;
use crate::signed::Regional;
use crate::tls::{self, CONNECT};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sts::config::IdentityCache;
use aws_sdk_sts::config::retry::{RetryMode, RetryPartition, TokenBucket};
use aws_smithy_http_client::HttpClientError;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use futures_util::future::join_all;
use rolecall_domain::aws::{Partition, Region};
use std::time::Duration;

/// Healthy AWS calls take less than a second. Five seconds leave room for slow responses, and for
/// two attempts within the operation's timeout.
pub(crate) const ATTEMPT: Duration = Duration::from_secs(5);

/// All attempts of one call together. Less than the 20 s that an API caller waits at most.
const OPERATION: Duration = Duration::from_secs(12);

/// The SDK's default: failures that outlast two retries are reported.
const ATTEMPTS: u32 = 3;

/// The SDK's default is up to a second. AWS's throttles refill every second, so 0.2 s spreads
/// callers well enough without delaying registrations.
const FIRST_BACKOFF: Duration = Duration::from_millis(200);
const LONGEST_BACKOFF: Duration = Duration::from_secs(2);

/// Warming up must not make a startup slower than without it.
const WARM_UP: Duration = Duration::from_secs(2);

/// The state that all clients of a process share. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Aws {
    config: SdkConfig,
    connector: SharedHttpConnector,
    credentials: SharedCredentialsProvider,
    region: Region,
    endpoint_url: Option<String>,
}

/// An endpoint whose connections can be opened before the first event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    DynamoDb,
    Sts,
    Iam,
    CloudFormation,
}

/// The number of connections that a verification and its commit use concurrently.
pub const VERIFYING: &[(Endpoint, usize)] = &[
    (Endpoint::DynamoDb, 2),
    (Endpoint::Sts, 2),
    (Endpoint::Iam, 5),
    (Endpoint::CloudFormation, 2),
];

impl Aws {
    /// # Errors
    /// If the SDK rejects the configuration.
    pub fn new(environment: &AwsEnvironment) -> Result<Self, HttpClientError> {
        Ok(Self::over(tls::connector(&environment.roots)?, environment))
    }

    /// Uses another HTTP stack.
    pub fn over(connector: SharedHttpConnector, environment: &AwsEnvironment) -> Self {
        let shared = connector.clone();
        let credentials = SharedCredentialsProvider::new(environment.credentials.clone());
        let mut config = SdkConfig::builder()
            // Pinned, so that a new SDK version does not change timeouts or retries.
            .behavior_version(BehaviorVersion::v2026_01_12())
            .http_client(http_client_fn(move |_, _| shared.clone()))
            .region(aws_types::region::Region::new(
                environment.region.as_str().to_owned(),
            ))
            .credentials_provider(credentials.clone())
            // Lambda's credentials don't change during the lifetime of the process.
            .identity_cache(IdentityCache::no_cache())
            .retry_config(retries())
            .timeout_config(time_outs())
            // This protects long downloads. There are none, and every attempt has a timeout.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        config.set_endpoint_url(environment.endpoint_url.clone());
        Self {
            config: config.build(),
            connector,
            credentials,
            region: environment.region.clone(),
            endpoint_url: environment.endpoint_url.clone(),
        }
    }

    /// For programs that can wait longer than an API caller.
    #[must_use]
    pub fn with_operation_timeout(self, operation: Duration) -> Self {
        let time_outs = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .operation_timeout(operation);
        let config = self.config.into_builder();
        Self {
            config: config.timeout_config(time_outs.build()).build(),
            ..self
        }
    }

    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.config)
    }

    /// In the hub's own Region, whose endpoint is the nearest and always enabled.
    pub fn sts(&self) -> aws_sdk_sts::Client {
        aws_sdk_sts::Client::new(&self.config)
    }

    /// STS for many customers: when it throttles, all calls slow down together, and speed up again
    /// gradually. STS's limits apply to the hub's account and Region.
    pub fn sts_adaptive(&self) -> aws_sdk_sts::Client {
        let config = aws_sdk_sts::config::Builder::from(&self.config)
            .retry_config(retries().with_retry_mode(RetryMode::Adaptive));
        aws_sdk_sts::Client::from_conf(config.build())
    }

    pub fn iam(&self) -> aws_sdk_iam::Client {
        let config = aws_sdk_iam::config::Builder::from(&self.config);
        let config = config.retry_partition(own_retry_partition("customers-iam"));
        aws_sdk_iam::Client::from_conf(config.build())
    }

    pub fn cloudformation(&self) -> aws_sdk_cloudformation::Client {
        let config = aws_sdk_cloudformation::config::Builder::from(&self.config);
        let config = config.retry_partition(own_retry_partition("customers-cloudformation"));
        aws_sdk_cloudformation::Client::from_conf(config.build())
    }

    pub fn eventbridge(&self) -> aws_sdk_eventbridge::Client {
        aws_sdk_eventbridge::Client::new(&self.config)
    }

    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.config)
    }

    pub fn secretsmanager(&self) -> aws_sdk_secretsmanager::Client {
        aws_sdk_secretsmanager::Client::new(&self.config)
    }

    /// The shared HTTP stack, for requests without a client.
    pub fn connector(&self) -> SharedHttpConnector {
        self.connector.clone()
    }

    /// For requests that are signed without a client.
    pub fn credentials(&self) -> SharedCredentialsProvider {
        self.credentials.clone()
    }

    pub(crate) fn regional(&self) -> Regional {
        Regional::new(self.region.as_str(), self.endpoint_url.as_deref())
    }

    /// Opens this many connections per endpoint concurrently, so that the first event can use them.
    /// Errors are ignored, because they recur and are reported when the connection is used.
    pub async fn open_connections(&self, wanted: &[(Endpoint, usize)]) {
        let one_by_one = |(endpoint, count): &(Endpoint, usize)| {
            let url = self.url(*endpoint);
            std::iter::repeat_n(url, *count).flatten()
        };
        let opening = wanted.iter().flat_map(one_by_one);
        join_all(opening.map(|url| open(self.connector(), url))).await;
    }

    /// `None` if the endpoint can't be warmed up like the others.
    fn url(&self, endpoint: Endpoint) -> Option<String> {
        if let Some(url) = &self.endpoint_url {
            return Some(url.clone());
        }
        let suffix = self.region.partition().dns_suffix();
        let regional = |service| Some(format!("https://{service}.{}.{suffix}/", self.region));
        match endpoint {
            Endpoint::DynamoDb => regional("dynamodb"),
            Endpoint::Sts => regional("sts"),
            // Nearly all customers' stacks are in the hub's own Region.
            Endpoint::CloudFormation => regional("cloudformation"),
            // IAM has one endpoint per partition, with a different name in each of the others.
            Endpoint::Iam => (self.region.partition() == Partition::Aws)
                .then(|| format!("https://iam.{suffix}/")),
        }
    }
}

/// Runs work before the first event, with a time limit. Failures are ignored.
pub async fn ahead_of_time<T>(work: impl Future<Output = T>) {
    let _ = tokio::time::timeout(WARM_UP, work).await;
}

/// An unsigned GET, which all these endpoints answer immediately without requiring permissions.
async fn open(connector: SharedHttpConnector, url: String) {
    let exchange = async {
        let request = HttpRequest::get(url).ok()?;
        let response = connector.call(request).await.ok()?;
        // The body must be read completely before the connection can be reused.
        ByteStream::new(response.into_body()).collect().await.ok()
    };
    ahead_of_time(exchange).await;
}

fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(FIRST_BACKOFF)
        .with_max_backoff(LONGEST_BACKOFF)
}

/// These services throttle each AWS account separately. The SDK would count all retries of a client
/// together, so that throttling by some customers would stop retries for all.
fn own_retry_partition(name: &'static str) -> RetryPartition {
    RetryPartition::custom(name)
        .token_bucket(TokenBucket::unlimited())
        .build()
}

fn time_outs() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(OPERATION)
        .build()
}
