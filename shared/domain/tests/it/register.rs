//! From a link to an account.

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
fn a_link_ends_by_the_clock_with_grace_for_callbacks_only() {
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
fn a_revoked_link_has_no_grace() {
    let revoked = registration().revoked().expect("still pending");
    assert_eq!(
        refusal(admit(&revoked, Channel::Callback, 1)),
        Code::RegistrationRevoked
    );
}

#[test]
fn a_used_link_knows_its_own_stack_and_refuses_others() {
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
fn an_external_id_is_claimed_when_the_registration_is_made() {
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
fn one_transaction_registers_with_every_guard() {
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
fn what_is_published_has_no_secret_in_it() {
    let (account, change) = registered();
    for write in &change.writes {
        let published = serde_json::to_string(&write.audit).expect("serialises");
        assert!(
            !published.contains(account.external_id.as_str()),
            "{published}"
        );
        assert!(!published.contains("token_key_id"), "{published}");
    }
}

#[test]
fn a_refused_stack_uses_up_its_name() {
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
    let report = after.last_report.expect("kept");
    assert_eq!(report.failed_stack.expect("named").stack_name, name);
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
fn a_refused_stack_is_expected_to_go_and_is_only_gone_after_its_delete() {
    let refused = RefusedStack {
        orphaned_stack_id: entry_id(),
        stack_id: stack("rolecall-1"),
        role_arn: Some(role("R")),
        logical_resource_id: "Registration".into(),
        deleted: false,
    };
    let change = open_refused_stack(
        Change::new(),
        &registration(),
        refused,
        &occasion(0),
        &settings(),
    );
    assert_eq!(events(&change), ["Stack Deleting"]);
    let Some(Record::OrphanedStack(entry)) = change.writes[0].after.clone() else {
        panic!("the entry is written");
    };
    use rolecall_domain::record::evidence::Evidence;
    use rolecall_domain::record::evidence::EvidenceKind::{DeleteCallback, RoleUnassumable};
    let seen = |entry: &rolecall_domain::record::orphan::OrphanedStack, kind, minute: i64| {
        let (at, settings) = (at(minute * 60), settings());
        let after = entry.with_evidence(Some(Evidence { kind, at }), at, &settings);
        after.unwrap_or_else(|| entry.clone())
    };
    let silent = seen(&seen(&entry, RoleUnassumable, 1), RoleUnassumable, 30);
    assert_eq!(
        silent.status(),
        OrphanedStackStatus::Deleting,
        "silence alone proves nothing"
    );
    let deleted = seen(&silent, DeleteCallback, 31);
    assert_eq!(deleted.status(), OrphanedStackStatus::Deleting);
    assert_eq!(
        seen(&deleted, RoleUnassumable, 32).status(),
        OrphanedStackStatus::Gone
    );
}

#[test]
fn a_link_says_how_its_stack_reports_where_the_templates_default_is_another() {
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
