//! Durations and limits. The local hub uses shorter durations.

use jiff::SignedDuration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How long a link can be used.
    pub registration_ttl: SignedDuration,
    /// The minimum time between two AssumeRole rejections that prove a deletion.
    pub quiet_period: SignedDuration,
    /// How long after a deletion signal the role may still be assumable before the signal is
    /// doubted.
    pub deleting_recheck: SignedDuration,
    /// The interval between account checks.
    pub check_interval: SignedDuration,
    /// The interval between full account checks.
    pub full_check_interval: SignedDuration,
    /// The first interval between checks of an orphaned stack. It grows fourfold, up to a day.
    pub orphan_check: SignedDuration,
    /// The age up to which a proof suffices for issuing credentials.
    pub proof_max_age: SignedDuration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            registration_ttl: SignedDuration::from_hours(48),
            quiet_period: SignedDuration::from_mins(15),
            deleting_recheck: SignedDuration::from_hours(1),
            check_interval: SignedDuration::from_hours(1),
            full_check_interval: SignedDuration::from_hours(24),
            orphan_check: SignedDuration::from_mins(5),
            proof_max_age: SignedDuration::from_hours(2),
        }
    }
}

/// How late a callback may be: the link was opened in time, but creating the stack took a while.
pub const CALLBACK_GRACE: SignedDuration = SignedDuration::from_mins(15);

/// How long after a stack's first message a rejection is attributed to IAM's eventual consistency.
pub const PROPAGATION: SignedDuration = SignedDuration::from_secs(60);

/// The age at which an open orphaned stack is flagged as stale.
pub const STALE_AFTER: SignedDuration = SignedDuration::from_hours(24 * 90);

/// How long AWS retains the contents of a closed account.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_close.html>
pub const CLOSED_ACCOUNT_RETENTION: SignedDuration = SignedDuration::from_hours(24 * 90);

/// How long an `Idempotency-Key` is stored.
pub const IDEMPOTENCY_WINDOW: SignedDuration = SignedDuration::from_hours(24);

/// The minimum time between two on-demand checks of an account.
pub const ON_DEMAND_GAP: SignedDuration = SignedDuration::from_secs(30);

/// The minimum time between two simulations or decodings for an account.
pub const QUESTION_GAP: SignedDuration = SignedDuration::from_secs(1);

/// The maximum number of a tenant's pending registrations.
pub const PENDING_LIMIT: usize = 1000;

/// The maximum number of a tenant's open orphaned stacks that nothing has proven. Further rejected
/// stacks are recorded only with their registration.
pub const MOST_UNPROVEN_STACKS: usize = 1000;

/// The maximum number of a tenant's groups.
pub const GROUP_LIMIT: usize = 1000;

/// The maximum number of accounts in responses that can't be paginated.
pub const ACCOUNTS_IN_ONE_ANSWER: usize = 2000;

/// The maximum number of accounts in an export.
pub const ACCOUNTS_IN_ONE_EXPORT: usize = 10_000;

/// The maximum size of an export as it is sent, in bytes. Lambda's responses have at most 6 MB.
pub const LARGEST_EXPORT: usize = 5_000_000;
