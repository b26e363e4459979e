//! What was seen of a stack that may be on its way out, and what follows from it.
//!
//! A stack is called gone only when two things hold: a sign of deletion was seen, and its role
//! was silent on two checks at least a quiet period apart, with nothing to the contrary since.

use crate::settings::{CLOSED_ACCOUNT_RETENTION, Settings};
use crate::verification::{AssumeOutcome, Observed, Read, StackStatus};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One thing that was seen, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    #[serde(flatten)]
    pub kind: EvidenceKind,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EvidenceKind {
    /// The account was deregistered: nobody needs the stack.
    Deregistered { cause: String },
    /// CloudFormation told the hub that it deletes the stack's custom resource.
    DeleteCallback,
    /// The role answered, and the stack was read through it (without a status: could not be read).
    StackStatus {
        #[serde(skip_serializing_if = "Option::is_none", default)]
        status: Option<StackStatus>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        reason: Option<String>,
    },
    /// AWS's own event on the stack's status. It says nothing about the role.
    StackEvent { status: StackStatus },
    /// AssumeRole with the right external ID was refused.
    RoleUnassumable,
    /// The customer's AWS account was closed.
    AccountClosed,
    /// A person decided not to wait for proof.
    DismissedBy { who: String, reason: String },
}

impl EvidenceKind {
    /// What an observation shows of a stack on its way out: its status through the role, or the
    /// role's silence. None where AWS gave no usable answer, which says nothing about either.
    pub fn of(observed: &Observed) -> Option<Self> {
        match &observed.assume {
            Some(AssumeOutcome::Refused) => Some(Self::RoleUnassumable),
            Some(AssumeOutcome::Granted(_)) => {
                let facts = observed.stack.as_ref().and_then(Read::seen);
                Some(Self::StackStatus {
                    status: facts.map(|facts| facts.status),
                    reason: facts.and_then(|facts| facts.status_reason.clone()),
                })
            }
            _ => None,
        }
    }
}

/// Pieces of evidence that a trail keeps.
const LONGEST_TRAIL: usize = 64;

/// What was gathered on one stack.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trail {
    /// When the hub itself refused the stack, so that its roll-back is to be expected.
    /// An expectation, not a proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refused_at: Option<Timestamp>,
    /// Oldest first.
    seen: Vec<Evidence>,
}

/// What the trail amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assessment {
    Orphaned(OrphanReason),
    Deleting,
    Gone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrphanReason {
    /// Nobody needs the stack, and nothing says that it is being deleted.
    NoLongerNeeded,
    /// The stack is deleted; its role was kept and still answers.
    RoleRetained,
    /// CloudFormation could not delete the stack.
    DeleteFailed,
    /// A deletion was announced, but the role still answers.
    StillAnswers,
}

/// The announcement of a deletion.
#[derive(Clone, Copy)]
struct Sign {
    at: Timestamp,
    /// Reading the stack as alive, a good while later, takes an announcement back.
    standing: bool,
    /// It came from AWS, not from the hub's own expectation.
    proves: bool,
}

