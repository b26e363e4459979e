//! The SDK's clients: the one place where it is decided how fast they start and when they give up.
//!
//! What makes the difference, and is therefore kept here:
//! - TLS by ring: AWS-LC would gather jitter entropy at the first handshake, about 46 ms of CPU.
//! - Amazon's roots first ([`crate::tls`]): the system's store is most of what a start would do.
//! - one connector for all clients and for CloudFormation's response URL: an SDK client that makes
//!   its own parses all root certificates again.
//! - the configuration by hand from Lambda's own environment: `aws-config` would look for profiles,
//!   SSO and instance metadata that no function has.
//! - clients only for what a function uses, made before its first event: at a small memory size the
//!   first event gets a fraction of the CPU that the start gets.
//! - connections opened before the first event where somebody waits for it, as many as it uses at
//!   once: a handshake is a quarter of a millisecond of CPU, and takes seven times that at 256 MB.

use crate::config::AwsEnvironment;
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

/// No call that is made here takes longer than a second when AWS is well. Five leave room for a
/// slow minute, and for two attempts within the operation's time.
const ATTEMPT: Duration = Duration::from_secs(5);

/// All attempts of one call: less than the 20 s that a person waits for an answer at most.
const OPERATION: Duration = Duration::from_secs(12);

/// The SDK's standard: what is broken for longer than two retries is reported, not waited for.
const ATTEMPTS: u32 = 3;

/// The SDK would wait up to a second before the first retry. AWS's throttles refill by the second,
/// so a fifth of one spreads callers well enough, and nobody's registration waits for it.
const FIRST_BACKOFF: Duration = Duration::from_millis(200);
const LONGEST_BACKOFF: Duration = Duration::from_secs(2);

/// What is done ahead of time must not make a start slower than doing without.
const WARM_UP: Duration = Duration::from_secs(2);

/// What all clients of a process share. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Aws {
    config: SdkConfig,
    connector: SharedHttpConnector,
    region: Region,
    endpoint_url: Option<String>,
}

/// An endpoint whose connections are worth opening before the first event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    DynamoDb,
    Sts,
    Iam,
    CloudFormation,
}

/// What a verification and its record use side by side, and so at least once each.
pub const VERIFYING: &[(Endpoint, usize)] = &[
    (Endpoint::DynamoDb, 2),
    (Endpoint::Sts, 2),
    (Endpoint::Iam, 5),
    (Endpoint::CloudFormation, 2),
];

impl Aws {
    /// # Errors
    /// When the SDK refuses the configuration.
    pub fn new(environment: &AwsEnvironment) -> Result<Self, HttpClientError> {
        Ok(Self::over(tls::connector(&environment.roots)?, environment))
    }

    /// Over another HTTP stack.
    pub fn over(connector: SharedHttpConnector, environment: &AwsEnvironment) -> Self {
        let shared = connector.clone();
        let mut config = SdkConfig::builder()
            // Pinned: a new version of the SDK changes no time-out or retry behind our back.
            .behavior_version(BehaviorVersion::v2026_01_12())
            .http_client(http_client_fn(move |_, _| shared.clone()))
            .region(aws_types::region::Region::new(
                environment.region.as_str().to_owned(),
            ))
            .credentials_provider(SharedCredentialsProvider::new(
                environment.credentials.clone(),
            ))
            // Lambda's credentials stay the same for as long as the process lives.
            .identity_cache(IdentityCache::no_cache())
            .retry_config(retries())
            .timeout_config(time_outs())
            // It watches long downloads. There are none, and an attempt has its time-out.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        config.set_endpoint_url(environment.endpoint_url.clone());
        Self {
            config: config.build(),
            connector,
            region: environment.region.clone(),
            endpoint_url: environment.endpoint_url.clone(),
        }
    }

    /// For a program that can wait longer than a caller of the API does.
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

    /// In the hub's own Region: its endpoint is the nearest, and always enabled.
    pub fn sts(&self) -> aws_sdk_sts::Client {
        aws_sdk_sts::Client::new(&self.config)
    }

    /// STS for as many customers as there are: when it throttles, all calls slow down together, and
    /// speed up again by and by. Its limits are the hub's own, in its Region.
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

    /// The one HTTP stack, for what is no AWS API.
    pub fn connector(&self) -> SharedHttpConnector {
        self.connector.clone()
    }

    /// Opens connections side by side, so that the first event finds them: so many of each. Only a
    /// matter of speed: what goes wrong here goes wrong again, and is told, where it matters.
    pub async fn open_connections(&self, wanted: &[(Endpoint, usize)]) {
        let one_by_one = |(endpoint, count): &(Endpoint, usize)| {
            let url = self.url(*endpoint);
            std::iter::repeat_n(url, *count).flatten()
        };
        let opening = wanted.iter().flat_map(one_by_one);
        join_all(opening.map(|url| open(self.connector(), url))).await;
    }

    /// None where an endpoint is not called as the others are.
    fn url(&self, endpoint: Endpoint) -> Option<String> {
        if let Some(url) = &self.endpoint_url {
            return Some(url.clone());
        }
        let suffix = self.region.partition().dns_suffix();
        let regional = |service| Some(format!("https://{service}.{}.{suffix}/", self.region));
        match endpoint {
            Endpoint::DynamoDb => regional("dynamodb"),
            Endpoint::Sts => regional("sts"),
            // Nearly all customers' stacks lie in the hub's own Region.
            Endpoint::CloudFormation => regional("cloudformation"),
            // One for the whole partition, with a name of its own in each of the others.
            Endpoint::Iam => (self.region.partition() == Partition::Aws)
                .then(|| format!("https://iam.{suffix}/")),
        }
    }
}

/// Work ahead of the first event, for no longer than it may take. It may fail.
pub async fn ahead_of_time<T>(work: impl Future<Output = T>) {
    let _ = tokio::time::timeout(WARM_UP, work).await;
}

/// An unsigned GET: all these endpoints answer it at once, and ask for no permission.
async fn open(connector: SharedHttpConnector, url: String) {
    let exchange = async {
        let request = HttpRequest::get(url).ok()?;
        let response = connector.call(request).await.ok()?;
        // Read to its end, or the connection could not be used again.
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

/// These services throttle each AWS account by itself. The SDK would count all retries of a client
/// together, and after some customers' throttles give up on everybody's first failure.
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
