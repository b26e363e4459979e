//! Transitions from a connected account to a deregistered one.

use crate::common::*;
use rolecall_domain::aws::{Nested, SeenStack, StackId};
use rolecall_domain::change::audit::Record;
use rolecall_domain::change::{Change, ConnectionChange};
use rolecall_domain::check::StackStatus;
use rolecall_domain::record::account::{Account, AccountState, DeregistrationCause};
use rolecall_domain::record::evidence::{Evidence, EvidenceKind};
use rolecall_domain::record::evidence_log::EvidenceLog;
use rolecall_domain::record::orphan::{NewOrphanedStack, OrphanedStack, OrphanedStackStatus};
use rolecall_domain::remedy::{Remedy, StackToDelete};
use rolecall_domain::transition::deregister::deregister;
use rolecall_domain::transition::disconnect::{deletion_signaled, follow_disconnected};

fn account_after(change: &Change) -> Account {
    change
        .writes
        .iter()
        .find_map(|write| match &write.after {
            Some(Record::Account(account)) => Some(account.clone()),
            _ => None,
        })
        .expect("the account is written")
}

fn orphaned_stack_after(change: &Change) -> OrphanedStack {
    change
        .writes
        .iter()
        .find_map(|write| match &write.after {
            Some(Record::OrphanedStack(orphan)) => Some(orphan.clone()),
            _ => None,
        })
        .expect("an orphaned stack is written")
}

fn signal(account: &Account, minute: i64) -> Change {
    let signal = Evidence {
        kind: EvidenceKind::DeleteCallback,
        at: at(minute * 60),
    };
    deletion_signaled(
        account,
        signal,
        orphaned_stack_id(),
        &occasion(minute * 60),
        &settings(),
    )
    .expect("is news")
}

#[test]
fn deregistration_records_orphaned_stack_in_same_transaction() {
    let (account, _) = registered();
    let (after, orphan, change) = deregister(
        &account,
        &SeenStack::default(),
        DeregistrationCause::Requested,
        orphaned_stack_id(),
        &occasion(60),
        &settings(),
    )
    .expect("was registered");
    assert_eq!(events(&change), ["Account Deregistered", "Stack Orphaned"]);
    assert_eq!(after.orphaned_stack_id(), Some(&orphan.orphaned_stack_id));
    assert!(matches!(
        change.connections[..],
        [ConnectionChange::Leave(_)]
    ));
    assert_eq!(orphan.evidence().iter().count(), 1);
    let again = deregister(
        &after,
        &SeenStack::default(),
        DeregistrationCause::Requested,
        orphaned_stack_id(),
        &occasion(61),
        &settings(),
    );
    assert!(again.is_none(), "an account is deregistered once");
}

#[test]
fn orphaned_stack_inherits_evidence_of_disconnected_account() {
    let (account, _) = registered();
    let disconnected = account_after(&signal(&account, 1));
    assert!(matches!(
        disconnected.state(),
        AccountState::Disconnected { .. }
    ));
    let (_, orphan, change) = deregister(
        &disconnected,
        &SeenStack::default(),
        DeregistrationCause::Requested,
        orphaned_stack_id(),
        &occasion(120),
        &settings(),
    )
    .expect("was not deregistered");
    assert_eq!(orphan.status(), OrphanedStackStatus::Deleting);
    assert_eq!(events(&change), ["Account Deregistered", "Stack Deleting"]);
    assert!(
        change.connections.is_empty(),
        "the connection was already removed"
    );
}

#[test]
fn disconnected_account_with_rejected_role_is_deregistered_as_stack_gone() {
    let (account, _) = registered();
    let disconnected = account_after(&signal(&account, 0));
    let check = |account: &Account, minute: i64| {
        let seen = Evidence {
            kind: EvidenceKind::RoleUnassumable,
            at: at(minute * 60),
        };
        follow_disconnected(
            account,
            Some(seen),
            orphaned_stack_id(),
            &occasion(minute * 60),
            &settings(),
        )
    };
    let rejected = account_after(&check(&disconnected, 1).expect("the first rejection is news"));
    assert!(check(&rejected, 10).is_none(), "too soon for a second one");
    let change = check(&rejected, 16).expect("a quiet period has passed");
    let gone = account_after(&change);
    let AccountState::Deregistered { cause, .. } = gone.state() else {
        panic!("{:?}", gone.state());
    };
    assert_eq!(*cause, DeregistrationCause::StackGone);
    assert_eq!(gone.version, rejected.version + 1, "one step of the record");
    assert_eq!(
        orphaned_stack_after(&change).status(),
        OrphanedStackStatus::Gone
    );
    assert_eq!(events(&change), ["Account Deregistered", "Stack Gone"]);
}

