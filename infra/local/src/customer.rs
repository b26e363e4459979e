//! A customer with only an AWS account and a browser. Everything here uses only the contents of the
//! hub's link.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use aws_sdk_cloudformation::types::Capability;

use rolecall_admin::aws::Account;

use crate::aws::{LOCAL_REGION, root_user};
use crate::stacks::{StackEventLine, StackState, Stacks};
use rolecall_client::QuickCreateLink;
use rolecall_client::http::Http;

/// Time limit for a stack operation.
const STACK_LIMIT: Duration = Duration::from_secs(60);
/// The capability that the customer acknowledges on the quick-create page.
const ACKNOWLEDGED: [Capability; 1] = [Capability::CapabilityIam];

/// The template as in a Region that the hub does not serve.
///
/// # Errors
/// When the template serves no Region.
pub fn unserved(template: &str) -> Result<String> {
    let served = format!("[!Ref AWS::Region, {LOCAL_REGION}]");
    ensure!(template.contains(&served), "no Region is served");
    Ok(template.replace(&served, "[!Ref AWS::Region, never]"))
}

/// One customer's AWS account.
#[derive(Debug, Clone)]
pub struct Customer {
    account_id: String,
    endpoint_url: String,
    http: Http,
}

impl Customer {
    pub fn new(account_id: &str, endpoint_url: &str) -> Self {
        Self {
            account_id: account_id.to_owned(),
            endpoint_url: endpoint_url.to_owned(),
            http: Http::new(),
        }
    }

    pub fn account_id(&self) -> &str {
        &self.account_id
    }

    /// The account's root user in a Region.
    pub fn account(&self, region: &str) -> Account {
        root_user(&self.account_id, region, &self.endpoint_url)
    }

    /// The account's stacks in a Region.
    pub fn stacks_in(&self, region: &str) -> Stacks {
        Stacks::new(self.account(region).cloudformation())
    }

    /// The account's stacks in the Region that a stack id names.
    fn stacks_of(&self, stack_id: &str) -> Stacks {
        self.stacks_in(stack_id.split(':').nth(3).unwrap_or(LOCAL_REGION))
    }

    /// Creates the stack of the link. Returns the stack's id.
    pub async fn create(&self, link: &QuickCreateLink) -> Result<String> {
        let template = self.fetch_template(&link.template_url).await?;
        self.create_from(link, &template).await
    }

    /// The same with an edited template.
    pub async fn create_from(&self, link: &QuickCreateLink, template: &str) -> Result<String> {
        self.stacks_in(&link.region)
            .create(&link.stack_name, template, &link.parameters, &ACKNOWLEDGED)
            .await
    }

    /// The same as in a Region that the hub does not serve, where the template omits the callback.
    pub async fn create_unserved(&self, link: &QuickCreateLink) -> Result<String> {
        let template = unserved(&self.fetch_template(&link.template_url).await?)?;
        self.create_from(link, &template).await
    }

    /// Changes parameters of a stack that was created from a link.
    pub async fn update(
        &self,
        stack_id: &str,
        template_url: &str,
        parameters: &BTreeMap<String, String>,
    ) -> Result<StackState> {
        let template = self.fetch_template(template_url).await?;
        self.update_from(stack_id, &template, parameters).await
    }

    /// The same as [`Customer::create_unserved`] for an existing stack.
    pub async fn update_unserved(
        &self,
        stack_id: &str,
        template_url: &str,
        parameters: &BTreeMap<String, String>,
    ) -> Result<StackState> {
        let template = unserved(&self.fetch_template(template_url).await?)?;
        self.update_from(stack_id, &template, parameters).await
    }

    /// The same with an edited template.
    pub async fn update_from(
        &self,
        stack_id: &str,
        template: &str,
        parameters: &BTreeMap<String, String>,
    ) -> Result<StackState> {
        self.stacks_of(stack_id)
            .update(stack_id, template, parameters, &ACKNOWLEDGED)
            .await?;
        self.settled(stack_id).await
    }

    /// Reads the template without credentials, as the console does.
    pub async fn fetch_template(&self, url: &str) -> Result<String> {
        let answer = self.http.get(url).await?;
        ensure!(answer.is_success(), "the template {url}: {}", answer.status);
        String::from_utf8(answer.body).context("the template is not text")
    }

    /// Waits until no operation is in progress.
    pub async fn settled(&self, stack_id: &str) -> Result<StackState> {
        self.stacks_of(stack_id)
            .settled(stack_id, STACK_LIMIT)
            .await
    }

    pub async fn describe(&self, stack_id: &str) -> Result<StackState> {
        self.stacks_of(stack_id).describe(stack_id).await
    }

    /// The stack's history, oldest first.
    pub async fn events(&self, stack_id: &str) -> Result<Vec<StackEventLine>> {
        self.stacks_of(stack_id).events(stack_id).await
    }

    /// Deletes the stack and waits until it is gone.
    pub async fn delete(&self, stack_id: &str) -> Result<StackState> {
        self.stacks_of(stack_id).delete(stack_id).await?;
        self.settled(stack_id).await
    }

    /// The reason of a failed resource, from the stack's events.
    pub async fn failure_reason(&self, stack_id: &str, logical_id: &str) -> Result<String> {
        let events = self.events(stack_id).await?;
        events
            .into_iter()
            .find(|event| event.logical_id == logical_id && event.status.ends_with("_FAILED"))
            .map(|event| event.reason)
            .with_context(|| format!("{logical_id} has not failed"))
    }
}
