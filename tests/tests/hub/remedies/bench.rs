//! A connected account, its findings, and the customer's shell.

use crate::companions::bench::Bench;
use anyhow::{Context, Result, ensure};
use rolecall_client::{Check, OrphanedStack, Report};
use rolecall_local::wait::until;
use rolecall_tests::accounts::Connected;
use rolecall_tests::roles::name_of;
use rolecall_tests::world::{SOON, World};
use serde_json::{Value, json};
use std::time::Duration;

pub struct TestAccount {
    pub bench: Bench,
}

impl TestAccount {
    pub async fn connected() -> Result<Self> {
        Self::with_roles(json!([])).await
    }

    pub async fn with_roles(roles: Value) -> Result<Self> {
        let bench = Bench::set(roles).await?;
        Ok(Self { bench })
    }

    /// An account whose stack made no callback: its stack info was pasted.
    pub async fn pasted() -> Result<Self> {
        let world = World::find().await?;
        let (customer, group) = (world.customer(), world.group().await?);
        let registration = world.register(&group).await?;
        let (stack, line) = world
            .stack_without_callback(&customer, &registration)
            .await?;
        let id = &registration.registration_id;
        let account = world.acme.complete(id, &line, None).await?;
        let connected = Connected {
            registration: world.acme.registration(id).await?,
            customer,
            group,
            stack,
            account,
        };
        Ok(Self {
            bench: Bench { world, connected },
        })
    }

    pub fn account_id(&self) -> &str {
        &self.bench.connected.account.account_id
    }

    pub fn stack_id(&self) -> &str {
        &self.bench.connected.stack.stack_id
    }

    /// The name of the hub's role in the account.
    pub fn role(&self) -> &str {
        let arn = self.bench.connected.account.rest["role_arn"].as_str();
        name_of(arn.unwrap_or_default())
    }

    pub async fn shell(&self, command: &str) -> Result<String> {
        self.bench.shell(command).await
    }

    /// The report of the next full check.
    pub async fn report(&self) -> Result<Report> {
        let (world, id) = (&self.bench.world, self.account_id());
        let read = async || {
            let account = world.acme.account(id).await?;
            anyhow::Ok(account.last_report.context("no report")?)
        };
        let before = read().await?.checked_at;
        until("a full check", SOON, async || {
            world.scheduled_check(id).await?;
            let report = read().await?;
            if report.checked_at == before {
                // The schedule ran a quick check, because the last check passed only a moment ago.
                tokio::time::sleep(Duration::from_millis(500)).await;
                return Ok(None);
            }
            Ok(Some(report))
        })
        .await
    }

    /// The next report's check with this code, which must be failed or a warning.
    pub async fn finding(&self, code: &str) -> Result<Check> {
        let report = self.report().await?;
        let check = report.check(code).context("no such check")?.clone();
        let odd = matches!(check.status.as_str(), "failed" | "warning");
        ensure!(odd, "{code} is {}: {report:#?}", check.status);
        ensure!(check.remedy.is_some(), "{check:#?}");
        let external_id = &self.bench.connected.registration.external_id;
        let text = serde_json::to_string(&report)?;
        ensure!(
            !text.contains(external_id),
            "the report contains the external ID"
        );
        Ok(check)
    }

    /// Runs the finding's command; then the check must pass and the account must be active.
    pub async fn run_remedy(&self, code: &str) -> Result<Check> {
        let check = self.finding(code).await?;
        let command = check
            .command
            .clone()
            .with_context(|| format!("no command: {check:#?}"))?;
        self.shell(&command).await?;
        self.assert_passed(code).await?;
        Ok(check)
    }

    pub async fn assert_passed(&self, code: &str) -> Result<()> {
        let report = self.report().await?;
        let check = report.check(code).context("no such check")?;
        ensure!(check.status == "passed", "{check:#?}");
        ensure!(report.verdict == "passed", "{report:#?}");
        let account = self.bench.world.acme.account(self.account_id()).await?;
        ensure!(account.status == "active", "{}", account.status);
        Ok(())
    }

    pub async fn deregister(&self) -> Result<OrphanedStack> {
        let gone = self.bench.world.acme.deregister(self.account_id()).await?;
        Ok(gone.orphaned_stack)
    }

    /// The orphaned stack, as soon as it meets a condition.
    pub async fn entry_when(
        &self,
        id: &str,
        what: &str,
        is: impl Fn(&OrphanedStack) -> bool,
    ) -> Result<OrphanedStack> {
        let world = &self.bench.world;
        until(what, SOON, async || {
            // The API may reject a check because of the rate limit; then the last check's result
            // counts.
            let _ = world.acme.check_orphaned_stack(id).await;
            let entry = world.acme.orphaned_stack(id).await?;
            Ok(is(&entry).then_some(entry))
        })
        .await
    }

    /// Sends AWS's event about the stack's status, which the emulator does not send.
    pub async fn event(&self, status: &str, reason: &str) -> Result<()> {
        let stack_id = self.stack_id();
        let event = json!({
            "version": "0",
            "id": "53dc4d37-0000-4000-8000-000000000001",
            "detail-type": "CloudFormation Stack Status Change",
            "source": "aws.cloudformation",
            "account": self.bench.connected.customer.account_id(),
            "time": crate::refusals::clock::minutes_ago(0)?.to_string(),
            "region": "us-east-1",
            "resources": [stack_id],
            "detail": {
                "stack-id": stack_id,
                "status-details": {"status": status, "status-reason": reason},
                "client-request-token": "",
            },
        });
        let answer = self.bench.world.hub.invoke("stack-cleanup", &event).await?;
        ensure!(answer.payload["failed"] == 0, "{}", answer.payload);
        Ok(())
    }

    pub async fn settled(&self) -> Result<String> {
        let state = self
            .bench
            .connected
            .customer
            .settled(self.stack_id())
            .await?;
        Ok(state.status)
    }
}
