//! Assessments of evidence logs.

use rolecall_domain::Timestamp;
use rolecall_domain::check::StackStatus;
use rolecall_domain::record::evidence::EvidenceKind;
use rolecall_domain::record::evidence::EvidenceKind::{
    AccountClosed, DeleteCallback, PreflightDeleted, RoleUnassumable,
};
use rolecall_domain::record::evidence_log::{Assessment, EvidenceLog, OrphanReason};
use rolecall_domain::settings::Settings;

const MINUTE: i64 = 60;
const CLOSED: EvidenceKind = AccountClosed { permanently: false };

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).expect("in range")
}

fn read(status: StackStatus) -> EvidenceKind {
    EvidenceKind::StackStatus {
        status: Some(status),
        reason: None,
        protected: false,
        nested: None,
    }
}

/// Adds observations at the given minutes, and assesses the log at the last one.
fn assessed(seen: &[(i64, EvidenceKind)]) -> Assessment {
    let settings = Settings::default();
    let mut log = EvidenceLog::default();
    for (minute, kind) in seen {
        log.add(kind.clone(), at(minute * MINUTE), &settings);
    }
    let now = seen.last().map_or(0, |(minute, _)| *minute);
    log.assess(true, at(now * MINUTE), &settings)
}

#[test]
fn gone_requires_signal_and_two_rejections_a_quiet_period_apart() {
    let rejection = |minute| (minute, RoleUnassumable);
    assert_eq!(
        assessed(&[(0, DeleteCallback), rejection(1), rejection(17)]),
        Assessment::Gone
    );
    assert_eq!(
        assessed(&[rejection(1), (5, DeleteCallback), rejection(17)]),
        Assessment::Gone
    );
    assert_eq!(
        assessed(&[(0, DeleteCallback), rejection(1), rejection(15)]),
        Assessment::Deleting
    );
    assert_eq!(
        assessed(&[rejection(1), rejection(17), rejection(300)]),
        Assessment::Orphaned(OrphanReason::NoLongerNeeded)
    );
}

#[test]
fn one_rejection_after_the_preflights_deletion_proves_the_stacks() {
    let assumed = || read(StackStatus::DeleteInProgress);
    let seen = [
        (0, DeleteCallback),
        (1, PreflightDeleted),
        (2, RoleUnassumable),
    ];
    assert_eq!(assessed(&seen), Assessment::Gone);
    let only_before = [
        (0, DeleteCallback),
        (1, RoleUnassumable),
        (2, PreflightDeleted),
    ];
    assert_eq!(assessed(&only_before), Assessment::Deleting);
    let both = [only_before.to_vec(), vec![(3, RoleUnassumable)]].concat();
    assert_eq!(assessed(&both), Assessment::Gone);
    // The role was kept, so its later rejection has another cause.
    let kept = [(1, PreflightDeleted), (2, assumed()), (3, RoleUnassumable)];
    assert_eq!(assessed(&kept), Assessment::Deleting);
    let failed = EvidenceKind::StackEvent {
        status: StackStatus::DeleteFailed,
        reason: None,
    };
    let withdrawn = [(1, PreflightDeleted), (2, failed), (3, RoleUnassumable)];
    assert_eq!(
        assessed(&withdrawn),
        Assessment::Orphaned(OrphanReason::DeleteFailed)
    );
}

/// An update that drops the preflight, or that adds it and is rolled back, deletes the resource only.
#[test]
fn preflights_deletion_alone_is_no_deletion_signal() {
    let deleted = (1, PreflightDeleted);
    for rejected in [&[][..], &[2], &[2, 20], &[2, 20, 5000]] {
        let rejected = rejected.iter().map(|minute| (*minute, RoleUnassumable));
        let seen: Vec<_> = std::iter::once(deleted.clone()).chain(rejected).collect();
        let not_needed = Assessment::Orphaned(OrphanReason::NoLongerNeeded);
        assert_eq!(assessed(&seen), not_needed, "{seen:?}");
        // The signal may come later than the Delete of the preflight.
        let signaled = [(6000, DeleteCallback), (6001, RoleUnassumable)];
        let seen = [seen, signaled.to_vec()].concat();
        assert_eq!(assessed(&seen), Assessment::Gone);
    }
}

#[test]
fn stack_read_alive_after_its_preflights_deletion_is_not_being_deleted() {
    let rejected_later = [(30, RoleUnassumable), (60, RoleUnassumable)];
    for status in [
        StackStatus::UpdateComplete,
        StackStatus::UpdateRollbackComplete,
    ] {
        let alive = vec![
            (0, DeleteCallback),
            (1, PreflightDeleted),
            (6, read(status)),
        ];
        let seen = [alive, rejected_later.to_vec()].concat();
        assert_eq!(
            assessed(&seen),
            Assessment::Orphaned(OrphanReason::NoLongerNeeded),
            "{status:?}"
        );
        let deleted_later = [seen, vec![(70, DeleteCallback), (71, RoleUnassumable)]].concat();
        assert_eq!(assessed(&deleted_later), Assessment::Gone, "{status:?}");
    }
    let seen = [
        (0, PreflightDeleted),
        (6, read(StackStatus::DeleteInProgress)),
    ];
    let seen = [seen.to_vec(), rejected_later.to_vec()].concat();
    assert_eq!(assessed(&seen), Assessment::Gone);
}

