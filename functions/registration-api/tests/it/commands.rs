//! Commands in responses that depend on the state of the stack at the last check.

use crate::world::{ACME, World, tenant, text};
use rolecall_domain::aws::{Nested, StackId};
use rolecall_domain::check::{Check, CheckCode, StackStatus};
use rolecall_domain::messages::{Language, Message};
use rolecall_domain::ports::{Clock, ScheduleStore};
use rolecall_domain::record::account::Account;
use rolecall_domain::schedule::Subject;
use serde_json::{Value, json};

/// The entry of the account's stack, as its deregistration and its own page show it.
async fn orphaned_stack(world: &World, account: &str) -> [Value; 2] {
    let asked = format!("DELETE /v1/accounts/{account}");
    let left = world.expect(ACME, &asked, Value::Null, 200).await;
    let id = text(&left["orphaned_stack"], "orphaned_stack_id");
    let asked = format!("GET /v1/orphaned-stacks/{id}");
    let read = world.expect(ACME, &asked, Value::Null, 200).await;
    [left["orphaned_stack"].clone(), read]
}

/// The role is deleted between the last check and the deregistration, so nothing can be read later.
#[tokio::test]
async fn protection_of_an_unreadable_stack_is_remembered_after_deregistration() {
    let world = World::new();
    let customers = &world.api.env.customers;
    for fails_before in [false, true] {
        let (account, stack) = world.connect(ACME).await;
        customers.change_stack(&stack.stack_id, |made| made.protected = true);
        let asked = format!("POST /v1/accounts/{}/checks", account.account_id);
        world.expect(ACME, &asked, json!({}), 200).await;
        customers.delete_role(&stack.role_arn);
        if fails_before {
            world.wait(60_000);
            world.expect(ACME, &asked, json!({}), 422).await;
        }
        for view in orphaned_stack(&world, account.account_id.as_str()).await {
            assert_eq!(view["stack_protected"], true, "{view}");
            let command = text(&view, "delete_command");
            let (first, then) = command.split_once(" && ").expect("two commands");
            assert!(first.contains("--no-enable-termination-protection"));
            assert!(then.contains("delete-stack"), "{command}");
        }
    }
}

#[tokio::test]
async fn nested_stack_is_not_deleted_behind_its_parent() {
    let world = World::new();
    let (account, stack) = world.connect(ACME).await;
    let parent = stack.stack_id.as_str().replace("stack/", "stack/parent-");
    let parent = StackId::parse(parent).expect("valid");
    let customers = &world.api.env.customers;
    customers.change_stack(&stack.stack_id, |made| {
        let root = parent.clone();
        made.nested = Some(Nested { root, parent });
    });
    let asked = format!("POST /v1/accounts/{}/checks", account.account_id);
    world.expect(ACME, &asked, json!({}), 200).await;
    for view in orphaned_stack(&world, account.account_id.as_str()).await {
        assert_eq!(view["delete_command"], Value::Null, "{view}");
        let remedy = text(&view, "remedy");
        assert!(remedy.contains("parent stack parent-rolecall"), "{remedy}");
    }
}

#[tokio::test]
async fn update_of_companion_roles_first_rolls_back_the_failed_update() {
    let world = World::new();
    let (account, stack) = world.connect(ACME).await;
    let customers = &world.api.env.customers;
    customers.change_stack(&stack.stack_id, |made| {
        made.status = StackStatus::UpdateRollbackFailed;
        let reason = "The following resource(s) failed to update: [SelfInspection]. ";
        made.status_reason = Some(reason.to_owned());
    });
    let asked = format!("POST /v1/accounts/{}/checks", account.account_id);
    world.expect(ACME, &asked, json!({}), 200).await;
    let asked = format!("PUT /v1/accounts/{}/companion-roles", account.account_id);
    let body = json!({"companion_roles": [{"kind": "ec2-instance"}]});
    let view = world.expect(ACME, &asked, body, 200).await;
    let command = text(&view["update"], "command");
    let commands: Vec<&str> = command.split(" && ").collect();
    let words = |at: usize| commands[at].split(' ').nth(2);
    assert_eq!(words(0), Some("continue-update-rollback"), "{command}");
    assert!(commands[0].ends_with("--resources-to-skip SelfInspection"));
    assert_eq!(words(1), Some("wait"), "{command}");
    assert_eq!(words(2), Some("update-stack"), "{command}");
}

/// The check of the companion role in the report of a check on demand.
async fn checked(world: &World, account: &Account, code: CheckCode) -> Check {
    world.wait(60_000);
    let asked = format!("POST /v1/accounts/{}/checks", account.account_id);
    world.ask(ACME, &asked, &json!({})).await;
    let subject = Subject::Account(account.account_id.clone());
    let store = &world.api.env.store;
    let report = store.report(&tenant(ACME), &subject).await;
    let mut report = report.expect("read").expect("checked");
    assert_eq!(report.checked_at, world.api.env.host.now());
    let mut checks = report.companion_roles.remove(0).checks.into_iter();
    checks.find(|check| check.code == code).expect("the check")
}

#[tokio::test]
async fn deleted_policies_and_versions_are_in_no_command() {
    let world = World::new();
    let customers = &world.api.env.customers;
    let aws_account_id = "222222222222";
    let arn = format!("arn:aws:iam::{aws_account_id}:policy/Given");
    let options = json!({"trusted_account_id": "333333333333", "policies": [arn]});
    let role = json!({"kind": "switch-role", "options": options});
    let group = world.group(ACME).await;
    let connected = world.connect_with(ACME, &group, aws_account_id, &role);
    let (account, stack, role) = connected.await;
    let allows = |action: &str| {
        let statement = json!({"Effect": "Allow", "Action": action, "Resource": "*"});
        json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
    };
    let set = |action: &str| {
        customers.change_role(&role, |role| {
            role.attached_policies.insert(arn.clone());
        });
        customers.change_role(&stack.role_arn, |role| {
            role.policy_documents.insert(arn.clone(), allows(action));
        });
    };
    set("s3:GetObject");
    let (changed, missing) = (CheckCode::PolicyChanged, CheckCode::PolicyMissing);
    checked(&world, &account, changed).await;
    set("s3:*");
    let command = checked(&world, &account, changed).await.command;
    let command = command.expect("the former version exists");
    assert!(command.contains("set-default-policy-version"), "{command}");
    customers.change_role(&stack.role_arn, |role| {
        role.pruned_policies.insert(arn.clone());
    });
    assert_eq!(checked(&world, &account, changed).await.command, None);

    customers.change_role(&role, |role| role.attached_policies.clear());
    let command = checked(&world, &account, missing).await.command;
    let command = command.expect("the policy exists");
    assert!(command.contains("attach-role-policy"), "{command}");
    customers.change_role(&stack.role_arn, |role| role.policy_documents.clear());
    let gone = checked(&world, &account, missing).await;
    assert_eq!(gone.command, None);
    let remedy = gone.remedy.expect("a remedy").text(Language::English);
    assert!(remedy.contains("Given"), "{remedy}");
}
