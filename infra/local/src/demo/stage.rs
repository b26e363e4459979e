//! The parts that every chapter uses: the hub, its tenants and customers, and the narrator.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use super::narrator::{Mark, Narrator};
use crate::bus::BusListener;
use crate::customer::Customer;
use crate::hub::Hub;
use crate::logs::{Run, now_ms};
use crate::stacks::StackState;
use crate::wait::until;
use rolecall_client::QuickCreateLink;
use rolecall_client::{Answered, HubClient, Report};

/// The time limit for fast operations.
pub(super) const SOON: Duration = Duration::from_secs(20);

/// The state of the demo.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) hub: Hub,
    pub(super) acme: HubClient,
    pub(super) globex: HubClient,
    pub(super) bus: BusListener,
    n: Narrator,
    /// When the demo started.
    pub(super) since: u64,
}

impl Stage {
    pub(super) async fn set(hub: Hub, n: Narrator) -> Result<Self> {
        // A unique name, because the demo may have run on this hub before.
        let listener = format!("rolecall-demo-{}", now_ms());
        Ok(Self {
            acme: hub.acme()?,
            globex: hub.globex()?,
            bus: BusListener::start(&hub, &listener).await?,
            hub,
            n,
            since: now_ms(),
        })
    }

    pub(super) fn chapter(&mut self, title: &str, intro: &str) {
        self.n.chapter(title, intro);
    }

    pub(super) fn action(&self, who: &str, what: &str) {
        self.n.action(who, what);
    }

    pub(super) fn fact(&self, name: &str, value: &str) {
        self.n.fact(name, value);
    }

    pub(super) fn item(&self, mark: Mark, name: &str, text: &str) {
        self.n.item(mark, name, text);
    }

    pub(super) fn must(&mut self, truth: bool, what: &str) -> Result<()> {
        self.n.must(truth, what)
    }

    /// Shows the parts of a link. The token's secret is masked.
    pub(super) fn show_link(&self, link: &QuickCreateLink) {
        self.n.fact("stack name", &link.stack_name);
        self.n.fact("template", &link.template_url);
        for (name, value) in &link.parameters {
            let shown = match (name.as_str(), value.split_once('.')) {
                ("RegistrationToken", Some((id, secret))) => {
                    format!(
                        "{id}.{}  (signed by the hub, single-use)",
                        "•".repeat(secret.len().min(12))
                    )
                }
                _ => value.clone(),
            };
            self.n.fact(name, &shown);
        }
    }

    pub(super) fn end(&self) {
        self.n.end();
    }

    /// Waits for a run of a function after this time, and shows all runs since then.
    pub(super) async fn ran(&self, function: &str, since_ms: u64) -> Result<Vec<Run>> {
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
        self.n.action(
            "lambda",
            &format!("runs {function}: {}{more}", times.join(", ")),
        );
        Ok(runs)
    }

    /// The same, with the log of the last run.
    pub(super) async fn ran_and_logged(&self, function: &str, since_ms: u64) -> Result<()> {
        let runs = self.ran(function, since_ms).await?;
        for record in runs.last().map(log_lines).unwrap_or_default() {
            self.n.fact("log", &record);
        }
        Ok(())
    }

    /// Shows the result of each AssumeRole call.
    pub(super) fn show_probes(&self, report: &Report) {
        let listed = |code: &str, name: &str| -> Vec<String> {
            let evidence = report.check(code).and_then(|check| check.evidence.as_ref());
            let values = evidence.and_then(|evidence| evidence[name].as_array());
            let texts = values
                .into_iter()
                .flatten()
                .filter_map(|value| value.as_str());
            texts.map(str::to_owned).collect()
        };
        let granted = listed("role_unassumable", "role_unique_id");
        self.n
            .action("sts", "receives three AssumeRole calls for the role:");
        let right = granted.first().map_or_else(
            || "refused".to_owned(),
            |id| format!("granted; the role's unique ID is {id}"),
        );
        self.n.fact("with the external ID", &right);
        for probe in listed("external_id_not_enforced", "refused") {
            self.n.fact(&probe_name(&probe), "AccessDenied");
        }
        for probe in listed("external_id_not_enforced", "assumed") {
            self.n.fact(&probe_name(&probe), "granted!");
        }
    }

    /// The result of each check, by its title. Failed checks also show their code and message.
    pub(super) fn show_report(&self, report: &Report) {
        self.n
            .action("hub", &format!("runs {} checks:", report.checks.len()));
        for check in &report.checks {
            let mark = match check.status.as_str() {
                "passed" => Mark::Good,
                "failed" => Mark::Bad,
                _ => Mark::Dull,
            };
            match mark {
                Mark::Good | Mark::Dull => self.n.finding(mark, &check.title),
                Mark::Bad => {
                    let text = format!("{} ({}): {}", check.title, check.code, check.message);
                    self.n.finding(mark, &text);
                }
            }
        }
    }

    /// Shows the final event of each resource, as the customer sees it.
    pub(super) async fn show_stack(&self, customer: &Customer, stack: &StackState) -> Result<()> {
        for event in customer.events(&stack.stack_id).await? {
            let is_final = !event.status.ends_with("_IN_PROGRESS");
            if is_final && event.logical_id != stack.name {
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

    /// Asserts that a call was refused with this code, and shows the response.
    pub(super) fn must_refuse<T>(
        &mut self,
        call: Answered<T>,
        status: u16,
        code: &str,
    ) -> Result<()> {
        let Err(error) = call else {
            return self.n.must(false, &format!("the hub responds with {code}"));
        };
        let problem = error.problem().with_context(|| error.to_string())?.clone();
        self.n.action(
            "hub",
            &format!(
                "responds {} {}: {}",
                problem.status, problem.code, problem.detail
            ),
        );
        let as_expected = problem.status == status && problem.code == code;
        self.n.must(
            as_expected,
            &format!("the request is refused with {status} {code}"),
        )
    }
}

/// A probe such as `without_external_id`, as text.
fn probe_name(probe: &str) -> String {
    probe
        .replace('_', " ")
        .replace("external id", "external ID")
}

/// The log lines of a run: the message and all short fields.
fn log_lines(run: &Run) -> Vec<String> {
    let plain = ["timestamp", "level", "target", "message"];
    let line = |record: Value| {
        let message = record["message"].as_str()?.to_owned();
        let fields = record.as_object()?.iter().filter_map(|(name, value)| {
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            let shown = !plain.contains(&name.as_str()) && value.len() <= 16;
            shown.then(|| format!(" {name}={value}"))
        });
        Some(message + &fields.collect::<String>())
    };
    run.records().filter_map(line).collect()
}
