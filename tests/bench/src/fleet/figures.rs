//! What a run came to, per account.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Options;
use super::seed::CheckKind;
use crate::report::{Aim, Cell, Ratio, Report, Table};
use crate::stub::{Service, Tally};
use crate::usage::machine;

/// What was measured.
#[derive(Debug, Clone)]
pub(super) enum Program {
    AccountHealth {
        sts_rate: Option<u32>,
        environments: usize,
        batch_size: usize,
        memory_mb: u32,
        init: Duration,
        /// All invocations together.
        billed: Duration,
        log_bytes: u64,
        came_again: u64,
    },
    Boto3,
}

impl Program {
    /// Whether STS throttled the whole hub.
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
    /// How many came out how.
    pub(super) verdicts: BTreeMap<String, usize>,
    pub(super) look: CheckKind,
}

/// Counts are far below 2^52.
fn float(number: u64) -> f64 {
    number as f64
}

impl Run {
    fn name(&self) -> String {
        let look = match self.look {
            CheckKind::FullCheck => "full check",
            CheckKind::QuickCheck => "quick check",
        };
        match self.program {
            Program::AccountHealth {
                sts_rate: Some(rate),
                environments,
                ..
            } => format!("{environments} x account-health, {look}, {rate} AssumeRole/s"),
            Program::AccountHealth { .. } => format!("account-health, {look}"),
            Program::Boto3 => format!("boto3, 64 threads, {look}"),
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

    /// What Lambda, SQS and the log are billed for.
    fn bill(&self) -> Option<Vec<Cell>> {
        let Program::AccountHealth {
            batch_size,
            memory_mb,
            init,
            billed,
            log_bytes,
            came_again,
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
            Cell::Number(float(*came_again), 0),
        ])
    }
}

pub(super) fn report(runs: &[Run], skipped: Vec<String>, options: &Options) -> Report {
    let speed = Table {
        caption: "Every account once, and what it came to".to_owned(),
        columns: vec![
            "program",
            "accounts",
            "seconds",
            "accounts/s",
            "CPU ms/account",
            "peak MB",
            "passed",
            "failed",
            "unclear",
        ],
        rows: runs.iter().map(Run::speed).collect(),
    };
    let calls = Table {
        caption: "Calls and DynamoDB units for one account".to_owned(),
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
            "of the index",
        ],
        rows: runs.iter().map(Run::calls).collect(),
    };
    let bill = Table {
        caption: "What else is billed".to_owned(),
        columns: vec![
            "program",
            "accounts",
            "batch",
            "init ms",
            "billed ms/account",
            "MB-s/account",
            "log bytes/account",
            "came again (all)",
        ],
        rows: runs.iter().filter_map(Run::bill).collect(),
    };
    Report {
        title: "Fleet: connected accounts, checked again".to_owned(),
        conditions: vec![
            machine(),
            format!(
                "STS, IAM and CloudFormation {} ms away, DynamoDB {} ms",
                options.latency_ms, options.dynamodb_latency_ms
            ),
            format!(
                "{} execution environment(s); of 100 accounts 2 are throttled, 2 refused, 2 too broad",
                options.processes
            ),
        ],
        tables: vec![speed, calls, bill],
        skipped,
        ratios: ratios(runs),
    }
}

/// By CPU time, which does not depend on what else the machine does.
fn ratios(runs: &[Run]) -> Vec<Ratio> {
    let is_ours = |run: &&Run| {
        let ours = matches!(run.program, Program::AccountHealth { .. });
        ours && run.look == CheckKind::FullCheck && !run.program.is_limited()
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
            what: format!("CPU per account with {many} accounts over that with {few}"),
            value: last.cpu_ms() / first.cpu_ms(),
            aim: Some(Aim::AtMost(1.1)),
        });
        ratios.push(Ratio {
            what: format!("peak memory with {many} accounts over that with {few}"),
            value: last.peak_memory_mb / first.peak_memory_mb,
            aim: Some(Aim::AtMost(1.1)),
        });
    }
    ratios
}
