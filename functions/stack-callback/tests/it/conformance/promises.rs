//! Properties that must always hold.

use crate::conformance::cloudformation::{Create, Script};
use crate::conformance::preflight::Preflight;
use crate::conformance::stage::{Fate, Stage};
use crate::world::stack;
use futures_util::FutureExt;
use rolecall_domain::SignedDuration;
use rolecall_domain::record::account::{Account, AccountState};
use rolecall_domain::record::evidence::EvidenceKind;
use rolecall_domain::record::orphan::OrphanedStack;
use serde_json::{Value, json};

/// Each request was answered in time and always with the same bytes. The answer is SUCCESS where
/// anything else would block the customer's stack.
pub fn about_answers(stage: &Stage) {
    for (request, sent_at, puts) in stage.requests() {
        let first = puts.first().expect("the request was not answered");
        let in_time = first.at < sent_at + SignedDuration::from_secs(900);
        assert!(
            in_time,
            "answered after {}",
            first.at.duration_since(sent_at)
        );
        for put in &puts {
            assert_eq!(put.body, first.body, "two answers to one request");
            assert!(put.body.len() <= 4096);
        }
        let answer: Value = serde_json::from_str(&first.body).expect("JSON");
        for field in ["StackId", "RequestId", "LogicalResourceId"] {
            assert_eq!(answer[field], request[field]);
        }
        let unchanged = request["OldResourceProperties"] == request["ResourceProperties"];
        if request["RequestType"] == "Delete" || unchanged {
            assert_eq!(answer["Status"], "SUCCESS", "{answer}");
        }
        if request["RequestType"] != "Create" {
            assert_eq!(answer["PhysicalResourceId"], request["PhysicalResourceId"]);
        }
    }
    for (record, sequence) in stage.sequences() {
        let gapless: Vec<u64> = (1..).take(sequence.len()).collect();
        assert_eq!(sequence, gapless, "the history of {record}");
    }
}

pub fn about_the_answer_to_a_create(stage: &Stage, create: Create, fate: Fate, answer: &Value) {
    let registered = format!("rolecall/{}", stage.registration.registration_id);
    let refused = format!(
        "rolecall/refused/{}",
        answer["RequestId"].as_str().expect("an id")
    );
    let reason = answer["Reason"].as_str().unwrap_or_default();
    if answer["Status"] == "SUCCESS" {
        assert_eq!(create, Create::Good);
        assert_eq!(answer["PhysicalResourceId"], json!(registered));
        return;
    }
    assert_eq!(answer["PhysicalResourceId"], json!(refused));
    let unwell = ["internal_error: ", "deadline_exceeded: "];
    let hub_is_unwell = matches!(fate, Fate::SlowAws | Fate::Panics(_) | Fate::TableFails(_))
        && unwell.iter().any(|code| reason.starts_with(code));
    let expected = match create {
        Create::Good => "(a valid Create is never refused)",
        Create::EditedExternalId => "verification_failed: external_id_mismatch: ",
        Create::WrongProperty => "malformed_request: The property RoleArn ",
        Create::UnassumableRole => "verification_failed: role_unassumable: ",
    };
    assert!(hub_is_unwell || reason.starts_with(expected), "{reason}");
}

pub fn about_the_answer_to_a_preflight(
    stage: &Stage,
    preflight: Preflight,
    fate: Fate,
    answer: &Value,
) {
    let reason = answer["Reason"].as_str().unwrap_or_default();
    assert_eq!(
        stage.customers.calls_to_sts(),
        0,
        "the preflight called STS"
    );
    if answer["Status"] == "SUCCESS" {
        assert_eq!(preflight, Preflight::Good);
        let id = format!("rolecall/preflight/{}", stage.registration.registration_id);
        assert_eq!(answer["PhysicalResourceId"], json!(id));
        return;
    }
    let expected = match preflight {
        Preflight::None | Preflight::Good => "(a valid preflight is never refused)",
        Preflight::EditedExternalId => "verification_failed: external_id_mismatch: ",
        Preflight::WrongProperty => "malformed_request: The property TemplateVersion ",
    };
    let unwell = ["internal_error: ", "deadline_exceeded: "];
    let hub_is_unwell =
        matches!(fate, Fate::TableFails(_)) && unwell.iter().any(|code| reason.starts_with(code));
    assert!(hub_is_unwell || reason.starts_with(expected), "{reason}");
}

/// The stack is gone, so nothing is in progress. A stack that created nothing, or that never reported
/// a role, is no orphaned stack.
pub fn about_the_attempt(stage: &Stage, script: &Script, passed: bool) {
    let registration = stage
        .current_registration()
        .now_or_never()
        .expect("no waiting");
    if script.preflight == Preflight::None {
        return;
    }
    assert_eq!(registration.started, [], "a deleted stack is in progress");
    let reported = passed && !script.another_resource_fails;
    if reported {
        return;
    }
    assert!(of_this_stack(stage).is_none() && orphaned_stack(stage).is_none());
    assert_eq!(stage.customers.calls_to_sts(), 0);
    let code = registration.last_attempt.map(|last| last.code.as_str());
    if passed {
        assert_eq!(code, Some("stack_rolled_back"));
    } else if script.deleted_during_preflight.is_none() {
        assert!(code.is_some(), "the refused preflight is not recorded");
    }
}

fn of_this_stack(stage: &Stage) -> Option<Account> {
    let mut accounts = stage.accounts().now_or_never().expect("no waiting");
    accounts.retain(|account| account.stack_id == stack());
    assert!(accounts.len() <= 1, "one stack was recorded twice");
    accounts.pop()
}

fn orphaned_stack(stage: &Stage) -> Option<OrphanedStack> {
    stage.orphans(&stack()).now_or_never().expect("no waiting")
}

/// CloudFormation received SUCCESS, so the account is recorded with the stack's role.
pub fn about_a_stack_that_is_there(stage: &Stage, properties: &Value) {
    about_answers(stage);
    let account = of_this_stack(stage).expect("the account is lost");
    assert_eq!(*account.state(), AccountState::Active);
    assert_eq!(json!(account.role.arn), properties["RoleArn"]);
    assert_eq!(
        account.reported_role, None,
        "a role that no longer exists is still pending"
    );
}

/// Nothing appears connected, and the Delete is recorded.
pub fn about_a_stack_that_is_gone(stage: &Stage, was_created: bool) {
    about_answers(stage);
    let account = of_this_stack(stage);
    assert!(account.is_some() || !was_created, "the account is lost");
    if let Some(account) = account {
        let AccountState::Disconnected { evidence, .. } = account.state() else {
            panic!("the account still appears connected: {:?}", account.state());
        };
        assert!(
            evidence
                .iter()
                .any(|seen| seen.kind == EvidenceKind::DeleteCallback)
        );
        assert!(
            orphaned_stack(stage).is_none(),
            "recorded as an account and as an orphaned stack"
        );
    } else if let Some(entry) = orphaned_stack(stage) {
        assert!(
            entry
                .evidence()
                .iter()
                .any(|seen| seen.kind == EvidenceKind::DeleteCallback)
        );
        assert_eq!(entry.status().as_str(), "deleting");
    }
}

/// Everything that is recorded about the stack.
pub fn state(stage: &Stage) -> (Option<Account>, Option<OrphanedStack>, usize) {
    (
        of_this_stack(stage),
        orphaned_stack(stage),
        stage.store.trail().len(),
    )
}
