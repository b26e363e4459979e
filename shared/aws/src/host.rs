//! The clock and the source of randomness.
//!
//! The clock is the standard library's: jiff's own comes with a feature that the whole build would
//! share, and the domain is to have no clock.

use jiff::{SignedDuration, Timestamp};
use rolecall_domain::ports::{Clock, Entropy};
use std::error::Error;
use std::time::{SystemTime, UNIX_EPOCH};

/// When Lambda ends an invocation, from its milliseconds since the epoch.
///
/// # Errors
/// When that is no time.
pub fn deadline(epoch_millis: u64) -> Result<Timestamp, Box<dyn Error + Send + Sync>> {
    let millis = i64::try_from(epoch_millis)?;
    Timestamp::from_millisecond(millis).map_err(|error| error.to_string().into())
}

/// The machine that this process runs on.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemHost;

impl Clock for SystemHost {
    /// In whole milliseconds, as the table keeps it: what is read back equals what was written.
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let millis = since.map_or(0, |since| since.as_millis());
        // Clocks that are wrong by more than thousands of years are taken to be at the epoch.
        let millis = i64::try_from(millis).unwrap_or(0);
        Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    async fn sleep(&self, duration: SignedDuration) {
        // A negative duration is over already.
        if let Ok(duration) = std::time::Duration::try_from(duration) {
            tokio::time::sleep(duration).await;
        }
    }
}

impl Entropy for SystemHost {
    /// # Panics
    /// When the operating system gives no randomness. Every id and external ID needs it, so
    /// nothing that could be done instead would be right.
    fn fill(&self, bytes: &mut [u8]) {
        #[expect(
            clippy::expect_used,
            reason = "there is no safe way to go on without randomness"
        )]
        getrandom::getrandom(bytes).expect("the operating system gives randomness");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn now_survives_a_round_trip_through_milliseconds() {
        let now = SystemHost.now();
        assert!(now > Timestamp::UNIX_EPOCH);
        let kept = Timestamp::from_millisecond(now.as_millisecond());
        assert_eq!(kept.expect("in range"), now);
    }

    #[test]
    fn randomness_differs() {
        let (mut one, mut two) = ([0; 20], [0; 20]);
        SystemHost.fill(&mut one);
        SystemHost.fill(&mut two);
        assert_ne!(one, two);
    }
}
