//! The Delete of the resource that a stack creates before everything else: the end of an attempt, or
//! evidence that CloudFormation has tried to delete the role.

use crate::world::{World, last_code, reason, role, stack};
use rolecall_domain::SignedDuration;
use rolecall_domain::check::AssumeOutcome;
use rolecall_domain::ports::ScheduleStore;
use rolecall_domain::record::account::AccountState;
use rolecall_domain::record::orphan::OrphanedStackStatus;
use rolecall_domain::schedule::Subject;
use rolecall_testing::FakeCustomers;
use rolecall_usecases::{Env, TemplateCache, check_account_when_due, check_orphan};
use serde_json::json;

/// Runs the check that is now due.
async fn check(world: &World<FakeCustomers>) {
    let account = world.accounts().await.remove(0);
    let subject = Subject::Account(account.account_id.clone());
    let env = &world.callback.env;
    let schedule = env.store().check_schedule(&account.tenant, &subject).await;
    let schedule = schedule.expect("read").expect("there");
    assert_eq!(schedule.next_check_at, Some(env.now()), "not due at once");
    let templates = TemplateCache::default();
    let checked = check_account_when_due(env, account, &schedule, &templates);
    checked.await.expect("checked");
}

#[tokio::test]
async fn rolled_back_stack_ends_its_attempt() {
    let world = World::new().await;
    world.pass_preflight().await;
    world.ask(&world.preflight_delete("delete")).await;
    let current = world.current().await;
    assert_eq!(last_code(&current), Some("stack_rolled_back"));
    assert_eq!(current.progress(), None);
    assert!(world.orphans().await.is_empty());
    // Neither resource of the deleted stack can be created anymore.
    let again = world.ask(&world.preflight("Create", "late")).await;
    assert!(reason(&again).starts_with("conflict: "), "{again}");
    let late = world.ask(&world.request("Create", "late-too")).await;
    assert!(reason(&late).starts_with("conflict: "), "{late}");
    assert!(world.accounts().await.is_empty());
}

#[tokio::test]
async fn refused_stack_is_gone_after_one_refusal_since_its_preflights_delete() {
    let world = World::new().await;
    world.pass_preflight().await;
    let customers = &world.callback.env.customers;
    customers.change_role(&role("R"), |role| {
        role.sts_says = Some(AssumeOutcome::Refused)
    });
    let refused = world.ask(&world.request("Create", "create")).await;
    assert_eq!(refused["Status"], "FAILED");
    world.ask(&world.preflight_delete("delete")).await;
    let env = &world.callback.env;
    let entry = world.orphans().await.remove(0);
    let subject = Subject::Stack(entry.orphaned_stack_id.clone());
    let schedule = env.store().check_schedule(&entry.tenant, &subject).await;
    let due = schedule.expect("read").expect("there").next_check_at;
    assert_eq!(due, Some(env.now()), "the role is not tested at once");
    let checked = check_orphan(env, &entry.tenant, &entry.orphaned_stack_id);
    let entry = checked.await.expect("checked").expect("there");
    assert_eq!(entry.status(), OrphanedStackStatus::Gone);
    // The refusal stays the last attempt: the roll-back is its consequence.
    assert_eq!(
        last_code(&world.current().await),
        Some("verification_failed")
    );
}

#[tokio::test]
async fn deleted_account_is_deregistered_after_one_refusal_since_its_preflights_delete() {
    let world = World::new().await;
    world.pass_preflight().await;
    world.register().await;
    world
        .ask(&world.request_about("Delete", "delete", "rolecall/x"))
        .await;
    world.callback.env.customers.delete_role(&role("R"));
    world.ask(&world.preflight_delete("last")).await;
    check(&world).await;
    assert!(world.accounts().await.is_empty(), "it is still connected");
    assert_eq!(world.orphans().await[0].status(), OrphanedStackStatus::Gone);
}

#[tokio::test]
async fn account_stays_connected_if_an_update_drops_only_the_preflight() {
    let world = World::new().await;
    world.pass_preflight().await;
    world.register().await;
    let complete = rolecall_domain::check::StackStatus::UpdateComplete;
    let customers = &world.callback.env.customers;
    customers.change_stack(&stack(), |stack| stack.status = complete);
    world.ask(&world.preflight_delete("dropped")).await;
    assert_eq!(*world.accounts().await[0].state(), AccountState::Active);
    check(&world).await;
    let account = world.accounts().await.remove(0);
    assert_eq!(*account.state(), AccountState::Active);
    assert_eq!(account.preflight_deleted_at(), None, "it was contradicted");
}

/// An update that adds the preflight and is rolled back deletes it, while the stack lives.
#[tokio::test]
async fn preflights_delete_alone_proves_no_deletion() {
    let world = World::new().await;
    world.pass_preflight().await;
    world.register().await;
    world.callback.env.customers.delete_role(&role("R"));
    world.ask(&world.preflight_delete("last")).await;
    check(&world).await;
    let account = world.accounts().await.remove(0);
    assert!(account.is_connected(), "{:?}", account.state());
    assert!(world.orphans().await.is_empty());
    // The Delete of the registration is the signal.
    let deleted = world.request_about("Delete", "delete", "rolecall/x");
    world.ask(&deleted).await;
    world
        .callback
        .env
        .host
        .advance(SignedDuration::from_mins(5));
    check(&world).await;
    let orphan = world.orphans().await.remove(0);
    assert_eq!(orphan.status(), OrphanedStackStatus::Gone);
}

#[tokio::test]
async fn retained_role_is_not_gone_when_it_is_refused_later() {
    let world = World::new().await;
    world.pass_preflight().await;
    world.register().await;
    world
        .ask(&world.request_about("Delete", "delete", "rolecall/x"))
        .await;
    world.ask(&world.preflight_delete("last")).await;
    check(&world).await;
    let env = &world.callback.env;
    env.host.advance(SignedDuration::from_mins(5));
    env.customers.change_role(&role("R"), |role| {
        role.sts_says = Some(AssumeOutcome::Refused)
    });
    let account = world.accounts().await.remove(0);
    let trigger = rolecall_domain::check::Trigger::Scheduled;
    let checked = rolecall_usecases::check_account(env, account, trigger);
    checked.await.expect("checked");
    let account = world.accounts().await.remove(0);
    assert!(matches!(account.state(), AccountState::Disconnected { .. }));
}

#[tokio::test]
async fn delete_of_another_or_a_refused_preflight_changes_nothing() {
    let world = World::new().await;
    world.pass_preflight().await;
    world.register().await;
    let before = world.callback.env.store.trail().len();
    let mut other = world.preflight_delete("d1");
    other["LogicalResourceId"] = json!("Another");
    let mut refused = world.preflight_delete("d2");
    refused["PhysicalResourceId"] = json!("rolecall/refused/first");
    let mut other_stack = world.preflight_delete("d3");
    other_stack["StackId"] = json!(format!("{}0", stack()));
    for request in [other, refused, other_stack] {
        assert_eq!(world.ask(&request).await["Status"], "SUCCESS");
    }
    assert_eq!(world.callback.env.store.trail().len(), before);
}
