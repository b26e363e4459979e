//! CloudFormation stacks: creates, updates, reads and deletes them, and reports why one failed.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::operation::create_stack::builders::CreateStackFluentBuilder;
use aws_sdk_cloudformation::types::{Capability, Parameter, Stack, StackEvent};

use crate::aws::refusal;

const POLL: Duration = Duration::from_millis(100);

/// The state of a stack.
#[derive(Debug, Clone)]
pub struct StackState {
    pub stack_id: String,
    pub name: String,
    pub status: String,
    pub outputs: BTreeMap<String, String>,
    pub parameters: BTreeMap<String, String>,
}

impl StackState {
    pub fn output(&self, key: &str) -> Result<&str> {
        self.outputs
            .get(key)
            .map(String::as_str)
            .with_context(|| format!("stack {} has no output {key}", self.name))
    }

    pub fn is_settled(&self) -> bool {
        !self.status.ends_with("_IN_PROGRESS")
    }

    pub fn is_complete(&self) -> bool {
        matches!(self.status.as_str(), "CREATE_COMPLETE" | "UPDATE_COMPLETE")
    }
}

/// An event of a stack.
#[derive(Debug, Clone)]
pub struct StackEventLine {
    pub logical_id: String,
    pub resource_type: String,
    pub status: String,
    pub reason: String,
}

/// The stacks of one account.
#[derive(Debug, Clone)]
pub struct Stacks {
    client: Client,
}

impl Stacks {
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// Starts creating a stack. Returns its id.
    pub async fn create(
        &self,
        name: &str,
        template: &str,
        parameters: &BTreeMap<String, String>,
        capabilities: &[Capability],
    ) -> Result<String> {
        let request = self.client.create_stack().template_body(template);
        start(request, name, parameters, capabilities).await
    }

    /// Creates a stack and waits until it is complete.
    pub async fn deploy(
        &self,
        name: &str,
        template: &str,
        parameters: &BTreeMap<String, String>,
        capabilities: &[Capability],
    ) -> Result<StackState> {
        let id = self
            .create(name, template, parameters, capabilities)
            .await?;
        self.succeeded(name, &id).await
    }

    /// The same for a template in a bucket of the account, which can be larger than a request.
    pub async fn deploy_uploaded(
        &self,
        name: &str,
        template_url: &str,
        parameters: &BTreeMap<String, String>,
        capabilities: &[Capability],
    ) -> Result<StackState> {
        let request = self.client.create_stack().template_url(template_url);
        let id = start(request, name, parameters, capabilities).await?;
        self.succeeded(name, &id).await
    }

    async fn succeeded(&self, name: &str, id: &str) -> Result<StackState> {
        let state = self.settled(id, Duration::from_secs(120)).await?;
        if !state.is_complete() {
            bail!(
                "stack {name} ended as {}:\n{}",
                state.status,
                self.failures(id).await?
            );
        }
        Ok(state)
    }

    /// Updates a stack's template and parameters.
    pub async fn update(
        &self,
        stack: &str,
        template: &str,
        parameters: &BTreeMap<String, String>,
        capabilities: &[Capability],
    ) -> Result<()> {
        self.client
            .update_stack()
            .stack_name(stack)
            .template_body(template)
            .set_parameters(Some(as_parameters(parameters)))
            .set_capabilities(Some(capabilities.to_vec()))
            .send()
            .await
            .map_err(|e| refusal(&e))
            .with_context(|| format!("can't update stack {stack}"))?;
        Ok(())
    }

    pub async fn delete(&self, stack: &str) -> Result<()> {
        self.client
            .delete_stack()
            .stack_name(stack)
            .send()
            .await
            .map_err(|e| refusal(&e))
            .with_context(|| format!("can't delete stack {stack}"))?;
        Ok(())
    }

    /// A deleted stack can be described only by its id (ARN).
    pub async fn describe(&self, stack: &str) -> Result<StackState> {
        let answer = self
            .client
            .describe_stacks()
            .stack_name(stack)
            .send()
            .await
            .map_err(|e| refusal(&e))
            .with_context(|| format!("can't describe stack {stack}"))?;
        let found = answer.stacks().first();
        found
            .map(state)
            .with_context(|| format!("no stack {stack}"))
    }

    /// Waits until no operation is in progress.
    pub async fn settled(&self, stack: &str, limit: Duration) -> Result<StackState> {
        let deadline = Instant::now() + limit;
        loop {
            let now = self.describe(stack).await?;
            if now.is_settled() {
                return Ok(now);
            }
            if Instant::now() > deadline {
                bail!("stack {} is still {} after {limit:?}", now.name, now.status);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// The stack's events, oldest first.
    pub async fn events(&self, stack: &str) -> Result<Vec<StackEventLine>> {
        let request = self.client.describe_stack_events().stack_name(stack);
        let mut all = request.into_paginator().items().send();
        let mut events = Vec::new();
        while let Some(event) = all.next().await {
            let event = event.map_err(|e| refusal(&e));
            let event = event.with_context(|| format!("can't read the events of stack {stack}"))?;
            events.push(event_line(&event));
        }
        events.reverse();
        Ok(events)
    }

    async fn failures(&self, stack: &str) -> Result<String> {
        let events = self.events(stack).await?;
        let lines = events
            .iter()
            .filter(|event| event.status.ends_with("_FAILED"))
            .map(|event| {
                format!(
                    "  {} ({}) {}: {}",
                    event.logical_id, event.resource_type, event.status, event.reason
                )
            });
        Ok(lines.collect::<Vec<_>>().join("\n"))
    }
}

/// Starts creating a stack. Returns its id.
async fn start(
    request: CreateStackFluentBuilder,
    name: &str,
    parameters: &BTreeMap<String, String>,
    capabilities: &[Capability],
) -> Result<String> {
    let created = request
        .stack_name(name)
        .set_parameters(Some(as_parameters(parameters)))
        .set_capabilities(Some(capabilities.to_vec()))
        .send()
        .await
        .map_err(|e| refusal(&e))
        .with_context(|| format!("can't create stack {name}"))?;
    created
        .stack_id()
        .map(str::to_owned)
        .with_context(|| format!("stack {name} got no id"))
}

fn as_parameters(values: &BTreeMap<String, String>) -> Vec<Parameter> {
    values
        .iter()
        .map(|(key, value)| {
            Parameter::builder()
                .parameter_key(key)
                .parameter_value(value)
                .build()
        })
        .collect()
}

fn state(stack: &Stack) -> StackState {
    let outputs = stack.outputs().iter();
    let parameters = stack.parameters().iter();
    StackState {
        stack_id: stack.stack_id().unwrap_or_default().to_owned(),
        name: stack.stack_name().unwrap_or_default().to_owned(),
        status: stack
            .stack_status()
            .map_or_else(String::new, |status| status.as_str().to_owned()),
        outputs: outputs
            .filter_map(|o| Some((o.output_key()?.to_owned(), o.output_value()?.to_owned())))
            .collect(),
        parameters: parameters
            .filter_map(|p| {
                Some((
                    p.parameter_key()?.to_owned(),
                    p.parameter_value()?.to_owned(),
                ))
            })
            .collect(),
    }
}

fn event_line(event: &StackEvent) -> StackEventLine {
    StackEventLine {
        logical_id: event.logical_resource_id().unwrap_or_default().to_owned(),
        resource_type: event.resource_type().unwrap_or_default().to_owned(),
        status: event
            .resource_status()
            .map_or_else(String::new, |status| status.as_str().to_owned()),
        reason: event
            .resource_status_reason()
            .unwrap_or_default()
            .to_owned(),
    }
}
