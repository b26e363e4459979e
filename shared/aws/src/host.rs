//! The system clock and random source.
//!
//! The clock uses the standard library, because jiff's clock is a feature that Cargo would enable
//! for the whole build, and the domain must have no clock.

use jiff::{SignedDuration, Timestamp};
use rolecall_domain::ports::{Clock, Entropy};
use std::error::Error;
use std::time::{SystemTime, UNIX_EPOCH};

/// When Lambda ends an invocation, from milliseconds since the Unix epoch.
///
/// # Errors
/// If the value is not a valid time.
pub fn deadline(epoch_millis: u64) -> Result<Timestamp, Box<dyn Error + Send + Sync>> {
    let millis = i64::try_from(epoch_millis)?;
    Timestamp::from_millisecond(millis).map_err(|error| error.to_string().into())
}

/// The machine that this process runs on.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemHost;

impl Clock for SystemHost {
    /// In whole milliseconds, like the table, so that stored times equal the original values.
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let millis = since.map_or(0, |since| since.as_millis());
        // A clock that is wrong by thousands of years counts as the epoch.
        let millis = i64::try_from(millis).unwrap_or(0);
        Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    async fn sleep(&self, duration: SignedDuration) {
        // Negative durations return immediately.
        if let Ok(duration) = std::time::Duration::try_from(duration) {
            tokio::time::sleep(duration).await;
        }
    }
}

impl Entropy for SystemHost {
    /// # Panics
    /// If the operating system provides no randomness. All IDs and external IDs depend on it, so
    /// there is no safe fallback.
    fn fill(&self, bytes: &mut [u8]) {
        #[expect(
            clippy::expect_used,
            reason = "there is no safe fallback without randomness"
        )]
        getrandom::getrandom(bytes).expect("the operating system provides randomness");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn now_round_trips_through_milliseconds() {
        let now = SystemHost.now();
        assert!(now > Timestamp::UNIX_EPOCH);
        let kept = Timestamp::from_millisecond(now.as_millisecond());
        assert_eq!(kept.expect("in range"), now);
    }

    #[test]
    fn random_bytes_differ() {
        let (mut one, mut two) = ([0; 20], [0; 20]);
        SystemHost.fill(&mut one);
        SystemHost.fill(&mut two);
        assert_ne!(one, two);
    }
}