impl Trail {
    /// The trail of a stack whose Create the hub refused.
    pub fn of_refused(at: Timestamp) -> Self {
        Self {
            refused_at: Some(at),
            seen: Vec::new(),
        }
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Evidence> {
        self.seen.iter()
    }

    /// Adds what was seen, in the order of time. Seeing again what was seen last is not news,
    /// unless its time makes the difference: the second silence of a proof, or the first answer
    /// after `deleting_recheck`. Returns whether it was news.
    pub fn add(&mut self, kind: EvidenceKind, at: Timestamp, settings: &Settings) -> bool {
        let news = match &kind {
            EvidenceKind::RoleUnassumable => self.would_prove(at, settings),
            EvidenceKind::StackStatus { .. } => {
                let overdue = |seen: Timestamp, sign: Sign| {
                    seen.duration_since(sign.at) >= settings.deleting_recheck
                };
                let first_overdue = self.sign(settings).is_some_and(|sign| {
                    overdue(at, sign) && !self.last_answer().is_some_and(|last| overdue(last, sign))
                });
                first_overdue || self.last_contact() != Some(&kind)
            }
            EvidenceKind::StackEvent { .. } => {
                !self.iter().any(|seen| seen.kind == kind && seen.at == at)
            }
            EvidenceKind::DeleteCallback => {
                let answered = self.last_answer();
                !self.iter().any(|seen| {
                    seen.kind == kind && answered.is_none_or(|answered| seen.at >= answered)
                })
            }
            EvidenceKind::AccountClosed => !self.iter().any(|seen| seen.kind == kind),
            EvidenceKind::Deregistered { .. } | EvidenceKind::DismissedBy { .. } => true,
        };
        if news {
            let place = self.seen.partition_point(|seen| seen.at <= at);
            self.seen.insert(place, Evidence { kind, at });
            self.forget();
        }
        news
    }

    /// A role that answers now and then would make the trail grow for ever. Old contacts that
    /// nothing follows from any more go first.
    fn forget(&mut self) {
        let Some(answered) = self
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
        if self.seen.len() > LONGEST_TRAIL
            && let Some(oldest) = self.seen[..answered].iter().position(idle)
        {
            self.seen.remove(oldest);
        }
    }

    /// What follows from all of it, as of now.
    pub fn assess(&self, now: Timestamp, settings: &Settings) -> Assessment {
        let closed = self.iter().find(|e| e.kind == EvidenceKind::AccountClosed);
        if closed.is_some_and(|e| now.duration_since(e.at) >= CLOSED_ACCOUNT_RETENTION) {
            return Assessment::Gone;
        }
        let sign = self.sign(settings);
        if sign.is_some_and(|sign| self.proves(sign, settings)) {
            return Assessment::Gone;
        }
        let answers = self.role_answers();
        match (self.latest_status(), sign) {
            (Some(StackStatus::DeleteComplete), _) if answers => {
                Assessment::Orphaned(OrphanReason::RoleRetained)
            }
            (Some(StackStatus::DeleteFailed), _) => {
                Assessment::Orphaned(OrphanReason::DeleteFailed)
            }
            (_, Some(sign)) if answers && self.answered_late(sign, settings) => {
                Assessment::Orphaned(OrphanReason::StillAnswers)
            }
            (_, Some(sign)) if sign.standing => Assessment::Deleting,
            _ => Assessment::Orphaned(OrphanReason::NoLongerNeeded),
        }
    }

    /// The role was silent twice, a quiet period apart, and at least once since the sign.
    fn proves(&self, sign: Sign, settings: &Settings) -> bool {
        let silences = self.silences();
        let [first, .., last] = silences.as_slice() else {
            return false;
        };
        sign.standing
            && sign.proves
            && last.duration_since(*first) >= settings.quiet_period
            && *last >= sign.at
    }

    /// Whether one more silence would say something that the trail does not say yet.
    fn would_prove(&self, at: Timestamp, settings: &Settings) -> bool {
        let silences = self.silences();
        let (Some(first), Some(last)) = (silences.first(), silences.last()) else {
            return true;
        };
        let long = at.duration_since(*first) >= settings.quiet_period;
        let long_before = last.duration_since(*first) >= settings.quiet_period;
        let since_sign = self.sign(settings).is_some_and(|sign| *last < sign.at);
        (long && !long_before) || since_sign
    }

    /// Whether anything said that the stack is being, or was, deleted.
    pub fn has_sign(&self) -> bool {
        self.iter().any(|seen| match &seen.kind {
            EvidenceKind::DeleteCallback => true,
            EvidenceKind::StackEvent { status }
            | EvidenceKind::StackStatus {
                status: Some(status),
                ..
            } => matches!(
                status,
                StackStatus::DeleteInProgress | StackStatus::DeleteComplete
            ),
            _ => false,
        })
    }

    fn sign(&self, settings: &Settings) -> Option<Sign> {
        let expected = |at| Sign {
            at,
            standing: true,
            proves: false,
        };
        let mut sign = self.refused_at.map(expected);
        for Evidence { kind, at } in self.iter() {
            let status = match kind {
                EvidenceKind::DeleteCallback => Some(StackStatus::DeleteInProgress),
                EvidenceKind::StackEvent { status } => Some(*status),
                EvidenceKind::StackStatus { status, .. } => *status,
                _ => None,
            };
            match (status, sign) {
                // A stack's id never comes back, so a finished deletion stands.
                (Some(StackStatus::DeleteComplete), _) => {
                    return Some(Sign {
                        at: *at,
                        standing: true,
                        proves: true,
                    });
                }
                (Some(StackStatus::DeleteInProgress), seen)
                    if !seen.is_some_and(|seen| seen.standing && seen.proves) =>
                {
                    sign = Some(Sign {
                        at: *at,
                        standing: true,
                        proves: true,
                    });
                }
                // AWS takes the announcement back. (Where it is read through the role, the role lived
                // then, and its silence later is news of its own.)
                (Some(StackStatus::DeleteFailed), Some(seen))
                    if matches!(kind, EvidenceKind::StackEvent { .. }) =>
                {
                    sign = Some(Sign {
                        standing: false,
                        ..seen
                    });
                }
                (Some(status), Some(seen)) if status.is_living() => {
                    let late = at.duration_since(seen.at) >= settings.deleting_recheck;
                    sign = Some(Sign {
                        standing: seen.standing && !late,
                        ..seen
                    });
                }
                _ => {}
            }
        }
        sign
    }

    /// Refusals since the role last answered, oldest first.
    fn silences(&self) -> Vec<Timestamp> {
        let since_answer =
            |seen: &&Evidence| !matches!(seen.kind, EvidenceKind::StackStatus { .. });
        let mut silences: Vec<Timestamp> = self
            .iter()
            .rev()
            .take_while(since_answer)
            .filter(|seen| seen.kind == EvidenceKind::RoleUnassumable)
            .map(|seen| seen.at)
            .collect();
        silences.reverse();
        silences
    }

    /// Whether the role answered when it was last asked.
    fn role_answers(&self) -> bool {
        self.last_answer().is_some() && self.silences().is_empty()
    }

    fn answered_late(&self, sign: Sign, settings: &Settings) -> bool {
        self.last_answer()
            .is_some_and(|answer| answer.duration_since(sign.at) >= settings.deleting_recheck)
    }

    fn last_answer(&self) -> Option<Timestamp> {
        self.iter()
            .rev()
            .find(|seen| matches!(seen.kind, EvidenceKind::StackStatus { .. }))
            .map(|seen| seen.at)
    }

    fn latest_status(&self) -> Option<StackStatus> {
        let statuses = || {
            self.iter().rev().filter_map(|seen| match &seen.kind {
                EvidenceKind::StackStatus { status, .. } => *status,
                EvidenceKind::StackEvent { status } => Some(*status),
                _ => None,
            })
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

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).expect("in range")
    }

    fn read(status: StackStatus) -> EvidenceKind {
        EvidenceKind::StackStatus {
            status: Some(status),
            reason: None,
        }
    }

    /// A trail of what was seen at which minute, assessed at the last one.
    fn assessed(seen: &[(i64, EvidenceKind)]) -> Assessment {
        let settings = Settings::default();
        let mut trail = Trail::default();
        for (minute, kind) in seen {
            trail.add(kind.clone(), at(minute * MINUTE), &settings);
        }
        let now = seen.last().map_or(0, |(minute, _)| *minute);
        trail.assess(at(now * MINUTE), &settings)
    }

    use EvidenceKind::{AccountClosed, DeleteCallback, RoleUnassumable};

    #[test]
    fn gone_needs_a_sign_and_two_silences_a_quiet_period_apart() {
        let silence = |minute| (minute, RoleUnassumable);
        assert_eq!(
            assessed(&[(0, DeleteCallback), silence(1), silence(17)]),
            Assessment::Gone
        );
        assert_eq!(
            assessed(&[silence(1), (5, DeleteCallback), silence(17)]),
            Assessment::Gone
        );
        assert_eq!(
            assessed(&[(0, DeleteCallback), silence(1), silence(15)]),
            Assessment::Deleting
        );
        assert_eq!(
            assessed(&[silence(1), silence(17), silence(300)]),
            Assessment::Orphaned(OrphanReason::NoLongerNeeded)
        );
    }

    #[test]
    fn an_old_silence_alone_does_not_prove_a_deletion_that_has_just_begun() {
        let begun = EvidenceKind::StackEvent {
            status: StackStatus::DeleteInProgress,
        };
        let seen = vec![(1, RoleUnassumable), (30, RoleUnassumable), (5000, begun)];
        assert_eq!(assessed(&seen), Assessment::Deleting);
        let silent_since = [seen, vec![(5010, RoleUnassumable)]].concat();
        assert_eq!(assessed(&silent_since), Assessment::Gone);
    }

    #[test]
    fn a_failed_deletion_that_aws_tells_of_is_contrary_evidence() {
        let failed = EvidenceKind::StackEvent {
            status: StackStatus::DeleteFailed,
        };
        let silent = [(4, RoleUnassumable), (20, RoleUnassumable)];
        let orphaned = Assessment::Orphaned(OrphanReason::DeleteFailed);
        let before = [
            vec![(0, DeleteCallback), (3, failed.clone())],
            silent.to_vec(),
        ]
        .concat();
        assert_eq!(assessed(&before), orphaned);
        let after = [
            vec![(0, DeleteCallback)],
            silent.to_vec(),
            vec![(30, failed)],
        ]
        .concat();
        assert_eq!(assessed(&after), orphaned);
    }

    #[test]
    fn a_deletion_that_hangs_while_the_role_answers_is_orphaned_again() {
        let unreadable = EvidenceKind::StackStatus {
            status: None,
            reason: None,
        };
        let seen = [
            (0, DeleteCallback),
            (2, read(StackStatus::DeleteInProgress)),
            (70, unreadable),
        ];
        assert_eq!(
            assessed(&seen),
            Assessment::Orphaned(OrphanReason::StillAnswers)
        );
    }

    #[test]
    fn an_answer_between_two_silences_starts_the_proof_anew() {
        assert_eq!(
            assessed(&[
                (0, DeleteCallback),
                (1, RoleUnassumable),
                (10, read(StackStatus::DeleteInProgress)),
                (17, RoleUnassumable),
            ]),
            Assessment::Deleting
        );
    }

    #[test]
    fn a_retained_role_keeps_the_stack_orphaned_until_it_falls_silent() {
        let retained = [(0, DeleteCallback), (3, read(StackStatus::DeleteComplete))];
        assert_eq!(
            assessed(&retained),
            Assessment::Orphaned(OrphanReason::RoleRetained)
        );
        let mut silent = retained.to_vec();
        silent.extend([(10, RoleUnassumable), (30, RoleUnassumable)]);
        assert_eq!(assessed(&silent), Assessment::Gone);
    }

    #[test]
    fn a_failed_deletion_is_orphaned_again() {
        assert_eq!(
            assessed(&[(0, DeleteCallback), (3, read(StackStatus::DeleteFailed))]),
            Assessment::Orphaned(OrphanReason::DeleteFailed)
        );
    }

    #[test]
    fn a_role_that_still_answers_after_the_recheck_is_orphaned_again() {
        let unreadable = EvidenceKind::StackStatus {
            status: None,
            reason: None,
        };
        let seen = |minute| {
            [
                (0, DeleteCallback),
                (2, unreadable.clone()),
                (minute, unreadable.clone()),
            ]
        };
        assert_eq!(assessed(&seen(59)), Assessment::Deleting);
        assert_eq!(
            assessed(&seen(60)),
            Assessment::Orphaned(OrphanReason::StillAnswers)
        );
    }

    #[test]
    fn a_stack_read_as_living_takes_an_announcement_back() {
        let alive = read(StackStatus::UpdateComplete);
        let silent_later = [
            (0, DeleteCallback),
            (60, alive),
            (100, RoleUnassumable),
            (200, RoleUnassumable),
        ];
        assert_eq!(
            assessed(&silent_later),
            Assessment::Orphaned(OrphanReason::NoLongerNeeded)
        );
    }

    #[test]
    fn a_closed_account_is_gone_after_ninety_days() {
        let days = 24 * 60;
        assert_ne!(
            assessed(&[(0, AccountClosed), (89 * days, RoleUnassumable)]),
            Assessment::Gone
        );
        assert_eq!(
            assessed(&[(0, AccountClosed), (90 * days, RoleUnassumable)]),
            Assessment::Gone
        );
    }

    #[test]
    fn a_late_event_does_not_undo_a_finished_deletion() {
        let event = |status| EvidenceKind::StackEvent { status };
        let seen = [
            (5, event(StackStatus::DeleteComplete)),
            (4, event(StackStatus::DeleteInProgress)),
            (6, RoleUnassumable),
            (30, RoleUnassumable),
        ];
        assert_eq!(assessed(&seen), Assessment::Gone);
    }
}
