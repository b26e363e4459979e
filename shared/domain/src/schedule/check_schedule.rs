//! When something is looked at next. This is no state: it changes without an audit entry.

use super::subject::Subject;
use crate::check::Report;
use crate::ids::AccountId;
use crate::settings::Settings;
use crate::text::Tenant;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// When a subject was last looked at, what came of it, and when it is due next. It is written at
/// every look, so it is small: a report is kept apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckSchedule {
    pub tenant: Tenant,
    pub subject: Subject,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_checked_at: Option<Timestamp>,
    /// None when nothing is due any more.
    pub next_check_at: Option<Timestamp>,
    /// Checks in a row that changed nothing (a stack) or failed (an account).
    #[serde(default)]
    pub streak: u32,
    /// Checks of an account in a row that showed nothing, one way or the other.
    #[serde(default)]
    pub inconclusive: u32,
    /// When an account's role and stack were last read in full and found in good order, with
    /// nothing to the contrary since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_healthy_at: Option<Timestamp>,
}

/// An account whose check is due, handed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueCheck {
    pub tenant: Tenant,
    pub account_id: AccountId,
    /// The time that its schedule was leased until: while that stands, nobody has checked it yet.
    /// None asks for a check in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leased_until: Option<Timestamp>,
}

impl DueCheck {
    /// Whether it was checked, or scheduled anew, since it was handed over. Queues deliver twice.
    pub fn is_outdated(&self, schedule: &CheckSchedule) -> bool {
        self.leased_until
            .is_some_and(|leased| schedule.next_check_at != Some(leased))
    }
}

/// What the last full check at an account showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptReport {
    pub tenant: Tenant,
    pub subject: Subject,
    pub report: Report,
}

impl CheckSchedule {
    /// Nothing is due.
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

    /// The first look at something new.
    pub fn first(tenant: Tenant, subject: Subject, due: Timestamp) -> Self {
        Self {
            next_check_at: Some(due),
            ..Self::never(tenant, subject)
        }
    }

    /// The first look at an account that has just been verified in full.
    pub fn verified(tenant: Tenant, subject: Subject, now: Timestamp, settings: &Settings) -> Self {
        Self {
            last_checked_at: Some(now),
            last_healthy_at: Some(now),
            ..Self::first(tenant, subject, now + settings.check_interval)
        }
    }

    /// A report on its subject, to be kept.
    pub fn kept(&self, report: &Report) -> KeptReport {
        KeptReport {
            tenant: self.tenant.clone(),
            subject: self.subject.clone(),
            report: report.clone(),
        }
    }

    /// Due at another time, because of news: the next look is a full one.
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

    /// Whether a quick check is enough: everything was found in good order not long ago.
    pub fn quick_check_suffices(&self, now: Timestamp, settings: &Settings) -> bool {
        let deep = settings.full_check_interval;
        let lately = |at| now.duration_since(at) < deep;
        deep > settings.check_interval && self.last_healthy_at.is_some_and(lately)
    }

    /// Nothing is due any more; what the last look showed stays.
    #[must_use]
    pub fn ended(&self) -> Self {
        Self {
            next_check_at: None,
            ..self.clone()
        }
    }
}
