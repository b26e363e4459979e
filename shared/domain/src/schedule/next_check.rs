//! When the next check is due.

use super::check_schedule::CheckSchedule;
use crate::check::{Report, Verdict};
use crate::settings::Settings;
use jiff::{SignedDuration, Timestamp, Unit};

/// This many consecutive failures are rechecked soon, because the cause may be a short outage.
const SOON_AGAIN: u32 = 3;

/// The maximum interval between checks without news, unless the initial interval is longer.
const DAILY: SignedDuration = SignedDuration::from_hours(24);

/// The interval for subjects without news for a very long time.
const WEEKLY: SignedDuration = SignedDuration::from_hours(24 * 7);

fn growing(first: SignedDuration, factor: i32, times: u32, most: SignedDuration) -> SignedDuration {
    let grown = first.checked_mul(factor.saturating_pow(times.min(10)));
    grown.unwrap_or(most).min(most.max(first))
}

/// The result of checking an orphaned stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StackCheckResult {
    News,
    Quiet,
    /// Without news for so long that a person should review it.
    Stale,
    /// No further evidence is expected.
    Closed,
}

impl StackCheckResult {
    /// The result for a subject that remains open.
    pub fn of(news: bool, stale: bool) -> Self {
        match (news, stale) {
            (true, _) => Self::News,
            (false, true) => Self::Stale,
            (false, false) => Self::Quiet,
        }
    }
}

fn spread(base: SignedDuration, jitter: f64) -> SignedDuration {
    let spread = base.as_secs_f64() * (0.9 + 0.2 * jitter);
    let spread = SignedDuration::try_from_secs_f64(spread).unwrap_or(base);
    // Times have millisecond precision, like the clock.
    spread.round(Unit::Millisecond).unwrap_or(base)
}

impl CheckSchedule {
    /// After checking an orphaned stack: soon again after news, and at growing intervals without.
    #[must_use]
    pub fn after_stack_check(
        &self,
        now: Timestamp,
        result: StackCheckResult,
        settings: &Settings,
    ) -> Self {
        let streak = match result {
            StackCheckResult::News => 0,
            _ => self.streak.saturating_add(1),
        };
        let interval = match result {
            StackCheckResult::Closed => None,
            StackCheckResult::News | StackCheckResult::Quiet => {
                Some(growing(settings.orphan_check, 4, streak, DAILY))
            }
            StackCheckResult::Stale => Some(WEEKLY),
        };
        Self {
            last_checked_at: Some(now),
            next_check_at: interval.map(|interval| now + interval),
            streak,
            last_healthy_at: None,
            ..self.clone()
        }
    }

    /// After a check on demand. It can move the next scheduled check closer if it found news, but
    /// never further away. `scheduled` is the schedule that the same check would have produced on
    /// its own.
    #[must_use]
    pub fn on_demand(&self, scheduled: Self) -> Self {
        let sooner = |at: Timestamp| self.next_check_at.map_or(at, |planned| at.min(planned));
        Self {
            next_check_at: scheduled.next_check_at.map(sooner),
            streak: self.streak.min(scheduled.streak),
            inconclusive: self.inconclusive.min(scheduled.inconclusive),
            ..scheduled
        }
    }

    /// After verifying an account. `jitter` in 0..1 spreads accounts over time.
    #[must_use]
    pub fn after_account_check(
        &self,
        verdict: Verdict,
        now: Timestamp,
        jitter: f64,
        settings: &Settings,
    ) -> Self {
        let (streak, inconclusive) = match verdict {
            Verdict::Passed => (0, 0),
            Verdict::Failed => (self.streak.saturating_add(1), 0),
            Verdict::Inconclusive => (self.streak, self.inconclusive.saturating_add(1)),
        };
        let in_a_row = if inconclusive > 0 {
            inconclusive
        } else {
            streak
        };
        let base = match (verdict, in_a_row.saturating_sub(SOON_AGAIN)) {
            (Verdict::Passed, _) => settings.check_interval,
            (_, 0) => settings.check_interval / 10,
            // A role that is repeatedly rejected may be gone permanently, for example because its
            // AWS account was suspended. It is checked at growing intervals.
            (Verdict::Failed, beyond) => growing(settings.check_interval, 2, beyond - 1, WEEKLY),
            (Verdict::Inconclusive, beyond) => growing(
                settings.check_interval / 10,
                2,
                beyond,
                settings.check_interval.max(DAILY),
            ),
        };
        Self {
            last_checked_at: Some(now),
            next_check_at: Some(now + spread(base, jitter)),
            streak,
            inconclusive,
            last_healthy_at: match verdict {
                Verdict::Passed => Some(now),
                Verdict::Failed => None,
                Verdict::Inconclusive => self.last_healthy_at,
            },
            ..self.clone()
        }
    }

