//! Create, Update and Delete in the orders that CloudFormation can produce.

use crate::world::{World, role, stack};
use rolecall_domain::SignedDuration;
use rolecall_domain::check::{AssumeOutcome, StackStatus, Trigger, Verdict};
use rolecall_domain::ports::{Lists, ScheduleStore};
use rolecall_domain::record::account::AccountState;
use rolecall_domain::record::orphan::OrphanedStackStatus;
use rolecall_domain::schedule::Subject;
use rolecall_usecases::{Env, check_account, deregister};
use serde_json::{Value, json};

async fn registered() -> World<rolecall_testing::FakeCustomers> {
    let world = World::new().await;
    let answer = world.ask(&world.request("Create", "create")).await;
    assert_eq!(answer["Status"], "SUCCESS", "{answer}");
    world
}

fn physical_id(answer: &Value) -> &str {
    answer["PhysicalResourceId"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn create_records_the_account_and_returns_the_registration_as_physical_id() {
    let world = registered().await;
    let accounts = world.accounts().await;
    assert_eq!(*accounts[0].state(), AccountState::Active);
    let answer = world.ask(&world.request("Create", "create")).await;
    assert_eq!(
        physical_id(&answer),
        format!("rolecall/{}", world.registration.registration_id)
    );
}

#[tokio::test]
async fn second_stack_of_a_used_link_is_refused_and_tracked() {
    let world = registered().await;
    let mut other = world.request("Create", "other");
    other["StackId"] = json!("arn:aws:cloudformation:us-east-1:222222222222:stack/other/def");
    let answer = world.ask(&other).await;
    assert!(
        answer["Reason"]
            .as_str()
            .expect("failed")
            .starts_with("registration_used: ")
    );
    assert_eq!(physical_id(&answer), "rolecall/refused/other");
    // The rollback that follows must not affect the recorded account.
    let mut delete = other.clone();
    delete["RequestType"] = json!("Delete");
    delete["RequestId"] = json!("roll-back");
    delete["PhysicalResourceId"] = json!("rolecall/refused/other");
    assert_eq!(world.ask(&delete).await["Status"], "SUCCESS");
    assert_eq!(*world.accounts().await[0].state(), AccountState::Active);
    let orphans = world.orphans().await;
    assert_eq!(orphans.len(), 1);
    assert_eq!(orphans[0].status(), OrphanedStackStatus::Deleting);
    assert_eq!(
        orphans[0].evidence().iter().count(),
        1,
        "the Delete is recorded as evidence"
    );
}

#[tokio::test]
async fn edited_external_id_is_refused_by_name_without_calling_sts() {
    let world = World::new().await;
    let mut request = world.request("Create", "create");
    request["ResourceProperties"]["ExternalId"] = json!("chosen-by-the-customer");
    let answer = world.ask(&request).await;
    assert!(
        answer["Reason"]
            .as_str()
            .expect("failed")
            .contains("external_id_mismatch"),
        "{answer}"
    );
    assert_eq!(world.callback.env.customers.calls_to_sts(), 0);
}

#[tokio::test]
async fn role_without_external_id_condition_is_not_recorded() {
    let world = World::new().await;
    world
        .callback
        .env
        .customers
        .change_role(&role("R"), |role| role.enforces_external_id = false);
    let answer = world.ask(&world.request("Create", "create")).await;
    assert!(
        answer["Reason"]
            .as_str()
            .expect("failed")
            .contains("external_id_not_enforced"),
        "{answer}"
    );
    assert!(world.accounts().await.is_empty());
}

#[tokio::test]
async fn role_that_never_propagates_is_retried_then_refused() {
    let world = World::new().await;
    let customers = &world.callback.env.customers;
    customers.change_role(&role("R"), |role| {
        role.sts_says = Some(AssumeOutcome::Refused)
    });
    let answer = world.ask(&world.request("Create", "create")).await;
    assert!(
        answer["Reason"]
            .as_str()
            .expect("failed")
            .contains("role_unassumable"),
        "{answer}"
    );
    assert!(customers.calls_to_sts() > 3, "it was not retried");
}

#[tokio::test]
async fn delete_before_its_create_leaves_no_account() {
    let world = World::new().await;
    let delete = world.request_about("Delete", "delete", "made-up-by-cloudformation");
    assert_eq!(world.ask(&delete).await["Status"], "SUCCESS");
    let answer = world.ask(&world.request("Create", "create")).await;
    assert_eq!(answer["Status"], "FAILED", "{answer}");
    assert!(world.accounts().await.is_empty());
    // The stack was read during verification.
    assert_eq!(world.orphans().await[0].evidence().iter().count(), 2);
}

#[tokio::test]
async fn repeated_delete_of_unknown_resource_succeeds() {
    let world = World::new().await;
    for (request_id, physical_id) in [("d1", "made-up"), ("d1", "made-up"), ("d2", "rolecall/x")] {
        let answer = world
            .ask(&world.request_about("Delete", request_id, physical_id))
            .await;
        assert_eq!(answer["Status"], "SUCCESS");
        assert_eq!(self::physical_id(&answer), physical_id);
    }
    let nameless = world.ask(&world.request("Delete", "d3")).await;
    assert_eq!(nameless["Status"], "SUCCESS");
    assert_eq!(physical_id(&nameless), "rolecall/unknown/d3");
    assert!(world.accounts().await.is_empty() && world.orphans().await.is_empty());
    assert_eq!(world.callback.env.customers.calls_to_sts(), 0);
}

#[tokio::test]
async fn delete_with_any_physical_id_disconnects_the_account() {
    let world = registered().await;
    let delete = world.request_about("Delete", "delete", "rolecall-1-Registration-1ABC");
    let answer = world.ask(&delete).await;
    assert_eq!(answer["Status"], "SUCCESS");
    assert_eq!(physical_id(&answer), "rolecall-1-Registration-1ABC");
    assert!(matches!(
        world.accounts().await[0].state(),
        AccountState::Disconnected { .. }
    ));
}

#[tokio::test]
async fn deregistered_account_keeps_its_last_report() {
    let world = registered().await;
    world
        .ask(&world.request_about("Delete", "delete", "rolecall/x"))
        .await;
    let account = world.accounts().await.remove(0);
    let subject = Subject::Account(account.account_id.clone());
    let store = &world.callback.env.store;
    let soon = store
        .check_schedule(&account.tenant, &subject)
        .await
        .expect("read")
        .expect("kept");
    assert!(
        soon.next_check_at.expect("due") < world.callback.env.now() + SignedDuration::from_hours(1)
    );
    let tenant = account.tenant.clone();
    deregister(
        &world.callback.env,
        account,
        &rolecall_domain::text::Actor::Hub,
    )
    .await
    .expect("deregistered");
    let ended = store
        .check_schedule(&tenant, &subject)
        .await
        .expect("read")
        .expect("kept");
    assert_eq!(ended.next_check_at, None);
    let report = store.report(&tenant, &subject).await.expect("read");
    assert!(report.is_some());
}

#[tokio::test]
async fn delete_of_another_resource_or_stack_changes_nothing() {
    let world = registered().await;
    let mut other_resource = world.request_about("Delete", "d1", "x");
    other_resource["LogicalResourceId"] = json!("Another");
    assert_eq!(world.ask(&other_resource).await["Status"], "SUCCESS");
    let mut other_stack = world.request_about("Delete", "d2", "x");
    other_stack["StackId"] = json!("arn:aws:cloudformation:us-east-1:222222222222:stack/other/def");
    assert_eq!(world.ask(&other_stack).await["Status"], "SUCCESS");
    let refused = world.request_about("Delete", "d3", "rolecall/refused/another");
    assert_eq!(world.ask(&refused).await["Status"], "SUCCESS");
    assert_eq!(*world.accounts().await[0].state(), AccountState::Active);
}

#[tokio::test]
async fn update_replaces_the_role_and_rollback_restores_it_with_the_same_physical_id() {
    let world = registered().await;
    let id = format!("rolecall/{}", world.registration.registration_id);
    world.make_role("R2", 'B');
    let customers = &world.callback.env.customers;
    customers.change_stack(&stack(), |stack| {
        stack.status = StackStatus::UpdateInProgress
    });
    let mut update = world.request_about("Update", "update", &id);
    update["OldResourceProperties"] = update["ResourceProperties"].clone();
    update["ResourceProperties"]["RoleArn"] = json!(role("R2"));
    let answer = world.ask(&update).await;
    assert_eq!(
        (answer["Status"].as_str(), physical_id(&answer)),
        (Some("SUCCESS"), id.as_str())
    );
    assert_eq!(world.accounts().await[0].role.arn, role("R2"));

    let mut back = world.request_about("Update", "roll-back", &id);
    back["OldResourceProperties"] = update["ResourceProperties"].clone();
    assert_eq!(world.ask(&back).await["Status"], "SUCCESS");
    let account = &world.accounts().await[0];
    assert_eq!(account.role.arn, role("R"));
    assert_eq!(
        account.previous_role.as_ref().expect("kept").arn,
        role("R2")
    );
}

#[tokio::test]
async fn update_with_unusable_role_succeeds_and_keeps_the_recorded_role() {
    let world = registered().await;
    let mut update = world.request_about("Update", "update", "rolecall/x");
    update["ResourceProperties"]["RoleArn"] = json!(role("Missing"));
    update["OldResourceProperties"] = json!({});
    assert_eq!(world.ask(&update).await["Status"], "SUCCESS");
    assert_eq!(world.accounts().await[0].role.arn, role("R"));
}

#[tokio::test]
async fn update_with_changed_external_id_is_refused_and_unchanged_update_succeeds() {
    let world = registered().await;
    let mut update = world.request_about("Update", "u1", "rolecall/x");
    update["OldResourceProperties"] = update["ResourceProperties"].clone();
    assert_eq!(world.ask(&update).await["Status"], "SUCCESS");
    update["RequestId"] = json!("u2");
    update["ResourceProperties"]["ExternalId"] = json!("another-one");
    let answer = world.ask(&update).await;
    assert_eq!(answer["Status"], "FAILED");
    assert!(!answer.to_string().contains("another-one"));
}

#[tokio::test]
async fn delete_after_deregistration_marks_the_orphaned_stack_deleting() {
    let world = registered().await;
    let env = &world.callback.env;
    let account = world.accounts().await.remove(0);
    deregister(env, account, &rolecall_domain::text::Actor::Hub)
        .await
        .expect("deregistered");
    let late_update = world.request_about("Update", "update", "rolecall/x");
    assert_eq!(world.ask(&late_update).await["Status"], "SUCCESS");
    let delete = world.request_about("Delete", "delete", "rolecall/x");
    assert_eq!(world.ask(&delete).await["Status"], "SUCCESS");
    let entry = world.orphans().await.remove(0);
    assert_eq!(entry.stack_id, stack());
    assert_eq!(entry.status(), OrphanedStackStatus::Deleting);
}

#[tokio::test]
async fn role_not_ready_during_update_is_adopted_by_a_later_check() {
    let world = registered().await;
    world.make_role("R2", 'B');
    let customers = &world.callback.env.customers;
    customers.change_stack(&stack(), |stack| {
        stack.status = StackStatus::UpdateInProgress
    });
    customers.change_role(&role("R2"), |role| {
        role.sts_says = Some(AssumeOutcome::Throttled)
    });
    let mut update = world.request_about("Update", "update", "rolecall/x");
    update["OldResourceProperties"] = update["ResourceProperties"].clone();
    update["ResourceProperties"]["RoleArn"] = json!(role("R2"));
    assert_eq!(world.ask(&update).await["Status"], "SUCCESS");
    assert_eq!(world.accounts().await[0].role.arn, role("R"));

    customers.change_role(&role("R2"), |role| role.sts_says = None);
    customers.delete_role(&role("R"));
    customers.change_stack(&stack(), |stack| stack.status = StackStatus::UpdateComplete);
    let account = world.accounts().await.remove(0);
    let report = check_account(&world.callback.env, account, Trigger::Scheduled).await;
    let report = report.expect("checked").expect("a report");
    assert_eq!(report.verdict, Verdict::Passed, "{report:?}");
    let account = world.accounts().await.remove(0);
    assert_eq!(
        (account.role.arn, account.reported_role),
        (role("R2"), None)
    );
}

#[tokio::test]
async fn delete_of_another_resource_adds_no_evidence_to_the_orphaned_stack() {
    let world = registered().await;
    let account = world.accounts().await.remove(0);
    let env = &world.callback.env;
    deregister(env, account, &rolecall_domain::text::Actor::Hub)
        .await
        .expect("deregistered");
    let mut other = world.request_about("Delete", "d1", "x");
    other["LogicalResourceId"] = json!("Another");
    world.ask(&other).await;
    world
        .ask(&world.request_about("Delete", "d2", "rolecall/refused/r"))
        .await;
    let entry = world.orphans().await.remove(0);
    assert!(
        matches!(entry.status(), OrphanedStackStatus::Orphaned { .. }),
        "{entry:?}"
    );
}

#[tokio::test]
async fn orphaned_stacks_created_by_one_token_are_bounded() {
    let world = registered().await;
    for number in 0..60 {
        let mut request = world.request("Create", &format!("r{number}"));
        let id = format!("arn:aws:cloudformation:us-east-1:222222222222:stack/s{number}/x");
        request["StackId"] = json!(id);
        assert_eq!(world.ask(&request).await["Status"], "FAILED");
    }
    let slice = rolecall_domain::ports::Slice::first(100);
    let tenant = &world.registration.tenant;
    let entries = world
        .callback
        .env
        .store
        .orphaned_stacks(tenant, None, &slice)
        .await;
    assert_eq!(entries.expect("listed").items.len(), 50);
}
