//! The retry loop for everything that the hub itself repeats. The SDK retries calls that were throttled or got no response; this
//! loop must not retry those again.

use crate::ports::Host;
use jiff::{SignedDuration, Timestamp};

/// How often to try, and how long to wait: pauses double, with jitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    pub first_pause: SignedDuration,
    pub longest_pause: SignedDuration,
    /// The maximum number of attempts, including the first.
    pub attempts: u32,
    /// No attempt starts at or after this time.
    pub until: Option<Timestamp>,
}

impl RetryPolicy {
    /// For short conflicts: eight attempts in about two seconds.
    pub const BRIEF: Self = Self {
        first_pause: SignedDuration::from_millis(25),
        longest_pause: SignedDuration::from_millis(600),
        attempts: 8,
        until: None,
    };
}

/// Repeats the attempt until it succeeds, fails permanently, or exhausts the policy.
///
/// # Errors
/// The last attempt's error.
pub async fn with_retry<T, E>(
    host: &impl Host,
    policy: &RetryPolicy,
    is_retryable: impl Fn(&E) -> bool,
    mut attempt: impl AsyncFnMut() -> Result<T, E>,
) -> Result<T, E> {
    let (mut pause, mut left) = (policy.first_pause, policy.attempts);
    loop {
        left = left.saturating_sub(1);
        match attempt().await {
            Err(error) if left > 0 && is_retryable(&error) => {
                let next = host.now() + pause;
                if policy.until.is_some_and(|until| next >= until) {
                    return Err(error);
                }
                host.sleep(jittered(host, pause)).await;
                pause = (pause * 2).min(policy.longest_pause);
            }
            done => return done,
        }
    }
}

/// Between half and all of the pause, so that concurrent failures are not retried at the same time.
fn jittered(host: &impl Host, pause: SignedDuration) -> SignedDuration {
    let mut bytes = [0];
    host.fill(&mut bytes);
    pause / 2 + pause / 2 * i32::from(bytes[0]) / 255
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::{Clock, Entropy};
    use std::cell::{Cell, RefCell};
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    /// A host whose clock advances by the slept time, and whose random bytes are all 255.
    #[derive(Default)]
    struct Sleeper {
        slept: RefCell<Vec<i128>>,
        now: Cell<Timestamp>,
    }

    impl Clock for Sleeper {
        fn now(&self) -> Timestamp {
            self.now.get()
        }

        async fn sleep(&self, duration: SignedDuration) {
            self.slept.borrow_mut().push(duration.as_millis());
            self.now.set(self.now.get() + duration);
        }
    }

    impl Entropy for Sleeper {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(255);
        }
    }

    fn run<T>(work: impl Future<Output = T>) -> T {
        match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => done,
            Poll::Pending => panic!("the future must not wait"),
        }
    }

    fn policy(attempts: u32, until: Option<Timestamp>) -> RetryPolicy {
        RetryPolicy {
            first_pause: SignedDuration::from_millis(100),
            longest_pause: SignedDuration::from_millis(300),
            attempts,
            until,
        }
    }

    fn tries(host: &Sleeper, policy: &RetryPolicy, fails: u32, retryable: bool) -> (u32, bool) {
        let mut tried = 0;
        let result = run(with_retry(
            host,
            policy,
            |()| retryable,
            async || {
                tried += 1;
                if tried > fails { Ok(()) } else { Err(()) }
            },
        ));
        (tried, result.is_ok())
    }

    #[test]
    fn pauses_double_up_to_maximum_until_attempts_are_used() {
        let host = Sleeper::default();
        assert_eq!(tries(&host, &policy(5, None), 3, true), (4, true));
        assert_eq!(*host.slept.borrow(), [100, 200, 300]);
        assert_eq!(tries(&host, &policy(5, None), 9, true), (5, false));
    }

    #[test]
    fn permanent_error_is_not_retried() {
        let host = Sleeper::default();
        assert_eq!(tries(&host, &policy(5, None), 9, false), (1, false));
        assert!(host.slept.borrow().is_empty());
    }

    #[test]
    fn no_attempt_starts_after_deadline() {
        let host = Sleeper::default();
        let until = host.now() + SignedDuration::from_millis(301);
        assert_eq!(tries(&host, &policy(9, Some(until)), 9, true), (3, false));
    }

    #[test]
    fn jitter_shortens_pause_by_at_most_half() {
        struct FixedRandom(u8);
        impl Clock for FixedRandom {
            fn now(&self) -> Timestamp {
                Timestamp::UNIX_EPOCH
            }
            async fn sleep(&self, _: SignedDuration) {}
        }
        impl Entropy for FixedRandom {
            fn fill(&self, bytes: &mut [u8]) {
                bytes.fill(self.0);
            }
        }
        let pause = SignedDuration::from_millis(100);
        let paused = |random| jittered(&FixedRandom(random), pause).as_millis();
        assert_eq!((paused(0), paused(255)), (50, 100));
        assert!((51..100).contains(&paused(128)));
    }
}
