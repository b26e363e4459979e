//! The evidence collected about one stack, and its assessment.
//!
//! A stack is considered gone only if there is a deletion signal, and AssumeRole was rejected in
//! two checks at least one quiet period apart, with no evidence to the contrary since. One rejection
//! suffices if the stack's preflight resource was deleted too, which CloudFormation does last. The
//! deletion of the preflight alone is no signal: an update deletes it if it drops the resource, or if
//! it added the resource and is rolled back.

use super::evidence::{Evidence, EvidenceKind};
use crate::check::StackStatus;
use crate::settings::Settings;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The maximum number of entries in a log.
const MAX_EVIDENCE: usize = 64;

/// The evidence collected about one stack.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceLog {
    /// When the hub itself rejected the stack, so that a rollback is expected. This is an
    /// expectation, not a proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refused_at: Option<Timestamp>,
    /// Oldest first.
    seen: Vec<Evidence>,
}

/// The conclusion from the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assessment {
    Orphaned(OrphanReason),
    Deleting,
    Gone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrphanReason {
    /// The stack is no longer needed, and there is no sign of its deletion.
    NoLongerNeeded,
    /// The stack was deleted, but its role was retained and can still be assumed.
    RoleRetained,
    /// CloudFormation could not delete the stack.
    DeleteFailed,
    /// A deletion was announced, but the role can still be assumed.
    StillAnswers,
}

/// A sign that the stack is being deleted.
#[derive(Clone, Copy)]
struct DeletionSignal {
    at: Timestamp,
    /// Not withdrawn. Observing the stack alive after `deleting_recheck` withdraws the signal.
    active: bool,
    /// Whether the signal came from AWS and not from the hub's own expectation.
    proves: bool,
}

