//! The roles that a stack reports are not used before they are verified: anyone who can read the
//! stack's token can send an Update that names any role of the account.

use crate::world::{World, role, stack};
use rolecall_domain::aws::{RoleArn, RoleUniqueId};
use rolecall_domain::check::CheckCode;
use rolecall_domain::check::{StackStatus, Trigger, Verdict};
use rolecall_domain::companion::{DeployedRole, Kind};
use rolecall_domain::link::template::TemplateId;
use rolecall_domain::people::{source_policies, switch_role};
use rolecall_domain::record::account::Account;
use rolecall_domain::template::SELF_INSPECTION;
use rolecall_testing::{FakeCustomers, FakeRole};
use rolecall_usecases::check_account;
use serde_json::{Value, json};

const ADMIN: &str = "arn:aws:iam::222222222222:role/OrganizationAccountAccessRole";

const BASTION: &str = "333333333333";

/// A template with a switch role for this account's users.
async fn template(world: &World<FakeCustomers>, bastion: &str) -> TemplateId {
    let options = json!({"trusted_account_id": bastion, "policies": ["ReadOnlyAccess"]});
    let roles = json!([{"kind": "switch-role", "options": options}]);
    world.keep_template(&roles).await
}

fn claimed(arn: &str) -> Value {
    json!([{"Kind": "switch-role", "RoleArn": arn}])
}

/// A request of a stack that reports the template with the switch role.
async fn request(world: &World<FakeCustomers>, kind: &str, id: &str, roles: Value) -> Value {
    let mut request = world.request_about(kind, id, "rolecall/x");
    request["OldResourceProperties"] = json!({});
    request["ResourceProperties"]["CompanionRoles"] = roles;
    request["ResourceProperties"]["TemplateId"] = json!(template(world, BASTION).await);
    request
}

fn iam_has(world: &World<FakeCustomers>, arn: &str, letter: char) {
    let env = &world.callback.env;
    let unique_id = RoleUniqueId::parse(format!("AROA{}", letter.to_string().repeat(17)));
    let external_id = world.registration.external_id.clone();
    let role = FakeRole::companion(unique_id.expect("valid"), external_id, &env.hub);
    let arn = RoleArn::parse(arn).expect("valid");
    env.customers.put_role(&arn, role);
}

/// The template's policy names the stack's own roles only, so the checks would refuse a claim about
/// another role before it is examined.
fn may_read_every_role(world: &World<FakeCustomers>) {
    let actions = ["cloudformation:*", "iam:*"];
    let statement = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
    let document = json!({"Version": "2012-10-17", "Statement": [statement]});
    let customers = &world.callback.env.customers;
    customers.change_role(&role("R"), |role| {
        let policies = &mut role.inline_policies;
        policies.insert(SELF_INSPECTION.to_owned(), document.to_string());
    });
}

fn good() -> String {
    role("Switch").to_string()
}

/// The stack contains a switch role.
fn add_switch_role_to_stack(world: &World<FakeCustomers>) {
    iam_has(world, &good(), 'S');
    let customers = &world.callback.env.customers;
    let made = DeployedRole::read(&stack(), Kind::SWITCH_ROLE, &good(), None);
    customers.change_stack(&stack(), |stack| {
        stack.roles.insert("Switch".to_owned());
        stack.deployed_roles = made.into_iter().collect();
    });
}

/// The stack has this status, and reports the template in its outputs.
fn stack_is(world: &World<FakeCustomers>, status: StackStatus, template: &TemplateId) {
    let customers = &world.callback.env.customers;
    customers.change_stack(&stack(), |stack| {
        stack.status = status;
        stack.template_id = Some(template.clone());
    });
}

async fn account(world: &World<FakeCustomers>) -> Account {
    world.accounts().await.remove(0)
}

/// The roles that are offered to users.
fn offered(account: &Account) -> Vec<String> {
    let policies = source_policies(std::slice::from_ref(account), None);
    let in_policies = policies.iter().map(|policy| policy.document.to_string());
    let switch = switch_role(account).map(|switch| switch.role.to_string());
    let (listed, named) = (in_policies.collect::<String>(), switch.clone());
    assert_eq!(named.is_some(), !listed.is_empty());
    switch.into_iter().collect()
}

#[tokio::test]
async fn unverified_role_is_not_offered_to_users() {
    for kind in ["Create", "Update"] {
        for (arn, is_recorded) in [(ADMIN, true), (good().as_str(), false)] {
            let world = World::new().await;
            iam_has(&world, ADMIN, 'O');
            may_read_every_role(&world);
            if arn != ADMIN {
                add_switch_role_to_stack(&world);
            }
            if kind == "Update" {
                world.ask(&world.request("Create", "create")).await;
            }
            let mut claim = request(&world, kind, "claim", claimed(arn)).await;
            if !is_recorded {
                let unknown = json!(TemplateId::of("not one of the hub's"));
                claim["ResourceProperties"]["TemplateId"] = unknown;
            }
            let answer = world.ask(&claim).await;
            assert_eq!(answer["Status"], "SUCCESS", "{answer}");
            let account = account(&world).await;
            assert_eq!(offered(&account), [""; 0], "{kind} {arn}");
            assert_eq!(account.seen_roles().count(), 0);
            let commands = check_account(&world.callback.env, account, Trigger::OnDemand);
            let report = commands.await.expect("checked").expect("a report");
            let inspections = json!(report.companion_roles).to_string();
            assert!(!inspections.contains("aws iam"), "{inspections}");
        }
    }
}

