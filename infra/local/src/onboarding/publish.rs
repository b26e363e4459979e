//! Uploads the rendered template and tells the hub where it is.

use std::path::Path;

use anyhow::{Context, Result};
use rolecall_aws::host::SystemHost;
use rolecall_aws::table::{Publication, Table};
use rolecall_domain::aws::StackId;
use rolecall_domain::iam::PolicyDocument;
use rolecall_domain::link::template::PublishedTemplate;
use rolecall_domain::ports::Clock;
use rolecall_domain::text::legible::without_mark;

use super::render::{HubFacts, render};
use crate::aws::Account;
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
    let table = Table::new(account.dynamodb(), hub.output("TableName")?);
    let former_url = table.template_url().await?;
    let bucket = Bucket::new(account.signer(), hub.output("OnboardingBucket")?);
    let key = rendered.key();
    let written = bucket
        .put_once(&key, rendered.text.clone().into_bytes(), "application/yaml")
        .await?;
    let base = hub.output("OnboardingBucketUrl")?.trim_end_matches('/');
    let published = PublishedTemplate {
        version: rendered.version,
        url: format!("{base}/{key}"),
    };
    let policy = facts.operator_policy.map(|policy| policy.to_string());
    let publication = Publication {
        version: &published.version,
        self_inspection: &self_inspection(template)?.to_string(),
        operator_policy: policy.as_deref().unwrap_or_default(),
    };
    table.record_publication(&publication).await?;
    // Only now: the hub must never hand out a link to something that is not there.
    let (sha256, now) = (&rendered.sha256, SystemHost.now());
    table
        .point_at_template(&published, sha256, now, former_url.as_deref())
        .await?;
    Ok(Published {
        url: published.url,
        uploaded: written == PutOnce::Written,
        version: published.version.into(),
        sha256: rendered.sha256,
    })
}

/// The policy with which a role reads its own stack and itself: the template's own, in JSON.
fn self_inspection(template: &Path) -> Result<serde_json::Value> {
    read_policy(&template.with_file_name("self-inspection.json"))
}

fn read_policy(path: &Path) -> Result<serde_json::Value> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))?;
    let text = without_mark(&text);
    PolicyDocument::parse(text)
        .with_context(|| format!("{} is not an IAM policy", path.display()))?;
    Ok(serde_json::from_str(text)?)
}
