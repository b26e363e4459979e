//! When something is looked at next. This is no state: it changes without an audit entry.

use crate::ids::{AccountId, RegistrationId, StackEntryId};
use crate::settings::Settings;
use crate::text::{Invalid, Tenant};
use crate::verification::{Report, Verdict};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// What is looked at, by its id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Subject {
    Account(AccountId),
    Stack(StackEntryId),
    Registration(RegistrationId),
}

impl Subject {
    pub fn as_str(&self) -> &str {
        match self {
            Self::Account(id) => id.as_str(),
            Self::Stack(id) => id.as_str(),
            Self::Registration(id) => id.as_str(),
        }
    }

    /// Due work is spread over this many partitions of the index.
    pub const SHARDS: u8 = 16;

    /// The last hex digit of the id is random.
    pub fn shard(&self) -> u8 {
        let last = self
            .as_str()
            .chars()
            .next_back()
            .and_then(|digit| digit.to_digit(16));
        last.and_then(|digit| u8::try_from(digit).ok())
            .unwrap_or_default()
    }
}

impl TryFrom<String> for Subject {
    type Error = Invalid;
    fn try_from(text: String) -> Result<Self, Invalid> {
        match text.get(..4) {
            Some("acc_") => AccountId::parse(text).map(Self::Account),
            Some("stk_") => StackEntryId::parse(text).map(Self::Stack),
            _ => RegistrationId::parse(text).map(Self::Registration),
        }
    }
}

impl From<Subject> for String {
    fn from(subject: Subject) -> String {
        subject.as_str().to_owned()
    }
}

/// When a subject was last looked at, what came of it, and when it is due next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkup {
    pub tenant: Tenant,
    pub subject: Subject,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_checked_at: Option<Timestamp>,
    /// None when nothing is due any more.
    pub next_check_at: Option<Timestamp>,
    /// Checks in a row that changed nothing (a stack) or failed (an account).
    #[serde(default)]
    pub streak: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Report>,
}

/// So many failures in a row are looked at again soon: one bad minute raises no alarm.
const SOON_AGAIN: u32 = 3;

/// What shows nothing new is looked at ever later, up to this, or as seldom as it was to begin with.
const SELDOM: SignedDuration = SignedDuration::from_hours(24);

fn growing(first: SignedDuration, factor: i32, times: u32) -> SignedDuration {
    let grown = first.checked_mul(factor.saturating_pow(times.min(10)));
    grown.unwrap_or(SELDOM).min(SELDOM.max(first))
}

impl Checkup {
    /// The first look at something new.
    pub fn first(tenant: Tenant, subject: Subject, due: Timestamp) -> Self {
        let next_check_at = Some(due);
        Self {
            tenant,
            subject,
            last_checked_at: None,
            next_check_at,
            streak: 0,
            report: None,
        }
    }

    /// Due at another time; what the last look showed stays.
    #[must_use]
    pub fn due_at(&self, due: Timestamp) -> Self {
        Self {
            next_check_at: Some(due),
            streak: 0,
            ..self.clone()
        }
    }

    /// Nothing is due any more; what the last look showed stays.
    #[must_use]
    pub fn ended(&self) -> Self {
        Self {
            next_check_at: None,
            ..self.clone()
        }
    }

    /// After a look at a leftover stack: soon again after news, ever later without.
    #[must_use]
    pub fn after_stack_check(
        &self,
        now: Timestamp,
        news: bool,
        open: bool,
        settings: &Settings,
    ) -> Self {
        let streak = if news {
            0
        } else {
            self.streak.saturating_add(1)
        };
        let interval = growing(settings.orphan_check, 4, streak);
        Self {
            last_checked_at: Some(now),
            next_check_at: open.then(|| now + interval),
            streak,
            ..self.clone()
        }
    }

    /// After a verification of an account; `jitter` in 0..1 spreads a fleet over time.
    #[must_use]
    pub fn after_account_check(
        &self,
        report: Report,
        now: Timestamp,
        jitter: f64,
        settings: &Settings,
    ) -> Self {
        let streak = match report.verdict {
            Verdict::Passed => 0,
            Verdict::Failed => self.streak.saturating_add(1),
            Verdict::Inconclusive => self.streak,
        };
        let base = match (report.verdict, streak.saturating_sub(SOON_AGAIN)) {
            (Verdict::Passed, _) => settings.check_interval,
            (_, 0) => settings.check_interval / 10,
            // A role that is refused again and again may be refused for good: its AWS account may
            // be suspended. It is asked ever less.
            (_, beyond) => growing(settings.check_interval, 2, beyond - 1),
        };
        let spread = base.as_secs_f64() * (0.9 + 0.2 * jitter);
        let interval = SignedDuration::try_from_secs_f64(spread).unwrap_or(base);
        Self {
            last_checked_at: Some(now),
            next_check_at: Some(now + interval),
            streak,
            report: Some(report),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::IdSeed;

    #[test]
    fn a_quiet_stack_is_looked_at_ever_later_up_to_a_day() {
        let id = StackEntryId::new(IdSeed {
            at: Timestamp::UNIX_EPOCH,
            random: [0; 10],
        });
        let tenant = Tenant::parse("t").expect("valid");
        let settings = Settings::default();
        let now = Timestamp::UNIX_EPOCH;
        let mut checkup = Checkup::first(tenant, Subject::Stack(id), now);
        let mut minutes = Vec::new();
        for news in [true, false, false, false, false, false] {
            checkup = checkup.after_stack_check(now, news, true, &settings);
            let next = checkup.next_check_at.expect("still open");
            minutes.push(next.duration_since(now).as_mins());
        }
        assert_eq!(minutes, [5, 20, 80, 320, 1280, 1440]);
        assert_eq!(
            checkup
                .after_stack_check(now, true, false, &settings)
                .next_check_at,
            None
        );
    }

    #[test]
    fn an_account_that_keeps_failing_is_asked_soon_and_then_ever_less() {
        let id = AccountId::new(IdSeed {
            at: Timestamp::UNIX_EPOCH,
            random: [0; 10],
        });
        let tenant = Tenant::parse("t").expect("valid");
        let (settings, now) = (Settings::default(), Timestamp::UNIX_EPOCH);
        let mut checkup = Checkup::first(tenant, Subject::Account(id), now);
        let mut look = |verdict| {
            let report = Report {
                verdict,
                ..Report::failed_without_checks(now)
            };
            checkup = checkup.after_account_check(report, now, 0.5, &settings);
            let next = checkup.next_check_at.expect("never given up");
            next.duration_since(now).as_mins()
        };
        let failing: Vec<i64> = (0..11).map(|_| look(Verdict::Failed)).collect();
        assert_eq!(failing, [6, 6, 6, 60, 120, 240, 480, 960, 1440, 1440, 1440]);
        assert_eq!(look(Verdict::Passed), 60);
        assert_eq!(look(Verdict::Failed), 6);
    }

    #[test]
    fn a_subject_reads_back_from_its_id() {
        let id = AccountId::new(IdSeed {
            at: Timestamp::UNIX_EPOCH,
            random: [0xab; 10],
        });
        let subject = Subject::Account(id);
        assert_eq!(
            Subject::try_from(subject.as_str().to_owned()),
            Ok(subject.clone())
        );
        assert_eq!(subject.shard(), 0xb);
    }
}
