//! Starts one program repeatedly and calls it each time.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::jobs::{Job, Scene, Task};
use super::programs::Program;
use crate::fleet::accounts::Latency;
use crate::lambda::{Function, Launch};
use crate::share::CpuShare;
use crate::stub::{Call, Stub, Tally};

/// The elapsed time and CPU time of one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sample {
    pub wall: Duration,
    /// User and system time of all threads.
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
    /// The calls for a first event.
    pub calls: u64,
    /// Connections until the first event was answered.
    pub connections: u64,
    /// Sequential calls of a warm event.
    pub sequential_calls: u64,
    /// Why the program failed with a small processor share.
    pub failed: Option<String>,
}

/// A latency that is much longer than any processing.
const FAR: Duration = Duration::from_millis(100);

/// The environment of the measurements.
#[derive(Debug, Clone)]
pub struct Stage<'a> {
    pub stub: &'a Stub,
    pub scene: Scene<'a>,
    pub log: &'a Path,
    /// The number of events after the first.
    pub warm: usize,
    /// The latency of AWS.
    pub latency: Latency,
}

impl Program {
    fn launch<'a>(&'a self, stage: &Stage<'a>, share: Option<&CpuShare>) -> Launch<'a> {
        let settings = &self.settings;
        Launch {
            program: &self.program,
            arguments: &self.arguments,
            environment: settings.environment.clone(),
            memory_mb: share.map_or(settings.memory_mb, |share| share.memory_mb),
            // Only a peer with a small processor share takes this long.
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
            sequential_calls: 0,
            failed: None,
        }
    }

    /// Measures another start and some events, with a processor share from the first event on.
    ///
    /// # Errors
    /// If the program fails or returns a wrong result.
    pub async fn again(&mut self, stage: &Stage<'_>, share: Option<&CpuShare>) -> Result<()> {
        let name = self.program.name.clone();
        let measured = self.start_and_call(stage, share).await;
        measured.with_context(|| format!("{name}, {}", self.program.job.name()))
    }

    async fn start_and_call(&mut self, stage: &Stage<'_>, share: Option<&CpuShare>) -> Result<()> {
        let job = self.program.job;
        stage.stub.reset();
        let mut tasks = job.tasks(stage.warm + 2, &stage.scene).await?.into_iter();
        stage.stub.take_tally();
        stage.stub.set_latency(stage.latency);
        let mut function = Function::start(&self.program.launch(stage, share)).await?;
        self.init.push(Sample {
            wall: function.init,
            cpu: function.init_usage.cpu,
        });
        if let Some(share) = share {
            function.limit_to(share)?;
        }
        let task = tasks.next().context("no task")?;
        let called = called(job, &mut function, &task, stage).await?;
        self.first.push(called.sample);
        (self.calls, self.connections) = (called.tally.all(), called.tally.connections);
        for _ in 0..stage.warm {
            let task = tasks.next().context("no task")?;
            let called = self::called(job, &mut function, &task, stage).await?;
            self.warm.push(called.sample);
        }
        self.peak_memory_mb = self.peak_memory_mb.max(function.usage()?.peak_memory_mb);
        if share.is_none() && self.init.len() == 1 {
            self.measure_once(&mut function, tasks, stage).await?;
        }
        function.stop().await
    }

    /// Done once per program: counts the sequential calls, and checks that invalid requests are
    /// refused.
    async fn measure_once(
        &mut self,
        function: &mut Function,
        tasks: impl Iterator<Item = Task>,
        stage: &Stage<'_>,
    ) -> Result<()> {
        let mut stage = Stage {
            latency: Latency {
                aws: FAR,
                dynamodb: FAR,
            },
            ..stage.clone()
        };
        for (place, task) in tasks.enumerate() {
            let called = called(self.program.job, function, &task, &stage).await?;
            if place == 0 {
                let rounds = called.sample.wall.as_millis() / FAR.as_millis();
                self.sequential_calls = u64::try_from(rounds)?;
            }
            // Only the first event needs the latency.
            stage.latency = Latency::default();
        }
        Ok(())
    }
}

/// Records a program's AWS calls for one event, in rounds.
///
/// # Errors
/// If the program fails.
pub async fn recorded(program: &Program, stage: &Stage<'_>) -> Result<Vec<Vec<Call>>> {
    let stub = stage.stub;
    stub.reset();
    let tasks = program.job.tasks(2, &stage.scene).await?;
    let [first, second, ..] = &tasks[..] else {
        bail!("two tasks are needed");
    };
    let mut function = Function::start(&program.launch(stage, None)).await?;
    called(program.job, &mut function, first, stage).await?;
    stub.set_latency(Latency {
        aws: FAR,
        dynamodb: FAR,
    });
    stub.record();
    let answer = function.invoke(&second.event).await?;
    function.settle().await?;
    stub.set_latency(Latency::default());
    let (calls, tally) = (stub.recorded(FAR / 2), stub.take_tally());
    let judged = stage
        .scene
        .judge(program.job, second, &answer.payload, &tally);
    judged.await?;
    function.stop().await?;
    Ok(calls)
}

/// The cost and the AWS calls of one event.
struct Called {
    sample: Sample,
    tally: Tally,
}

/// Handles one event and checks the result.
async fn called(
    job: Job,
    function: &mut Function,
    task: &Task,
    stage: &Stage<'_>,
) -> Result<Called> {
    stage.stub.set_latency(stage.latency);
    let before = function.usage()?;
    let answer = function.invoke(&task.event).await?;
    function.settle().await?;
    // Checking the results needs no latency.
    stage.stub.set_latency(Latency::default());
    let cpu = function.usage()?.cpu.saturating_sub(before.cpu);
    let sample = Sample {
        wall: answer.took,
        cpu,
    };
    let tally = stage.stub.take_tally();
    let judged = stage.scene.judge(job, task, &answer.payload, &tally);
    judged.await?;
    // Calls made by the check don't count for the next event.
    stage.stub.take_tally();
    Ok(Called { sample, tally })
}
