//! `publish-template`: uploads the rendered template and makes the hub use it.

use std::path::Path;

use rolecall_aws::host::SystemHost;
use rolecall_aws::table::{Publication, Table};
use rolecall_domain::iam::{PolicyDocument, identity_policy};
use rolecall_domain::link::template::PublishedTemplate;
use rolecall_domain::ports::Clock;
use rolecall_domain::text::legible::without_mark;
use serde_json::Value;
use similar::TextDiff;

use crate::args::PublishArgs;
use crate::aws::Account;
use crate::error::AdminError;
use crate::exit::Exit;
use crate::hub_stack::HubStack;
use crate::s3::Bucket;
use crate::template::{BUILT_IN, HubFacts, Rendered, Source, operator_policy_of, render};

/// A published template.
#[derive(Debug, Clone)]
pub struct Published {
    pub url: String,
    pub version: String,
    pub sha256: String,
    /// `false` if links pointed to this template before.
    pub changed: bool,
}

/// Runs the command.
///
/// # Errors
/// When a file, the hub's stack or a call to AWS fails.
pub async fn run(arguments: &PublishArgs) -> Result<Exit, AdminError> {
    let policy = arguments.operator_policy.as_deref();
    let policy = policy.map(read_policy).transpose()?;
    let account = Account::of_operator(&arguments.hub)?;
    let hub = HubStack::read(&account, &arguments.hub.stack_name).await?;
    let policy = match policy {
        None if !arguments.no_operator_policy => published_policy(&account, &hub).await?,
        chosen => chosen,
    };
    let mut prepared = Prepared::new(&account, &hub, BUILT_IN, policy)?;
    prepared.drop_oldest_policy = arguments.drop_oldest_policy;
    if let Some(path) = &arguments.out {
        let written = std::fs::write(path, &prepared.rendered.text);
        written.map_err(|source| AdminError::Unwritable {
            path: path.display().to_string(),
            source,
        })?;
    }
    if arguments.dry_run {
        print!("{}", prepared.difference().await?);
        return Ok(Exit::Success);
    }
    let published = prepared.publish().await?;
    let state = match published.changed {
        true => "published",
        false => "unchanged",
    };
    let (version, sha256) = (&published.version, &published.sha256);
    println!("{state}: version {version} sha256 {sha256}");
    println!("{}", published.url);
    if hub.parameters.get("DeletionProtection").map(String::as_str) == Some("false") {
        eprintln!(
            "note: The hub's table and user pool are not protected from deletion. Deploy the stack \
             with DeletionProtection=true."
        );
    }
    Ok(Exit::Success)
}

/// A template that is rendered for a hub, with its destination.
#[derive(Debug)]
pub struct Prepared {
    pub rendered: Rendered,
    /// Makes room for another policy of a version that has as many as the hub keeps.
    pub drop_oldest_policy: bool,
    self_inspection: String,
    operator_policy: String,
    table: Table,
    bucket: Bucket,
    base_url: String,
}

impl Prepared {
    /// # Errors
    /// When the stack is not a hub, or the template can't be rendered.
    pub fn new(
        account: &Account,
        hub: &HubStack,
        source: Source<'_>,
        operator_policy: Option<Value>,
    ) -> Result<Self, AdminError> {
        let facts = HubFacts::from_outputs(hub, operator_policy)?;
        if let Some(policy) = &facts.operator_policy {
            let mistakes = identity_policy::mistakes(policy, facts.partition);
            if !mistakes.is_empty() {
                return Err(AdminError::PolicyRejected(mistakes));
            }
        }
        let policy = facts.operator_policy.as_ref().map(Value::to_string);
        let self_inspection = policy_document("self-inspection.json", source.self_inspection)?;
        Ok(Self {
            rendered: render(source.template, &facts).map_err(AdminError::NotRenderable)?,
            self_inspection: self_inspection.to_string(),
            drop_oldest_policy: false,
            operator_policy: policy.unwrap_or_default(),
            table: Table::new(account.dynamodb(), hub.output("TableName")?),
            bucket: Bucket::new(account.signer(), hub.output("OnboardingBucket")?),
            base_url: hub.output("OnboardingBucketUrl")?.to_owned(),
        })
    }