#[tokio::test]
async fn role_seen_in_the_stack_is_offered_at_once() {
    for kind in ["Create", "Update"] {
        let world = World::new().await;
        add_switch_role_to_stack(&world);
        if kind == "Update" {
            world.ask(&world.request("Create", "create")).await;
        }
        let report = request(&world, kind, "report", claimed(&good())).await;
        world.ask(&report).await;
        assert_eq!(offered(&account(&world).await), [good()]);
    }
}

/// CloudFormation replaces a stack's outputs at the end of an update.
#[tokio::test]
async fn role_of_an_update_in_progress_is_offered_at_once() {
    let world = World::new().await;
    world.ask(&world.request("Create", "create")).await;
    add_switch_role_to_stack(&world);
    let former = world.registration.template.template_id.clone();
    stack_is(&world, StackStatus::UpdateInProgress, &former);
    let update = request(&world, "Update", "update", claimed(&good())).await;
    world.ask(&update).await;
    let account = account(&world).await;
    assert_eq!(offered(&account), [good()]);
    assert_eq!(account.template_id, template(&world, BASTION).await);
}

#[tokio::test]
async fn template_of_a_settled_stack_counts_instead_of_a_reported_one() {
    let world = World::new().await;
    add_switch_role_to_stack(&world);
    let create = request(&world, "Create", "create", claimed(&good())).await;
    world.ask(&create).await;
    let own = template(&world, BASTION).await;
    stack_is(&world, StackStatus::UpdateComplete, &own);
    let none = world.registration.template.template_id.clone();
    let of_another_account = template(&world, "444444444444").await;
    for (id, forged, roles) in [
        ("none", none, json!([])),
        ("other", of_another_account, claimed(&good())),
    ] {
        let mut claim = request(&world, "Update", id, roles).await;
        claim["ResourceProperties"]["TemplateId"] = json!(forged);
        world.ask(&claim).await;
        let account = account(&world).await;
        let switch = switch_role(&account).expect("offered");
        assert_eq!(switch.bastion.as_str(), BASTION, "{id}");
    }
}

#[tokio::test]
async fn unverified_role_does_not_replace_a_verified_one() {
    let world = World::new().await;
    iam_has(&world, ADMIN, 'O');
    add_switch_role_to_stack(&world);
    world
        .ask(&request(&world, "Create", "create", claimed(&good())).await)
        .await;
    for (id, roles) in [("forged", claimed(ADMIN)), ("none", json!([]))] {
        let answer = world.ask(&request(&world, "Update", id, roles).await).await;
        assert_eq!(answer["Status"], "SUCCESS");
        assert_eq!(offered(&account(&world).await), [good()], "{id}");
    }
    // The stack's template no longer has the role, so its removal is confirmed.
    let mut removed = request(&world, "Update", "removed", json!([])).await;
    let template = &world.registration.template.template_id;
    removed["ResourceProperties"]["TemplateId"] = json!(template);
    world.ask(&removed).await;
    assert_eq!(offered(&account(&world).await), [""; 0]);
}

#[tokio::test]
async fn role_with_known_name_and_different_id_is_not_offered() {
    let world = World::new().await;
    add_switch_role_to_stack(&world);
    let create = request(&world, "Create", "create", claimed(&good())).await;
    world.ask(&create).await;
    let customers = &world.callback.env.customers;
    let own = template(&world, BASTION).await;
    stack_is(&world, StackStatus::CreateComplete, &own);
    let env = &world.callback.env;
    let check = async || {
        let checked = check_account(env, account(&world).await, Trigger::OnDemand);
        checked.await.expect("checked").expect("a report")
    };
    check().await;
    assert_eq!(offered(&account(&world).await), [good()]);

    iam_has(&world, &good(), 'X');
    for _ in 0..2 {
        let report = check().await;
        let inspection = &report.companion_roles[0];
        assert_eq!(inspection.verdict, Verdict::Failed);
        assert_eq!(inspection.checks[0].code, CheckCode::RoleMissing);
        assert_eq!(offered(&account(&world).await), [""; 0]);
    }
    // The role is deleted, and the same role appears again.
    customers.delete_role(&role("Switch"));
    check().await;
    assert_eq!(offered(&account(&world).await), [""; 0]);
    iam_has(&world, &good(), 'S');
    check().await;
    assert_eq!(offered(&account(&world).await), [good()]);
}

#[tokio::test]
async fn recreated_former_role_is_not_adopted_without_verification() {
    let world = World::new().await;
    world.ask(&world.request("Create", "create")).await;
    world.make_role("R2", 'B');
    let customers = &world.callback.env.customers;
    customers.change_stack(&stack(), |stack| {
        stack.status = StackStatus::UpdateInProgress;
    });
    let mut update = request(&world, "Update", "there", json!([])).await;
    update["ResourceProperties"]["RoleArn"] = json!(role("R2"));
    world.ask(&update).await;
    assert_eq!(account(&world).await.role.arn, role("R2"));

    iam_has(&world, role("R").as_str(), 'X');
    customers.change_role(&role("R"), |role| role.enforces_external_id = false);
    let answer = world
        .ask(&request(&world, "Update", "back", json!([])).await)
        .await;
    assert_eq!(answer["Status"], "SUCCESS");
    let account = account(&world).await;
    assert_eq!(account.role.arn, role("R2"));
    let noted = account.reported_role.expect("each check tries it again");
    assert_eq!(noted.role_arn, role("R"));
}
