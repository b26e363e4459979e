//! States that the emulator does not have, simulated through AWS's responses: each has the expected
//! remedy, and the check passes once it is applied. `tests/tests/hub/remedies` tests the remedies
//! with commands.

use crate::checks::{judged_stack, outdate, report_for, stack_facts};
use rolecall_domain::aws::{Nested, Partition, Region, RoleUniqueId, SeenStack};
use rolecall_domain::check::ObservedRole;
use rolecall_domain::check::companion::{AccountFacts, check_role};
use rolecall_domain::check::quick::QuickCheck;
use rolecall_domain::check::{
    AssumeOutcome, Check, CheckCode, CheckStatus, Denial, Expected, Observed, Read, Report,
    StackStatus, Trigger, Verdict,
};
use rolecall_domain::companion::catalog;
use rolecall_domain::companion::{DeployedRole, Kind};
use rolecall_domain::iam::denial::PolicyKind;
use rolecall_domain::ids::{AccountId, IdSeed};
use rolecall_domain::messages::{Language, Message};
use rolecall_domain::record::evidence::EvidenceKind;
use rolecall_domain::record::evidence_log::{Assessment, EvidenceLog, OrphanReason};
use rolecall_domain::remedy::{Reader, Remedy, continue_rollback, roll_back};
use rolecall_domain::settings::Settings;
use std::collections::{BTreeMap, BTreeSet};

fn check(report: &Report, code: CheckCode) -> &Check {
    let mut checks = report.checks.iter();
    checks.find(|check| check.code == code).expect("named")
}

/// Asserts the remedy for the state, and that the check passes without the state.
#[track_caller]
fn assert_remedy(code: CheckCode, remedy: &Remedy, state: impl Fn(&mut Expected, &mut Observed)) {
    let report = report_for(|e, o| state(e, o));
    let found = check(&report, code);
    assert!(
        !matches!(found.status, CheckStatus::Passed | CheckStatus::Skipped),
        "{found:#?}"
    );
    assert_eq!(
        found.remedy,
        Some(remedy.instruction(Reader::User)),
        "{found:#?}"
    );
    assert_eq!(found.command, remedy.command(Partition::Aws), "{found:#?}");
    assert_eq!(
        report_for(|_, _| {}).status_of(code),
        Some(CheckStatus::Passed)
    );
}

fn only(outcome: AssumeOutcome) -> Observed {
    Observed {
        assume: Some(outcome),
        ..Observed::default()
    }
}

#[test]
fn temporary_failure_passes_when_retried() {
    assert_remedy(CheckCode::Throttled, &Remedy::TryAgain, |_, o| {
        o.stack = Some(Read::Throttled)
    });
    assert_remedy(
        CheckCode::RolePropagating,
        &Remedy::TryAgainInAMinute,
        |e, o| {
            e.received_at = Some(rolecall_domain::Timestamp::from_second(990).expect("valid"));
            *o = only(AssumeOutcome::Refused);
        },
    );
    assert_remedy(
        CheckCode::StackUnexpectedState,
        &Remedy::WaitForStack,
        |e, o| {
            e.trigger = Trigger::Paste;
            stack_facts(o).status = StackStatus::CreateInProgress;
        },
    );
    assert_remedy(
        CheckCode::StackUnexpectedState,
        &Remedy::ExecuteChangeSet,
        |_, o| {
            stack_facts(o).status = StackStatus::ReviewInProgress;
        },
    );
}

/// A status that a later version of CloudFormation may add proves nothing, and leads to no deletion.
#[test]
fn unknown_stack_status_is_inconclusive() {
    for trigger in [
        Trigger::Create,
        Trigger::Update,
        Trigger::Paste,
        Trigger::OnDemand,
        Trigger::Scheduled,
    ] {
        let report = report_for(|e, o| {
            e.trigger = trigger;
            stack_facts(o).status = StackStatus::parse("SOMETHING_NEW");
        });
        assert_eq!(report.verdict, Verdict::Inconclusive, "{trigger:?}");
        let found = check(&report, CheckCode::StackUnexpectedState);
        assert_eq!(found.command, None);
    }
}

