//! Waits for a condition instead of sleeping.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

const POLL: Duration = Duration::from_millis(100);

/// Polls until there is a value. `what` describes it in the error after the time limit.
pub async fn until<T, F>(what: &str, limit: Duration, mut poll: F) -> Result<T>
where
    F: AsyncFnMut() -> Result<Option<T>>,
{
    let deadline = Instant::now() + limit;
    loop {
        if let Some(value) = poll().await? {
            return Ok(value);
        }
        if Instant::now() > deadline {
            bail!("{what}: not within {} s", limit.as_secs());
        }
        tokio::time::sleep(POLL).await;
    }
}
