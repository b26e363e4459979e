//! What every chapter needs: the hub, its tenants, its customers, and somebody to tell of them.

use std::time::Duration;

use anyhow::{Context, Result};

use super::narrator::{Mark, Narrator};
use crate::bus::BusListener;
use crate::client::{Call, HubClient, Report};
use crate::customer::Customer;
use crate::hub::Hub;
use crate::link::QuickCreateLink;
use crate::logs::{Run, now_ms};
use crate::stacks::StackState;
use crate::wait::until;

/// For anything that should take a moment.
pub(super) const SOON: Duration = Duration::from_secs(20);

/// The story's scenery.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) hub: Hub,
    pub(super) acme: HubClient,
    pub(super) globex: HubClient,
    pub(super) bus: BusListener,
    pub(super) n: Narrator,
}

impl Stage {
    pub(super) async fn set(hub: Hub, n: Narrator) -> Result<Self> {
        // A name of its own: the hub may have seen another story before.
        let listener = format!("rolecall-story-{}", now_ms());
        Ok(Self {
            acme: hub.acme()?,
            globex: hub.globex()?,
            bus: BusListener::start(&hub, &listener).await?,
            hub,
            n,
        })
    }

    /// Shows a link's parts as the console reads them; the token's secret stays covered.
    pub(super) fn show_link(&self, link: &QuickCreateLink) {
        self.n.fact("stack name", &link.stack_name);
        self.n.fact("template", &link.template_url);
        for (name, value) in &link.parameters {
            let shown = match (name.as_str(), value.split_once('.')) {
                ("RegistrationToken", Some((id, secret))) => {
                    format!(
                        "{id}.{}  (signed by the hub, works once)",
                        "•".repeat(secret.len().min(12))
                    )
                }
                _ => value.clone(),
            };
            self.n.fact(name, &shown);
        }
    }

    /// Says which runs of a function there were since a moment, once there is one.
    pub(super) async fn show_runs(&self, function: &str, since_ms: u64) -> Result<Vec<Run>> {
        let what = format!("a run of {function}");
        let runs = until(&what, SOON, async || {
            let runs = self.hub.runs(function, since_ms).await?;
            Ok((!runs.is_empty()).then_some(runs))
        })
        .await?;
        let mut times: Vec<String> = runs
            .iter()
            .map(|run| format!("{} ms", run.duration_ms))
            .collect();
        let more = times.len().saturating_sub(3);
        times.truncate(3);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        self.n.says(
            "lambda",
            &format!("{function} ran: {}{more}", times.join(", ")),
        );
        if let Some(message) = runs.last().and_then(last_message) {
            self.n.fact("its log says", &message);
        }
        Ok(runs)
    }

    /// What STS and the stack itself said, by check.
    pub(super) fn show_report(&self, report: &Report) {
        for check in &report.checks {
            let mark = match check.status.as_str() {
                "passed" => Mark::Good,
                "failed" => Mark::Bad,
                _ => Mark::Dull,
            };
            self.n.item(mark, &check.code, &check.message);
        }
    }

    /// How CloudFormation told the customer, resource by resource.
    pub(super) async fn show_stack(&self, customer: &Customer, stack: &StackState) -> Result<()> {
        for event in customer.events(&stack.stack_id).await? {
            let last_word = !event.status.ends_with("_IN_PROGRESS");
            if last_word && event.logical_id != stack.name {
                let mark = if event.status.ends_with("_FAILED") {
                    Mark::Bad
                } else {
                    Mark::Good
                };
                let text = format!("{} {}", event.status, event.reason);
                self.n.item(mark, &event.logical_id, text.trim());
            }
        }
        self.n.fact("stack", &stack.status);
        Ok(())
    }

    /// Insists that a call was refused with a code, and says how.
    pub(super) fn must_refuse<T>(&mut self, call: Call<T>, status: u16, code: &str) -> Result<()> {
        let Err(error) = call else {
            return self.n.must(false, &format!("the hub answers {code}"));
        };
        let problem = error.problem().with_context(|| error.to_string())?.clone();
        self.n.says(
            "hub",
            &format!("{} {}: {}", problem.status, problem.code, problem.detail),
        );
        let as_promised = problem.status == status && problem.code == code;
        self.n
            .must(as_promised, &format!("refused with {status} {code}"))
    }
}

fn last_message(run: &Run) -> Option<String> {
    let record = run
        .records()
        .filter(|record| record["level"] == "INFO")
        .last()?;
    record["message"].as_str().map(str::to_owned)
}
