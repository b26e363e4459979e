//! Transitions from a registration to an account.

use crate::common::*;
use rolecall_domain::change::Change;
use rolecall_domain::change::audit::Record;
use rolecall_domain::change::{ConnectionChange, Guard, Requirement};
use rolecall_domain::link::report_by::ReportBy;
use rolecall_domain::link::token::KeyRing;
use rolecall_domain::messages::Reason;
use rolecall_domain::problem::Code;
use rolecall_domain::record::orphan::OrphanedStackStatus;
use rolecall_domain::record::refusal::Refusal;
use rolecall_domain::record::registration::{Admission, Channel, Registration};
use rolecall_domain::remedy::Remedy;
use rolecall_domain::transition::orphan::{RefusedStack, open_refused_stack};
use rolecall_domain::transition::register::{create_registration, refuse, tombstone};

fn refusal(admission: Admission) -> Code {
    match admission {
        Admission::Refused(refusal) => refusal.code,
        other => panic!("admitted: {other:?}"),
    }
}

fn admit(registration: &Registration, channel: Channel, seconds: i64) -> Admission {
    registration.admit(channel, &stack("rolecall-1"), &role("R"), at(seconds))
}

#[test]
fn link_expires_with_grace_period_for_callbacks_only() {
    let registration = registration();
    assert!(matches!(
        admit(&registration, Channel::Paste, 3599),
        Admission::Open(_)
    ));
    assert_eq!(
        refusal(admit(&registration, Channel::Paste, 3600)),
        Code::RegistrationExpired
    );
    assert!(matches!(
        admit(&registration, Channel::Callback, 3600 + 899),
        Admission::Open(_)
    ));
    assert_eq!(
        refusal(admit(&registration, Channel::Callback, 3600 + 900)),
        Code::RegistrationExpired
    );
    assert_eq!(registration.status(at(3600)), "expired");
    assert!(matches!(
        admit(&registration.expired(), Channel::Callback, 3700),
        Admission::Open(_)
    ));
}

#[test]
fn revoked_link_has_no_grace_period() {
    let revoked = registration().revoked().expect("still pending");
    assert_eq!(
        refusal(admit(&revoked, Channel::Callback, 1)),
        Code::RegistrationRevoked
    );
}

#[test]
fn used_link_accepts_its_own_stack_and_rejects_others() {
    let (account, _) = registered();
    let used = registration().completed(account.account_id.clone(), stack("rolecall-1"), role("R"));
    assert_eq!(
        admit(&used, Channel::Callback, 1),
        Admission::Done(account.account_id)
    );
    let other = used.admit(Channel::Callback, &stack("other"), &role("R"), at(1));
    assert_eq!(refusal(other), Code::RegistrationUsed);
    assert_eq!(
        used.revoked().expect_err("completed").code,
        Code::RegistrationCompleted
    );
}

#[test]
fn creating_a_registration_claims_its_external_id() {
    let registration = registration();
    let change = create_registration(registration.clone(), None, &occasion(0));
    let claimed: Vec<&Guard> = change.claims.iter().map(|(guard, _)| guard).collect();
    assert_eq!(claimed, [&Guard::ExternalId(registration.external_id)]);
    assert!(matches!(
        change.requires[..],
        [Requirement::OpenGroup { .. }]
    ));
    assert_eq!(events(&change), ["Registration Created"]);
}

#[test]
fn registration_claims_all_guards_in_one_transaction() {
    let (account, change) = registered();
    assert_eq!(
        events(&change),
        ["Registration Completed", "Account Registered"]
    );
    assert_eq!(account.name.as_str(), "222222222222");
    let guards: Vec<&Guard> = change.claims.iter().map(|(guard, _)| guard).collect();
    for guard in [
        Guard::Stack(account.stack_id.clone()),
        Guard::RoleArn(account.role.arn.clone()),
        Guard::RoleUniqueId(account.role.unique_id.clone()),
    ] {
        assert!(guards.contains(&&guard), "{guard:?}");
    }
    let free = Requirement::Free(tombstone(
        &account.registration_id,
        &account.stack_id,
        Some("Registration"),
    ));
    assert!(change.requires.contains(&free));
    let exclusive = |change: &ConnectionChange| {
        matches!(
            change,
            ConnectionChange::Join {
                exclusive: true,
                ..
            }
        )
    };
    assert!(change.connections.iter().any(exclusive));
    let sequences: Vec<u64> = change
        .writes
        .iter()
        .map(|write| write.audit.sequence)
        .collect();
    assert_eq!(sequences, [2, 1]);
}

