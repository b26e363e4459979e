//! All state transitions of accounts and orphaned stacks, found by applying every event in every
//! reachable state. `docs/life.md` shows exactly these transitions.
//!
//! `make generate` writes the page.

use crate::common::generated::{self, assert_generated};
use crate::common::{at, orphaned_stack_id, registered, settings};
use rolecall_domain::aws::SeenStack;
use rolecall_domain::change::audit::Record;
use rolecall_domain::change::{Change, Occasion};
use rolecall_domain::check::{Report, StackStatus, Verdict};
use rolecall_domain::record::account::{Account, DeregistrationCause};
use rolecall_domain::record::evidence::{Evidence, EvidenceKind};
use rolecall_domain::record::evidence_log::EvidenceLog;
use rolecall_domain::record::orphan::{NewOrphanedStack, OrphanedStack, OrphanedStackStatus};
use rolecall_domain::settings::STALE_AFTER;
use rolecall_domain::text::Actor;
use rolecall_domain::transition::check::{Checked, after_check};
use rolecall_domain::transition::deregister::deregister;
use rolecall_domain::transition::disconnect::{deletion_signaled, mark_closed, preflight_deleted};
use rolecall_domain::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// From, to, and causes.
type Transitions = BTreeMap<(String, String), BTreeSet<String>>;

/// Pauses before the next event. The last one exceeds all time limits.
fn pauses() -> [SignedDuration; 4] {
    let settings = settings();
    [
        SignedDuration::from_mins(1),
        settings.quiet_period,
        settings.deleting_recheck,
        STALE_AFTER,
    ]
}

fn read(status: StackStatus) -> EvidenceKind {
    let (status, reason) = (Some(status), None);
    EvidenceKind::StackStatus {
        status,
        reason,
        protected: false,
        nested: None,
    }
}

/// Everything that can be observed of a stack, and the passage of time.
fn observations() -> Vec<(String, Option<EvidenceKind>)> {
    let event = |status| EvidenceKind::StackEvent {
        status,
        reason: None,
    };
    let closed = |permanently| EvidenceKind::AccountClosed { permanently };
    let named = [
        ("delete_callback", EvidenceKind::DeleteCallback),
        ("preflight_deleted", EvidenceKind::PreflightDeleted),
        ("role_unassumable", EvidenceKind::RoleUnassumable),
        (
            "stack_status CREATE_COMPLETE",
            read(StackStatus::CreateComplete),
        ),
        (
            "stack_status DELETE_IN_PROGRESS",
            read(StackStatus::DeleteInProgress),
        ),
        (
            "stack_status DELETE_FAILED",
            read(StackStatus::DeleteFailed),
        ),
        (
            "stack_status DELETE_COMPLETE",
            read(StackStatus::DeleteComplete),
        ),
        (
            "stack_event DELETE_IN_PROGRESS",
            event(StackStatus::DeleteInProgress),
        ),
        (
            "stack_event DELETE_FAILED",
            event(StackStatus::DeleteFailed),
        ),
        (
            "stack_event DELETE_COMPLETE",
            event(StackStatus::DeleteComplete),
        ),
        ("account_closed", closed(false)),
        ("account_closed permanently", closed(true)),
    ];
    let named = named.map(|(name, kind)| (name.to_owned(), Some(kind)));
    let person = EvidenceKind::DismissedBy {
        who: "a person".to_owned(),
        reason: "a reason".to_owned(),
    };
    let mut all = Vec::from(named);
    all.push(("dismissed_by".to_owned(), Some(person)));
    all.push(("time".to_owned(), None));
    all
}

fn state_of(orphan: &OrphanedStack) -> String {
    match orphan.status() {
        OrphanedStackStatus::Orphaned { reason } => {
            let reason = serde_json::to_value(reason).expect("a name");
            format!("orphaned: {}", reason.as_str().expect("text"))
        }
        status => status.as_str().to_owned(),
    }
}

