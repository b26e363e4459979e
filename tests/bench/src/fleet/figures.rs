//! The results of a run, per account.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Options;
use super::seed::CheckKind;
use crate::report::{Aim, Cell, Ratio, Report, Table};
use crate::stub::{Service, Tally};
use crate::usage::machine;

/// The measured program.
#[derive(Debug, Clone)]
pub(super) enum Program {
    AccountHealth {
        sts_rate: Option<u32>,
        environments: usize,
        batch_size: usize,
        memory_mb: u32,
        init: Duration,
        /// The total duration of all invocations.
        billed: Duration,
        log_bytes: u64,
        redelivered: u64,
    },
    Boto3,
}

impl Program {
    /// Whether STS throttled the hub.
    pub(super) fn is_limited(&self) -> bool {
        matches!(
            self,
            Self::AccountHealth {
                sts_rate: Some(_),
                ..
            }
        )
    }
}

#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) program: Program,
    pub(super) accounts: usize,
    pub(super) took: Duration,
    pub(super) cpu: Duration,
    pub(super) peak_memory_mb: f64,
    pub(super) tally: Tally,
    /// The number of accounts for each verdict.
    pub(super) verdicts: BTreeMap<String, usize>,
    pub(super) check_kind: CheckKind,
}

/// Counts are far below 2^52.
fn float(number: u64) -> f64 {
    number as f64
}

impl Run {
    fn name(&self) -> String {
        let check_kind = match self.check_kind {
            CheckKind::FullCheck => "full check",
            CheckKind::QuickCheck => "quick check",
        };
        match self.program {
            Program::AccountHealth {
                sts_rate: Some(rate),
                environments,
                ..
            } => format!("{environments} x account-health, {check_kind}, {rate} AssumeRole/s"),
            Program::AccountHealth { .. } => format!("account-health, {check_kind}"),
            Program::Boto3 => format!("boto3, 64 threads, {check_kind}"),
        }
    }

    fn per_account(&self, whole: f64) -> f64 {
        whole / float(self.accounts as u64)
    }

    fn cpu_ms(&self) -> f64 {
        self.per_account(self.cpu.as_secs_f64() * 1000.0)
    }

    fn speed(&self) -> Vec<Cell> {
        let seconds = self.took.as_secs_f64();
        let came_out = |verdict| Cell::count(self.verdicts.get(verdict).copied().unwrap_or(0));
        vec![
            Cell::Text(self.name()),
            Cell::count(self.accounts),
            Cell::Number(seconds, 1),
            Cell::Number(float(self.accounts as u64) / seconds, 0),
            Cell::Number(self.cpu_ms(), 3),
            Cell::Number(self.peak_memory_mb, 1),
            came_out("Passed"),
            came_out("Failed"),
            came_out("Inconclusive"),
        ]
    }

    fn calls(&self) -> Vec<Cell> {
        let per = |service| Cell::Number(self.per_account(float(self.tally.of(service))), 2);
        vec![
            Cell::Text(self.name()),
            Cell::count(self.accounts),
            per(Service::Sts),
            per(Service::Iam),
            per(Service::CloudFormation),
            per(Service::DynamoDb),
            Cell::Number(float(self.tally.throttled), 0),
            Cell::Number(self.per_account(self.tally.units.read), 2),
            Cell::Number(self.per_account(self.tally.units.write), 2),
            Cell::Number(self.per_account(self.tally.units.index_write), 2),
        ]
    }

    /// The usage that Lambda, SQS and CloudWatch Logs bill.
    fn bill(&self) -> Option<Vec<Cell>> {
        let Program::AccountHealth {
            batch_size,
            memory_mb,
            init,
            billed,
            log_bytes,
            redelivered,
            ..
        } = &self.program
        else {
            return None;
        };
        let gigabytes = f64::from(*memory_mb) / 1024.0;
        Some(vec![
            Cell::Text(self.name()),
            Cell::count(self.accounts),
            Cell::count(*batch_size),
            Cell::Number(init.as_secs_f64() * 1000.0, 1),
            Cell::Number(self.per_account(billed.as_secs_f64() * 1000.0), 2),
            Cell::Number(
                self.per_account(billed.as_secs_f64() * gigabytes * 1000.0),
                2,
            ),
            Cell::Number(self.per_account(float(*log_bytes)), 0),
            Cell::Number(float(*redelivered), 0),
        ])
    }
}

pub(super) fn report(runs: &[Run], skipped: Vec<String>, options: &Options) -> Report {
    let speed = Table {
        caption: "Every account once, with the verdicts".to_owned(),
        columns: vec![
            "program",
            "accounts",
            "seconds",
            "accounts/s",
            "CPU ms/account",
            "peak MB",
            "passed",
            "failed",
            "inconclusive",
        ],
        rows: runs.iter().map(Run::speed).collect(),
    };
    let calls = Table {
        caption: "Calls and DynamoDB units per account".to_owned(),
        columns: vec![
            "program",
            "accounts",
            "STS",
            "IAM",
            "CloudFormation",
            "DynamoDB",
            "throttled (all)",
            "read units",
            "write units",
            "index write units",
        ],
        rows: runs.iter().map(Run::calls).collect(),
    };
    let bill = Table {
        caption: "Other billed usage".to_owned(),
        columns: vec![
            "program",
            "accounts",
            "batch",
            "init ms",
            "billed ms/account",
            "MB-s/account",
            "log bytes/account",
            "redelivered (all)",
        ],
        rows: runs.iter().filter_map(Run::bill).collect(),
    };
    Report {
        title: "Fleet: checks of connected accounts".to_owned(),
        conditions: vec![
            machine(),
            format!(
                "latency: {} ms for STS, IAM and CloudFormation, {} ms for DynamoDB",
                options.latency_ms, options.dynamodb_latency_ms
            ),
            format!(
                "{} execution environment(s); of 100 accounts, 2 are throttled, 2 refused and 2 have a broad trust policy",
                options.processes
            ),
        ],
        tables: vec![speed, calls, bill],
        skipped,
        ratios: ratios(runs),
    }
}

/// CPU time does not depend on other load on the machine.
fn ratios(runs: &[Run]) -> Vec<Ratio> {
    let is_ours = |run: &&Run| {
        let ours = matches!(run.program, Program::AccountHealth { .. });
        ours && run.check_kind == CheckKind::FullCheck && !run.program.is_limited()
    };
    let ours: Vec<&Run> = runs.iter().filter(is_ours).collect();
    let mut ratios = Vec::new();
    for theirs in runs
        .iter()
        .filter(|run| matches!(run.program, Program::Boto3))
    {
        let same = ours.iter().find(|run| run.accounts == theirs.accounts);
        ratios.extend(same.map(|run| Ratio {
            what: format!(
                "times boto3's accounts per CPU second, {} accounts",
                run.accounts
            ),
            value: theirs.cpu_ms() / run.cpu_ms(),
            aim: Some(Aim::AtLeast(10.0)),
        }));
    }
    if let (Some(first), Some(last)) = (ours.first(), ours.last())
        && first.accounts < last.accounts
    {
        let (few, many) = (first.accounts, last.accounts);
        ratios.push(Ratio {
            what: format!("CPU time per account: {many} accounts compared with {few}"),
            value: last.cpu_ms() / first.cpu_ms(),
            aim: Some(Aim::AtMost(1.1)),
        });
        ratios.push(Ratio {
            what: format!("peak memory: {many} accounts compared with {few}"),
            value: last.peak_memory_mb / first.peak_memory_mb,
            aim: Some(Aim::AtMost(1.1)),
        });
    }
    ratios
}
