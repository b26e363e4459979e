//! Whether credentials are issued.

use super::proof::{BrokerProof, Freshness, freshness};
use super::session::SessionPolicy;
use crate::access::ProfileName;
use crate::check::{CheckCode, Report};
use crate::record::account::{Account, AccountState};
use crate::schedule::CheckSchedule;
use crate::template::Template;
use jiff::{SignedDuration, Timestamp};

/// What is known about an account when credentials are requested.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    pub account: &'a Account,
    /// The record of the template that the account's stack reported.
    pub template: Option<&'a Template>,
    pub schedule: Option<&'a CheckSchedule>,
    /// The report of the last full check.
    pub report: Option<&'a Report>,
    /// The broker's own last proof.
    pub own_proof: Option<&'a BrokerProof>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    Issue(SessionPolicy),
    /// The last proof is too old. A new one decides.
    ProveFirst(SessionPolicy),
    Refused(IssueRefusal),
}

/// Why no credentials are issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssueRefusal {
    /// The account is not active, or its role can't be used.
    NotUsable {
        status: &'static str,
        /// The check that fails.
        check: Option<CheckCode>,
    },
    /// The account's stack does not give this access profile.
    NotGranted(ProfileName),
}

impl IssueRefusal {
    /// The role of an active account can't be used.
    pub fn failing(account: &Account, check: CheckCode) -> Self {
        Self::NotUsable {
            status: account.state().as_str(),
            check: Some(check),
        }
    }
}

/// Decides on one access profile of an account. The version of the profile is the one that the account's stack
/// gives, not the one that the operator published last.
pub fn decide(
    known: &Known<'_>,
    profile: &ProfileName,
    now: Timestamp,
    max_age: SignedDuration,
) -> Decision {
    let Known {
        account, report, ..
    } = *known;
    if *account.state() != AccountState::Active {
        let failing = report.and_then(Report::decisive).map(|check| check.code);
        return Decision::Refused(IssueRefusal::NotUsable {
            status: account.state().as_str(),
            check: failing.filter(|_| *account.state() == AccountState::Unhealthy),
        });
    }
    let profiles = known.template.map(|template| &template.profiles);
    let granted = profiles
        .into_iter()
        .flatten()
        .find(|it| it.name == *profile);
    let Some(policy) = granted.and_then(SessionPolicy::of) else {
        return Decision::Refused(IssueRefusal::NotGranted(profile.clone()));
    };
    let (schedule, own) = (known.schedule, known.own_proof);
    match freshness(account, schedule, report, own, now, max_age) {
        Freshness::Fresh => Decision::Issue(policy),
        Freshness::Stale => Decision::ProveFirst(policy),
        Freshness::Failing(code) => Decision::Refused(IssueRefusal::failing(account, code)),
    }
}

/// Whether credentials that STS has just returned can be issued, if the account has changed since the decision.
///
/// # Errors
/// The reason for the refusal. `None` if the decision must be repeated, because the role or its access has changed.
pub fn is_still_valid(before: &Account, now: &Account) -> Result<(), Option<IssueRefusal>> {
    if *now.state() != AccountState::Active {
        return Err(Some(IssueRefusal::NotUsable {
            status: now.state().as_str(),
            check: None,
        }));
    }
    if now.role == before.role && now.template_id == before.template_id {
        Ok(())
    } else {
        Err(None)
    }
}
