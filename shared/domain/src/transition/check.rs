//! The changes that follow from an account check.

use super::account::account_changed;
use super::disconnect::{follow_disconnected, gone_without_notice};
use crate::change::audit::Event;
use crate::change::{Change, Occasion};
use crate::check::{Report, SettledStack, Verdict};
use crate::ids::OrphanedStackId;
use crate::record::account::{Account, AccountState};
use crate::record::evidence::{Evidence, EvidenceKind};
use crate::settings::Settings;
use crate::text::Actor;
use jiff::Timestamp;

/// The result of a check.
#[derive(Debug, Clone)]
pub struct Checked<'a> {
    pub report: &'a Report,
    /// When the check began. What it observed says nothing about later events.
    pub began: Timestamp,
    /// Evidence about a stack that may be on its way to deletion; `None` if AWS returned no usable
    /// response.
    pub seen: Option<EvidenceKind>,
    /// Whether a failure counts: the check was requested by a user, or several in a row failed.
    pub certain: bool,
    /// Whether a disconnected account may reconnect: no other account connects its AWS account now.
    pub may_return: bool,
    /// The stack, if it was read and is not being changed.
    pub stack: Option<&'a SettledStack>,
}

/// The change after a check. A connected account becomes healthy or unhealthy, or is deregistered
/// if its stack is proven gone. Otherwise, what was read of its stack is recorded; after a change of its state,
/// the next full check records it. A disconnected account recovers if a check passes after `deleting_recheck`,
/// and is deregistered once its stack is proven gone.
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
        && let Some(mut after) = account.passed(checked.began, now, settings)
    {
        if let Some(stack) = checked.stack {
            after = after.seen_in(stack);
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
            let seen = checked.seen.clone().map(|kind| Evidence {
                kind,
                at: checked.began,
            });
            follow_disconnected(account, seen, orphaned_stack_id, &gone, settings)
        }
        AccountState::Active | AccountState::Unhealthy => {
            let refused = checked.seen == Some(EvidenceKind::RoleUnassumable);
            let over =
                gone_without_notice(account, checked.began, orphaned_stack_id, &gone, settings);
            if let Some(change) = over.filter(|_| refused) {
                return Some(change);
            }
            let failed = checked.report.verdict == Verdict::Failed && checked.certain;
            if let Some(after) = failed.then(|| account.turned_unhealthy()).flatten() {
                let event = Event::AccountUnhealthy;
                return Some(account_changed(account, &after, event, &occasion));
            }
            let comparison = checked.report.template_comparison();
            let after = account.with_stack(checked.stack?, &comparison)?;
            let (event, cause) = news_of_stack(account, &after);
            let seen = Occasion::new(now, Actor::Hub, cause);
            Some(account_changed(account, &after, event, &seen))
        }
    }
}

/// What a check read of the stack. A new difference from the current template is published once, as a separate event.
fn news_of_stack(before: &Account, after: &Account) -> (Event, &'static str) {
    let is_same = before.template_difference() == after.template_difference();
    if after.template_difference().is_some() && !is_same {
        (Event::AccountOutdated, "template_outdated")
    } else if after.template_id != before.template_id {
        (Event::AccountChanged, "template_seen")
    } else if !is_same {
        (Event::AccountChanged, "template_current")
    } else {
        (Event::AccountChanged, "companion_roles_seen")
    }
}
