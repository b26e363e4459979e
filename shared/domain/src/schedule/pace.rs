//! Rate limits for requests that cost AWS calls or create data.

use super::subject::Subject;
use crate::ids::{AccountId, RegistrationId};
use crate::settings::{ON_DEMAND_GAP, QUESTION_GAP, Settings};
use crate::text::service::ServiceName;
use jiff::{SignedDuration, Timestamp};

/// A token bucket: `burst` requests without a wait, and one more after each `every`. Only the time at
/// which it is full again is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    pub burst: u32,
    pub every: SignedDuration,
}

impl Pace {
    const fn new(burst: u32, every: SignedDuration) -> Self {
        Self { burst, every }
    }

    /// One request per interval.
    pub const fn once_in(gap: SignedDuration) -> Self {
        Self::new(1, gap)
    }

    /// How far in the future the bucket's full time may be while it still has a request left.
    pub fn allowance(&self) -> SignedDuration {
        let spare = i32::try_from(self.burst.saturating_sub(1)).unwrap_or(i32::MAX);
        self.every.saturating_mul(spare)
    }

    /// When the bucket is full again after one more request.
    ///
    /// # Errors
    /// The time to wait, if the bucket is empty.
    pub fn admit(
        &self,
        full_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Timestamp, SignedDuration> {
        let from = full_at.map_or(now, |full_at| full_at.max(now));
        let over = from.duration_since(now) - self.allowance();
        if over.is_positive() {
            Err(over)
        } else {
            Ok(from + self.every)
        }
    }
}

/// The subject of a rate limit. Each has a separate bucket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limited {
    /// All of a tenant's requests of one kind.
    Tenant(Errand),
    /// Attempts to complete a registration with the stack's output.
    Paste(RegistrationId),
    /// Checks of an account or an orphaned stack.
    Check(Subject),
    /// Permission simulations and message decoding for an account.
    Question(AccountId),
    /// Choices of an account's companion roles.
    Choice(AccountId),
    /// New links to the customer's page of an account.
    CustomerLink(AccountId),
    /// Reads through the link to a registration's connect page.
    ConnectPage(RegistrationId),
    /// Reads through the link to an account's customer page.
    CustomerPage(AccountId),
    /// Credentials for an account, per service.
    Issue(AccountId, ServiceName),
    /// Refused requests for them. SDKs repeat a refused request up to five times.
    IssueRefusal(AccountId, ServiceName),
}

/// A kind of request that makes AWS calls, or changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Errand {
    Paste,
    AccountCheck,
    StackCheck,
    Simulation,
    Decoding,
    RoleChoice,
    /// Every other change.
    Change,
}

impl Errand {
    fn name(self) -> &'static str {
        match self {
            Self::Paste => "paste",
            Self::AccountCheck => "account-check",
            Self::StackCheck => "stack-check",
            Self::Simulation => "simulation",
            Self::Decoding => "decoding",
            Self::RoleChoice => "role-choice",
            Self::Change => "change",
        }
    }

    /// A verification takes at most 18 seconds, so one tenant occupies at most 36 workers.
    fn pace(self) -> Pace {
        match self {
            Self::Change => Pace::new(300, SignedDuration::from_millis(200)),
            _ => Pace::new(20, SignedDuration::from_millis(500)),
        }
    }
}

impl Limited {
    /// Unique within the tenant.
    pub fn name(&self) -> String {
        match self {
            Self::Tenant(errand) => format!("TENANT#{}", errand.name()),
            Self::Paste(registration) => format!("PASTE#{registration}"),
            Self::Check(subject) => format!("CHECK#{}", subject.as_str()),
            Self::Question(account) => format!("QUESTION#{account}"),
            Self::Choice(account) => format!("CHOICE#{account}"),
            Self::CustomerLink(account) => format!("CUSTOMER_LINK#{account}"),
            Self::ConnectPage(registration) => format!("CONNECT_PAGE#{registration}"),
            Self::CustomerPage(account) => format!("CUSTOMER_PAGE#{account}"),
            Self::Issue(account, service) => format!("ISSUE#{account}#{service}"),
            Self::IssueRefusal(account, service) => format!("REFUSAL#{account}#{service}"),
        }
    }

    pub fn pace(&self, settings: &Settings) -> Pace {
        match self {
            Self::Tenant(errand) => errand.pace(),
            Self::Paste(_) => Pace::new(5, SignedDuration::from_secs(6)),
            Self::Check(Subject::Stack(_)) => {
                Pace::once_in(ON_DEMAND_GAP.min(settings.orphan_check))
            }
            Self::Check(_) => Pace::once_in(ON_DEMAND_GAP),
            Self::Question(_) => Pace::once_in(QUESTION_GAP),
            Self::Choice(_) => Pace::new(10, SignedDuration::from_secs(6)),
            Self::CustomerLink(_) => Pace::once_in(ON_DEMAND_GAP),
            // A page reads every few seconds. Several people can have it open at once.
            Self::ConnectPage(_) | Self::CustomerPage(_) => {
                Pace::new(60, SignedDuration::from_millis(500))
            }
            // A service's programs start together and then reuse credentials for an hour. A loop
            // leaves at most 8,640 receipts a day.
            Self::Issue(..) => Pace::new(100, SignedDuration::from_secs(10)),
            Self::IssueRefusal(..) => Pace::new(50, SignedDuration::from_secs(2)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_000_000_000_000 + millis).expect("a time")
    }

    /// How many of the requests at these times (in milliseconds) are admitted.
    fn admitted(pace: Pace, asked: impl IntoIterator<Item = i64>) -> usize {
        let mut full_at = None;
        let admit = |millis: &i64| match pace.admit(full_at, at(*millis)) {
            Ok(next) => {
                full_at = Some(next);
                true
            }
            Err(_) => false,
        };
        asked.into_iter().filter(admit).count()
    }

    #[test]
    fn burst_then_one_request_per_interval() {
        let pace = Pace::new(5, SignedDuration::from_secs(6));
        assert_eq!(admitted(pace, std::iter::repeat_n(0, 40)), 5);
        assert_eq!(admitted(pace, (0..40).map(|n| n * 50)), 5);
        assert_eq!(admitted(pace, (0..40).map(|n| n * 1_000)), 5 + 6);
        assert_eq!(admitted(pace, (0..40).map(|n| n * 6_000)), 40);
    }

    #[test]
    fn wait_time_is_exact() {
        let pace = Pace::new(2, SignedDuration::from_secs(6));
        let full_at = at(12_000);
        let wait = pace.admit(Some(full_at), at(0)).expect_err("it is empty");
        assert_eq!(wait, SignedDuration::from_secs(6));
        assert!(pace.admit(Some(full_at), at(5_999)).is_err());
        assert_eq!(pace.admit(Some(full_at), at(6_000)), Ok(at(18_000)));
        let once = Pace::once_in(SignedDuration::from_secs(30));
        assert_eq!(once.admit(None, at(0)), Ok(at(30_000)));
        assert_eq!(
            once.admit(Some(at(30_000)), at(1_000)),
            Err(SignedDuration::from_secs(29))
        );
        assert_eq!(once.admit(Some(at(30_000)), at(30_000)), Ok(at(60_000)));
    }
}
