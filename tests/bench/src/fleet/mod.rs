//! Checks a fleet of simulated accounts from a queue, with the real account-health and with a
//! typical boto3 script.

pub mod accounts;
mod environments;
mod figures;
mod peer;
pub(crate) mod queue;
pub mod seed;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::paths::Tree;
use anyhow::{Result, ensure};
use clap::Args;
use rolecall_aws::table::Table;
use rolecall_domain::check::Verdict;
use tokio::sync::Mutex;

use crate::stub::{Stub, Tally};
use crate::template::Template;
use crate::usage::Usage;
pub use accounts::template_facts;
use accounts::{Customer, Latency, TemplateFacts};
use environments::Environments;
use figures::{Program, Run};
use peer::Peer;
use queue::Queue;
use seed::{CheckKind, Member};

/// How to check the fleet.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Sizes of the fleet, one after another
    #[arg(long, value_delimiter = ',', default_value = "100,1000,10000")]
    pub accounts: Vec<usize>,
    /// Largest fleet for the boto3 script, which needs a minute for 1,500 accounts
    #[arg(long, default_value_t = 1000)]
    pub most_for_peer: usize,
    /// Execution environments of account-health at the same time
    #[arg(long, default_value_t = 1)]
    pub processes: usize,
    /// Messages in a batch; the template's batch size by default
    #[arg(long)]
    pub batch_size: Option<usize>,
    /// AssumeRole calls per second that STS allows in the last run; AWS's default quota
    #[arg(long, default_value_t = 600)]
    pub sts_rate: u32,
    /// Size of the fleet in the last run
    #[arg(long, default_value_t = 3000)]
    pub at_sts_rate: usize,
    /// Latency of STS, IAM and CloudFormation
    #[arg(long, default_value_t = 20)]
    pub latency_ms: u64,
    /// Latency of DynamoDB
    #[arg(long, default_value_t = 4)]
    pub dynamodb_latency_ms: u64,
}

/// Everything that one run of the benchmark needs.
#[derive(Debug)]
struct Bench<'a> {
    function: &'a Path,
    options: &'a Options,
    stub: Stub,
    /// Seeds accounts and reads results, without latency.
    table: Table,
    hub: Template,
    template: TemplateFacts,
    results: PathBuf,
}

/// Measures, prints the report, and writes it under `target/bench/`.
///
/// # Errors
/// If a measured program fails.
pub async fn run(function: &Path, options: &Options) -> Result<()> {
    let tree = Tree::default();
    let results = tree.root().join("target/bench");
    fs::create_dir_all(&results)?;
    let template = template_facts();
    let stub = Stub::start(template.clone()).await?;
    let bench = Bench {
        table: seed::table(&stub.url)?,
        hub: Template::read(&tree)?,
        function,
        options,
        stub,
        template,
        results,
    };
    let (mut runs, mut skipped) = (Vec::new(), Vec::new());
    for check_kind in [CheckKind::FullCheck, CheckKind::QuickCheck] {
        for size in &options.accounts {
            runs.push(Box::pin(bench.account_health(*size, check_kind, None)).await?);
        }
    }
    let (size, rate) = (options.at_sts_rate, Some(options.sts_rate));
    runs.push(Box::pin(bench.account_health(size, CheckKind::FullCheck, rate)).await?);
    match Peer::install(&tree, &bench.results).await {
        Ok(peer) => {
            let (within, beyond): (Vec<usize>, Vec<usize>) = options
                .accounts
                .iter()
                .copied()
                .partition(|size| *size <= options.most_for_peer);
            for size in within {
                runs.push(Box::pin(bench.boto3(&peer, size)).await?);
            }
            skipped.extend(beyond.iter().map(|size| {
                format!("boto3 with {size} accounts takes long; run it with --most-for-peer {size}")
            }));
        }
        Err(error) => skipped.push(format!("boto3: {error:#}")),
    }
    let report = figures::report(&runs, skipped, options);
    print!("{}", report.text());
    report.write(&bench.results.join("fleet.json"))
}

