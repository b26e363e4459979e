//! `make bench`: the cost of a cold start, a first event and a warm event, for our functions and
//! for peers that do the same work; also with the processor share of small functions.

mod calls;
mod events;
mod figures;
mod issue;
pub mod jobs;
mod measure;
mod page;
pub mod peers;
mod programs;
mod ratios;

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::paths::Tree;
use anyhow::Result;
use clap::Args;

use crate::fleet::accounts::Latency;
use crate::fleet::{seed, template_facts};
use crate::share::CpuShare;
use crate::stub::Stub;
use crate::template::Template;
use crate::tls::Trust;
pub(crate) use events::{link, sample};
use figures::Findings;
use jobs::{Job, Scene};
use measure::{Measured, Stage};
use peers::Peer;
use programs::{Kind, Program, Sources};

/// How often to measure, and with which memory sizes.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Starts of each program
    #[arg(long, default_value_t = 20)]
    pub starts: usize,
    /// Events after the first, for each start
    #[arg(long, default_value_t = 10)]
    pub warm: usize,
    /// Memory sizes whose processor shares our functions are measured with
    #[arg(long, value_delimiter = ',', default_value = "128,256,512,1024,1769")]
    pub sizes: Vec<u32>,
    /// Memory sizes at which the peers are measured, too
    #[arg(long, value_delimiter = ',', default_value = "128")]
    pub peer_sizes: Vec<u32>,
    /// Starts at each memory size
    #[arg(long, default_value_t = 3)]
    pub starts_at_size: usize,
    /// Peers to measure; none if no name follows
    #[arg(
        long,
        num_args = 0..,
        value_delimiter = ',',
        default_value = "python,node,rust-defaults"
    )]
    pub peers: Vec<Peer>,
    /// Jobs to measure; all by default
    #[arg(long, value_delimiter = ',')]
    pub jobs: Vec<Job>,
}

/// Warm events at a memory size; few, because a peer takes a second for each.
const WARM_AT_SIZE: usize = 3;

/// The memory size in the template of the functions for which someone waits. SDKs wait for credential-broker, some
/// for a second, and people for the console.
const WAITED_SIZE: u32 = 256;

/// Lambda also bills waiting time. The same latency as in the fleet benchmark.
const LATENCY: Latency = Latency {
    aws: Duration::from_millis(20),
    dynamodb: Duration::from_millis(4),
};

/// Measures, prints the report, and writes it under `target/bench/`.
///
/// # Errors
/// If one of our binaries is missing or a program fails.
pub async fn run(release: &Path, options: &Options) -> Result<()> {
    let tree = Tree::default();
    let results = tree.root().join("target/bench");
    fs::create_dir_all(&results)?;
    let facts = template_facts();
    let stub = Stub::start(facts.clone()).await?.with_tls().await?;
    // Responses to CloudFormation go to a separate host without an open connection.
    let responses = stub.with_tls().await?;
    let table = seed::table(&stub.url)?;
    let sources = Sources {
        tree: &tree,
        release,
        template: &Template::read(&tree)?,
        trust: &Trust::write(&results)?,
        stub_url: &stub.url,
        responses_url: &responses.url,
        results: &results,
        jobs: &options.jobs,
    };
    let mut programs = sources.ours().await?;
    let recorded = sources.recorded(&stub).await?;
    let peers = sources.peers(&options.peers).await;
    let stage = Stage {
        stub: &stub,
        scene: Scene {
            table: &table,
            template: &facts,
            responses_url: &responses.url,
            recorded: recorded.as_ref(),
        },
        log: &results.join("function.log"),
        warm: options.warm,
        latency: Latency::default(),
    };
    programs.extend(by_hand(&programs, &sources, &stage).await?);
    programs.extend(peers.programs);
    let mut findings = Findings {
        skipped: peers.skipped,
        versions: peers.versions,
        ..Findings::default()
    };
    let whole = measured(&programs, options.starts, &stage, None).await?;
    findings.whole = findings.keep_successful(whole, None);
    // A program that fails with a whole processor is not measured with less.
    let did = |program: &Program| findings.whole.iter().any(|it| it.program.is(program));
    programs.retain(did);
    let batch = batch(&programs);
    at_sizes(&programs, batch, options, stage, &mut findings).await?;
    let report = figures::report(&findings);
    print!("{}", report.text());
    report.write(&results.join("functions.json"))
}

