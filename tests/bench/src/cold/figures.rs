//! The tables of the results.

use std::time::Duration;

use rolecall_aws::host::SystemHost;
use rolecall_domain::ports::Clock;

use super::measure::{Measured, Sample};
use super::programs::Kind;
use crate::report::{Cell, Report, Table};
use crate::usage::machine;

/// All results.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// With a whole processor.
    pub(super) whole: Vec<Measured>,
    /// With the processor share of a memory size in MB.
    pub(super) shares: Vec<(u32, Vec<Measured>)>,
    /// The same with realistic latency to AWS.
    pub(super) billed: Vec<(u32, Vec<Measured>)>,
    pub(super) skipped: Vec<String>,
    /// The exact versions of the peers.
    pub(super) versions: Vec<String>,
}

/// Dollars for a GB-second on arm64 and for a million requests, us-east-1, as listed in 2026.
/// <https://aws.amazon.com/lambda/pricing/>
const GB_SECOND: f64 = 0.000_013_333_4;
const MILLION_REQUESTS: f64 = 0.20;

impl Findings {
    pub(super) fn of(&self, kind: Kind) -> impl Iterator<Item = &Measured> {
        self.whole.iter().filter(move |it| it.program.kind == kind)
    }

    /// Keeps the programs that did their work, and adds the others to `skipped`.
    pub(super) fn keep_successful(
        &mut self,
        all: Vec<Measured>,
        size: Option<u32>,
    ) -> Vec<Measured> {
        let (did, failed): (Vec<_>, Vec<_>) = all.into_iter().partition(|it| it.failed.is_none());
        let told = failed.into_iter().filter_map(|it| it.failed);
        let told = told.map(|why| match size {
            Some(size) => format!("at {size} MB: {why}"),
            None => why,
        });
        self.skipped.extend(told);
        did
    }
}

pub(super) fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// The value below which this percentage of the values lies.
pub(super) fn percentile(mut values: Vec<Duration>, hundredths: usize) -> Duration {
    values.sort_unstable();
    let place = (values.len() * hundredths).div_ceil(100).max(1) - 1;
    values.get(place).copied().unwrap_or_default()
}

pub(super) fn wall(samples: &[Sample]) -> Vec<Duration> {
    samples.iter().map(|sample| sample.wall).collect()
}

fn cpu(samples: &[Sample]) -> Vec<Duration> {
    samples.iter().map(|sample| sample.cpu).collect()
}

pub(super) fn least_cpu(samples: &[Sample]) -> f64 {
    ms(cpu(samples).into_iter().min().unwrap_or_default())
}

fn median(values: Vec<Duration>) -> Cell {
    Cell::Number(ms(percentile(values, 50)), 2)
}

impl Measured {
    pub(super) fn megabytes(&self) -> f64 {
        u32::try_from(self.program.zip_bytes).map_or(f64::INFINITY, f64::from) / 1e6
    }

    /// The CPU time until the first event is answered.
    pub(super) fn cold_cpu(&self) -> f64 {
        least_cpu(&self.init) + least_cpu(&self.first)
    }

    fn row(&self) -> Vec<Cell> {
        let mut row = vec![
            Cell::from(self.program.name.as_str()),
            Cell::from(self.program.job.name()),
        ];
        for samples in [&self.init, &self.first, &self.warm] {
            row.push(median(wall(samples)));
            row.push(median(cpu(samples)));
        }
        let count = |number| Cell::count(usize::try_from(number).unwrap_or(usize::MAX));
        row.push(Cell::Number(self.peak_memory_mb, 1));
        row.push(Cell::Number(self.megabytes(), 2));
        row.push(count(self.calls));
        row.push(count(self.sequential_calls));
        row.push(count(self.connections));
        row
    }

    fn spread(&self) -> Vec<Cell> {
        let mut row = vec![
            Cell::from(self.program.name.as_str()),
            Cell::from(self.program.job.name()),
        ];
        for samples in [&self.init, &self.first, &self.warm] {
            row.push(Cell::Number(ms(percentile(wall(samples), 0)), 2));
            row.push(Cell::Number(ms(percentile(wall(samples), 99)), 2));
            row.push(Cell::Number(least_cpu(samples), 2));
        }
        row
    }

    /// The cost of a million events, with a warm function and with a cold start each.
    fn bill(&self, size: u32) -> Vec<Cell> {
        let middle = |samples: &[Sample]| ms(percentile(wall(samples), 50));
        let (init, first, warm) = (middle(&self.init), middle(&self.first), middle(&self.warm));
        let price = |ms: f64| {
            let gb_seconds = ms.ceil() / 1000.0 * f64::from(size) / 1024.0;
            gb_seconds * GB_SECOND * 1e6 + MILLION_REQUESTS
        };
        vec![
            Cell::from(self.program.name.as_str()),
            Cell::from(self.program.job.name()),
            Cell::count(usize::try_from(size).unwrap_or_default()),
            Cell::Number(init + first, 1),
            Cell::Number(warm, 1),
            Cell::Number(price(init + first), 2),
            Cell::Number(price(warm), 2),
        ]
    }