impl Bench<'_> {
    /// Seeds a new fleet for each run, so that a run can't profit from earlier writes.
    async fn seeded(&self, size: usize, check_kind: CheckKind) -> Result<Vec<Member>> {
        self.stub.reset();
        self.stub.set_latency(Latency::default());
        let customers: Vec<Customer> = (0..size).map(Customer).collect();
        let members = seed::fleet(&self.table, &customers, check_kind, &self.template).await?;
        self.stub.take_tally();
        self.stub.set_latency(Latency {
            aws: Duration::from_millis(self.options.latency_ms),
            dynamodb: Duration::from_millis(self.options.dynamodb_latency_ms),
        });
        Ok(members)
    }

    async fn account_health(
        &self,
        size: usize,
        check_kind: CheckKind,
        sts_rate: Option<u32>,
    ) -> Result<Run> {
        eprintln!("account-health: {size} accounts, {check_kind:?}");
        let members = self.seeded(size, check_kind).await?;
        self.stub.limit_sts(sts_rate);
        let settings = self.hub.function("AccountHealth", &self.stub.url)?;
        // A single environment stays below STS's quota.
        let least = if sts_rate.is_some() { 3 } else { 1 };
        let count = self.options.processes.max(least);
        let environments = Environments::start(count, self.function, &settings, &self.results);
        let mut environments = environments.await?;
        let queue = Mutex::new(Queue::of(&members)?);
        let batch_size = self.options.batch_size;
        let batch_size = batch_size.unwrap_or(self.hub.queue("AccountHealth")?.batch_size);
        let (before, begun) = (environments.usages()?, Instant::now());
        let billed = environments.empty(&queue, batch_size).await?;
        let (took, after) = (begun.elapsed(), environments.usages()?);
        let queue = queue.into_inner();
        ensure!(
            queue.dead_letters == 0,
            "{} messages went to the dead-letter queue",
            queue.dead_letters
        );
        let program = Program::AccountHealth {
            sts_rate,
            environments: count,
            batch_size,
            memory_mb: settings.memory_mb,
            init: environments.init(),
            billed,
            log_bytes: environments.stop().await?,
            redelivered: queue.redelivered,
        };
        self.finished(program, &members, took, &before, &after)
            .await
    }

    async fn boto3(&self, peer: &Peer, size: usize) -> Result<Run> {
        eprintln!("boto3: {size} accounts");
        let members = self.seeded(size, CheckKind::FullCheck).await?;
        self.stub.limit_sts(None);
        let list = self.results.join("accounts.json");
        let mut running = peer.start(&self.stub.url, &members, &list).await?;
        let (before, begun) = (running.usage()?, Instant::now());
        running.check_all().await?;
        let (took, after) = (begun.elapsed(), running.usage()?);
        running.stop().await?;
        self.finished(Program::Boto3, &members, took, &[before], &[after])
            .await
    }

    /// Reads and compares every account's verdict; only correct results count.
    async fn finished(
        &self,
        program: Program,
        members: &[Member],
        took: Duration,
        before: &[Usage],
        after: &[Usage],
    ) -> Result<Run> {
        let tally: Tally = self.stub.take_tally();
        self.stub.set_latency(Latency::default());
        let mut verdicts = BTreeMap::new();
        for member in members {
            let verdict = seed::verdict(&self.table, member).await?;
            let (customer, expected) = (member.customer, member.customer.expected());
            // If STS throttles the hub, an inconclusive verdict is correct, too.
            let unknown = program.is_limited() && verdict == Some(Verdict::Inconclusive);
            ensure!(
                verdict == Some(expected) || unknown,
                "account {} ({:?}) has the verdict {verdict:?} instead of {expected:?}",
                customer.0,
                customer.kind()
            );
            *verdicts
                .entry(format!("{:?}", verdict.unwrap_or(expected)))
                .or_default() += 1;
        }
        let cpu = |usages: &[Usage]| usages.iter().map(|usage| usage.cpu).sum::<Duration>();
        Ok(Run {
            program,
            accounts: members.len(),
            took,
            cpu: cpu(after).saturating_sub(cpu(before)),
            peak_memory_mb: after
                .iter()
                .map(|usage| usage.peak_memory_mb)
                .fold(0.0, f64::max),
            tally,
            verdicts,
            check_kind: members
                .first()
                .map_or(CheckKind::FullCheck, |member| member.check_kind),
        })
    }
}
