//! The states of the pages that need no sign-in: a registration's connect page and an account's customer page.
//! Both follow from the records alone.

use crate::aws::StackId;
use crate::record::account::{Account, AccountState, DeregistrationCause};
use crate::record::attempt::Progress;
use crate::record::orphan::{OrphanedStack, OrphanedStackStatus};
use crate::record::registration::{Registration, RegistrationState};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long a connect page shows the outcome after its link has expired. Its token then counts as
/// unknown.
pub const OUTCOME_SHOWN_FOR: SignedDuration = SignedDuration::from_hours(24 * 30);

/// A stack takes minutes. One that started longer ago has failed without a message.
const STACK_TAKES_AT_MOST: SignedDuration = SignedDuration::from_hours(1);

/// A verification waits about a minute for a new role, and the function that runs it ends within two.
const VERIFICATION_TAKES_AT_MOST: SignedDuration = SignedDuration::from_mins(2);

/// A verification of a pasted stack, which is answered over HTTP.
const PASTE_TAKES_AT_MOST: SignedDuration = SignedDuration::from_secs(20);

/// The last stack of a registration whose verification began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    pub stack_id: StackId,
    pub since: Timestamp,
}

/// The state of a connect page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectState {
    Waiting,
    StackStarted,
    Verifying,
    Connected,
    Refused,
    Expired,
    Revoked,
}

impl ConnectState {
    pub const ALL: [Self; 7] = [
        Self::Waiting,
        Self::StackStarted,
        Self::Verifying,
        Self::Connected,
        Self::Refused,
        Self::Expired,
        Self::Revoked,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::StackStarted => "stack_started",
            Self::Verifying => "verifying",
            Self::Connected => "connected",
            Self::Refused => "refused",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }

    /// The state of the registration's page. A stack that started before the link expired may still
    /// connect, so its progress is shown.
    pub fn of(
        registration: &Registration,
        verification: Option<&Verification>,
        now: Timestamp,
    ) -> Self {
        match registration.state {
            RegistrationState::Completed { .. } => return Self::Connected,
            RegistrationState::Revoked => return Self::Revoked,
            RegistrationState::Pending | RegistrationState::Expired => {}
        }
        let verification = verification.filter(|it| is_running(registration, it, now));
        match (progress(registration, now), verification) {
            (_, Some(_)) => Self::Verifying,
            (Some(_), None) => Self::StackStarted,
            (None, None) if registration.status(now) == "expired" => Self::Expired,
            (None, None) if registration.last_attempt.is_some() => Self::Refused,
            (None, None) => Self::Waiting,
        }
    }

    /// Whether the page still shows what the link requests. An ended link requests nothing.
    pub fn shows_request(self) -> bool {
        !matches!(self, Self::Expired | Self::Revoked)
    }
}

/// The stack that is being created, unless it must have failed by now.
pub fn progress(registration: &Registration, now: Timestamp) -> Option<&Progress> {
    let is_recent = |it: &&Progress| now.duration_since(it.started_at) < STACK_TAKES_AT_MOST;
    registration.progress().filter(is_recent)
}

/// Whether the link can be opened to create a stack.
pub fn is_link_usable(registration: &Registration, now: Timestamp) -> bool {
    registration.status(now) == "pending" && registration.records_refusals()
}

/// Whether the page can be opened at all.
pub fn is_shown(registration: &Registration, now: Timestamp) -> bool {
    now < registration.expires_at + OUTCOME_SHOWN_FOR
}

/// Whether a verification is still running.
fn is_running(registration: &Registration, it: &Verification, now: Timestamp) -> bool {
    let age = now.duration_since(it.since);
    let mut started = registration.started.iter();
    match started.find(|one| one.stack_id == it.stack_id) {
        Some(started) => it.since >= started.started_at && age < VERIFICATION_TAKES_AT_MOST,
        None => {
            let last = registration.last_attempt.as_ref();
            let has_failed = last.is_some_and(|last| last.attempted_at >= it.since);
            !has_failed && age < PASTE_TAKES_AT_MOST
        }
    }
}

/// The state of a customer page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerState {
    Connected,
    Attention,
    Disconnected,
    /// The account is deregistered. Its stack may still exist.
    Deregistered,
    /// The deletion of the stack is proven.
    Gone,
}

impl CustomerState {
    pub const ALL: [Self; 5] = [
        Self::Connected,
        Self::Attention,
        Self::Disconnected,
        Self::Deregistered,
        Self::Gone,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Attention => "attention",
            Self::Disconnected => "disconnected",
            Self::Deregistered => "deregistered",
            Self::Gone => "gone",
        }
    }

    /// The state of the account's page. `orphan` is the account's orphaned stack, once it has one: only its
    /// evidence proves a deletion, and contrary evidence reopens it.
    pub fn of(account: &Account, orphan: Option<&OrphanedStack>) -> Self {
        match account.state() {
            AccountState::Active => Self::Connected,
            AccountState::Unhealthy => Self::Attention,
            AccountState::Disconnected { .. } => Self::Disconnected,
            AccountState::Deregistered { cause, .. } => match orphan.map(OrphanedStack::status) {
                Some(OrphanedStackStatus::Gone) => Self::Gone,
                Some(_) => Self::Deregistered,
                None if *cause == DeregistrationCause::StackGone => Self::Gone,
                None => Self::Deregistered,
            },
        }
    }
}
