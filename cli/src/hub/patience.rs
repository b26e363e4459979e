//! How often and how long a request is said again.

use std::time::Duration;

/// Bounds on trying again.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Before the second try; doubled before each further one, unless the hub names a time.
    pub pause: Duration,
}

/// The first one included.
const TRIES: u32 = 4;

/// Whoever is asked to wait longer than this had better decide for themselves.
const LONGEST: Duration = Duration::from_secs(20);

impl Patience {
    /// How long to wait after `tried` tries; `None` when it is enough.
    pub fn pause(&self, tried: u32, retry_after: Option<u64>) -> Option<Duration> {
        if tried >= TRIES {
            return None;
        }
        let doubled = self.pause * 2_u32.pow(tried - 1);
        let pause = retry_after.map_or(doubled, Duration::from_secs);
        (pause <= LONGEST).then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, Patience};

    #[test]
    fn waits_longer_each_time_and_never_for_ever() {
        let patience = Patience {
            pause: Duration::from_millis(500),
        };
        let waits = [1, 2, 3, 4].map(|tried| patience.pause(tried, None));
        let millis = |n| Some(Duration::from_millis(n));
        assert_eq!(waits, [millis(500), millis(1000), millis(2000), None]);
        assert_eq!(patience.pause(1, Some(7)), millis(7000));
        assert_eq!(patience.pause(1, Some(3600)), None);
        assert_eq!(patience.pause(1, Some(u64::MAX)), None);
    }
}
