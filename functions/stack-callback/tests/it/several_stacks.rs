//! Several stacks in one AWS account, and a stack that is updated and rolled back.

use crate::world::{World, role, stack};
use rolecall_domain::aws::StackId;
use rolecall_domain::check::{AssumeOutcome, StackStatus};
use rolecall_domain::record::account::AccountState;
use rolecall_domain::record::orphan::OrphanedStackStatus;
use rolecall_domain::text::Actor;
use rolecall_testing::FakeCustomers;
use rolecall_usecases::{check_orphan, deregister};
use serde_json::{Value, json};

/// The account is connected; a second registration's Create comes from a stack in another Region.
async fn second_region(allow_duplicate: bool) -> (World<FakeCustomers>, Value, Value) {
    let world = World::new().await;
    let first = world.ask(&world.request("Create", "first")).await;
    assert_eq!(first["Status"], "SUCCESS");
    let (registration, token) = world
        .register_another(|registration| registration.allow_duplicate = allow_duplicate)
        .await;
    let elsewhere = "arn:aws:cloudformation:eu-west-1:222222222222:stack/rolecall-2/def";
    let customers = &world.callback.env.customers;
    world.make_role_of(
        "R2",
        'B',
        &registration,
        &StackId::parse(elsewhere).expect("valid"),
    );
    customers.change_stack(&stack(), |stack| stack.status = StackStatus::CreateComplete);
    let mut create = world.request("Create", "second");
    create["StackId"] = json!(elsewhere);
    create["ResourceProperties"]["RegistrationToken"] = json!(token);
    create["ResourceProperties"]["ExternalId"] = json!(registration.external_id);
    create["ResourceProperties"]["RoleArn"] = json!(role("R2"));
    let answer = world.ask(&create).await;
    (world, create, answer)
}

#[tokio::test]
async fn stack_set_over_several_regions_connects_the_account_once() {
    let (world, create, answer) = second_region(false).await;
    let reason = answer["Reason"].as_str().unwrap_or_default();
    assert!(
        reason.starts_with("account_already_connected: "),
        "{answer}"
    );
    let mut delete = create.clone();
    delete["RequestType"] = json!("Delete");
    delete["RequestId"] = json!("roll-back");
    delete["PhysicalResourceId"] = answer["PhysicalResourceId"].clone();
    assert_eq!(world.ask(&delete).await["Status"], "SUCCESS");
    let accounts = world.accounts().await;
    assert_eq!(accounts.len(), 1);
    assert_eq!(
        (&accounts[0].stack_id, accounts[0].state()),
        (&stack(), &AccountState::Active)
    );
}

#[tokio::test]
async fn duplicate_account_is_connected_with_its_own_stack_and_role() {
    let (world, create, answer) = second_region(true).await;
    assert_eq!(answer["Status"], "SUCCESS", "{answer}");
    let mut delete = create.clone();
    delete["RequestType"] = json!("Delete");
    delete["RequestId"] = json!("delete");
    delete["PhysicalResourceId"] = answer["PhysicalResourceId"].clone();
    assert_eq!(world.ask(&delete).await["Status"], "SUCCESS");
    let accounts = world.accounts().await;
    let active: Vec<_> = accounts
        .iter()
        .filter(|it| *it.state() == AccountState::Active)
        .collect();
    assert_eq!((accounts.len(), active.len()), (2, 1));
    assert_eq!(active[0].stack_id, stack());
}

#[tokio::test]
async fn rollback_to_the_former_role_succeeds_even_if_its_checks_fail() {
    let world = World::new().await;
    world.ask(&world.request("Create", "create")).await;
    world.make_role("R2", 'B');
    let customers = &world.callback.env.customers;
    customers.change_stack(&stack(), |stack| {
        stack.status = StackStatus::UpdateInProgress
    });
    let mut update = world.request_about("Update", "update", "rolecall/x");
    update["OldResourceProperties"] = update["ResourceProperties"].clone();
    update["ResourceProperties"]["RoleArn"] = json!(role("R2"));
    assert_eq!(world.ask(&update).await["Status"], "SUCCESS");
    assert_eq!(world.accounts().await[0].role.arn, role("R2"));

    customers.change_role(&role("R"), |role| role.inline_policies.clear());
    let mut back = world.request_about("Update", "back", "rolecall/x");
    back["OldResourceProperties"] = update["ResourceProperties"].clone();
    assert_eq!(world.ask(&back).await["Status"], "SUCCESS");
    let account = world.accounts().await.remove(0);
    assert_eq!((account.role.arn, account.reported_role), (role("R"), None));

    // The update is delivered again, long after the stack was rolled back.
    update["RequestId"] = json!("late");
    let sent_at = crate::world::start() - rolecall_domain::SignedDuration::from_mins(1);
    let late = json!({ "Message": update.to_string(), "Timestamp": sent_at });
    let answer = world.ask(&json!({ "Records": [{ "Sns": late }] })).await;
    assert_eq!(answer["Status"], "SUCCESS");
    let account = world.accounts().await.remove(0);
    assert_eq!((account.role.arn, account.reported_role), (role("R"), None));
}

#[tokio::test]
async fn refused_stack_that_registers_later_is_tracked_by_its_account_only() {
    let world = World::new().await;
    let env = &world.callback.env;
    let sts_says = |outcome: Option<AssumeOutcome>| {
        env.customers
            .change_role(&role("R"), |role| role.sts_says = outcome);
    };
    sts_says(Some(AssumeOutcome::Refused));
    let refused = world.ask(&world.request("Create", "first")).await;
    assert_eq!(refused["Status"], "FAILED");
    let kept = world.orphans().await.remove(0);
    // The customer kept the failed stack and resumed it, so CloudFormation creates the resource again.
    sts_says(None);
    let made = world.ask(&world.request("Create", "again")).await;
    assert_eq!(made["Status"], "SUCCESS", "{made}");
    // The account is registered and deregistered between two checks of the orphaned stack.
    let account = world.accounts().await.remove(0);
    let (_, left) = deregister(env, account, &Actor::Hub)
        .await
        .expect("deregistered");
    let checked = check_orphan(env, &kept.tenant, &kept.orphaned_stack_id);
    let kept = checked.await.expect("checked").expect("there");
    assert_eq!(kept.status(), OrphanedStackStatus::Dismissed);
    assert!(left.is_open());
}