    /// After verifying an update of the stack. The next check keeps its time, and is a full one
    /// unless verification passed. An account that was unhealthy is checked now, and soon again: the
    /// update may have repaired it, but a new role takes time to propagate.
    #[must_use]
    pub fn after_report(&self, report: &Report, was_well: bool, now: Timestamp) -> Self {
        let (at, passed) = (report.checked_at, report.verdict == Verdict::Passed);
        Self {
            last_checked_at: Some(at),
            next_check_at: self.next_check_at.filter(|_| was_well).or(Some(now)),
            streak: if passed || !was_well { 0 } else { self.streak },
            inconclusive: 0,
            last_healthy_at: passed.then_some(at),
            ..self.clone()
        }
    }

    /// After a quick check of a healthy account.
    #[must_use]
    pub fn after_quick_check(&self, now: Timestamp, jitter: f64, settings: &Settings) -> Self {
        Self {
            last_checked_at: Some(now),
            next_check_at: Some(now + spread(settings.check_interval, jitter)),
            streak: 0,
            inconclusive: 0,
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::IdSeed;
    use crate::ids::{AccountId, OrphanedStackId};
    use crate::schedule::Subject;
    use crate::text::Tenant;

    #[test]
    fn stack_without_news_is_checked_at_growing_intervals() {
        let id = OrphanedStackId::new(IdSeed {
            at: Timestamp::UNIX_EPOCH,
            random: [0; 10],
        });
        let tenant = Tenant::parse("t").expect("valid");
        let settings = Settings::default();
        let now = Timestamp::UNIX_EPOCH;
        let mut schedule = CheckSchedule::first(tenant, Subject::Stack(id), now);
        let mut minutes = Vec::new();
        use StackCheckResult::{Closed, News, Quiet, Stale};
        for result in [News, Quiet, Quiet, Quiet, Quiet, Quiet, Stale] {
            schedule = schedule.after_stack_check(now, result, &settings);
            let next = schedule.next_check_at.expect("still open");
            minutes.push(next.duration_since(now).as_mins());
        }
        assert_eq!(minutes, [5, 20, 80, 320, 1280, 1440, 10080]);
        assert_eq!(
            schedule
                .after_stack_check(now, Closed, &settings)
                .next_check_at,
            None
        );
    }

    #[test]
    fn failing_account_is_checked_soon_then_at_growing_intervals() {
        let id = AccountId::new(IdSeed {
            at: Timestamp::UNIX_EPOCH,
            random: [0; 10],
        });
        let tenant = Tenant::parse("t").expect("valid");
        let (settings, now) = (Settings::default(), Timestamp::UNIX_EPOCH);
        let mut schedule = CheckSchedule::first(tenant, Subject::Account(id), now);
        let mut result = |verdict| {
            schedule = schedule.after_account_check(verdict, now, 0.5, &settings);
            let next = schedule.next_check_at.expect("always rescheduled");
            next.duration_since(now).as_mins()
        };
        let failing: Vec<i64> = (0..13).map(|_| result(Verdict::Failed)).collect();
        let grown = [60, 120, 240, 480, 960, 1920, 3840, 7680, 10080, 10080];
        assert_eq!(failing, [[6, 6, 6].as_slice(), &grown].concat());
        assert_eq!(result(Verdict::Passed), 60);
        let unsure: Vec<i64> = (0..12).map(|_| result(Verdict::Inconclusive)).collect();
        let grown = [12, 24, 48, 96, 192, 384, 768, 1440, 1440];
        assert_eq!(unsure, [[6, 6, 6].as_slice(), &grown].concat());
        assert_eq!(
            result(Verdict::Failed),
            6,
            "a certain result resets the interval"
        );
    }

    #[test]
    fn update_of_a_failing_account_restarts_its_intervals() {
        let id = AccountId::new(IdSeed {
            at: Timestamp::UNIX_EPOCH,
            random: [0; 10],
        });
        let tenant = Tenant::parse("t").expect("valid");
        let (settings, now) = (Settings::default(), Timestamp::UNIX_EPOCH);
        let mut schedule = CheckSchedule::first(tenant, Subject::Account(id), now);
        for _ in 0..10 {
            schedule = schedule.after_account_check(Verdict::Failed, now, 0.5, &settings);
        }
        let report = Report {
            verdict: Verdict::Failed,
            ..Report::new(now, Vec::new())
        };
        let after = schedule.after_report(&report, false, now);
        assert_eq!(after.next_check_at, Some(now));
        let next = after.after_account_check(Verdict::Failed, now, 0.5, &settings);
        let next = next.next_check_at.expect("always rescheduled");
        assert_eq!(next.duration_since(now).as_mins(), 6);
    }

    #[test]
    fn jittered_time_has_millisecond_precision() {
        for at in 0..1000 {
            let spread = spread(SignedDuration::from_secs(3600), f64::from(at) / 999.7);
            assert_eq!(spread.subsec_nanos() % 1_000_000, 0, "{spread:?}");
        }
    }
}
