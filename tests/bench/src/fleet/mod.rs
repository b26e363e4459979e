//! A fleet of simulated accounts, checked again by the real account-health from a queue, and beside
//! it by a script as people usually write it.

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
use anyhow::{Context, Result, ensure};
use clap::Args;
use rolecall_aws::table::Table;
use rolecall_domain::check::Verdict;
use rolecall_domain::link::template::TemplateVersion;
use tokio::sync::Mutex;

use crate::stub::{Stub, Tally};
use crate::template::Template;
use crate::usage::Usage;
use accounts::{Customer, Latency, TemplateFacts};
use environments::Environments;
use figures::{Program, Run};
use peer::Peer;
use queue::Queue;
use seed::{CheckKind, Member};

/// How the fleet is checked.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Sizes of the fleet, one after another.
    #[arg(long, value_delimiter = ',', default_value = "100,1000,10000")]
    pub accounts: Vec<usize>,
    /// The largest fleet that the script checks: it takes a minute of a core for 1,500 accounts.
    #[arg(long, default_value_t = 1000)]
    pub most_for_peer: usize,
    /// Execution environments of account-health at the same time. One shows what one costs.
    #[arg(long, default_value_t = 1)]
    pub processes: usize,
    /// Messages in a batch, if not as the template says.
    #[arg(long)]
    pub batch_size: Option<usize>,
    /// AssumeRole calls a second that STS lets through in the last run: what AWS grants by default.
    #[arg(long, default_value_t = 600)]
    pub sts_rate: u32,
    /// The size of the fleet in that run.
    #[arg(long, default_value_t = 3000)]
    pub at_sts_rate: usize,
    /// How far away STS, IAM and CloudFormation are.
    #[arg(long, default_value_t = 20)]
    pub latency_ms: u64,
    /// How far away DynamoDB is.
    #[arg(long, default_value_t = 4)]
    pub dynamodb_latency_ms: u64,
}

/// Where everything is, for one run of the benchmark.
#[derive(Debug)]
struct Bench<'a> {
    function: &'a Path,
    options: &'a Options,
    stub: Stub,
    /// To seed and to look at the results; as near as the stub is.
    table: Table,
    hub: Template,
    template: TemplateFacts,
    results: PathBuf,
}

/// Measures, prints the report, and writes it under `target/bench/`.
///
/// # Errors
/// When anything that is measured does not do its work.
pub async fn run(function: &Path, options: &Options) -> Result<()> {
    let tree = Tree::default();
    let results = tree.root().join("target/bench");
    fs::create_dir_all(&results)?;
    let template = template_facts(&tree)?;
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
    for look in [CheckKind::FullCheck, CheckKind::QuickCheck] {
        for size in &options.accounts {
            runs.push(Box::pin(bench.account_health(*size, look, None)).await?);
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
                format!("boto3 with {size} accounts takes long: --most-for-peer {size}")
            }));
        }
        Err(error) => skipped.push(format!("boto3: {error:#}")),
    }
    let report = figures::report(&runs, skipped, options);
    print!("{}", report.text());
    report.write(&bench.results.join("fleet.json"))
}

/// What all simulated stacks were made from.
///
/// # Errors
/// When the onboarding template can't be read.
pub fn template_facts(tree: &Tree) -> Result<TemplateFacts> {
    let path = tree.onboarding_template();
    let text = fs::read_to_string(&path)?;
    let version = text.lines().find_map(|line| {
        let version = line.trim().strip_prefix("Version: \"")?.strip_suffix('"')?;
        TemplateVersion::parse(version).ok()
    });
    Ok(TemplateFacts {
        version: version.context("the onboarding template has no version")?,
        self_inspection: fs::read_to_string(path.with_file_name("self-inspection.json"))?,
    })
}

impl Bench<'_> {
    /// A fleet of its own for each run: what one run wrote must not help the next.
    async fn seeded(&self, size: usize, look: CheckKind) -> Result<Vec<Member>> {
        self.stub.reset();
        self.stub.be_away(Latency::default());
        let customers: Vec<Customer> = (0..size).map(Customer).collect();
        let members = seed::fleet(&self.table, &customers, look, &self.template).await?;
        self.stub.take_tally();
        self.stub.be_away(Latency {
            aws: Duration::from_millis(self.options.latency_ms),
            dynamodb: Duration::from_millis(self.options.dynamodb_latency_ms),
        });
        Ok(members)
    }

    async fn account_health(
        &self,
        size: usize,
        look: CheckKind,
        sts_rate: Option<u32>,
    ) -> Result<Run> {
        eprintln!("account-health: {size} accounts, {look:?}");
        let members = self.seeded(size, look).await?;
        self.stub.limit_sts(sts_rate);
        let settings = self.hub.function("AccountHealth", &self.stub.url)?;
        // One alone stays below STS's quota.
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
            "{} messages were given up",
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
            came_again: queue.came_again,
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

    /// Nothing counts but right answers: each account's verdict is read back and compared.
    async fn finished(
        &self,
        program: Program,
        members: &[Member],
        took: Duration,
        before: &[Usage],
        after: &[Usage],
    ) -> Result<Run> {
        let tally: Tally = self.stub.take_tally();
        self.stub.be_away(Latency::default());
        let mut verdicts = BTreeMap::new();
        for member in members {
            let verdict = seed::verdict(&self.table, member).await?;
            let (customer, expected) = (member.customer, member.customer.expected());
            // Where STS throttles everybody, not to know is a right answer, too.
            let unknown = program.is_limited() && verdict == Some(Verdict::Inconclusive);
            ensure!(
                verdict == Some(expected) || unknown,
                "account {} ({:?}) came out as {verdict:?}, not {expected:?}",
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
            look: members
                .first()
                .map_or(CheckKind::FullCheck, |member| member.look),
        })
    }
}
