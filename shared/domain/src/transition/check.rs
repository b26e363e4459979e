//! What a check of an account changes, if anything.

use super::deregister::{account_changed, closed_for_good, follow_disconnected};
use crate::change::audit::Event;
use crate::change::{Change, Occasion};
use crate::check::{Report, Verdict};
use crate::companion::DeployedRole;
use crate::ids::OrphanedStackId;
use crate::record::account::{Account, AccountState};
use crate::record::evidence::{Evidence, EvidenceKind};
use crate::settings::Settings;
use crate::text::Actor;
use jiff::Timestamp;

/// What a check came to.
#[derive(Debug, Clone)]
pub struct Checked<'a> {
    pub report: &'a Report,
    /// What it shows of a stack that may be on its way out; none where AWS gave no usable answer.
    pub seen: Option<EvidenceKind>,
    /// Whether a failure counts: it was asked for by a person, or is one of several in a row.
    pub certain: bool,
    /// Whether a disconnected account may come back: no other has its AWS account now.
    pub may_return: bool,
    /// The roles that the stack shows beside the hub's own, where it was seen.
    pub deployed_roles: Option<&'a [DeployedRole]>,
}

/// The step that an account takes after a check. A connected one is healthy or not, and gone when
/// its AWS account was closed for good. One whose stack announced its end comes back when a check
/// passes a good while later, and is gone when the role's silence proves it.
pub fn after_check(
    account: &Account,
    checked: &Checked<'_>,
    orphaned_stack_id: OrphanedStackId,
    now: Timestamp,
    settings: &Settings,
) -> Option<Change> {
    let cause = checked.report.decisive();
    let cause = cause.map_or("verified", |check| check.code.as_str());
    let occasion = Occasion::new(now, Actor::Hub, cause);
    let gone = Occasion::new(now, Actor::Hub, "stack_gone");
    if checked.report.verdict == Verdict::Passed
        && (checked.may_return || account.is_connected())
        && let Some(mut after) = account.passed(now, settings)
    {
        if let Some(deployed_roles) = checked.deployed_roles {
            after.deployed_roles = deployed_roles.to_vec();
        }
        let event = match account.state() {
            AccountState::Active => Event::AccountChanged,
            _ => Event::AccountRecovered,
        };
        return Some(account_changed(account, &after, event, &occasion));
    }
    match account.state() {
        AccountState::Deregistered { .. } => None,
        AccountState::Disconnected { .. } => {
            let seen = checked.seen.clone().map(|kind| Evidence { kind, at: now });
            follow_disconnected(account, seen, orphaned_stack_id, &gone, settings)
        }
        AccountState::Active | AccountState::Unhealthy => {
            let refused = checked.seen == Some(EvidenceKind::RoleUnassumable);
            let over = closed_for_good(account, orphaned_stack_id, &gone, settings);
            if let Some(change) = over.filter(|_| refused) {
                return Some(change);
            }
            let failed = checked.report.verdict == Verdict::Failed && checked.certain;
            if let Some(after) = failed.then(|| account.turned_unhealthy()).flatten() {
                let event = Event::AccountUnhealthy;
                return Some(account_changed(account, &after, event, &occasion));
            }
            let after = account.with_deployed_roles(checked.deployed_roles?)?;
            let seen = Occasion::new(now, Actor::Hub, "companion_roles_seen");
            Some(account_changed(
                account,
                &after,
                Event::AccountChanged,
                &seen,
            ))
        }
    }
}