    fn url(&self) -> String {
        let base = self.base_url.trim_end_matches('/');
        format!("{base}/{}", self.rendered.key())
    }

    /// Uploads the template under an immutable key, and makes the hub use it.
    ///
    /// # Errors
    /// When AWS rejects a request, or another publication conflicts.
    pub async fn publish(&self) -> Result<Published, AdminError> {
        let rendered = &self.rendered;
        let former_url = self.table.template_url().await?;
        let body = rendered.text.clone().into_bytes();
        let key = rendered.key();
        self.bucket.put_once(&key, body, "application/yaml").await?;
        let published = PublishedTemplate {
            version: rendered.version.clone(),
            url: self.url(),
        };
        let publication = Publication {
            version: &published.version,
            self_inspection: &self.self_inspection,
            operator_policy: &self.operator_policy,
            drop_oldest: self.drop_oldest_policy,
        };
        self.table.record_publication(&publication).await?;
        // Must come last, so that the hub never offers a link to a missing template.
        let (sha256, now) = (&rendered.sha256, SystemHost.now());
        let pointed = self
            .table
            .point_at_template(&published, sha256, now, former_url.as_deref());
        pointed.await?;
        Ok(Published {
            changed: former_url.is_none_or(|former| former != published.url),
            url: published.url,
            version: published.version.into(),
            sha256: rendered.sha256.clone(),
        })
    }

    /// The difference from the published template, as text.
    ///
    /// # Errors
    /// When the published template can't be read.
    pub async fn difference(&self) -> Result<String, AdminError> {
        let url = self.table.template_url().await?;
        let Some(url) = url else {
            return Ok("No template has been published yet.\n".to_owned());
        };
        let published = self.bucket.get(&url).await?;
        if published == self.rendered.text {
            return Ok(format!("The template does not differ from {url}\n"));
        }
        let difference = TextDiff::from_lines(published.as_str(), &self.rendered.text);
        let mut lines = difference.unified_diff();
        Ok(lines.header(&url, &self.url()).to_string())
    }
}

/// The operator's policy in the template that links point to. It is part of what customers agreed to, so
/// publishing again, for example for another Region, must not remove it.
async fn published_policy(account: &Account, hub: &HubStack) -> Result<Option<Value>, AdminError> {
    let table = Table::new(account.dynamodb(), hub.output("TableName")?);
    let Some(url) = table.template_url().await? else {
        return Ok(None);
    };
    let bucket = Bucket::new(account.signer(), hub.output("OnboardingBucket")?);
    let template = bucket.get(&url).await?;
    let policy = operator_policy_of(&template);
    let policy = policy.map_err(|source| AdminError::PublishedPolicyUnknown { url, source })?;
    if policy.is_some() {
        eprintln!(
            "note: Using the operator policy of the published template. To remove it, pass \
             --no-operator-policy."
        );
    }
    Ok(policy)
}

fn read_policy(path: &Path) -> Result<Value, AdminError> {
    let text = std::fs::read_to_string(path).map_err(|source| AdminError::Unreadable {
        path: path.display().to_string(),
        source,
    })?;
    policy_document(&path.display().to_string(), &text)
}

fn policy_document(path: &str, text: &str) -> Result<Value, AdminError> {
    let text = without_mark(text);
    let invalid = |source: Box<dyn std::error::Error + Send + Sync>| AdminError::PolicyInvalid {
        path: path.to_owned(),
        source,
    };
    PolicyDocument::parse(text).map_err(|error| invalid(error.into()))?;
    serde_json::from_str(text).map_err(|error| invalid(error.into()))
}