/// A failed import leaves the stack's own resources unchanged.
#[test]
fn rolled_back_import_keeps_the_stack_in_use() {
    for name in ["IMPORT_ROLLBACK_COMPLETE", "IMPORT_ROLLBACK_FAILED"] {
        for trigger in [Trigger::Paste, Trigger::OnDemand, Trigger::Scheduled] {
            let report = report_for(|e, o| {
                e.trigger = trigger;
                stack_facts(o).status = StackStatus::parse(name);
            });
            assert_eq!(report.verdict, Verdict::Passed, "{trigger:?} {name}");
        }
    }
    let rolling_back = |trigger| {
        report_for(|e, o| {
            e.trigger = trigger;
            stack_facts(o).status = StackStatus::parse("IMPORT_ROLLBACK_IN_PROGRESS");
        })
        .verdict
    };
    assert_eq!(rolling_back(Trigger::Scheduled), Verdict::Passed);
    assert_eq!(rolling_back(Trigger::Paste), Verdict::Inconclusive);
}

/// CloudFormation rejects every update of such a stack. The role works, so a connected account stays
/// healthy.
#[test]
fn failed_update_is_rolled_back_before_the_next_update() {
    let reason = "The following resource(s) failed to update: [SelfInspection]. ";
    let stuck = |status: StackStatus, trigger: Trigger| {
        move |e: &mut Expected, o: &mut Observed| {
            e.trigger = trigger;
            stack_facts(o).status = status;
            stack_facts(o).status_reason = Some(reason.to_owned());
        }
    };
    let stack = judged_stack();
    let failed = vec!["SelfInspection".to_owned()];
    let cases = [
        (
            StackStatus::UpdateFailed,
            Remedy::RollBack(roll_back(stack.clone())),
        ),
        (
            StackStatus::UpdateRollbackFailed,
            Remedy::ContinueRollback {
                commands: continue_rollback(&stack, None, &failed),
                failed,
            },
        ),
    ];
    for (status, remedy) in &cases {
        let first = remedy.command(Partition::Aws).expect("a command");
        for trigger in [Trigger::Paste, Trigger::OnDemand, Trigger::Scheduled] {
            let code = CheckCode::StackUnexpectedState;
            assert_remedy(code, remedy, stuck(*status, trigger));
            let report = report_for(stuck(*status, trigger));
            let connected = trigger != Trigger::Paste;
            let verdict = if connected {
                Verdict::Passed
            } else {
                Verdict::Failed
            };
            assert_eq!(report.verdict, verdict, "{status:?} {trigger:?}");
            assert_eq!(report.before_update(), Some(first.as_str()));
        }
        let outdated = report_for(|e, o| {
            stuck(*status, Trigger::Scheduled)(e, o);
            outdate(e);
        });
        let update = check(&outdated, CheckCode::TemplateOutdated);
        let update = update.command.as_ref().expect("a command");
        assert!(update.starts_with(&format!("{first} && ")), "{update}");
        assert!(update.contains("update-stack"), "{update}");
        let changed = report_for(|e, o| {
            stuck(*status, Trigger::Scheduled)(e, o);
            stack_facts(o).external_id_matches = Some(false);
        });
        let restore = check(&changed, CheckCode::ExternalIdMismatch);
        assert_eq!(restore.command.as_ref(), Some(&first));
    }
    assert_eq!(report_for(|_, _| {}).before_update(), None);
}

#[test]
fn nested_stack_is_updated_through_its_parent() {
    let nested = Nested {
        root: judged_stack(),
        parent: judged_stack(),
    };
    let report = report_for(|e, o| {
        outdate(e);
        stack_facts(o).nested = Some(nested);
    });
    let found = check(&report, CheckCode::TemplateOutdated);
    assert_eq!(found.command, None);
    let remedy = found.remedy.as_ref().expect("a remedy");
    let remedy = remedy.text(Language::English);
    assert!(
        remedy.contains("its parent stack rolecall-1 to https://"),
        "{remedy}"
    );
}

