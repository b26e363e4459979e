//! AWS accounts in the emulator.

use anyhow::anyhow;
use aws_credential_types::Credentials;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use rolecall_admin::aws::Account;
use rolecall_admin::s3::Bucket;
use rolecall_admin::signed::Signer;

/// The Region of the local hub.
pub const LOCAL_REGION: &str = "us-east-1";

/// The root user of an emulated account. In the emulator, the access key id is the account id.
pub fn root_user(account_id: &str, region: &str, endpoint_url: &str) -> Account {
    let credentials = Credentials::from_keys(account_id, "local", None);
    Account::new(credentials, region, Some(endpoint_url))
}

/// Creates a bucket, as CloudFormation does on AWS.
///
/// # Errors
/// When the emulator rejects the request.
pub async fn create_bucket(signer: &Signer, name: &str) -> anyhow::Result<Bucket> {
    let request = http::Request::put(signer.bucket_base(name)).body(Vec::new())?;
    let answer = signer.send("s3", request).await?;
    anyhow::ensure!(
        answer.is_success(),
        "bucket {name}: {} {}",
        answer.status,
        answer.text()
    );
    Ok(Bucket::new(signer, name))
}

/// AWS's error code and message. The SDK's own text would contain the whole response.
pub(crate) fn refusal<E>(error: &E) -> anyhow::Error
where
    E: ProvideErrorMetadata + std::error::Error,
{
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => anyhow!("{code}: {message}"),
        _ => anyhow!("{}", DisplayErrorContext(error)),
    }
}
