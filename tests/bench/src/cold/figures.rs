//! The tables and ratios. Ratios compare minimum CPU times, which hardly depend on other load on
//! the machine; a median of elapsed time can double.

use std::time::Duration;

use rolecall_aws::host::SystemHost;
use rolecall_domain::ports::Clock;

use super::jobs::Job;
use super::measure::{Measured, Sample};
use super::programs::Kind;
use crate::report::{Aim, Cell, Ratio, Report, Table};
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
    fn of(&self, kind: Kind) -> impl Iterator<Item = &Measured> {
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

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// The value below which this percentage of the values lies.
fn percentile(mut values: Vec<Duration>, hundredths: usize) -> Duration {
    values.sort_unstable();
    let place = (values.len() * hundredths).div_ceil(100).max(1) - 1;
    values.get(place).copied().unwrap_or_default()
}

fn wall(samples: &[Sample]) -> Vec<Duration> {
    samples.iter().map(|sample| sample.wall).collect()
}

fn cpu(samples: &[Sample]) -> Vec<Duration> {
    samples.iter().map(|sample| sample.cpu).collect()
}

fn least_cpu(samples: &[Sample]) -> f64 {
    ms(cpu(samples).into_iter().min().unwrap_or_default())
}

fn median(values: Vec<Duration>) -> Cell {
    Cell::Number(ms(percentile(values, 50)), 2)
}

impl Measured {
    fn megabytes(&self) -> f64 {
        u32::try_from(self.program.zip_bytes).map_or(f64::INFINITY, f64::from) / 1e6
    }

    /// The CPU time until the first event is answered.
    fn cold_cpu(&self) -> f64 {
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
        "The same with a latency of 20 ms for STS, IAM and CloudFormation and 4 ms for DynamoDB; Lambda cost in dollars per \
         million events",
        BILL,
        Measured::bill,
    ));
    Report {
        title: "Functions: cold start, first event and warm event".to_owned(),
        conditions: conditions(findings),
        tables,
        skipped: findings.skipped.clone(),
        ratios: ratios(findings),
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

fn ratios(findings: &Findings) -> Vec<Ratio> {
    let mut ratios = Vec::new();
    let ours = || findings.of(Kind::Ours);
    let empty = findings.of(Kind::Empty).next();
    for one in ours().filter(|it| is_asynchronous(it.program.job)) {
        let floor = empty.map_or(f64::NAN, |empty| least_cpu(&empty.init));
        ratios.push(Ratio {
            what: format!(
                "times the empty handler's init CPU time, {}",
                one.program.name
            ),
            value: least_cpu(&one.init) / floor,
            aim: Some(Aim::AtMost(2.0)),
        });
    }
    for one in ours() {
        let own = |what: &str, value, most| Ratio {
            what: format!("{what}, {}", one.program.name),
            value,
            aim: Some(Aim::AtMost(most)),
        };
        ratios.push(own("MB of peak memory", one.peak_memory_mb, 9.0));
        ratios.push(own("MB of zip size", one.megabytes(), 3.0));
    }
    for one in ours() {
        // The response to CloudFormation is sent after the last call.
        let answers = match one.program.job {
            Job::Registration => 1,
            Job::Paste => 0,
            _ => continue,
        };
        let sequential_calls = one.sequential_calls.saturating_sub(answers);
        ratios.push(Ratio {
            what: format!("sequential calls for {}", one.program.job.name()),
            value: f64::from(u32::try_from(sequential_calls).unwrap_or(u32::MAX)),
            aim: Some(Aim::AtMost(4.0)),
        });
    }
    ratios.extend(over_the_floor(findings));
    ratios.extend(small(findings));
    ratios.extend(ahead(findings));
    // Skip ratios that were not measured.
    ratios.retain(|ratio| ratio.value.is_finite() && ratio.value > 0.0);
    ratios
}

/// The cost compared with the AWS calls alone.
fn over_the_floor(findings: &Findings) -> Vec<Ratio> {
    let mut ratios = Vec::new();
    for ours in findings.of(Kind::Ours) {
        let by_hand = |it: &&Measured| Some(it.program.job) == ours.program.job.by_hand();
        let Some(floor) = findings.whole.iter().find(by_hand) else {
            continue;
        };
        let name = &ours.program.name;
        let ratio = |what: &str, value, aim| Ratio {
            what: format!("times the hand-signed calls' CPU time {what}, {name}"),
            value,
            aim,
        };
        // Only for functions that don't prepare calls and connections before the first event.
        if is_asynchronous(ours.program.job) {
            let first = least_cpu(&ours.first) / least_cpu(&floor.first);
            ratios.push(ratio("for the first event", first, Some(Aim::AtMost(1.5))));
            let cold = ours.cold_cpu() / floor.cold_cpu();
            ratios.push(ratio("for init and first event", cold, None));
        }
        let warm = least_cpu(&ours.warm) / least_cpu(&floor.warm);
        ratios.push(ratio("when warm", warm, None));
    }
    ratios
}

/// SQS, the schedule and the stream are not latency-sensitive.
fn is_asynchronous(job: Job) -> bool {
    matches!(job, Job::Verification | Job::Sweep | Job::Publication)
}

/// The first event with the processor share of a 128 MB function.
fn small(findings: &Findings) -> Vec<Ratio> {
    let smallest = findings.shares.iter().find(|(size, _)| *size == 128);
    let ours = smallest.into_iter().flat_map(|(_, all)| all);
    let ours = ours.filter(|it| it.program.kind == Kind::Ours);
    let ratio = |one: &Measured| Ratio {
        what: format!(
            "ms for the first event at 128 MB, {} ({} calls)",
            one.program.name, one.calls
        ),
        value: ms(percentile(wall(&one.first), 50)),
        aim: Some(Aim::AtMost(10.0)),
    };
    ours.map(ratio).collect()
}

/// The speedup compared with the peers.
fn ahead(findings: &Findings) -> Vec<Ratio> {
    let mut ratios = Vec::new();
    for theirs in &findings.whole {
        let Kind::Peer(name) = theirs.program.kind else {
            continue;
        };
        let aim = match name {
            "Python, boto3" => Some(Aim::AtLeast(60.0)),
            "Node.js, SDK v3" => Some(Aim::AtLeast(20.0)),
            _ => None,
        };
        let same = |it: &&Measured| it.program.job == theirs.program.job;
        for ours in findings.whole.iter().filter(same) {
            if !matches!(ours.program.kind, Kind::Ours | Kind::OursBySystemRoots) {
                continue;
            }
            let against = format!("{} against {name}", ours.program.name);
            ratios.push(Ratio {
                what: format!("times less CPU time for init and first event, {against}"),
                value: theirs.cold_cpu() / ours.cold_cpu(),
                aim,
            });
            ratios.push(Ratio {
                what: format!("times less CPU time when warm, {against}"),
                value: least_cpu(&theirs.warm) / least_cpu(&ours.warm),
                aim: None,
            });
        }
    }
    ratios
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
