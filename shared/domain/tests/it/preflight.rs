//! A stack's preflight: which stacks may start, and the states of a started stack.

use crate::common::*;
use rolecall_domain::change::audit::Record;
use rolecall_domain::change::{Change, Guard, Requirement};
use rolecall_domain::check::Hub;
use rolecall_domain::check::preflight::{NewStack, preflight};
use rolecall_domain::messages::Reason;
use rolecall_domain::problem::Code;
use rolecall_domain::record::attempt::Progress;
use rolecall_domain::record::refusal::Refusal;
use rolecall_domain::record::registration::{
    Admission, Channel, MOST_REFUSALS, Preflight, Registration,
};
use rolecall_domain::remedy::Remedy;
use rolecall_domain::transition::register::{refuse, roll_back_stack, start_stack};

fn code(admitted: Preflight) -> Option<Code> {
    match admitted {
        Preflight::Refused(refusal) => Some(refusal.code),
        Preflight::Open | Preflight::Known => None,
    }
}

fn started(registration: &Registration, name: &str, seconds: i64) -> Registration {
    registration.started(Progress::of(&stack(name), at(seconds)))
}

fn written(change: &Change) -> Registration {
    match &change.writes[0].after {
        Some(Record::Registration(after)) => after.clone(),
        other => panic!("not a registration: {other:?}"),
    }
}

#[test]
fn expired_link_starts_no_stack_and_has_no_grace_period() {
    let registration = registration();
    let admit = |it: &Registration, seconds| it.admit_preflight(&stack("s"), at(seconds));
    assert_eq!(admit(&registration, 3599), Preflight::Open);
    let expired = Some(Code::RegistrationExpired);
    assert_eq!(code(admit(&registration, 3600)), expired);
    assert_eq!(code(admit(&registration.expired(), 3599)), expired);
}

#[test]
fn started_stack_registers_after_its_link_has_expired() {
    let long_after = at(3600 * 24);
    let admit = |it: &Registration, channel, name: &str| {
        it.admit(channel, &stack(name), &role("R"), long_after)
    };
    let pending = started(&registration(), "mine", 3599);
    for registration in [pending.expired(), pending.clone()] {
        let mine = admit(&registration, Channel::Callback, "mine");
        assert!(matches!(mine, Admission::Open(_)), "{mine:?}");
        let refused = [(Channel::Callback, "another"), (Channel::Paste, "mine")];
        for (channel, name) in refused {
            let refused = admit(&registration, channel, name);
            assert!(matches!(refused, Admission::Refused(_)), "{refused:?}");
        }
    }
    let revoked = pending.revoked().expect("pending");
    let refused = admit(&revoked, Channel::Callback, "mine");
    assert!(matches!(refused, Admission::Refused(_)), "{refused:?}");
}

#[test]
fn ended_registration_starts_no_other_stack() {
    let (account, _) = registered();
    let used = registration().completed(account.account_id, stack("s"), role("R"));
    let admit = |it: &Registration, name: &str| it.admit_preflight(&stack(name), at(1));
    assert_eq!(admit(&used, "s"), Preflight::Known);
    assert_eq!(code(admit(&used, "other")), Some(Code::RegistrationUsed));
    let revoked = registration().revoked().expect("pending");
    assert_eq!(code(admit(&revoked, "s")), Some(Code::RegistrationRevoked));
    let exhausted = Registration {
        refused_attempts: MOST_REFUSALS,
        ..registration()
    };
    let refused = code(admit(&exhausted, "s"));
    assert_eq!(refused, Some(Code::RegistrationExhausted));
}

#[test]
fn start_is_recorded_once_and_conditional_on_no_delete() {
    let registration = registration();
    let progress = Progress::of(&stack("s"), at(5));
    let change = start_stack(&registration, progress.clone(), &occasion(5));
    assert_eq!(events(&change), ["Stack Started"]);
    let free = |required: &Requirement| {
        matches!(required, Requirement::Free(Guard::Deleted { logical_resource_id, .. })
            if logical_resource_id == "Preflight")
    };
    assert!(change.requires.iter().any(free));
    let after = written(&change);
    assert_eq!(after.progress(), Some(&progress));
    assert_eq!(
        after.admit_preflight(&stack("s"), at(9999)),
        Preflight::Known
    );
    let published = &change.writes[0].audit.record;
    assert_eq!(published["progress"]["aws_account_id"], "222222222222");
    assert_eq!(published["progress"]["region"], "us-east-1");
    assert!(published.get("started").is_none());
}

