//! One program: started again and again, and each time called.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::jobs::{Errand, Job, Scene};
use super::programs::Program;
use crate::fleet::accounts::Latency;
use crate::lambda::{Function, Launch};
use crate::share::CpuShare;
use crate::stub::{Call, Stub, Tally};

/// How long something took, and what processor time it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sample {
    pub wall: Duration,
    /// User and system, of all threads.
    pub cpu: Duration,
}

/// All samples of one program.
#[derive(Debug, Clone)]
pub struct Measured {
    pub program: Program,
    pub init: Vec<Sample>,
    pub first: Vec<Sample>,
    pub warm: Vec<Sample>,
    pub peak_memory_mb: f64,
    /// Of a first event.
    pub calls: u64,
    /// Until the first event was answered.
    pub connections: u64,
    /// Calls of a warm event that wait for one another.
    pub in_a_row: u64,
    /// Why it can't do its work with so little of a processor.
    pub failed: Option<String>,
}

/// Far away enough that the way there and back is nearly all that is waited for.
const FAR: Duration = Duration::from_millis(100);

/// Where programs are measured.
#[derive(Debug, Clone)]
pub struct Stage<'a> {
    pub stub: &'a Stub,
    pub scene: Scene<'a>,
    pub log: &'a Path,
    /// Events after the first.
    pub warm: usize,
    /// How far away AWS is.
    pub away: Latency,
}

impl Program {
    fn launch<'a>(&'a self, stage: &Stage<'a>, share: Option<&CpuShare>) -> Launch<'a> {
        let settings = &self.settings;
        Launch {
            program: &self.program,
            arguments: &self.arguments,
            environment: settings.environment.clone(),
            memory_mb: share.map_or(settings.memory_mb, |share| share.memory_mb),
            // Nothing here takes so long but a peer with a small share.
            time_out: settings.time_out.max(Duration::from_secs(120)),
            log: stage.log,
        }
    }
}

impl Measured {
    pub fn new(program: Program) -> Self {
        Self {
            program,
            init: Vec::new(),
            first: Vec::new(),
            warm: Vec::new(),
            peak_memory_mb: 0.0,
            calls: 0,
            connections: 0,
            in_a_row: 0,
            failed: None,
        }
    }

    /// Another start and some events; within a share of a processor from the first event on.
    ///
    /// # Errors
    /// When the program does not do its work, or not rightly.
    pub async fn again(&mut self, stage: &Stage<'_>, share: Option<&CpuShare>) -> Result<()> {
        let name = self.program.name.clone();
        let measured = self.start_and_call(stage, share).await;
        measured.with_context(|| format!("{name}, {}", self.program.job.name()))
    }

    async fn start_and_call(&mut self, stage: &Stage<'_>, share: Option<&CpuShare>) -> Result<()> {
        let job = self.program.job;
        stage.stub.reset();
        let mut errands = job.errands(stage.warm + 2, &stage.scene).await?.into_iter();
        stage.stub.take_tally();
        stage.stub.be_away(stage.away);
        let mut function = Function::start(&self.program.launch(stage, share)).await?;
        self.init.push(Sample {
            wall: function.init,
            cpu: function.init_usage.cpu,
        });
        if let Some(share) = share {
            function.hold_to(share)?;
        }
        let errand = errands.next().context("no errand")?;
        let called = called(job, &mut function, &errand, stage).await?;
        self.first.push(called.sample);
        (self.calls, self.connections) = (called.tally.all(), called.tally.connections);
        for _ in 0..stage.warm {
            let errand = errands.next().context("no errand")?;
            let called = self::called(job, &mut function, &errand, stage).await?;
            self.warm.push(called.sample);
        }
        self.peak_memory_mb = self.peak_memory_mb.max(function.usage()?.peak_memory_mb);
        if share.is_none() && self.init.len() == 1 {
            self.look_closer(&mut function, errands, stage).await?;
        }
        function.stop().await
    }

    /// Once: how many calls wait for one another, and whether it refuses what it must.
    async fn look_closer(
        &mut self,
        function: &mut Function,
        errands: impl Iterator<Item = Errand>,
        stage: &Stage<'_>,
    ) -> Result<()> {
        let mut stage = Stage {
            away: Latency {
                aws: FAR,
                dynamodb: FAR,
            },
            ..stage.clone()
        };
        for (place, errand) in errands.enumerate() {
            let called = called(self.program.job, function, &errand, &stage).await?;
            if place == 0 {
                let rounds = called.sample.wall.as_millis() / FAR.as_millis();
                self.in_a_row = u64::try_from(rounds)?;
            }
            // Once is enough.
            stage.away = Latency::default();
        }
        Ok(())
    }
}

/// What a program asks of AWS for one event, in rounds.
///
/// # Errors
/// When it does not do its work.
pub async fn recorded(program: &Program, stage: &Stage<'_>) -> Result<Vec<Vec<Call>>> {
    let stub = stage.stub;
    stub.reset();
    let errands = program.job.errands(2, &stage.scene).await?;
    let [first, second, ..] = &errands[..] else {
        bail!("two errands are needed");
    };
    let mut function = Function::start(&program.launch(stage, None)).await?;
    called(program.job, &mut function, first, stage).await?;
    stub.be_away(Latency {
        aws: FAR,
        dynamodb: FAR,
    });
    stub.record();
    let answer = function.invoke(&second.event).await?;
    function.settle().await?;
    stub.be_away(Latency::default());
    let (calls, tally) = (stub.recorded(FAR / 2), stub.take_tally());
    let judged = stage
        .scene
        .judge(program.job, second, &answer.payload, &tally);
    judged.await?;
    function.stop().await?;
    Ok(calls)
}

/// One event: what it cost, and what was asked of AWS.
struct Called {
    sample: Sample,
    tally: Tally,
}

/// One event, done and judged.
async fn called(
    job: Job,
    function: &mut Function,
    errand: &Errand,
    stage: &Stage<'_>,
) -> Result<Called> {
    stage.stub.be_away(stage.away);
    let before = function.usage()?;
    let answer = function.invoke(&errand.event).await?;
    function.settle().await?;
    // Whoever looks into what was done need not wait.
    stage.stub.be_away(Latency::default());
    let cpu = function.usage()?.cpu.saturating_sub(before.cpu);
    let sample = Sample {
        wall: answer.took,
        cpu,
    };
    let tally = stage.stub.take_tally();
    let judged = stage.scene.judge(job, errand, &answer.payload, &tally);
    judged.await?;
    // What was looked into is none of the next event's work.
    stage.stub.take_tally();
    Ok(Called { sample, tally })
}
