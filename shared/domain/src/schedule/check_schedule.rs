//! When a subject is checked next. Changes to a schedule need no audit entry.

use super::subject::Subject;
use crate::check::Report;
use crate::ids::AccountId;
use crate::settings::Settings;
use crate::text::Tenant;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// When a subject was last checked, with what result, and when it is due next. It is written on
/// every check, so it is small; the report is stored separately.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckSchedule {
    pub tenant: Tenant,
    pub subject: Subject,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_checked_at: Option<Timestamp>,
    /// `None` if no check is due anymore.
    pub next_check_at: Option<Timestamp>,
    /// Consecutive checks that changed nothing (stacks) or failed (accounts).
    #[serde(default)]
    pub streak: u32,
    /// Consecutive inconclusive checks of an account.
    #[serde(default)]
    pub inconclusive: u32,
    /// When an account last passed a full check, unless something was wrong since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_healthy_at: Option<Timestamp>,
}

/// A due account check, as sent to the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueCheck {
    pub tenant: Tenant,
    pub account_id: AccountId,
    /// The end of the lease under which it was sent. If the schedule still has this time, the check
    /// has not run yet. `None` requests a check unconditionally.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leased_until: Option<Timestamp>,
}

impl DueCheck {
    /// Whether the account was checked or rescheduled since the message was sent. Queues can
    /// deliver twice.
    pub fn is_outdated(&self, schedule: &CheckSchedule) -> bool {
        self.leased_until
            .is_some_and(|leased| schedule.next_check_at != Some(leased))
    }
}

/// The report of an account's last full check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptReport {
    pub tenant: Tenant,
    pub subject: Subject,
    pub report: Report,
}

impl CheckSchedule {
    /// A schedule without a due check.
    pub fn never(tenant: Tenant, subject: Subject) -> Self {
        Self {
            tenant,
            subject,
            last_checked_at: None,
            next_check_at: None,
            streak: 0,
            inconclusive: 0,
            last_healthy_at: None,
        }
    }

    /// The first check of a new subject.
    pub fn first(tenant: Tenant, subject: Subject, due: Timestamp) -> Self {
        Self {
            next_check_at: Some(due),
            ..Self::never(tenant, subject)
        }
    }

    /// The first check of an account that has just passed full verification.
    pub fn verified(tenant: Tenant, subject: Subject, now: Timestamp, settings: &Settings) -> Self {
        Self {
            last_checked_at: Some(now),
            last_healthy_at: Some(now),
            ..Self::first(tenant, subject, now + settings.check_interval)
        }
    }

    /// A report on the subject, for storage.
    pub fn kept(&self, report: &Report) -> KeptReport {
        KeptReport {
            tenant: self.tenant.clone(),
            subject: self.subject.clone(),
            report: report.clone(),
        }
    }

    /// Reschedules the subject because of an event; the next check is a full one.
    #[must_use]
    pub fn due_at(&self, due: Timestamp) -> Self {
        Self {
            next_check_at: Some(due),
            streak: 0,
            inconclusive: 0,
            last_healthy_at: None,
            ..self.clone()
        }
    }

    /// Whether a quick check is sufficient because a recent full check passed.
    pub fn quick_check_suffices(&self, now: Timestamp, settings: &Settings) -> bool {
        let deep = settings.full_check_interval;
        let lately = |at| now.duration_since(at) < deep;
        deep > settings.check_interval && self.last_healthy_at.is_some_and(lately)
    }

    /// Removes the due time and keeps the last result.
    #[must_use]
    pub fn ended(&self) -> Self {
        Self {
            next_check_at: None,
            ..self.clone()
        }
    }
}