impl EvidenceLog {
    /// The log of a stack whose Create the hub rejected.
    pub fn of_refused(at: Timestamp) -> Self {
        Self {
            refused_at: Some(at),
            seen: Vec::new(),
        }
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Evidence> {
        self.seen.iter()
    }

    /// Adds an observation in chronological order. Repeating the last observation is not news,
    /// unless its time matters: the second rejection that completes a proof, or the first
    /// successful AssumeRole after `deleting_recheck`. Returns whether it was news.
    pub fn add(&mut self, kind: EvidenceKind, at: Timestamp, settings: &Settings) -> bool {
        let news = match &kind {
            EvidenceKind::RoleUnassumable => self.would_prove(at, settings),
            EvidenceKind::StackStatus { .. } => {
                let overdue = |seen: Timestamp, signal: DeletionSignal| {
                    seen.duration_since(signal.at) >= settings.deleting_recheck
                };
                let first_overdue = self.signal(settings).is_some_and(|signal| {
                    overdue(at, signal)
                        && !self
                            .last_assumed_at()
                            .is_some_and(|last| overdue(last, signal))
                });
                first_overdue || self.last_contact() != Some(&kind)
            }
            EvidenceKind::StackEvent { .. } => {
                !self.iter().any(|seen| seen.kind == kind && seen.at == at)
            }
            EvidenceKind::DeleteCallback | EvidenceKind::PreflightDeleted => {
                let assumed_at = self.last_assumed_at();
                !self.iter().any(|seen| {
                    seen.kind == kind && assumed_at.is_none_or(|assumed_at| seen.at >= assumed_at)
                })
            }
            EvidenceKind::AccountClosed { permanently } => {
                let known = self
                    .closures(settings)
                    .any(|seen| !permanently || seen.kind == kind);
                !known && !self.assumable_after(at, settings)
            }
            EvidenceKind::Deregistered { .. } | EvidenceKind::DismissedBy { .. } => true,
        };
        if news {
            let place = self.seen.partition_point(|seen| seen.at <= at);
            self.seen.insert(place, Evidence { kind, at });
            self.drop_old_contacts();
            self.drop_old_failures();
        }
        news
    }

    /// A role that alternates between rejection and success would grow the log without limit. Old
    /// contacts that no longer affect the assessment are removed first.
    fn drop_old_contacts(&mut self) {
        let Some(last_success) = self
            .seen
            .iter()
            .rposition(|seen| matches!(seen.kind, EvidenceKind::StackStatus { .. }))
        else {
            return;
        };
        let idle = |seen: &Evidence| match &seen.kind {
            EvidenceKind::RoleUnassumable => true,
            EvidenceKind::StackStatus { status, .. } => status.is_none_or(StackStatus::is_living),
            _ => false,
        };
        if self.seen.len() > MAX_EVIDENCE
            && let Some(oldest) = self.seen[..last_success].iter().position(idle)
        {
            self.seen.remove(oldest);
        }
    }

    /// Repeated failed deletions would also grow the log. Entries in the middle are removed: the
    /// first is the signal, and the latest is the current state.
    fn drop_old_failures(&mut self) {
        let is_status = |seen: &Evidence| {
            matches!(
                seen.kind,
                EvidenceKind::StackEvent { .. } | EvidenceKind::StackStatus { .. }
            )
        };
        if self.seen.len() > 2 * MAX_EVIDENCE
            && let Some(middle) =
                (MAX_EVIDENCE..self.seen.len() - 8).find(|at| is_status(&self.seen[*at]))
        {
            self.seen.remove(middle);
        }
    }

    /// The assessment as of now. A stack without a role needs no rejections.
    pub fn assess(&self, has_role: bool, now: Timestamp, settings: &Settings) -> Assessment {
        let ended = |closing: &Evidence| {
            closing.proves_account_deleted(now) && (!has_role || self.is_rejected_since(closing.at))
        };
        if self.closures(settings).any(ended) {
            return Assessment::Gone;
        }
        let signal = self.signal(settings);
        let proves =
            |signal| self.proves(signal, settings) || self.proves_after_preflight_deletion(signal);
        if signal.is_some_and(proves) {
            return Assessment::Gone;
        }
        let over = |signal: DeletionSignal| now.duration_since(signal.at) >= settings.quiet_period;
        // Without a role, no further evidence can be collected.
        if !has_role && signal.is_some_and(|signal| signal.active && signal.proves && over(signal))
        {
            return Assessment::Gone;
        }
        // An expected rollback that is not announced in time did not happen: the stack was kept.
        let lapsed = |signal: DeletionSignal| {
            !signal.proves && now.duration_since(signal.at) >= settings.deleting_recheck
        };
        let assumable = self.is_assumable();
        match (self.latest_status(), signal) {
            (Some(StackStatus::DeleteComplete), _)
                if assumable && self.assumable_after_deletion() =>
            {
                Assessment::Orphaned(OrphanReason::RoleRetained)
            }
            // The role has not been tested since.
            (Some(StackStatus::DeleteComplete), _) => Assessment::Deleting,
            (Some(StackStatus::DeleteFailed), _) => {
                Assessment::Orphaned(OrphanReason::DeleteFailed)
            }
            (_, Some(signal)) if assumable && self.assumable_after(signal.at, settings) => {
                Assessment::Orphaned(OrphanReason::StillAnswers)
            }
            (_, Some(signal)) if signal.active && !lapsed(signal) => Assessment::Deleting,
            _ => Assessment::Orphaned(OrphanReason::NoLongerNeeded),
        }
    }

    /// The role was rejected twice, a quiet period apart, and at least once since the signal.
    fn proves(&self, signal: DeletionSignal, settings: &Settings) -> bool {
        let rejections = self.rejections();
        let [first, .., last] = rejections.as_slice() else {
            return false;
        };
        signal.active
            && signal.proves
            && last.duration_since(*first) >= settings.quiet_period
            && *last >= signal.at
    }

    /// The role was rejected after the preflight resource was deleted, and was not assumed in
    /// between. CloudFormation had tried to delete the role by then.
    fn proves_after_preflight_deletion(&self, signal: DeletionSignal) -> bool {
        let rejections = self.rejections();
        let (Some(deleted_at), Some(last)) = (self.preflight_deleted_at(), rejections.last())
        else {
            return false;
        };
        let was_kept = self.last_assumed_at().is_some_and(|at| at >= deleted_at);
        signal.active && signal.proves && !was_kept && *last >= deleted_at.max(signal.at)
    }

    /// When CloudFormation last notified the hub that it is deleting the preflight resource.
    pub fn preflight_deleted_at(&self) -> Option<Timestamp> {
        let mut latest = self.iter().rev();
        let deleted = latest.find(|seen| seen.kind == EvidenceKind::PreflightDeleted);
        deleted.map(|seen| seen.at)
    }

    /// Whether another rejection would add information.
    fn would_prove(&self, at: Timestamp, settings: &Settings) -> bool {
        let rejections = self.rejections();
        let (Some(first), Some(last)) = (rejections.first(), rejections.last()) else {
            return true;
        };
        let long = at.duration_since(*first) >= settings.quiet_period;
        let long_before = last.duration_since(*first) >= settings.quiet_period;
        let since_signal = self
            .signal(settings)
            .is_some_and(|signal| *last < signal.at);
        let since_closing = self.closures(settings).any(|closing| *last < closing.at);
        let since_preflight = self.preflight_deleted_at().is_some_and(|at| *last < at);
        (long && !long_before) || since_signal || since_closing || since_preflight
    }

    /// Whether there was a sign that the stack is being, or was, deleted.
    pub fn has_deletion_signal(&self) -> bool {
        use StackStatus::{DeleteComplete, DeleteInProgress};
        self.iter().any(|seen| {
            let status = seen.kind.stack_status();
            seen.kind == EvidenceKind::DeleteCallback
                || (seen.kind == EvidenceKind::PreflightDeleted && self.refused_at.is_some())
                || matches!(status, Some(DeleteInProgress | DeleteComplete))
        })
    }

    /// Whether the stack was read through its role.
    pub fn was_read(&self) -> bool {
        self.iter().any(|seen| seen.kind.is_reading())
    }

    /// Whether AWS Organizations reported the account as closed.
    pub fn reports_closure(&self) -> bool {
        self.iter().any(|seen| seen.kind.is_closing())
    }

    fn signal(&self, settings: &Settings) -> Option<DeletionSignal> {
        let expected = |at| DeletionSignal {
            at,
            active: true,
            proves: false,
        };
        let mut signal = self.refused_at.map(expected);
        let mut is_preflight_deleted = false;
        for Evidence { kind, at } in self.iter() {
            is_preflight_deleted |= *kind == EvidenceKind::PreflightDeleted;
            let is_expected = signal.is_some_and(|seen: DeletionSignal| {
                let in_time = at.duration_since(seen.at) < settings.deleting_recheck;
                seen.active && !seen.proves && in_time
            });
            let status = match kind {
                EvidenceKind::DeleteCallback => Some(StackStatus::DeleteInProgress),
                // The expected rollback of a rejected stack.
                EvidenceKind::PreflightDeleted if is_expected => {
                    Some(StackStatus::DeleteInProgress)
                }
                kind => kind.stack_status(),
            };
            match (status, signal) {
                // Stack IDs are never reused, so a completed deletion is final.
                (Some(StackStatus::DeleteComplete), seen) => {
                    let announced = seen.filter(|seen| seen.active && seen.proves);
                    return Some(DeletionSignal {
                        at: announced.map_or(*at, |seen| seen.at),
                        active: true,
                        proves: true,
                    });
                }
                (Some(StackStatus::DeleteInProgress), seen)
                    if !seen.is_some_and(|seen| seen.active && seen.proves) =>
                {
                    signal = Some(DeletionSignal {
                        at: *at,
                        active: true,
                        proves: true,
                    });
                }
                // AWS withdraws the announcement. (If this status was read through the role, the
                // role still existed then, so its later rejection is new evidence.)
                (Some(StackStatus::DeleteFailed), Some(seen))
                    if matches!(kind, EvidenceKind::StackEvent { .. }) =>
                {
                    signal = Some(DeletionSignal {
                        active: false,
                        ..seen
                    });
                }
                (Some(status), Some(seen)) if status.is_living() => {
                    // CloudFormation deletes the preflight last, so a stack that is read alive after that
                    // is not being deleted: an update dropped the resource.
                    let is_kept =
                        is_preflight_deleted && matches!(kind, EvidenceKind::StackStatus { .. });
                    let late = is_kept || at.duration_since(seen.at) >= settings.deleting_recheck;
                    is_preflight_deleted &= !is_kept;
                    signal = Some(DeletionSignal {
                        active: seen.active && !late,
                        ..seen
                    });
                }
                _ => {}
            }
        }
        signal
    }

    /// Rejections since the role was last assumed, oldest first.
    fn rejections(&self) -> Vec<Timestamp> {
        let since_assumed =
            |seen: &&Evidence| !matches!(seen.kind, EvidenceKind::StackStatus { .. });
        let mut rejections: Vec<Timestamp> = self
            .iter()
            .rev()
            .take_while(since_assumed)
            .filter(|seen| seen.kind == EvidenceKind::RoleUnassumable)
            .map(|seen| seen.at)
            .collect();
        rejections.reverse();
        rejections
    }

    /// Whether the role could be assumed in the last test.
    fn is_assumable(&self) -> bool {
        self.last_assumed_at().is_some() && self.rejections().is_empty()
    }

    /// Whether the role could be assumed after the stack was deleted.
    fn assumable_after_deletion(&self) -> bool {
        let is_end =
            |seen: &&Evidence| seen.kind.stack_status() == Some(StackStatus::DeleteComplete);
        let ended = self.iter().find(is_end);
        let assumed_at = self.last_assumed_at();
        ended.is_some_and(|ended| assumed_at.is_some_and(|assumed_at| assumed_at >= ended.at))
    }

    fn assumable_after(&self, at: Timestamp, settings: &Settings) -> bool {
        self.last_assumed_at()
            .is_some_and(|assumed_at| assumed_at.duration_since(at) >= settings.deleting_recheck)
    }

    /// Reports of AWS Organizations that the account was closed. Void if the role could be assumed
    /// after `deleting_recheck`, because the account was then reinstated.
    fn closures(&self, settings: &Settings) -> impl Iterator<Item = &Evidence> {
        self.iter()
            .filter(|seen| seen.kind.is_closing())
            .filter(|closing| !self.assumable_after(closing.at, settings))
    }

    fn is_rejected_since(&self, at: Timestamp) -> bool {
        self.rejections().last().is_some_and(|last| *last >= at)
    }

    fn last_assumed_at(&self) -> Option<Timestamp> {
        self.iter()
            .rev()
            .find(|seen| matches!(seen.kind, EvidenceKind::StackStatus { .. }))
            .map(|seen| seen.at)
    }

    fn latest_status(&self) -> Option<StackStatus> {
        let statuses = || {
            self.iter()
                .rev()
                .filter_map(|seen| seen.kind.stack_status())
        };
        statuses()
            .find(|status| *status == StackStatus::DeleteComplete)
            .or_else(|| statuses().next())
    }

    fn last_contact(&self) -> Option<&EvidenceKind> {
        self.iter().rev().map(|seen| &seen.kind).find(|kind| {
            matches!(
                kind,
                EvidenceKind::StackStatus { .. } | EvidenceKind::RoleUnassumable
            )
        })
    }
}