/// The report remembers the stack for as long as it can't be read.
#[test]
fn report_remembers_the_stack_that_was_last_read() {
    let seen = SeenStack {
        protected: true,
        nested: None,
    };
    let read = report_for(|_, o| stack_facts(o).protected = true);
    assert_eq!(read.stack, seen);
    let unread = report_for(|e, o| {
        e.known_stack = seen.clone();
        *o = only(AssumeOutcome::Refused);
    });
    assert_eq!(unread.stack, seen);
    assert_eq!(
        report_for(|e, _| e.known_stack = seen.clone()).stack,
        SeenStack::default()
    );
}

fn denied(kind: PolicyKind, action: &'static str) -> Denial {
    let by = kind.as_str();
    Denial::from_message(
        action,
        &format!(
            "User: arn:aws:sts::111111111111:assumed-role/hub/s is not authorized to perform: {action} \
             on resource: arn:aws:iam::222222222222:role/R with an explicit deny in a {by}: \
             arn:aws:organizations::333333333333:policy/o-1/p-1"
        ),
    )
}

#[test]
fn policy_outside_the_role_is_named_and_passes_once_allowed() {
    // The hub's Region, which differs from the stack's.
    let region = Region::parse("eu-central-1").expect("valid");
    assert_remedy(
        CheckCode::StsRegionDisabled,
        &Remedy::ActivateSts(region.clone()),
        |e, o| {
            e.hub.region = region.clone();
            *o = only(AssumeOutcome::RegionDisabled);
        },
    );
    let closed = report_for(|e, o| {
        e.account_closed = true;
        *o = only(AssumeOutcome::Refused);
    });
    let found = check(&closed, CheckCode::AccountSuspended);
    assert_eq!(
        found.remedy,
        Some(Remedy::ReinstateAccount.instruction(Reader::User))
    );
    let reinstated = report_for(|e, _| e.account_closed = true);
    assert_eq!(
        reinstated.status_of(CheckCode::AccountSuspended),
        Some(CheckStatus::Passed)
    );

    let policy = "arn:aws:organizations::333333333333:policy/o-1/p-1".to_owned();
    let allow = |kind, action: &str| Remedy::AllowInPolicy {
        kind,
        arn: Some(policy.clone()),
        actions: vec![action.to_owned()],
    };
    for kind in [PolicyKind::ServiceControl, PolicyKind::ResourceControl] {
        assert_remedy(
            CheckCode::PermissionsMissing,
            &allow(kind, "iam:ListRolePolicies"),
            |_, o| {
                o.inline_policies = Some(Read::Denied(denied(kind, "iam:ListRolePolicies")));
            },
        );
    }
    let kind = PolicyKind::ResourceControl;
    assert_remedy(
        CheckCode::RoleUnassumable,
        &allow(kind, "sts:AssumeRole"),
        |_, o| *o = only(refused_by(kind)),
    );
}

fn refused_by(kind: PolicyKind) -> AssumeOutcome {
    AssumeOutcome::of_denial(denied(kind, "sts:AssumeRole"))
}