/// The ways in which a stack becomes orphaned.
fn openings() -> Vec<(&'static str, OrphanedStack)> {
    let (account, _) = registered();
    let open = |evidence| {
        let orphan = NewOrphanedStack {
            orphaned_stack_id: orphaned_stack_id(),
            tenant: account.tenant.clone(),
            registration_id: account.registration_id.clone(),
            account_id: None,
            stack_id: account.stack_id.clone(),
            role_arn: Some(account.role.arn.clone()),
            external_id: account.external_id.clone(),
            logical_resource_id: None,
            evidence,
        };
        OrphanedStack::open(orphan, at(0), &settings())
    };
    let with_evidence = |kind| {
        let mut log = EvidenceLog::default();
        log.add(kind, at(0), &settings());
        open(log)
    };
    let cause = "requested".to_owned();
    vec![
        (
            "the account is deregistered",
            with_evidence(EvidenceKind::Deregistered {
                cause,
                protected: false,
                nested: None,
            }),
        ),
        (
            "a disconnected account is deregistered",
            with_evidence(EvidenceKind::DeleteCallback),
        ),
        (
            "its Create is rejected",
            open(EvidenceLog::of_refused(at(0))),
        ),
        (
            "its output was pasted, and its registration ended",
            open(EvidenceLog::default()),
        ),
    ]
}

/// The number of steps: enough to reach each state from every state that can reach it.
const STEPS: usize = 5;

/// The maximum number of histories per state and step whose next steps are tried.
const LIVES: usize = 150;

/// At most [`LIVES`] histories per state, evenly sampled.
fn sampled<T>(lives: BTreeMap<String, Vec<T>>) -> Vec<T> {
    let spread = |lives: Vec<T>| {
        let every = lives.len().div_ceil(LIVES).max(1);
        lives.into_iter().step_by(every)
    };
    lives.into_values().flat_map(spread).collect()
}

fn stack_transitions() -> Transitions {
    let mut transitions = Transitions::new();
    for (how, orphan) in openings() {
        record(&mut transitions, "[*]", &state_of(&orphan), how);
        let mut lives = vec![(orphan, at(0))];
        for _ in 0..STEPS {
            let mut next: BTreeMap<String, Vec<(OrphanedStack, Timestamp)>> = BTreeMap::new();
            for (orphan, now) in &lives {
                for (name, kind) in observations() {
                    for pause in pauses() {
                        let now = *now + pause;
                        let seen = kind.clone().map(|kind| Evidence { kind, at: now });
                        let Some(after) = orphan.with_evidence(seen, now, &settings()) else {
                            continue;
                        };
                        assert_eq!(after.version, orphan.version + 1, "one step at a time");
                        let by_time = orphan.with_evidence(None, now, &settings());
                        let why = match by_time {
                            Some(it) if it.status() == after.status() => "time",
                            _ => &name,
                        };
                        record(&mut transitions, &state_of(orphan), &state_of(&after), why);
                        next.entry(state_of(&after)).or_default().push((after, now));
                    }
                }
            }
            lives = sampled(next);
        }
    }
    transitions
}

fn record(transitions: &mut Transitions, from: &str, to: &str, why: &str) {
    if from != to {
        let transition = transitions.entry((from.to_owned(), to.to_owned()));
        transition.or_default().insert(why.to_owned());
    }
}

