//! Decisions to issue credentials, based on the state of an account.

use crate::common::{at, hub_facts, orphaned_stack_id, registered, settings};
use rolecall_domain::SignedDuration;
use rolecall_domain::access::ProfileName;
use rolecall_domain::change::audit::Event;
use rolecall_domain::check::{Check, CheckCode, CheckStatus, Report, Verdict};
use rolecall_domain::credentials::{
    BrokerProof, Decision, IssueRefusal, Known, ProofResult, decide, is_still_valid,
};
use rolecall_domain::messages::{Detail, Message};
use rolecall_domain::record::account::{Account, DeregistrationCause};
use rolecall_domain::record::evidence::{Evidence, EvidenceKind};
use rolecall_domain::record::evidence_log::EvidenceLog;
use rolecall_domain::schedule::{CheckSchedule, Subject};
use rolecall_domain::template::{Offering, Template};
use serde_json::json;

const MAX_AGE: SignedDuration = SignedDuration::from_hours(2);

fn name(name: &str) -> ProfileName {
    ProfileName::parse(name).expect("valid")
}

/// A template with a profile that allows something, and one that allows nothing.
fn template() -> Template {
    let words = json!({"en": "x", "ja": "x"});
    let profile = json!({
        "name": "inventory",
        "title": words,
        "explain": words,
        "managed_policies": ["arn:aws:iam::aws:policy/SecurityAudit"],
    });
    let mut empty = profile.clone();
    empty["name"] = json!("empty");
    empty["managed_policies"] = json!([]);
    let mut template = Offering::default().template(&hub_facts(), &[], &[]);
    for profile in [empty, profile] {
        let profile = serde_json::from_value(profile).expect("a profile");
        template.profiles.push(profile);
    }
    template
}

fn account() -> Account {
    registered().0
}

fn subject() -> Subject {
    Subject::Account(account().account_id)
}

/// Checked when the account was connected, at 10 seconds.
fn schedule() -> CheckSchedule {
    CheckSchedule::verified(account().tenant, subject(), at(10), &settings())
}

fn report(status: CheckStatus) -> Report {
    let check = Check {
        code: CheckCode::TrustTooBroad,
        status,
        message: Detail::TimedOut.localized(),
        remedy: None,
        remedy_for_customer: None,
        remedy_for_connected_customer: None,
        command: None,
        evidence: std::collections::BTreeMap::new(),
    };
    Report::new(at(10), vec![check])
}

fn own(seconds: i64, result: ProofResult) -> BrokerProof {
    BrokerProof {
        role: account().role,
        at: at(seconds),
        result,
    }
}

struct Case {
    account: Account,
    schedule: Option<CheckSchedule>,
    report: Option<Report>,
    own: Option<BrokerProof>,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            account: account(),
            schedule: Some(schedule()),
            report: Some(report(CheckStatus::Passed)),
            own: None,
        }
    }
}

impl Case {
    /// The decision at a time in seconds: `issue`, `prove`, or why not.
    fn decided(&self, profile: &str, seconds: i64) -> String {
        let template = template();
        let known = Known {
            account: &self.account,
            template: Some(&template),
            schedule: self.schedule.as_ref(),
            report: self.report.as_ref(),
            own_proof: self.own.as_ref(),
        };
        match decide(&known, &name(profile), at(seconds), MAX_AGE) {
            Decision::Issue(_) => "issue".to_owned(),
            Decision::ProveFirst(_) => "prove".to_owned(),
            Decision::Refused(IssueRefusal::NotGranted(profile)) => format!("no {profile}"),
            Decision::Refused(IssueRefusal::NotUsable { status, check }) => {
                let check = check.map_or("", CheckCode::as_str);
                format!("{status} {check}")
            }
        }
    }
}

#[test]
fn fresh_proof_suffices_until_it_is_too_old() {
    let case = Case::default();
    assert_eq!(case.decided("inventory", 11), "issue");
    assert_eq!(case.decided("inventory", 10 + 7199), "issue");
    assert_eq!(case.decided("inventory", 10 + 7200), "prove");
}

#[test]
fn profile_must_be_given_and_allow_something() {
    let case = Case::default();
    assert_eq!(case.decided("backup", 11), "no backup");
    assert_eq!(case.decided("empty", 11), "no empty");
}

#[test]
fn check_that_did_not_pass_is_no_proof() {
    let settings = settings();
    let (failed, unclear) = (Verdict::Failed, Verdict::Inconclusive);
    let scheduled = |verdict| schedule().after_account_check(verdict, at(100), 0.5, &settings);
    let on_demand = |verdict| schedule().on_demand(scheduled(verdict));
    for (what, schedule, status) in [
        ("failed", scheduled(failed), CheckStatus::Failed),
        (
            "inconclusive",
            scheduled(unclear),
            CheckStatus::Inconclusive,
        ),
        ("failed on demand", on_demand(failed), CheckStatus::Failed),
        // Its schedule is like that of a check that passed.
        (
            "inconclusive on demand",
            on_demand(unclear),
            CheckStatus::Inconclusive,
        ),
        ("event", schedule().due_at(at(100)), CheckStatus::Passed),
    ] {
        let case = Case {
            schedule: Some(schedule),
            report: Some(report(status)),
            ..Case::default()
        };
        assert_eq!(case.decided("inventory", 101), "prove", "{what}");
    }
    let never = Case {
        schedule: None,
        report: None,
        ..Case::default()
    };
    assert_eq!(never.decided("inventory", 11), "prove");
}

