//! A separate hub for tests that would disturb other tests.

use std::panic::AssertUnwindSafe;

use anyhow::{Context, Result, anyhow};
use futures_util::FutureExt;
use rolecall_local::deploy::Options;
use rolecall_local::hub::Hub;
use rolecall_local::interrupt::Interrupt;
use rolecall_local::lifecycle::TemporaryHub;
use rolecall_local::progress::Progress;

/// Runs a test on a hub that is stopped afterwards, also when the test panics or is interrupted.
pub async fn run(options: &Options, test: impl AsyncFnOnce(Hub) -> Result<()>) -> Result<()> {
    let mut interrupt = Interrupt::listen()?;
    let hub = TemporaryHub::start(options, &Progress::quiet()).await?;
    let file = hub.file().clone();
    let result = AssertUnwindSafe(test(Hub::new(file))).catch_unwind();
    let result = tokio::select! {
        result = result => result.unwrap_or_else(|_| Err(anyhow!("the test panicked"))),
        () = interrupt.happened() => Err(anyhow!("interrupted")),
    };
    let log = hub.stop(result.is_err()).await?;
    result.with_context(|| format!("the emulator's log is in {log:?}"))
}
