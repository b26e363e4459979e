//! How long things take. The defaults are the contract's; the local hub sets seconds.

use jiff::SignedDuration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How long a link can be used.
    pub registration_ttl: SignedDuration,
    /// How far apart two refusals must lie to prove a role's silence.
    pub quiet_period: SignedDuration,
    /// After a sign of deletion, how long a role may still answer before the sign is doubted.
    pub deleting_recheck: SignedDuration,
    /// How often an account is looked at.
    pub check_interval: SignedDuration,
    /// How often an account's role and stack are read in full.
    pub full_check_interval: SignedDuration,
    /// The first interval between looks at an orphaned stack; it grows fourfold up to a day.
    pub orphan_check: SignedDuration,
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
        }
    }
}

/// A callback may be this late: the customer's click was in time, the stack took a while.
pub const CALLBACK_GRACE: SignedDuration = SignedDuration::from_mins(15);

/// How long a refusal of a stack just heard of is put down to IAM's eventual consistency.
pub const PROPAGATION: SignedDuration = SignedDuration::from_secs(60);

/// An orphaned stack that nobody could prove gone for so long is flagged as stale.
pub const STALE_AFTER: SignedDuration = SignedDuration::from_hours(24 * 90);

/// AWS deletes what a closed account held after so long.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_close.html>
pub const CLOSED_ACCOUNT_RETENTION: SignedDuration = SignedDuration::from_hours(24 * 90);

/// How long an `Idempotency-Key` is remembered.
pub const IDEMPOTENCY_WINDOW: SignedDuration = SignedDuration::from_hours(24);

/// The least time between two on-demand checks of one account.
pub const ON_DEMAND_GAP: SignedDuration = SignedDuration::from_secs(30);

/// The least time between two questions about one account's roles.
pub const QUESTION_GAP: SignedDuration = SignedDuration::from_secs(1);

/// Pending registrations that one tenant may have.
pub const PENDING_LIMIT: usize = 1000;

/// Groups that one tenant may have.
pub const GROUP_LIMIT: usize = 1000;

/// Accounts that one answer is made from, where it can't come in pages.
pub const ACCOUNTS_IN_ONE_ANSWER: usize = 2000;