#[test]
fn own_proof_counts_until_it_is_too_old_or_a_later_check_replaces_it() {
    let case = Case {
        own: Some(own(8000, ProofResult::Passed)),
        ..Case::default()
    };
    assert_eq!(case.decided("inventory", 8001), "issue");
    assert_eq!(case.decided("inventory", 8000 + 7200), "prove");
    let later = schedule().after_account_check(Verdict::Failed, at(8001), 0.5, &settings());
    let replaced = Case {
        schedule: Some(later),
        own: Some(own(8000, ProofResult::Passed)),
        ..Case::default()
    };
    assert_eq!(replaced.decided("inventory", 8002), "prove");
    let mut of_another_role = own(8000, ProofResult::Passed);
    of_another_role.role.arn = crate::common::role("Other");
    let case = Case {
        own: Some(of_another_role),
        ..Case::default()
    };
    assert_eq!(case.decided("inventory", 8001), "prove");
}

#[test]
fn failed_own_proof_refuses_for_a_moment_and_is_then_made_again() {
    let failed = ProofResult::Failed(CheckCode::RoleUnassumable);
    let case = Case {
        own: Some(own(100, failed)),
        ..Case::default()
    };
    assert_eq!(case.decided("inventory", 101), "active role_unassumable");
    assert_eq!(case.decided("inventory", 130), "prove");
}

#[test]
fn sign_of_a_deletion_makes_older_proofs_stale() {
    let deleted = account().marked_preflight_deleted(at(50)).expect("news");
    let case = Case {
        account: deleted.clone(),
        ..Case::default()
    };
    assert_eq!(case.decided("inventory", 51), "prove");
    let proven_since = Case {
        account: deleted,
        own: Some(own(60, ProofResult::Passed)),
        ..Case::default()
    };
    assert_eq!(proven_since.decided("inventory", 61), "issue");
    let kind = EvidenceKind::AccountClosed { permanently: false };
    let closed = account().marked_closed(Evidence { kind, at: at(50) });
    let case = Case {
        account: closed.expect("news"),
        ..Case::default()
    };
    assert_eq!(case.decided("inventory", 51), "prove");
}

#[test]
fn only_active_accounts_get_credentials() {
    let unhealthy = account().turned_unhealthy().expect("it was active");
    let case = Case {
        account: unhealthy.clone(),
        report: Some(report(CheckStatus::Failed)),
        ..Case::default()
    };
    assert_eq!(case.decided("inventory", 11), "unhealthy trust_too_broad");
    let cause = DeregistrationCause::Requested;
    let gone = account().deregistered(at(20), cause, orphaned_stack_id());
    let gone = gone.expect("it was connected");
    let case = Case {
        account: gone.clone(),
        ..Case::default()
    };
    assert_eq!(case.decided("inventory", 21), "deregistered ");
    let disconnected = account().disconnected(at(20), EvidenceLog::default());
    let case = Case {
        account: disconnected.expect("it was connected"),
        ..Case::default()
    };
    assert_eq!(case.decided("inventory", 21), "disconnected ");

    // The same after STS has answered.
    for (now, status) in [(&unhealthy, "unhealthy"), (&gone, "deregistered")] {
        let refused = is_still_valid(&account(), now);
        let expected = IssueRefusal::NotUsable {
            status,
            check: None,
        };
        assert_eq!(refused, Err(Some(expected)));
    }
}

#[test]
fn change_during_the_request_matters_only_if_it_concerns_the_session() {
    let before = account();
    assert_eq!(is_still_valid(&before, &before.edited(None, None)), Ok(()));
    let mut other = before.clone();
    other.role.arn = crate::common::role("Other");
    assert_eq!(is_still_valid(&before, &other), Err(None));
    let mut other = before.clone();
    other.template_id = template().id();
    assert_eq!(is_still_valid(&before, &other), Err(None));
}

#[test]
fn event_of_an_hour_has_one_id() {
    use rolecall_domain::credentials::{Receipt, SessionName};
    use rolecall_domain::ids::IdSeed;
    use rolecall_domain::text::service::ServiceName;
    let service = ServiceName::parse("reader").expect("valid");
    let session = SessionName::new(&service, None);
    let profile = name("inventory");
    let receipt = |seconds: i64, random: u8| {
        let seed = IdSeed {
            at: at(seconds),
            random: [random; 10],
        };
        let who = (&service, &profile);
        Receipt::new(seed, &account(), who, &session, at(seconds + 3600))
    };
    let id = |receipt: &Receipt| {
        let event = receipt.event();
        (event.tenant, event.record_id, event.sequence)
    };
    let (first, second, next) = (receipt(7201, 1), receipt(10_799, 2), receipt(10_800, 3));
    assert_ne!(first.receipt_id, second.receipt_id);
    assert_eq!(id(&first), id(&second));
    assert_ne!(id(&second), id(&next));
    assert_eq!(first.event().event, Event::CredentialsIssued);
    let shown = first.event().record;
    assert_eq!(shown, first.view());
}