/// Starts the programs alternately, so that other load on the machine affects all of them equally.
async fn measured(
    programs: &[Program],
    starts: usize,
    stage: &Stage<'_>,
    share: Option<&CpuShare>,
) -> Result<Vec<Measured>> {
    let mut all: Vec<_> = programs.iter().cloned().map(Measured::new).collect();
    for round in 1..=starts {
        let size = share.map_or(String::new(), |share| format!(" at {} MB", share.memory_mb));
        let far = if stage.latency == Latency::default() {
            ""
        } else {
            ", with AWS latency"
        };
        eprintln!("start {round} of {starts}{size}{far}");
        for one in all.iter_mut().filter(|one| one.failed.is_none()) {
            let done = Box::pin(one.again(stage, share)).await;
            // With a small processor share, timeouts can fail correct programs; and a failing peer
            // must not stop the benchmark.
            let may_fail = share.is_some() || matches!(one.program.kind, Kind::Peer(_));
            match done {
                Err(error) if may_fail => one.failed = Some(format!("{error:#}")),
                done => done?,
            }
        }
    }
    Ok(all)
}

async fn at_sizes(
    programs: &[Program],
    batch: Option<Program>,
    options: &Options,
    stage: Stage<'_>,
    findings: &mut Findings,
) -> Result<()> {
    let without_latency = Stage {
        warm: WARM_AT_SIZE.min(stage.warm),
        ..stage
    };
    let with_latency = Stage {
        latency: LATENCY,
        ..without_latency.clone()
    };
    for size in &options.sizes {
        let share = match CpuShare::of(*size) {
            Ok(share) => share,
            Err(error) => {
                findings.skipped.push(error.to_string());
                return Ok(());
            }
        };
        let wanted = programs.iter().filter(|program| match program.kind {
            Kind::Peer(_) => options.peer_sizes.contains(size),
            Kind::OursBySystemRoots => false,
            Kind::Ours | Kind::Empty | Kind::HandSigned => true,
        });
        let wanted: Vec<Program> = wanted.cloned().collect();
        let starts = options.starts_at_size;
        let all = measured(&wanted, starts, &without_latency, Some(&share)).await?;
        let all = findings.keep_successful(all, Some(*size));
        findings.shares.push((*size, all));
        // The programs whose Lambda cost is reported, and those that credential-broker is compared with.
        let mut billed = programs.to_vec();
        billed.retain(|it| it.kind == Kind::Ours || (*size == WAITED_SIZE && it.job.is_issue()));
        billed.extend(batch.clone());
        let all = measured(&billed, starts, &with_latency, Some(&share)).await?;
        let all = findings.keep_successful(all, Some(*size));
        findings.billed.push((*size, all));
    }
    Ok(())
}

/// Programs that repeat the AWS calls of our functions.
async fn by_hand(
    ours: &[Program],
    sources: &Sources<'_>,
    stage: &Stage<'_>,
) -> Result<Vec<Program>> {
    let mut programs = Vec::new();
    for program in ours.iter().filter(|it| it.kind == Kind::Ours) {
        if let Some(job) = program.job.by_hand() {
            let calls = measure::recorded(program, stage).await?;
            programs.push(sources.by_hand(job, &calls).await?);
        }
    }
    Ok(programs)
}

/// account-health with a full batch.
fn batch(programs: &[Program]) -> Option<Program> {
    let mut ours = programs.iter().filter(|it| it.kind == Kind::Ours);
    let health = ours.find(|it| it.job == Job::Verification)?;
    Some(Program {
        job: Job::Batch,
        ..health.clone()
    })
}