#[test]
fn rejections_before_the_signal_do_not_prove_deletion() {
    let begun = EvidenceKind::StackEvent {
        status: StackStatus::DeleteInProgress,
        reason: None,
    };
    let seen = vec![(1, RoleUnassumable), (30, RoleUnassumable), (5000, begun)];
    assert_eq!(assessed(&seen), Assessment::Deleting);
    let rejected_since = [seen, vec![(5010, RoleUnassumable)]].concat();
    assert_eq!(assessed(&rejected_since), Assessment::Gone);
}

#[test]
fn delete_failed_event_is_contrary_evidence() {
    let failed = EvidenceKind::StackEvent {
        status: StackStatus::DeleteFailed,
        reason: None,
    };
    let rejected = [(4, RoleUnassumable), (20, RoleUnassumable)];
    let orphaned = Assessment::Orphaned(OrphanReason::DeleteFailed);
    let before = [
        vec![(0, DeleteCallback), (3, failed.clone())],
        rejected.to_vec(),
    ]
    .concat();
    assert_eq!(assessed(&before), orphaned);
    let after = [
        vec![(0, DeleteCallback)],
        rejected.to_vec(),
        vec![(30, failed)],
    ]
    .concat();
    assert_eq!(assessed(&after), orphaned);
}

#[test]
fn stuck_deletion_with_assumable_role_is_orphaned_again() {
    let unreadable = EvidenceKind::StackStatus {
        status: None,
        reason: None,
        protected: false,
        nested: None,
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
fn successful_assume_between_rejections_restarts_the_proof() {
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
fn retained_role_keeps_stack_orphaned_until_rejected() {
    let retained = [(0, DeleteCallback), (3, read(StackStatus::DeleteComplete))];
    assert_eq!(
        assessed(&retained),
        Assessment::Orphaned(OrphanReason::RoleRetained)
    );
    let mut rejected = retained.to_vec();
    rejected.extend([(10, RoleUnassumable), (30, RoleUnassumable)]);
    assert_eq!(assessed(&rejected), Assessment::Gone);
}

#[test]
fn failed_deletion_is_orphaned_again() {
    assert_eq!(
        assessed(&[(0, DeleteCallback), (3, read(StackStatus::DeleteFailed))]),
        Assessment::Orphaned(OrphanReason::DeleteFailed)
    );
}

#[test]
fn assumable_role_after_recheck_is_orphaned_again() {
    let unreadable = EvidenceKind::StackStatus {
        status: None,
        reason: None,
        protected: false,
        nested: None,
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
fn observing_live_stack_withdraws_signal() {
    let alive = read(StackStatus::UpdateComplete);
    let rejected_later = [
        (0, DeleteCallback),
        (60, alive),
        (100, RoleUnassumable),
        (200, RoleUnassumable),
    ];
    assert_eq!(
        assessed(&rejected_later),
        Assessment::Orphaned(OrphanReason::NoLongerNeeded)
    );
}

#[test]
fn closed_account_is_gone_after_ninety_days() {
    let rejected_on = |day: i64| (day * 24 * 60, RoleUnassumable);
    let (told, day) = ((5, CLOSED), 24 * 60);
    assert_ne!(assessed(&[told.clone(), rejected_on(89)]), Assessment::Gone);
    assert_eq!(assessed(&[told.clone(), rejected_on(91)]), Assessment::Gone);
    assert_eq!(
        assessed(&[rejected_on(0), told.clone(), rejected_on(91)]),
        Assessment::Gone
    );
    let reopened = (2 * day, read(StackStatus::CreateComplete));
    let log = [told.clone(), rejected_on(1), reopened, rejected_on(91)];
    assert_ne!(assessed(&log), Assessment::Gone, "it was reinstated");
    let again = [&log[..], &[(92 * day, CLOSED), rejected_on(183)]].concat();
    assert_eq!(assessed(&again), Assessment::Gone, "and closed again");
}

#[test]
fn closed_account_with_assumable_role_is_not_gone() {
    let permanently = AccountClosed { permanently: true };
    let alive = (1, read(StackStatus::CreateComplete));
    let rejection = (3, RoleUnassumable);
    let told = (2, permanently);
    assert_ne!(assessed(&[alive.clone(), told.clone()]), Assessment::Gone);
    assert_eq!(
        assessed(&[alive, told.clone(), rejection]),
        Assessment::Gone
    );
    assert_ne!(
        assessed(std::slice::from_ref(&told)),
        Assessment::Gone,
        "not tested yet"
    );
    let mut log = EvidenceLog::default();
    log.add(told.1, at(120), &Settings::default());
    let roleless = log.assess(false, at(180), &Settings::default());
    assert_eq!(roleless, Assessment::Gone, "there is no role to test");
}

#[test]
fn late_event_does_not_undo_completed_deletion() {
    let event = |status| EvidenceKind::StackEvent {
        status,
        reason: None,
    };
    let seen = [
        (5, event(StackStatus::DeleteComplete)),
        (4, event(StackStatus::DeleteInProgress)),
        (6, RoleUnassumable),
        (30, RoleUnassumable),
    ];
    assert_eq!(assessed(&seen), Assessment::Gone);
}