type NamedEvent = (&'static str, fn(&Account, Timestamp) -> Option<Change>);

/// Everything that can happen to an account.
const EVENTS: [NamedEvent; 10] = [
    ("a check passes", |account, now| {
        let alive = read(StackStatus::CreateComplete);
        checked(account, Verdict::Passed, Some(alive), now)
    }),
    ("checks fail", |account, now| {
        let alive = read(StackStatus::CreateComplete);
        checked(account, Verdict::Failed, Some(alive), now)
    }),
    ("AWS rejects the role", |account, now| {
        checked(
            account,
            Verdict::Failed,
            Some(EvidenceKind::RoleUnassumable),
            now,
        )
    }),
    ("a check is inconclusive", |account, now| {
        checked(account, Verdict::Inconclusive, None, now)
    }),
    ("delete_callback", |account, now| {
        signal(account, EvidenceKind::DeleteCallback, now)
    }),
    ("preflight_deleted", |account, now| {
        let id = orphaned_stack_id();
        preflight_deleted(account, id, &occasion(now), &settings())
    }),
    ("stack_event", |account, now| {
        let status = StackStatus::DeleteComplete;
        signal(
            account,
            EvidenceKind::StackEvent {
                status,
                reason: None,
            },
            now,
        )
    }),
    ("account_closed", |account, now| closed(account, false, now)),
    ("account_closed permanently", |account, now| {
        closed(account, true, now)
    }),
    ("a user requests it", |account, now| {
        let (cause, by) = (DeregistrationCause::Requested, occasion(now));
        let gone = deregister(
            account,
            &SeenStack::default(),
            cause,
            orphaned_stack_id(),
            &by,
            &settings(),
        );
        gone.map(|(_, _, change)| change)
    }),
];

fn occasion(now: Timestamp) -> Occasion {
    Occasion::new(now, Actor::Hub, "a test")
}

fn checked(
    account: &Account,
    verdict: Verdict,
    seen: Option<EvidenceKind>,
    now: Timestamp,
) -> Option<Change> {
    let report = Report {
        verdict,
        ..Report::failed_without_checks(now)
    };
    let checked = Checked {
        report: &report,
        began: now,
        seen,
        certain: true,
        may_return: true,
        stack: None,
    };
    after_check(account, &checked, orphaned_stack_id(), now, &settings())
}

fn signal(account: &Account, kind: EvidenceKind, now: Timestamp) -> Option<Change> {
    let signal = Evidence { kind, at: now };
    deletion_signaled(
        account,
        signal,
        orphaned_stack_id(),
        &occasion(now),
        &settings(),
    )
}

fn closed(account: &Account, permanently: bool, now: Timestamp) -> Option<Change> {
    let kind = EvidenceKind::AccountClosed { permanently };
    let closed = Evidence { kind, at: now };
    mark_closed(
        account,
        closed,
        orphaned_stack_id(),
        &occasion(now),
        &settings(),
    )
}

fn account_in(change: &Change) -> Account {
    let account = change.writes.iter().find_map(|write| match &write.after {
        Some(Record::Account(account)) => Some(account.clone()),
        _ => None,
    });
    account.expect("the change contains an account")
}

fn account_transitions() -> Transitions {
    let mut transitions = Transitions::new();
    let (account, _) = registered();
    record(
        &mut transitions,
        "[*]",
        account.state().as_str(),
        "verified and recorded",
    );
    let mut lives = vec![(account, at(0))];
    for _ in 0..STEPS {
        let mut next: BTreeMap<String, Vec<(Account, Timestamp)>> = BTreeMap::new();
        for (account, now) in &lives {
            for (name, event) in EVENTS {
                for pause in pauses() {
                    let now = *now + pause;
                    let Some(change) = event(account, now) else {
                        continue;
                    };
                    let after = account_in(&change);
                    assert_eq!(after.version, account.version + 1, "one step at a time");
                    assert_eq!(
                        change.deregisters_account(),
                        change.writes.len() == 2,
                        "deregistration and its orphaned stack must be one step: {name}"
                    );
                    let by_time = checked(account, Verdict::Inconclusive, None, now);
                    let by_time = by_time.map(|change| account_in(&change));
                    let (from, to) = (account.state().as_str(), after.state().as_str());
                    let why = match by_time {
                        Some(it) if it.state().as_str() == to => "time",
                        _ => name,
                    };
                    record(&mut transitions, from, to, why);
                    let state = after.state().as_str().to_owned();
                    next.entry(state).or_default().push((after, now));
                }
            }
        }
        lives = sampled(next);
    }
    transitions
}

fn diagram(transitions: &Transitions) -> String {
    let mut text = String::from("```mermaid\nstateDiagram-v2\n");
    let mut names = BTreeMap::new();
    for state in transitions.keys().flat_map(|(from, to)| [from, to]) {
        let short = state.replace(": ", "_");
        if short != *state && names.insert(state.clone(), short.clone()).is_none() {
            let _ = writeln!(text, "  state \"{state}\" as {short}");
        }
    }
    for (from, to) in transitions.keys() {
        let name = |state: &String| names.get(state).unwrap_or(state).clone();
        let _ = writeln!(text, "  {} --> {}", name(from), name(to));
    }
    text.push_str("```\n\n| From | To | Cause |\n|---|---|---|\n");
    for ((from, to), why) in transitions {
        let why: Vec<&str> = why.iter().map(String::as_str).collect();
        let from = if from == "[*]" { "(new)" } else { from };
        let _ = writeln!(text, "| {from} | {to} | {} |", why.join("; "));
    }
    text
}

const PAGE: &str = "docs/life.md";

#[test]
fn life_page_shows_exactly_the_possible_transitions() {
    let mut page = generated::read(PAGE);
    let transitions = [
        ("account", account_transitions()),
        ("stack", stack_transitions()),
    ];
    for (name, transitions) in transitions {
        let (begin, end) = (
            format!("<!-- {name}: begin -->\n"),
            format!("<!-- {name}: end -->"),
        );
        let from = page.find(&begin).expect("the begin marker") + begin.len();
        let to = page.find(&end).expect("the end marker");
        page.replace_range(from..to, &diagram(&transitions));
    }
    assert_generated(PAGE, &page);
}