#[test]
fn started_stacks_are_bounded_and_the_latest_are_kept() {
    let mut registration = registration();
    for number in 0..20 {
        registration = started(&registration, &format!("s{number}"), number);
    }
    assert_eq!(registration.started.len(), 5);
    assert!(registration.has_started(&stack("s15")) && !registration.has_started(&stack("s14")));
    let again = started(&registration, "s16", 30);
    assert_eq!(again.started.len(), 5);
    assert_eq!(again.progress().map(|it| &it.stack_id), Some(&stack("s16")));
}

#[test]
fn rolled_back_stack_ends_its_attempt_and_blocks_its_name() {
    let fresh = registration();
    let name = fresh.stack_name();
    let registration = started(&started(&fresh, "other", 1), &name, 2);
    let change = roll_back_stack(&registration, &stack(&name), &occasion(9));
    assert_eq!(events(&change), ["Registration Refused"]);
    assert!(
        change
            .claims
            .iter()
            .any(|(guard, _)| matches!(guard, Guard::Deleted { .. })),
        "a Create that arrives late must not start the stack again"
    );
    let after = written(&change);
    assert_eq!(after.stack_name(), format!("{name}-2"));
    assert_eq!(
        after.progress().map(|it| &it.stack_id),
        Some(&stack("other"))
    );
    let last = after.last_attempt.expect("an attempt");
    assert_eq!(last.code, Code::StackRolledBack);
    assert_eq!(last.stack.stack_name, name);
}

#[test]
fn refused_attempt_ends_the_progress_of_its_stack_only() {
    let registration = started(&started(&registration(), "a", 1), "b", 2);
    let refusal = Refusal::new(
        Code::VerificationFailed,
        &Reason::NotVerified,
        &Remedy::TryAgain,
    );
    let refused = |it: &Registration, name: &str| {
        let (change, occasion) = (Change::new(), occasion(3));
        written(&refuse(change, it, &refusal, &stack(name), None, &occasion))
    };
    let after = refused(&registration, "b");
    assert!(after.has_started(&stack("a")) && !after.has_started(&stack("b")));
    // A revoked or expired registration records who tried to use its link; a completed one does not.
    for ended in [
        registration.expired(),
        registration.revoked().expect("pending"),
    ] {
        assert!(refused(&ended, "b").last_attempt.is_some());
    }
    let (account, _) = registered();
    let used = registration.completed(account.account_id, stack("a"), role("R"));
    assert_eq!(used.started, []);
    assert_eq!(refused(&used, "b").last_attempt, None);
}

#[test]
fn wrong_account_and_external_id_are_refused_by_name() {
    let hub = |account: &str, allow_own_account| Hub {
        account: aws_account(account),
        region: registration().region,
        allow_own_account,
        trusted_principals: Vec::new(),
    };
    let (customer, another) = (hub("111111111111", false), aws_account("333333333333"));
    let stack = stack("s");
    let good = NewStack {
        stack_id: &stack,
        pinned_account: Some(stack.account()),
        external_id_matches: true,
        hub: &customer,
    };
    let failed = |new: NewStack<'_>| -> Vec<String> {
        let report = preflight(&new, at(1));
        let checks = report.map(|report| report.checks).unwrap_or_default();
        checks
            .iter()
            .map(|check| format!("{}: {}", check.code.as_str(), english(check)))
            .collect()
    };
    assert_eq!(failed(good), [""; 0]);
    let (own, allowed) = (hub("222222222222", false), hub("222222222222", true));
    let own = failed(NewStack { hub: &own, ..good });
    assert!(
        own[0].starts_with("arn_mismatch: The stack was created in the hub's own"),
        "{own:?}"
    );
    assert_eq!(
        failed(NewStack {
            hub: &allowed,
            ..good
        }),
        [""; 0]
    );
    let pinned_account = Some(&another);
    let pinned = failed(NewStack {
        pinned_account,
        ..good
    });
    assert!(
        pinned[0].starts_with("arn_mismatch: The stack was not created in the"),
        "{pinned:?}"
    );
    let edited = failed(NewStack {
        external_id_matches: false,
        ..good
    });
    assert!(
        edited[0].starts_with("external_id_mismatch: "),
        "{edited:?}"
    );
}
