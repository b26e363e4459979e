//! The clients of one AWS account.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Builder;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_types::SdkConfig;
use aws_types::region::Region;
use rolecall_aws::config::process_environment;
use rolecall_client::http::{Http, tls_provider};

use crate::args::HubArgs;
use crate::credentials::{Found, run_aws_cli};
use crate::error::AdminError;
use crate::signed::Signer;

/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct Account {
    config: SdkConfig,
    signer: Signer,
}

impl Account {
    /// The account of the operator's credentials.
    ///
    /// # Errors
    /// Without a Region or credentials.
    pub fn of_operator(hub: &HubArgs) -> Result<Self, AdminError> {
        let found = Found::by(hub, &process_environment, &mut run_aws_cli)?;
        let endpoint = found.endpoint_url.as_deref();
        Ok(Self::new(found.credentials, &found.region, endpoint))
    }

    /// An account with known credentials.
    pub fn new(credentials: Credentials, region: &str, endpoint: Option<&str>) -> Self {
        let signer = Signer::new(Http::new(), credentials.clone(), region, endpoint);
        let mut config = SdkConfig::builder()
            // Pinned, so that a new SDK version can't change timeouts or retries unnoticed.
            .behavior_version(BehaviorVersion::v2026_01_12())
            .http_client(Builder::new().tls_provider(tls_provider()).build_https())
            .region(Region::new(region.to_owned()))
            .credentials_provider(SharedCredentialsProvider::new(credentials));
        config.set_endpoint_url(endpoint.map(str::to_owned));
        Self {
            config: config.build(),
            signer,
        }
    }

    pub fn region(&self) -> &str {
        self.config.region().map_or("", AsRef::as_ref)
    }

    pub fn cloudformation(&self) -> aws_sdk_cloudformation::Client {
        aws_sdk_cloudformation::Client::new(&self.config)
    }

    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.config)
    }

    pub fn eventbridge(&self) -> aws_sdk_eventbridge::Client {
        aws_sdk_eventbridge::Client::new(&self.config)
    }

    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.config)
    }

    pub fn sts(&self) -> aws_sdk_sts::Client {
        aws_sdk_sts::Client::new(&self.config)
    }

    /// For calls without an SDK crate.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }
}
