//! Records by id: each reads back as written, for its own tenant only.

use super::world::{World, first};
use rolecall_domain::Timestamp;
use rolecall_domain::aws::StackId;
use rolecall_domain::check::{Check, CheckCode, CheckStatus, Report, StackStatus};
use rolecall_domain::messages::{Localized, Message, Reason};
use rolecall_domain::ports::Store;
use rolecall_domain::problem::Code;
use rolecall_domain::record::account::ReportedRole;
use rolecall_domain::record::attempt::{LastAttempt, Progress, StackLinks};
use rolecall_domain::record::evidence::{Evidence, EvidenceKind};
use rolecall_domain::record::evidence_log::EvidenceLog;
use rolecall_domain::record::refusal::Explanation;
use rolecall_domain::settings::Settings;
use std::collections::BTreeMap;

/// A report with a value in every field.
pub(crate) fn report(at: Timestamp) -> Report {
    let check = Check {
        code: CheckCode::RoleUnassumable,
        status: CheckStatus::Failed,
        message: Localized::untranslated("\"Refused\", 拒否"),
        remedy: Some(Localized::default()),
        remedy_for_customer: Some(Localized::untranslated("Try again, 再試行")),
        remedy_for_connected_customer: Some(Localized::untranslated("Wait, お待ちください")),
        command: Some("aws iam get-role".to_owned()),
        evidence: BTreeMap::from([("tried".to_owned(), vec!["a".to_owned(), String::new()])]),
    };
    Report::new(at, vec![check])
}

fn attempt(stack: &StackId, at: Timestamp) -> LastAttempt {
    LastAttempt {
        code: Code::VerificationFailed,
        detail: Reason::NotVerified.localized(),
        for_customer: Box::new(Explanation {
            title: CheckCode::RoleUnassumable.failed_title(),
            detail: Localized::untranslated("\"Refused\", 拒否"),
            remedy: Localized::default(),
            command: Some("aws iam get-role".to_owned()),
        }),
        attempted_at: at,
        stack: StackLinks::to(stack, report(at).stack),
        report: Some(report(at)),
    }
}

pub(crate) fn log(at: Timestamp) -> EvidenceLog {
    let mut log = EvidenceLog::of_refused(at);
    let seen = [
        EvidenceKind::DeleteCallback,
        EvidenceKind::StackStatus {
            status: Some(StackStatus::DeleteFailed),
            reason: Some("in use".to_owned()),
            protected: true,
            nested: None,
        },
        EvidenceKind::RoleUnassumable,
    ];
    for kind in seen {
        log.add(kind, at, &Settings::default());
    }
    log
}

pub(crate) async fn every_kind_of_record_reads_back(store: &impl Store, world: &World) {
    let tenant = &world.tenant;
    let group = world.group().closing(world.now());
    world.given(store, &world.creation(&group)).await;
    assert_eq!(
        store.group(tenant, &group.group_id).await.expect("read"),
        Some(group.clone())
    );

    let mut registration = world.registration(&group.group_id);
    registration.last_attempt = Some(attempt(&world.stack_id(), world.now()));
    registration.started = vec![Progress::of(&world.stack_id(), world.now())];
    world.given(store, &world.creation(&registration)).await;
    let id = &registration.registration_id;
    let read = store.registration(tenant, id).await.expect("read");
    assert_eq!(read, Some(registration.clone()));
    let read = store.registration_by_id(id).await.expect("read");
    assert_eq!(read, Some(registration.clone()));

    let mut account = world.account(&group.group_id);
    account.previous_role = Some(world.role(&world.stack_id()));
    account.reported_role = Some(ReportedRole {
        role_arn: world.role_arn(&world.stack_id()),
        template_version: world.template().version,
        template_id: world.template().template_id,
        deployed_roles: Vec::new(),
        reported_at: Some(world.now()),
    });
    account.reported_at = Some(world.now());
    let closed = Evidence {
        kind: EvidenceKind::AccountClosed { permanently: true },
        at: world.now(),
    };
    let account = account.marked_closed(closed).expect("a new fact");
    let account = account.disconnected(world.now(), log(world.now()));
    let account = account.expect("a connected account");
    world.given(store, &world.creation(&account)).await;
    let read = store.account(tenant, &account.account_id).await;
    assert_eq!(read.expect("read"), Some(account));

    let mut entry = world.orphaned_stack();
    for seen in log(world.now()).iter() {
        let after = entry.with_evidence(Some(seen.clone()), seen.at, &Settings::default());
        entry = after.unwrap_or(entry);
    }
    world.given(store, &world.creation(&entry)).await;
    let read = store.orphaned_stack(tenant, &entry.orphaned_stack_id).await;
    assert_eq!(read.expect("read"), Some(entry));
}

pub(crate) async fn unwritten_record_is_none(store: &impl Store, world: &World) {
    let tenant = &world.tenant;
    let group = world.group();
    assert_eq!(
        store.group(tenant, &group.group_id).await.expect("read"),
        None
    );
    let registration = world.registration(&group.group_id).registration_id;
    assert_eq!(
        store
            .registration(tenant, &registration)
            .await
            .expect("read"),
        None
    );
    assert_eq!(
        store.registration_by_id(&registration).await.expect("read"),
        None
    );
    let account = world.account(&group.group_id).account_id;
    assert_eq!(store.account(tenant, &account).await.expect("read"), None);
    let entry = world.orphaned_stack().orphaned_stack_id;
    assert_eq!(
        store.orphaned_stack(tenant, &entry).await.expect("read"),
        None
    );
    assert_eq!(store.owner(&world.guard()).await.expect("read"), None);
}

pub(crate) async fn record_of_another_tenant_is_none(store: &impl Store, world: &World) {
    let group = world.given_group(store).await;
    let other = world.other_tenant().tenant;
    assert_eq!(
        store.group(&other, &group.group_id).await.expect("read"),
        None
    );
    let groups = store.groups(&other, &first(10)).await.expect("read");
    assert_eq!(groups.items, []);
    let history = store
        .history(&other, group.group_id.as_str(), &first(10))
        .await;
    assert_eq!(history.expect("read").items, []);
}

pub(crate) async fn both_copies_of_a_registration_change_together(
    store: &impl Store,
    world: &World,
) {
    let registration = world.registration(&world.group().group_id);
    world.given(store, &world.creation(&registration)).await;
    let revoked = registration.revoked().expect("a pending registration");
    world
        .given(store, &world.step(&registration, &revoked))
        .await;
    let id = &registration.registration_id;
    let read = store.registration(&world.tenant, id).await.expect("read");
    assert_eq!(read.as_ref(), Some(&revoked));
    let read = store.registration_by_id(id).await.expect("read");
    assert_eq!(read.as_ref(), Some(&revoked));
    world.given(store, &world.deletion(&revoked)).await;
    let read = store.registration(&world.tenant, id).await;
    assert_eq!(read.expect("read"), None);
    assert_eq!(store.registration_by_id(id).await.expect("read"), None);
}