#[test]
fn published_records_contain_no_secret() {
    let (account, change) = registered();
    for write in &change.writes {
        let published = serde_json::to_string(&write.audit).expect("serializes");
        assert!(
            !published.contains(account.external_id.as_str()),
            "{published}"
        );
        assert!(!published.contains("token_key_id"), "{published}");
    }
}

#[test]
fn rejected_stack_blocks_its_name() {
    let registration = registration();
    let name = registration.stack_name();
    let refusal = Refusal::new(
        Code::VerificationFailed,
        &Reason::NotVerified,
        &Remedy::TryAgain,
    );
    let change = refuse(
        Change::new(),
        &registration,
        &refusal,
        &stack(&name),
        None,
        &occasion(1),
    );
    let Some(Record::Registration(after)) = change.writes[0].after.clone() else {
        panic!("the registration is written");
    };
    assert_eq!(after.status(at(1)), "pending");
    assert_eq!(after.stack_name(), format!("{name}-2"));
    let last = after.last_attempt.expect("kept");
    assert_eq!(last.stack.stack_name, name);
    let renamed = refuse(
        Change::new(),
        &registration,
        &refusal,
        &stack("mine"),
        None,
        &occasion(1),
    );
    let Some(Record::Registration(after)) = renamed.writes[0].after.clone() else {
        panic!("the registration is written");
    };
    assert_eq!(after.stack_name(), name);
}

#[test]
fn rejected_stack_is_gone_only_after_its_delete_request() {
    let refused = RefusedStack {
        orphaned_stack_id: orphaned_stack_id(),
        stack_id: stack("rolecall-1"),
        role_arn: Some(role("R")),
        logical_resource_id: "Registration".into(),
        seen: None,
        deleted: false,
        preflight_deleted: false,
    };
    let change = open_refused_stack(
        Change::new(),
        &registration(),
        refused,
        &occasion(0),
        &settings(),
    );
    assert_eq!(events(&change), ["Stack Deleting"]);
    let Some(Record::OrphanedStack(orphan)) = change.writes[0].after.clone() else {
        panic!("the orphaned stack is written");
    };
    use rolecall_domain::record::evidence::Evidence;
    use rolecall_domain::record::evidence::EvidenceKind::{DeleteCallback, RoleUnassumable};
    let seen = |orphan: &rolecall_domain::record::orphan::OrphanedStack, kind, minute: i64| {
        let (at, settings) = (at(minute * 60), settings());
        let after = orphan.with_evidence(Some(Evidence { kind, at }), at, &settings);
        after.unwrap_or_else(|| orphan.clone())
    };
    let silent = seen(&seen(&orphan, RoleUnassumable, 1), RoleUnassumable, 30);
    assert_eq!(
        silent.status(),
        OrphanedStackStatus::Deleting,
        "rejections alone prove nothing"
    );
    let deleted = seen(&silent, DeleteCallback, 31);
    assert_eq!(deleted.status(), OrphanedStackStatus::Deleting);
    assert_eq!(
        seen(&deleted, RoleUnassumable, 32).status(),
        OrphanedStackStatus::Gone
    );
}

#[test]
fn link_sets_report_by_only_if_it_differs_from_the_default() {
    let ring = KeyRing::parse(r#"{"k1":"0123456789abcdef0123456789abcdef"}"#).expect("a ring");
    let link = |report_by| {
        let registration = Registration {
            report_by,
            ..registration()
        };
        let token = ring.token(&registration.registration_id, ring.signer());
        registration.quick_create_url(&token.expect("a token"))
    };
    assert!(link(ReportBy::Paste).contains("&param_ReportBy=paste"));
    assert!(!link(ReportBy::Callback).contains("ReportBy"));
}