#[test]
fn invalid_state_transitions_return_none() {
    let (active, _) = registered();
    let unhealthy = active
        .turned_unhealthy()
        .expect("an active account can become unhealthy");
    let disconnected = account_after(&signal(&unhealthy, 1));
    let (gone, ..) = deregister(
        &active,
        &SeenStack::default(),
        DeregistrationCause::Requested,
        orphaned_stack_id(),
        &occasion(1),
        &settings(),
    )
    .expect("was registered");
    let ways = |account: &Account| {
        [
            account.turned_unhealthy().is_some(),
            account.passed(at(7200), at(7200), &settings()).is_some(),
            account.disconnected(at(1), Default::default()).is_some(),
        ]
    };
    assert_eq!(ways(&active), [true, false, true]);
    assert_eq!(ways(&unhealthy), [false, true, true]);
    assert_eq!(ways(&disconnected), [false, true, false]);
    assert_eq!(ways(&gone), [false; 3]);
    assert_eq!(
        disconnected.passed(at(120), at(120), &settings()),
        None,
        "too early"
    );
}

#[test]
fn replaced_role_is_kept_for_rollback() {
    let (account, _) = registered();
    let other = rolecall_domain::aws::Role {
        arn: role("R2"),
        unique_id: unique_id('B'),
    };
    let swapped = account
        .with_role(other.clone(), &reported(&account, &other, 1))
        .expect("the role differs");
    assert_eq!(swapped.previous_role, Some(account.role.clone()));
    let way_back = reported(&account, &account.role, 2);
    let back = swapped
        .with_role(account.role.clone(), &way_back)
        .expect("the role differs");
    assert_eq!(back.role, account.role);
    assert_eq!(
        back.with_role(account.role.clone(), &way_back),
        None,
        "nothing is new"
    );
    assert!(back.has_newer_report_than(&reported(&account, &other, 1)));
    assert!(!back.has_newer_report_than(&way_back));
}

#[test]
fn unverified_role_is_kept_until_next_report() {
    let (account, _) = registered();
    let other = rolecall_domain::aws::Role {
        arn: role("R2"),
        unique_id: unique_id('B'),
    };
    let first = reported(&account, &other, 1);
    let waiting = account.with_unverified_role(&first).expect("is news");
    assert_eq!(waiting.reported_role, Some(first.clone()));
    assert_eq!(waiting.with_unverified_role(&first), None, "nothing is new");
    let back = waiting.with_unverified_role(&reported(&account, &account.role, 2));
    let back = back.expect("the stack is back to its own role");
    assert_eq!(back.reported_role, None);
    assert!(back.has_newer_report_than(&first));
}

fn reported(
    account: &rolecall_domain::record::account::Account,
    role: &rolecall_domain::aws::Role,
    second: i64,
) -> rolecall_domain::record::account::ReportedRole {
    rolecall_domain::record::account::ReportedRole {
        role_arn: role.arn.clone(),
        template_id: template().template_id,
        template_version: account.template_version.clone(),
        deployed_roles: Vec::new(),
        reported_at: Some(rolecall_domain::Timestamp::from_second(second).expect("in range")),
    }
}

