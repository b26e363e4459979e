//! `make bench`: what a start, a first and a further event cost, ours beside the same work done the
//! usual way; and the same with as little of a processor as a small function has.

mod events;
mod figures;
mod jobs;
mod measure;
pub mod peers;
mod programs;

use std::fs;
use std::path::Path;

use anyhow::Result;
use clap::Args;
use rolecall_local::paths::Tree;

use crate::fleet::{seed, template_facts};
use crate::share::CpuShare;
use crate::stub::Stub;
use crate::template::Template;
use crate::tls::Trust;
use figures::Findings;
use jobs::Scene;
use measure::{Measured, Stage};
use peers::Peer;
use programs::{Kind, Program, Sources};

/// How often, and how small.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Starts of each program.
    #[arg(long, default_value_t = 20)]
    pub starts: usize,
    /// Events after the first, for each start.
    #[arg(long, default_value_t = 10)]
    pub warm: usize,
    /// Memory sizes whose share of a processor our functions are given, too.
    #[arg(long, value_delimiter = ',', default_value = "128,256,512,1024,1769")]
    pub sizes: Vec<u32>,
    /// Those at which the peers are measured as well.
    #[arg(long, value_delimiter = ',', default_value = "128,512")]
    pub peer_sizes: Vec<u32>,
    /// Starts at each of these sizes.
    #[arg(long, default_value_t = 5)]
    pub starts_at_size: usize,
    /// Which peers are measured.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "python,node,rust-defaults"
    )]
    pub peers: Vec<Peer>,
}

/// Further events at a small size: a peer takes a second for each.
const WARM_AT_SIZE: usize = 3;

/// Measures, prints the report, and writes it under `target/bench/`.
///
/// # Errors
/// When a program of ours is missing, or any does not do its work.
pub async fn run(release: &Path, options: &Options) -> Result<()> {
    let tree = Tree::default();
    let results = tree.root().join("target/bench");
    fs::create_dir_all(&results)?;
    let facts = template_facts(&tree)?;
    let stub = Stub::start_with_tls(facts.clone()).await?;
    let table = seed::table(&stub.url)?;
    let sources = Sources {
        tree: &tree,
        release,
        template: &Template::read(&tree)?,
        trust: &Trust::write(&results)?,
        stub_url: &stub.url,
        results: &results,
    };
    let mut programs = sources.ours().await?;
    let (peers, skipped) = sources.peers(&options.peers).await?;
    programs.extend(peers);
    let stage = Stage {
        stub: &stub,
        scene: Scene {
            table: &table,
            template: &facts,
            stub_url: &stub.url,
        },
        log: &results.join("function.log"),
        warm: options.warm,
    };
    let mut findings = Findings {
        skipped,
        ..Findings::default()
    };
    findings.whole = measured(&programs, options.starts, &stage, None).await?;
    at_sizes(&programs, options, stage, &mut findings).await?;
    let report = figures::report(&findings);
    print!("{}", report.text());
    report.write(&results.join("functions.json"))
}

/// One start of each after the other, again and again: whatever else the machine does meanwhile
/// meets all of them alike.
async fn measured(
    programs: &[Program],
    starts: usize,
    stage: &Stage<'_>,
    share: Option<&CpuShare>,
) -> Result<Vec<Measured>> {
    let mut all: Vec<_> = programs.iter().cloned().map(Measured::new).collect();
    for round in 1..=starts {
        let size = share.map_or(String::new(), |share| format!(" at {} MB", share.memory_mb));
        eprintln!("start {round} of {starts}{size}");
        for one in &mut all {
            Box::pin(one.again(stage, share)).await?;
        }
    }
    Ok(all)
}

async fn at_sizes(
    programs: &[Program],
    options: &Options,
    stage: Stage<'_>,
    findings: &mut Findings,
) -> Result<()> {
    let stage = Stage {
        warm: WARM_AT_SIZE.min(stage.warm),
        ..stage
    };
    for size in &options.sizes {
        let share = match CpuShare::of(*size) {
            Ok(share) => share,
            Err(error) => {
                findings
                    .skipped
                    .push(format!("shares of a processor: {error:#}"));
                return Ok(());
            }
        };
        let wanted = programs.iter().filter(|program| match program.kind {
            Kind::Peer(_) => options.peer_sizes.contains(size),
            Kind::OursWithFewRoots => false,
            Kind::Ours | Kind::Empty => true,
        });
        let wanted: Vec<Program> = wanted.cloned().collect();
        let all = measured(&wanted, options.starts_at_size, &stage, Some(&share)).await?;
        findings.shares.push((*size, all));
    }
    Ok(())
}
