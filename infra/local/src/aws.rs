//! SDK clients for one account of the emulator, or for the operator's own on AWS.

use anyhow::{Context, Result, anyhow};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::SdkConfig;
use aws_types::region::Region;

use crate::http::{Http, tls_provider};
use crate::signed::Signer;

/// The Region that the local hub lives in.
pub const LOCAL_REGION: &str = "us-east-1";

/// One account's way into AWS (or the emulator). Cheap to clone.
#[derive(Debug, Clone)]
pub struct Account {
    config: SdkConfig,
    signer: Signer,
}

impl Account {
    /// An account of the emulator: there, an access key id of twelve digits
    /// is that account's root user.
    pub fn local(account_id: &str, region: &str, endpoint_url: &str) -> Self {
        let credentials = Credentials::from_keys(account_id, "local", None);
        Self::new(credentials, region, Some(endpoint_url))
    }

    /// Whoever the environment's credentials belong to.
    pub fn from_env(region: Option<&str>) -> Result<Self> {
        let var = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let required = |name: &str| {
            var(name).with_context(|| {
                format!(
                    "{name} is not set; `aws configure export-credentials --format env` prints it"
                )
            })
        };
        let credentials = Credentials::from_keys(
            required("AWS_ACCESS_KEY_ID")?,
            required("AWS_SECRET_ACCESS_KEY")?,
            var("AWS_SESSION_TOKEN"),
        );
        let region = region
            .map(str::to_owned)
            .or_else(|| var("AWS_REGION"))
            .or_else(|| var("AWS_DEFAULT_REGION"))
            .context("no Region: give --region or set AWS_REGION")?;
        let endpoint = var("AWS_ENDPOINT_URL");
        Ok(Self::new(credentials, &region, endpoint.as_deref()))
    }

    fn new(credentials: Credentials, region: &str, endpoint: Option<&str>) -> Self {
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .http_client(
                aws_smithy_http_client::Builder::new()
                    .tls_provider(tls_provider())
                    .build_https(),
            )
            .region(Region::new(region.to_owned()))
            .credentials_provider(SharedCredentialsProvider::new(credentials.clone()));
        config.set_endpoint_url(endpoint.map(str::to_owned));
        Self {
            config: config.build(),
            signer: Signer::new(Http::new(), credentials, region, endpoint),
        }
    }

    pub fn cloudformation(&self) -> aws_sdk_cloudformation::Client {
        aws_sdk_cloudformation::Client::new(&self.config)
    }

    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.config)
    }

    /// For the calls without an SDK crate.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }
}

/// What AWS said; the SDK's own text buries it under the whole answer.
pub(crate) fn refusal<E>(error: &E) -> anyhow::Error
where
    E: ProvideErrorMetadata + std::error::Error,
{
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => anyhow!("{code}: {message}"),
        _ => anyhow!("{}", DisplayErrorContext(error)),
    }
}