/// The remedy matches the stack's state.
#[test]
fn orphaned_stack_remedy_matches_its_status() {
    let (account, _) = registered();
    let after = |seen: &[(i64, EvidenceKind)]| {
        let new = NewOrphanedStack {
            orphaned_stack_id: orphaned_stack_id(),
            tenant: account.tenant.clone(),
            registration_id: account.registration_id.clone(),
            account_id: None,
            stack_id: account.stack_id.clone(),
            role_arn: Some(account.role.arn.clone()),
            external_id: account.external_id.clone(),
            logical_resource_id: None,
            evidence: EvidenceLog::default(),
        };
        let mut orphan = OrphanedStack::open(new, at(0), &settings());
        for (minute, kind) in seen {
            let (kind, at) = (kind.clone(), at(minute * 60));
            let seen = Evidence { kind, at };
            orphan = orphan
                .with_evidence(Some(seen), at, &settings())
                .unwrap_or(orphan);
        }
        orphan
    };
    let stack = account.stack_id.clone();
    let read = |status, protected, reason: Option<&str>| EvidenceKind::StackStatus {
        status: Some(status),
        reason: reason.map(str::to_owned),
        protected,
        nested: None,
    };
    let of = |seen: &[(i64, EvidenceKind)]| after(seen).remedy();
    let to_delete = |protected| {
        let nested = None;
        StackToDelete::new(stack.clone(), SeenStack { protected, nested })
    };
    let delete = |protected| Some(Remedy::DeleteStack(to_delete(protected)));
    let living = |protected| read(StackStatus::CreateComplete, protected, None);
    assert_eq!(of(&[]), delete(false));
    assert_eq!(of(&[(1, living(true))]), delete(true));
    assert_eq!(of(&[(1, living(true)), (2, living(false))]), delete(false));

    let begun = (1, read(StackStatus::DeleteInProgress, false, None));
    assert_eq!(
        of(std::slice::from_ref(&begun)),
        Some(Remedy::AwaitDeletion)
    );
    let reason = "The following resource(s) failed to delete: [RolecallRole, Registration]. ";
    let failed = (2, read(StackStatus::DeleteFailed, true, Some(reason)));
    let finish = Remedy::FinishDeletion {
        stack: to_delete(true),
        role: Some(account.role.arn.clone()),
        failed: vec!["RolecallRole".to_owned(), "Registration".to_owned()],
    };
    assert_eq!(of(&[begun.clone(), failed]), Some(finish));
    let event = EvidenceKind::StackEvent {
        status: StackStatus::DeleteFailed,
        reason: Some(reason.to_owned()),
    };
    let remedy = of(&[begun, (2, event)]).expect("a remedy");
    assert!(matches!(remedy, Remedy::FinishDeletion { failed, .. } if failed.len() == 2));

    let ended = [
        (0, EvidenceKind::DeleteCallback),
        (1, read(StackStatus::DeleteComplete, false, None)),
    ];
    let role = account.role.arn.clone();
    assert_eq!(of(&ended), Some(Remedy::DeleteRole(role)));
    let rejected = |minute| (minute, EvidenceKind::RoleUnassumable);
    assert_eq!(
        of(&[(0, EvidenceKind::DeleteCallback), rejected(1), rejected(17)]),
        None
    );
    let dismissed = EvidenceKind::DismissedBy {
        who: "user:a".to_owned(),
        reason: "kept on purpose".to_owned(),
    };
    assert_eq!(of(&[(1, living(true)), (2, dismissed)]), None);
}

/// The role may be deleted between the last check and the deregistration, so the stack can't be read
/// anymore.
#[test]
fn deregistration_keeps_what_the_last_check_read_of_the_stack() {
    let (account, _) = registered();
    let id = |name| format!("arn:aws:cloudformation:us-east-1:222222222222:stack/{name}/a");
    let id = |name| StackId::parse(id(name)).expect("valid");
    let nested = Nested {
        root: id("root"),
        parent: id("parent"),
    };
    for nested in [None, Some(nested)] {
        let seen = SeenStack {
            protected: true,
            nested,
        };
        let cause = DeregistrationCause::Requested;
        let by = occasion(60);
        let gone = deregister(
            &account,
            &seen,
            cause,
            orphaned_stack_id(),
            &by,
            &settings(),
        );
        let (_, entry, _) = gone.expect("it is registered");
        assert_eq!(entry.seen(), seen);
        let stack = StackToDelete::new(account.stack_id.clone(), seen);
        assert_eq!(entry.remedy(), Some(Remedy::DeleteStack(stack)));
        // A later read counts more.
        let later = Evidence {
            kind: EvidenceKind::StackStatus {
                status: Some(StackStatus::CreateComplete),
                reason: None,
                protected: false,
                nested: None,
            },
            at: at(120),
        };
        let entry = entry.with_evidence(Some(later), at(120), &settings());
        assert_eq!(entry.expect("is news").seen(), SeenStack::default());
    }
}
