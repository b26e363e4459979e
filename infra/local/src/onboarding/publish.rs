//! Uploads the rendered template and tells the hub where it is.

use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_types::date_time::{DateTime, Format};
use rolecall_domain::aws::StackId;
use rolecall_domain::policy::PolicyDocument;

use super::permissions::{self, Permissions};
use super::render::{HubFacts, Rendered, render};
use crate::aws::{Account, refusal};
use crate::s3::{Bucket, PutOnce};
use crate::stacks::StackState;

/// A published template.
#[derive(Debug, Clone)]
pub struct Published {
    pub url: String,
    pub version: String,
    pub sha256: String,
    /// False when the very same content had been uploaded before.
    pub uploaded: bool,
}

impl HubFacts {
    /// From the hub stack's outputs.
    pub fn from_outputs(hub: &StackState, operator_policy: Option<&Path>) -> Result<Self> {
        let list = |key: &str| -> Result<Vec<String>> {
            let items = hub.output(key)?.split(',').map(str::trim);
            Ok(items
                .filter(|item| !item.is_empty())
                .map(str::to_owned)
                .collect())
        };
        Ok(Self {
            account_id: hub.output("HubAccountId")?.to_owned(),
            partition: StackId::parse(&hub.stack_id)?.partition(),
            served_regions: list("ServedRegions")?,
            trusted_principals: list("TrustedPrincipals")?,
            service_token: hub.output("ServiceToken")?.to_owned(),
            operator_policy: operator_policy.map(read_policy).transpose()?,
        })
    }
}

/// Renders, uploads under an immutable key, and points the hub at it.
pub async fn publish(
    account: &Account,
    hub: &StackState,
    template: &Path,
    operator_policy: Option<&Path>,
) -> Result<Published> {
    let source = std::fs::read_to_string(template)
        .with_context(|| format!("can't read {}", template.display()))?;
    let facts = HubFacts::from_outputs(hub, operator_policy)?;
    let rendered =
        render(&source, &facts).with_context(|| format!("can't render {}", template.display()))?;
    let bucket = Bucket::new(account.signer(), hub.output("OnboardingBucket")?);
    let key = rendered.key();
    let written = bucket
        .put_once(&key, rendered.text.clone().into_bytes(), "application/yaml")
        .await?;
    let published = Published {
        url: format!(
            "{}/{key}",
            hub.output("OnboardingBucketUrl")?.trim_end_matches('/')
        ),
        uploaded: written == PutOnce::Written,
        version: rendered.version.clone(),
        sha256: rendered.sha256.clone(),
    };
    permissions::record(
        account,
        hub.output("TableName")?,
        &Permissions {
            version: rendered.version.clone(),
            self_inspection: self_inspection(template)?.to_string(),
            operator_policy: facts
                .operator_policy
                .map_or_else(String::new, |policy| policy.to_string()),
        },
    )
    .await?;
    // Only now: the hub must never hand out a link to something that is not there.
    point_hub_at(account, hub.output("TableName")?, &published.url, &rendered).await?;
    Ok(published)
}

async fn point_hub_at(
    account: &Account,
    table: &str,
    url: &str,
    rendered: &Rendered,
) -> Result<()> {
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let now = DateTime::from(SystemTime::now()).fmt(Format::DateTime)?;
    account
        .dynamodb()
        .put_item()
        .table_name(table)
        .item("pk", text("HUB"))
        .item("sk", text("TEMPLATE"))
        .item("kind", text("template"))
        .item("version", text(&rendered.version))
        .item("url", text(url))
        .item("sha256", text(&rendered.sha256))
        .item("published_at", text(&now))
        .send()
        .await
        .map_err(|e| refusal(&e))
        .with_context(|| format!("can't record the template in table {table}"))?;
    Ok(())
}

/// The policy with which a role reads its own stack and itself: the template's own, in JSON.
fn self_inspection(template: &Path) -> Result<serde_json::Value> {
    read_policy(&template.with_file_name("self-inspection.json"))
}

fn read_policy(path: &Path) -> Result<serde_json::Value> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))?;
    PolicyDocument::parse(&text)
        .with_context(|| format!("{} is not an IAM policy", path.display()))?;
    Ok(serde_json::from_str(&text)?)
}
