//! The states of the pages that need no sign-in.

use crate::common::*;
use rolecall_domain::aws::SeenStack;
use rolecall_domain::change::audit::Record;
use rolecall_domain::messages::{Language, Message, Reason};
use rolecall_domain::pages::{self, ConnectState, CustomerState, Verification};
use rolecall_domain::problem::Code;
use rolecall_domain::record::account::DeregistrationCause;
use rolecall_domain::record::attempt::{LastAttempt, Progress};
use rolecall_domain::record::evidence_log::EvidenceLog;
use rolecall_domain::record::refusal::Refusal;
use rolecall_domain::record::registration::{MOST_REFUSALS, Registration};
use rolecall_domain::remedy::{Remedy, StackToDelete};

fn state(
    registration: &Registration,
    verification: Option<&Verification>,
    now: i64,
) -> ConnectState {
    ConnectState::of(registration, verification, at(now))
}

fn started(registration: &Registration, name: &str, seconds: i64) -> Registration {
    registration.started(Progress::of(&stack(name), at(seconds)))
}

fn verification(name: &str, seconds: i64) -> Verification {
    Verification {
        stack_id: stack(name),
        since: at(seconds),
    }
}

fn refusal() -> Refusal {
    let remedy = Remedy::DeleteStack(StackToDelete::new(
        stack("rolecall-1"),
        SeenStack::default(),
    ));
    Refusal::new(Code::VerificationFailed, &Reason::NotVerified, &remedy)
}

fn refused(registration: &Registration, name: &str, seconds: i64) -> Registration {
    let attempt = LastAttempt::new(&refusal(), &stack(name), at(seconds));
    registration.attempted(attempt, &stack(name), None)
}

#[test]
fn each_step_of_a_stack_is_a_state() {
    let pending = registration();
    assert_eq!(state(&pending, None, 1), ConnectState::Waiting);
    let running = started(&pending, "rolecall-1", 10);
    assert_eq!(state(&running, None, 11), ConnectState::StackStarted);
    let seen = verification("rolecall-1", 40);
    assert_eq!(state(&running, Some(&seen), 41), ConnectState::Verifying);
    let failed = refused(&running, "rolecall-1", 50);
    assert_eq!(state(&failed, Some(&seen), 51), ConnectState::Refused);
    // The second stack starts while the first one's refusal is known.
    let again = started(&failed, "rolecall-2", 60);
    assert_eq!(state(&again, Some(&seen), 61), ConnectState::StackStarted);
    let (account, _) = registered();
    let done = again.completed(account.account_id, stack("rolecall-2"), role("R"));
    for now in [70, 10_000_000] {
        assert_eq!(state(&done, Some(&seen), now), ConnectState::Connected);
    }
}

/// The entry of an earlier or unrelated verification does not affect the stack that is being created.
#[test]
fn verification_counts_for_its_own_stack_and_while_it_can_run() {
    let running = started(&registration(), "rolecall-1", 100);
    for (name, since, now, expected) in [
        ("rolecall-1", 100, 219, ConnectState::Verifying),
        ("rolecall-1", 100, 220, ConnectState::StackStarted),
        // Before the stack started: of a former attempt with the same name and ID.
        ("rolecall-1", 99, 101, ConnectState::StackStarted),
        // A paste of another stack.
        ("other", 150, 169, ConnectState::Verifying),
        ("other", 150, 170, ConnectState::StackStarted),
    ] {
        let noted = verification(name, since);
        assert_eq!(
            state(&running, Some(&noted), now),
            expected,
            "{name} {since} {now}"
        );
    }
    let failed = refused(&registration(), "other", 200);
    let pasted = verification("other", 200);
    assert_eq!(state(&failed, Some(&pasted), 201), ConnectState::Refused);
    let later = verification("other", 201);
    assert_eq!(state(&failed, Some(&later), 202), ConnectState::Verifying);
}

#[test]
fn ended_link_is_expired_or_revoked_unless_its_stack_is_still_running() {
    let pending = registration();
    assert_eq!(state(&pending, None, 3599), ConnectState::Waiting);
    assert_eq!(state(&pending, None, 3600), ConnectState::Expired);
    assert_eq!(state(&pending.expired(), None, 3600), ConnectState::Expired);
    let running = started(&pending, "rolecall-1", 3590);
    for running in [running.clone(), running.expired()] {
        assert_eq!(state(&running, None, 3700), ConnectState::StackStarted);
        assert_eq!(state(&running, None, 3590 + 3600), ConnectState::Expired);
    }
    let revoked = running.revoked().expect("pending");
    let seen = verification("rolecall-1", 3595);
    assert_eq!(state(&revoked, Some(&seen), 3596), ConnectState::Revoked);
    let refused = refused(&pending, "rolecall-1", 10);
    assert_eq!(state(&refused, None, 3600), ConnectState::Expired);
}

#[test]
fn link_is_usable_while_it_is_pending_and_not_exhausted() {
    let mut registration = registration();
    assert!(pages::is_link_usable(&registration, at(3599)));
    assert!(!pages::is_link_usable(&registration, at(3600)));
    registration.refused_attempts = MOST_REFUSALS;
    assert!(!pages::is_link_usable(&registration, at(1)));
}

#[test]
fn page_is_shown_for_thirty_days_after_the_expiration() {
    let registration = registration();
    let end = 3600 + 30 * 24 * 3600;
    assert!(pages::is_shown(&registration, at(end - 1)));
    assert!(!pages::is_shown(&registration, at(end)));
}

/// The stack's creator can't use the API, so their text contains different steps from the user's.
#[test]
fn refusal_has_a_text_for_the_customer() {
    let told = refusal().for_customer();
    let text = |part: &rolecall_domain::messages::Localized| part.text(Language::English);
    assert_eq!(
        text(&told.title),
        text(&Code::VerificationFailed.title().localized())
    );
    assert!(!text(&told.detail).is_empty() && !text(&told.remedy).is_empty());
    let attempt = LastAttempt::new(&refusal(), &stack("rolecall-1"), at(1));
    assert_eq!(*attempt.for_customer, told);
}

#[test]
fn customer_page_follows_the_account_and_then_its_stack() {
    let (account, _) = registered();
    let of = |account: &_| CustomerState::of(account, None);
    assert_eq!(of(&account), CustomerState::Connected);
    let unhealthy = account.turned_unhealthy().expect("active");
    assert_eq!(of(&unhealthy), CustomerState::Attention);
    let gone = account.disconnected(at(20), EvidenceLog::of_refused(at(20)));
    assert_eq!(of(&gone.expect("connected")), CustomerState::Disconnected);
    for (cause, expected) in [
        (DeregistrationCause::Requested, CustomerState::Deregistered),
        (DeregistrationCause::StackGone, CustomerState::Gone),
    ] {
        let ended = account.deregistered(at(30), cause, orphaned_stack_id());
        assert_eq!(of(&ended.expect("connected")), expected);
    }
}

/// A new link has another number, and so another token.
#[test]
fn new_link_changes_the_page_and_no_published_field() {
    let (account, _) = registered();
    let renewed = account.with_new_customer_link();
    assert_ne!(account.page(), renewed.page());
    assert_eq!(renewed.version, account.version + 1);
    let entry = |account| {
        let record = Record::Account(account);
        let entry = rolecall_domain::change::audit::AuditEntry::of(
            &record,
            rolecall_domain::change::audit::Event::AccountChanged,
            occasion(40).actor,
            "customer_link_renewed",
            at(40),
        );
        entry.record
    };
    assert_eq!(entry(account), entry(renewed));
}
