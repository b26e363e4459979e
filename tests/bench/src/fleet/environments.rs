//! Execution environments of account-health, as Lambda would run them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use futures_util::future::try_join_all;
use tokio::sync::Mutex;

use super::queue::Queue;
use crate::lambda::{Function, Launch};
use crate::template::FunctionSettings;
use crate::usage::Usage;

#[derive(Debug)]
pub(super) struct Environments(Vec<(Function, PathBuf)>);

impl Environments {
    pub(super) async fn start(
        count: usize,
        binary: &Path,
        settings: &FunctionSettings,
        logs: &Path,
    ) -> Result<Self> {
        let mut functions = Vec::with_capacity(count);
        for number in 0..count {
            let log = logs.join(format!("account-health-{number}.log"));
            let launch = Launch {
                program: binary,
                arguments: &[],
                environment: settings.environment.clone(),
                memory_mb: settings.memory_mb,
                time_out: settings.time_out,
                log: &log,
            };
            functions.push((Function::start(&launch).await?, log));
        }
        Ok(Self(functions))
    }

    /// The longest init time.
    pub(super) fn init(&self) -> Duration {
        let inits = self.0.iter().map(|(function, _)| function.init);
        inits.max().unwrap_or_default()
    }

    pub(super) fn usages(&self) -> Result<Vec<Usage>> {
        self.0
            .iter()
            .map(|(function, _)| function.usage())
            .collect()
    }

    /// Processes the whole queue, one batch at a time in each environment; returns the total billed
    /// time.
    pub(super) async fn empty(
        &mut self,
        queue: &Mutex<Queue>,
        batch_size: usize,
    ) -> Result<Duration> {
        let functions = self.0.iter_mut();
        let work = functions.map(|(function, _)| empty(queue, function, batch_size));
        Ok(try_join_all(work).await?.into_iter().sum())
    }

    /// Stops the environments; returns the size of their logs.
    pub(super) async fn stop(self) -> Result<u64> {
        let mut logged = 0;
        for (function, log) in self.0 {
            function.stop().await?;
            logged += fs::metadata(log)?.len();
        }
        Ok(logged)
    }
}

async fn empty(
    queue: &Mutex<Queue>,
    function: &mut Function,
    batch_size: usize,
) -> Result<Duration> {
    let mut worked = Duration::ZERO;
    loop {
        let (batch, event) = {
            let mut queue = queue.lock().await;
            let batch = queue.take(batch_size);
            let event = queue.event(&batch);
            (batch, event)
        };
        if batch.is_empty() {
            return Ok(worked);
        }
        let answer = function.invoke(&event).await?;
        worked += answer.took;
        queue.lock().await.settle(&batch, &answer.payload);
    }
}