/// The hub is the caller of AssumeRole. An SCP, boundary, session, endpoint or identity-based policy
/// that denies it is the hub's own, so it proves nothing about the role and asks nothing of the
/// customer.
#[test]
fn denial_in_the_hubs_own_account_is_not_the_customers() {
    let of_the_role = [PolicyKind::RoleTrust, PolicyKind::ResourceBased];
    for kind in PolicyKind::ALL {
        let outcome = refused_by(kind);
        if of_the_role.contains(&kind) {
            assert_eq!(outcome, AssumeOutcome::Refused, "{kind:?}");
            continue;
        }
        assert_eq!(EvidenceKind::of(&only(outcome.clone())), None, "{kind:?}");
        if kind == PolicyKind::ResourceControl {
            continue;
        }
        assert_eq!(QuickCheck::of_negative(&outcome), QuickCheck::Unclear);
        assert_remedy(CheckCode::RoleUnassumable, &Remedy::AskOperator, |_, o| {
            *o = only(refused_by(kind))
        });
        let report = report_for(|_, o| *o = only(refused_by(kind)));
        assert_eq!(report.verdict, Verdict::Inconclusive, "{kind:?}");
        let found = check(&report, CheckCode::RoleUnassumable);
        let message = found.message.text(Language::English);
        assert!(message.contains("the hub's own AWS account"), "{message}");
        assert!(!format!("{found:?}").contains("arn:"), "{found:?}");
    }
    let unnamed = AssumeOutcome::of_denial("sts:AssumeRole".into());
    assert_eq!(unnamed, AssumeOutcome::Refused);
    // The session and the VPC endpoint of later calls are the hub's own, too.
    for kind in [PolicyKind::Session, PolicyKind::VpcEndpoint] {
        assert_remedy(
            CheckCode::PermissionsMissing,
            &Remedy::AskOperator,
            |_, o| {
                o.inline_policies = Some(Read::Denied(denied(kind, "iam:ListRolePolicies")));
            },
        );
    }
}

/// A new role's own policy may still be propagating. A denial by a named policy is reported
/// immediately.
#[test]
fn denial_by_named_policy_is_not_attributed_to_propagation() {
    let young = |e: &mut Expected| {
        e.received_at = Some(rolecall_domain::Timestamp::from_second(990).expect("valid"));
    };
    let report = report_for(|e, o| {
        young(e);
        o.inline_policies = Some(Read::Denied("iam:ListRolePolicies".into()));
    });
    assert_eq!(report.verdict, Verdict::Inconclusive);
    let report = report_for(|e, o| {
        young(e);
        let by = denied(PolicyKind::PermissionsBoundary, "iam:ListRolePolicies");
        o.inline_policies = Some(Read::Denied(by));
    });
    assert_eq!(report.verdict, Verdict::Failed);
    let message = &check(&report, CheckCode::PermissionsMissing).message;
    let message = message.text(Language::English);
    assert!(message.contains("permissions boundary"), "{message}");
}

/// A denial by the organization proves nothing about the role: neither that the stack is gone, nor
/// that the external ID is enforced.
#[test]
fn organization_denial_proves_nothing() {
    let forbidden = || refused_by(PolicyKind::ResourceControl);
    assert_eq!(EvidenceKind::of(&only(forbidden())), None);
    let report = report_for(|_, o| o.assume_without_external_id = Some(forbidden()));
    let status = report.status_of(CheckCode::ExternalIdNotEnforced);
    assert_eq!(status, Some(CheckStatus::Inconclusive));
}

