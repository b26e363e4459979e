//! When it was last proven that the hub can assume the role, and that no one can without the external ID.

use crate::aws::Role;
use crate::check::quick::QuickCheck;
use crate::check::{AssumeOutcome, CheckCode, Report, Verdict};
use crate::record::account::Account;
use crate::schedule::CheckSchedule;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long a failed proof is returned to callers without calling STS again.
const FAILED_FOR: SignedDuration = SignedDuration::from_secs(30);

/// How long the table keeps a proof. Without one, the next request for credentials makes a new proof.
pub const PROOF_KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);

/// A proof that the broker made itself, because the last check was too long ago.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokerProof {
    /// The role that was assumed. A proof says nothing about the account's next role.
    pub role: Role,
    pub at: Timestamp,
    pub result: ProofResult,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProofResult {
    Passed,
    Failed(CheckCode),
}

/// What is known about an account's proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Freshness {
    Fresh,
    Stale,
    /// The broker has just tried.
    Failing(CheckCode),
}

/// The time of the last check, if it passed. A check on demand that was inconclusive leaves a
/// schedule like one that passed, so the report counts too.
fn checked_at(schedule: Option<&CheckSchedule>, report: Option<&Report>) -> Option<Timestamp> {
    let schedule = schedule?;
    let passed = schedule.streak == 0
        && schedule.inconclusive == 0
        && schedule.last_healthy_at.is_some()
        && report.is_none_or(|report| report.verdict == Verdict::Passed);
    schedule.last_checked_at.filter(|_| passed)
}

/// Whether the account's last proof is younger than `max_age`. A signal that the stack is being deleted or the
/// AWS account was closed makes every older proof stale.
pub(super) fn freshness(
    account: &Account,
    schedule: Option<&CheckSchedule>,
    report: Option<&Report>,
    own: Option<&BrokerProof>,
    now: Timestamp,
    max_age: SignedDuration,
) -> Freshness {
    let within = |at: Timestamp, age: SignedDuration| now.duration_since(at) < age;
    let checked_at = checked_at(schedule, report);
    let own = own.filter(|own| own.role == account.role);
    let looked_at = schedule.and_then(|schedule| schedule.last_checked_at);
    // A later check, whatever its result, replaces the broker's own proof.
    let own = own.filter(|own| looked_at.is_none_or(|at| own.at >= at));
    match own.map(|own| (own.at, own.result)) {
        Some((at, ProofResult::Failed(code))) if within(at, FAILED_FOR) => {
            return Freshness::Failing(code);
        }
        Some((_, ProofResult::Failed(_))) => return Freshness::Stale,
        Some((at, ProofResult::Passed)) if is_proof_after_signs(account, at) => {
            if within(at, max_age) {
                return Freshness::Fresh;
            }
        }
        Some((_, ProofResult::Passed)) | None => {}
    }
    let fresh = |at: &Timestamp| within(*at, max_age) && is_proof_after_signs(account, *at);
    match checked_at.filter(fresh) {
        Some(_) => Freshness::Fresh,
        None => Freshness::Stale,
    }
}

/// Whether no signal after the proof indicates the deletion of the stack or the closure of the AWS account.
fn is_proof_after_signs(account: &Account, at: Timestamp) -> bool {
    let closed = account.closed().map(|closed| closed.at);
    let signs = [closed, account.preflight_deleted_at()];
    signs.into_iter().flatten().all(|sign| sign < at)
}

/// What one AssumeRole call of a proof shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    Passed,
    Failed(CheckCode),
    /// AWS returned no usable response.
    Unclear,
}

impl Finding {
    /// The result of a call with the external ID. The role of the session is compared with the record, so that
    /// credentials of another role are never used.
    pub fn of_positive(role: &Role, outcome: &AssumeOutcome) -> Self {
        match QuickCheck::of_positive(role, outcome) {
            None | Some(QuickCheck::Healthy) => Self::Passed,
            Some(QuickCheck::Unclear) => Self::Unclear,
            Some(QuickCheck::Changed) => Self::Failed(match outcome {
                AssumeOutcome::Granted(granted) if &granted.account != role.arn.account() => {
                    CheckCode::ArnMismatch
                }
                AssumeOutcome::Granted(_) => CheckCode::RoleRecreated,
                AssumeOutcome::RegionDisabled => CheckCode::StsRegionDisabled,
                _ => CheckCode::RoleUnassumable,
            }),
        }
    }

    /// The result of a call without the external ID, after a call with it was granted.
    pub fn of_negative(outcome: &AssumeOutcome) -> Self {
        match QuickCheck::of_negative(outcome) {
            QuickCheck::Healthy => Self::Passed,
            QuickCheck::Unclear => Self::Unclear,
            QuickCheck::Changed => Self::Failed(match outcome {
                AssumeOutcome::Granted(_) => CheckCode::ExternalIdNotEnforced,
                AssumeOutcome::RegionDisabled => CheckCode::StsRegionDisabled,
                _ => CheckCode::RoleUnassumable,
            }),
        }
    }
}
