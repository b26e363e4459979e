//! Counts the results of a sweep by step. The failure of one item is only counted. If all attempts
//! of a step failed, the sweep fails.

use crate::Summary;
use rolecall_domain::ports::StoreError;
use rolecall_usecases::UseCaseError;
use std::time::Instant;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Read,
    Lease,
    Queue,
    Stacks,
    Registrations,
}

impl Step {
    const ALL: [Self; 5] = [
        Self::Read,
        Self::Lease,
        Self::Queue,
        Self::Stacks,
        Self::Registrations,
    ];

    fn what(self) -> &'static str {
        match self {
            Self::Read => "read due items",
            Self::Lease => "lease due items",
            Self::Queue => "queue account checks",
            Self::Stacks => "check orphaned stacks",
            Self::Registrations => "expire registrations",
        }
    }
}

/// All attempts of one step of the sweep failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the sweep could not {what}: all {failed} attempts failed")]
pub struct SweepError {
    what: &'static str,
    failed: usize,
}

#[derive(Debug, Default, Clone, Copy)]
struct Count {
    succeeded: usize,
    /// Damaged items don't count as failures of the step: they fail until an operator repairs them.
    damaged: usize,
    failed: usize,
}

#[derive(Debug)]
pub(crate) struct Tally {
    started: Instant,
    counts: [Count; Step::ALL.len()],
    summary: Summary,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            counts: Default::default(),
            summary: Summary::default(),
        }
    }
}

impl Tally {
    fn count(&mut self, step: Step) -> &mut Count {
        &mut self.counts[step as usize]
    }

    pub(crate) fn succeeded(&mut self, step: Step) {
        self.count(step).succeeded += 1;
    }

    pub(crate) fn page_read(&mut self, damaged: usize) {
        self.succeeded(Step::Read);
        self.summary.damaged += damaged;
    }

    pub(crate) fn stack_checked(&mut self) {
        self.succeeded(Step::Lease);
        self.succeeded(Step::Stacks);
        self.summary.stacks_checked += 1;
    }

    pub(crate) fn registration_expired(&mut self) {
        self.succeeded(Step::Lease);
        self.succeeded(Step::Registrations);
        self.summary.registrations_expired += 1;
    }

    pub(crate) fn queued(&mut self, accepted: usize, rejected: usize) {
        self.count(Step::Lease).succeeded += accepted + rejected;
        self.count(Step::Queue).succeeded += accepted;
        self.count(Step::Queue).failed += rejected;
        self.summary.accounts_queued += accepted;
        self.summary.failed += rejected;
    }

    pub(crate) fn failed(&mut self, step: Step, error: &UseCaseError) {
        if matches!(step, Step::Stacks | Step::Registrations) {
            self.succeeded(Step::Lease);
        }
        self.summary.failed += 1;
        match error {
            UseCaseError::Store(StoreError::Corrupt { .. }) => self.count(step).damaged += 1,
            UseCaseError::Store(StoreError::Unavailable(_))
            | UseCaseError::Changed
            | UseCaseError::Contended
            | UseCaseError::Missing(_)
            | UseCaseError::Unexpected(_) => self.count(step).failed += 1,
        }
    }

    /// Logs the sweep.
    pub(crate) fn conclude(self) -> Result<Summary, SweepError> {
        let duration_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let failure = Step::ALL.into_iter().find_map(|step| {
            let count = self.counts[step as usize];
            let failed = count.failed > 0 && count.succeeded == 0;
            failed.then(|| SweepError {
                what: step.what(),
                failed: count.failed,
            })
        });
        let summary = self.summary;
        macro_rules! line {
            ($level:ident, $outcome:literal) => {
                tracing::$level!(
                    action = "schedule",
                    outcome = $outcome,
                    error = failure.as_ref().map(ToString::to_string),
                    stacks.checked = summary.stacks_checked,
                    registrations.expired = summary.registrations_expired,
                    checks.queued = summary.accounts_queued,
                    items.damaged = summary.damaged,
                    items.failed = summary.failed,
                    duration_ms,
                    "request"
                )
            };
        }
        match &failure {
            Some(_) => line!(error, "failed"),
            None => line!(info, "succeeded"),
        }
        failure.map_or(Ok(summary), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unavailable() -> UseCaseError {
        StoreError::Unavailable("down".into()).into()
    }

    #[test]
    fn step_without_any_success_fails_the_sweep() {
        for step in Step::ALL {
            let mut tally = Tally::default();
            tally.failed(step, &unavailable());
            let error = tally.conclude().expect_err("the step failed");
            assert!(error.to_string().contains(step.what()), "{error}");
        }
    }

    #[test]
    fn failure_of_one_item_is_only_counted() {
        let mut tally = Tally::default();
        tally.failed(Step::Stacks, &unavailable());
        tally.stack_checked();
        let corrupt = StoreError::Corrupt {
            key: "x".to_owned(),
            reason: "x".to_owned(),
        };
        tally.failed(Step::Registrations, &corrupt.into());
        tally.page_read(1);
        let summary = tally.conclude().expect("one was checked");
        assert_eq!((summary.failed, summary.damaged), (2, 1));
    }
}
