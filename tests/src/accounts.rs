//! Connects an account, which is how most tests begin.

use anyhow::{Context, Result, ensure};
use http::Method;
use rolecall_client::{Account, Group, NewRegistration, OrphanedStack, Page, Registration};
use rolecall_local::customer::Customer;
use rolecall_local::stacks::StackState;
use serde_json::{Value, json};

use crate::world::World;

/// A Region where the hub has no topic, so that stacks there make no callback.
pub const UNSERVED_REGION: &str = "eu-west-1";

/// A connected account, with its customer, group, registration and stack.
#[derive(Debug, Clone)]
pub struct Connected {
    pub customer: Customer,
    pub group: Group,
    pub registration: Registration,
    pub stack: StackState,
    pub account: Account,
}

impl World {
    pub async fn register(&self, group: &Group) -> Result<Registration> {
        let input = NewRegistration::default();
        Ok(self.acme.register(&group.group_id, &input).await?)
    }

    /// Connects a new account through its stack's callback.
    pub async fn connect(&self) -> Result<Connected> {
        let (customer, group) = (self.customer(), self.group().await?);
        let registration = self.register(&group).await?;
        self.connect_by(&customer, group, &registration).await
    }

    /// Connects a customer's account with a given registration.
    pub async fn connect_by(
        &self,
        customer: &Customer,
        group: Group,
        registration: &Registration,
    ) -> Result<Connected> {
        let stack_id = customer.create(&registration.link()?).await?;
        let stack = customer.settled(&stack_id).await?;
        let id = &registration.registration_id;
        let registration = self.acme.registration(id).await?;
        ensure!(
            stack.is_complete(),
            "{}: {:?}",
            stack.status,
            registration.last_attempt
        );
        let account_id = registration.account_id.as_ref();
        let account_id = account_id.context("no account was recorded")?;
        Ok(Connected {
            customer: customer.clone(),
            account: self.acme.account(account_id).await?,
            group,
            registration,
            stack,
        })
    }

    /// Creates a stack that makes no callback, and returns it with the stack info line that it
    /// shows.
    pub async fn stack_without_callback(
        &self,
        customer: &Customer,
        registration: &Registration,
    ) -> Result<(StackState, String)> {
        let stack_id = customer.create_unserved(&registration.link()?).await?;
        let stack = customer.settled(&stack_id).await?;
        let line = stack.output("RolecallStackInfo")?.to_owned();
        Ok((stack, line))
    }

    /// All of acme's orphaned stacks with a status, from all pages.
    pub async fn orphans(&self, status: &str) -> Result<Vec<OrphanedStack>> {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/v1/orphaned-stacks?status={status}&limit=100{cursor}");
            let answer = self.acme.raw(Method::GET, &path, &[], Vec::new()).await?;
            let page: Page<OrphanedStack> = serde_json::from_slice(&answer.body)?;
            found.extend(page.items);
            match page.next_cursor {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(found),
            }
        }
    }

    /// Runs the scheduled check of an account immediately.
    pub async fn scheduled_check(&self, account_id: &str) -> Result<()> {
        let request = json!({"tenant": self.tenant, "account_id": account_id});
        let batch = sqs_batch(&request);
        let answer = self.hub.invoke("account-health", &batch).await?;
        let failures = &answer.payload["batchItemFailures"];
        ensure!(*failures == json!([]), "the check failed: {failures}");
        Ok(())
    }
}

/// One message, as Lambda receives it from a queue.
pub fn sqs_batch(body: &Value) -> Value {
    json!({"Records": [{
        "messageId": "00000000-0000-4000-8000-000000000002",
        "receiptHandle": "handle",
        "body": body.to_string(),
        "attributes": {},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:111111111111:rolecall-CheckQueue",
        "awsRegion": "us-east-1",
    }]})
}

/// The kinds of evidence for an orphaned stack, oldest first.
pub fn kinds(evidence: &[Value]) -> Vec<&str> {
    let kinds = evidence.iter().map(|seen| seen["kind"].as_str());
    kinds.map(Option::unwrap_or_default).collect()
}

/// The template without the preflight, which would refuse a wrong stack before it creates a role.
///
/// # Errors
/// When the template has no preflight.
pub fn without_preflight(template: &str) -> Result<String> {
    let used = "Custom::RolecallPreflight\n    Condition: ReportsByCallback";
    let reference = "!If [ReportsByCallback, !Ref Preflight, none]";
    ensure!(
        template.contains(used) && template.contains(reference),
        "the template has no preflight"
    );
    let unused = "Custom::RolecallPreflight\n    Condition: HasBoundary";
    Ok(template.replace(used, unused).replace(reference, "none"))
}