    fn at_size(&self, size: u32) -> Vec<Cell> {
        vec![
            Cell::from(self.program.name.as_str()),
            Cell::from(self.program.job.name()),
            Cell::count(usize::try_from(size).unwrap_or_default()),
            median(wall(&self.init)),
            median(wall(&self.first)),
            median(cpu(&self.first)),
            median(wall(&self.warm)),
            median(cpu(&self.warm)),
        ]
    }
}

const MAIN: &[&str] = &[
    "program",
    "job",
    "init ms",
    "CPU",
    "first ms",
    "CPU first",
    "warm ms",
    "CPU warm",
    "peak MB",
    "zip MB",
    "calls",
    "sequential",
    "connections",
];

const SPREAD: &[&str] = &[
    "program",
    "job",
    "init min",
    "p99",
    "CPU min",
    "first min",
    "first p99",
    "first CPU min",
    "warm min",
    "warm p99",
    "warm CPU min",
];

const AT_SIZE: &[&str] = &[
    "program",
    "job",
    "MB",
    "init ms",
    "first ms",
    "CPU first",
    "warm ms",
    "CPU warm",
];

const BILL: &[&str] = &[
    "program", "job", "MB", "cold ms", "warm ms", "$ cold", "$ warm",
];

pub(super) fn report(findings: &Findings) -> Report {
    let whole = |caption: &str, columns: &[&'static str], row: fn(&Measured) -> Vec<Cell>| Table {
        caption: caption.to_owned(),
        columns: columns.to_vec(),
        rows: findings.whole.iter().map(row).collect(),
    };
    let mut tables = vec![
        whole("Medians; CPU is user and system time", MAIN, Measured::row),
        whole(
            "The same: minimum and 99th percentile (the maximum if there are fewer than 100 values)",
            SPREAD,
            Measured::spread,
        ),
    ];
    tables.extend(of_sizes(
        &findings.shares,
        "With a memory size's processor share, starting with the first event",
        AT_SIZE,
        Measured::at_size,
    ));
    tables.extend(of_sizes(
        &findings.billed,
        "The same with a latency of 20 ms for STS, IAM, CloudFormation and the API, and 4 ms for DynamoDB; Lambda cost in dollars per \
         million events",
        BILL,
        Measured::bill,
    ));
    Report {
        title: "Functions: cold start, first event and warm event".to_owned(),
        conditions: conditions(findings),
        tables,
        skipped: findings.skipped.clone(),
        ratios: super::ratios::ratios(findings),
    }
}

fn conditions(findings: &Findings) -> Vec<String> {
    let today = SystemHost.now().to_string();
    let mut conditions = vec![
        format!("{}, {}", today.get(..10).unwrap_or_default(), machine()),
        "AWS is a stub on this machine with TLS and without latency; all services share one host, so a \
         connection can be used for all of them"
            .to_owned(),
        "binaries are loaded from the page cache; every response was checked".to_owned(),
        "the console calls a stub of the API, which repeats recorded responses".to_owned(),
        "our functions trust the stub's root and Amazon's roots through AWS_CA_BUNDLE; the variants with system roots use the system's store".to_owned(),
        "100 full checks are one event".to_owned(),
    ];
    conditions.extend(findings.versions.iter().cloned());
    conditions
}

/// Lists the sizes of each program together.
fn of_sizes(
    measured: &[(u32, Vec<Measured>)],
    caption: &str,
    columns: &[&'static str],
    row: impl Fn(&Measured, u32) -> Vec<Cell>,
) -> Option<Table> {
    let key = |one: &Measured| (one.program.name.clone(), one.program.job);
    let mut keys = Vec::new();
    for one in measured.iter().flat_map(|(_, all)| all) {
        if !keys.contains(&key(one)) {
            keys.push(key(one));
        }
    }
    let mut rows = Vec::new();
    for wanted in &keys {
        let sizes = measured.iter();
        let found = sizes.filter_map(|(size, all)| {
            let one = all.iter().find(|one| key(one) == *wanted)?;
            Some(row(one, *size))
        });
        rows.extend(found);
    }
    if rows.is_empty() {
        return None;
    }
    Some(Table {
        caption: caption.to_owned(),
        columns: columns.to_vec(),
        rows,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_measured_values() {
        let values = |count: u64| (1..=count).map(Duration::from_millis).collect::<Vec<_>>();
        assert_eq!(percentile(values(20), 50), Duration::from_millis(10));
        assert_eq!(percentile(values(20), 99), Duration::from_millis(20));
        assert_eq!(percentile(values(200), 99), Duration::from_millis(198));
        assert_eq!(percentile(values(3), 0), Duration::from_millis(1));
        assert_eq!(percentile(Vec::new(), 50), Duration::ZERO);
    }
}