#[test]
fn invalid_choice_asks_for_another_choice() {
    let role = rolecall_domain::aws::RoleArn::parse("arn:aws:iam::222222222222:role/companion/C");
    let stack = "arn:aws:cloudformation:us-east-1:222222222222:stack/s/1";
    let stack = rolecall_domain::aws::StackId::parse(stack).expect("valid");
    let kind = Kind::parse(catalog::SWITCH_ROLE.name).expect("a kind");
    let hub = rolecall_domain::aws::AwsAccountId::parse("111111111111").expect("valid");
    let (known, none_gone) = (BTreeMap::new(), BTreeSet::new());
    let facts = AccountFacts {
        hub: &hub,
        known_policies: &known,
        gone_versions: &none_gone,
        boundary: None,
        stack: None,
        before_update: &[],
        duplicates: &[],
    };
    let seen = || ObservedRole {
        role: Read::Seen(rolecall_domain::check::RoleFacts {
            unique_id: rolecall_domain::aws::RoleUniqueId::parse("AROA000000000000001")
                .expect("valid"),
            trust_policy: r#"{"Statement":[]}"#.to_owned(),
            boundary_arn: None,
            max_session_seconds: Some(3600),
        }),
        attached: Read::Seen(BTreeSet::new()),
        inline: Read::Seen(BTreeMap::new()),
        instance_profile: None,
        further: BTreeMap::new(),
        gone: BTreeSet::new(),
        given: BTreeMap::new(),
    };
    let made = |bastion: &str| {
        let written = format!(
            "trusted_account_id={bastion},policies=arn:aws:iam::aws:policy/ReadOnlyAccess,\
             require_mfa=true,max_session_seconds=3600,path=/companion/"
        );
        let arn = role.clone().expect("valid");
        let options = crate::common::options(kind, &written);
        let made = DeployedRole::read(&stack, kind, arn.as_str(), None);
        let made = made.expect("of the account").with_options(Some(&options));
        DeployedRole {
            unique_id: RoleUniqueId::parse("AROAAAAAAAAAAAAAAAAAA").ok(),
            ..made
        }
    };
    let found = |bastion: &str| {
        let inspection = check_role(&made(bastion), &seen(), &facts);
        let mut checks = inspection.checks.into_iter();
        checks.find(|check| format!("{:?}", check.code) == "TrustsOwnAccount")
    };
    let own = found("222222222222").expect("a check");
    assert_eq!(
        own.remedy,
        Some(Remedy::ChooseBastion.instruction(Reader::User))
    );
    let other = found("333333333333").expect("a check");
    assert_eq!(other.status, CheckStatus::Passed);

    let ssm = Kind::companions()
        .find(|kind| kind.one_per_account)
        .expect("a kind");
    let twin = AccountId::new(IdSeed {
        at: rolecall_domain::Timestamp::UNIX_EPOCH,
        random: [1; 10],
    });
    let unique_id = RoleUniqueId::parse("AROAAAAAAAAAAAAAAAAAA");
    let made = DeployedRole {
        kind: ssm,
        options: None,
        role_arn: role.expect("valid"),
        instance_profile_arn: None,
        unique_id: Some(unique_id.expect("valid")),
        is_lost: false,
    };
    let alone = |duplicates: &[AccountId]| {
        let facts = AccountFacts {
            duplicates,
            ..facts
        };
        let checks = check_role(&made, &seen(), &facts).checks;
        let mut checks = checks.into_iter();
        checks
            .find(|check| format!("{:?}", check.code) == "NotAlone")
            .expect("a check")
    };
    let two = alone(std::slice::from_ref(&twin));
    assert_eq!(two.remedy, Some(Remedy::KeepOne.instruction(Reader::User)));
    assert_eq!(alone(&[]).status, CheckStatus::Passed);
}

/// CloudFormation rolls a rejected stack back, unless the customer chose to keep it.
#[test]
fn rejected_stack_without_rollback_becomes_orphaned() {
    let settings = Settings::default();
    let start = rolecall_domain::Timestamp::UNIX_EPOCH;
    let later = |minutes: i64| start + rolecall_domain::SignedDuration::from_mins(minutes);
    let orphaned = Assessment::Orphaned(OrphanReason::NoLongerNeeded);
    for has_role in [true, false] {
        let mut log = EvidenceLog::of_refused(start);
        assert_eq!(
            log.assess(has_role, later(59), &settings),
            Assessment::Deleting
        );
        assert_eq!(log.assess(has_role, later(60), &settings), orphaned);
        log.add(EvidenceKind::DeleteCallback, later(61), &settings);
        assert_eq!(
            log.assess(has_role, later(62), &settings),
            Assessment::Deleting
        );
        // Without a role, no further evidence can arrive.
        let end = log.assess(has_role, later(90), &settings);
        let silent = if has_role {
            Assessment::Deleting
        } else {
            Assessment::Gone
        };
        assert_eq!(end, silent, "{has_role}");
    }
}
