//! Companion roles are recorded with the account, updated when the stack changes, and refused if the
//! stack can't have created them.

use crate::world::{World, hub, role, stack};
use rolecall_domain::check::CheckCode;
use rolecall_domain::check::{Report, StackStatus, Trigger, Verdict};
use rolecall_domain::companion::{DeployedRole, Kind};
use rolecall_domain::link::template::TemplateId;
use rolecall_testing::{FakeCustomers, companion_roles};
use rolecall_usecases::check_account;
use serde_json::{Value, json};

const PROFILE: &str = "arn:aws:iam::222222222222:instance-profile/rolecall/P";

/// The requested roles of a template.
fn hybrid(options: &Value) -> Value {
    json!([{"kind": "ssm-hybrid", "options": options}])
}

fn role_entry(kind: &str, name: &str) -> Value {
    json!({"Kind": kind, "RoleArn": role(name)})
}

/// A request that reports these companion roles.
fn with_roles(mut request: Value, roles: Value) -> Value {
    request["ResourceProperties"]["CompanionRoles"] = roles;
    request
}

/// The stack has these companion roles.
fn stack_has(world: &World<FakeCustomers>, roles: &Value) {
    let roles = roles.as_array().expect("a list").iter().map(|entry| {
        let text = |name: &str| entry[name].as_str();
        let kind = Kind::parse(text("Kind").expect("a kind")).expect("known");
        let (arn, profile) = (text("RoleArn").expect("an ARN"), text("InstanceProfileArn"));
        DeployedRole::read(&stack(), kind, arn, profile).expect("of this account")
    });
    let roles = roles.collect();
    let customers = &world.callback.env.customers;
    customers.change_stack(&stack(), |stack| stack.deployed_roles = roles);
}

fn of_template(mut request: Value, id: &TemplateId) -> Value {
    request["ResourceProperties"]["TemplateId"] = json!(id);
    request
}

/// A request that changes the stack's properties.
fn update(world: &World<FakeCustomers>, id: &str, template: &TemplateId, roles: Value) -> Value {
    stack_has(world, &roles);
    let customers = &world.callback.env.customers;
    customers.change_stack(&stack(), |stack| {
        stack.status = StackStatus::UpdateInProgress;
    });
    let physical = format!("rolecall/{}", world.registration.registration_id);
    let mut request = world.request_about("Update", id, &physical);
    request["OldResourceProperties"] = request["ResourceProperties"].clone();
    of_template(with_roles(request, roles), template)
}

async fn deployed_roles(world: &World<FakeCustomers>) -> Vec<DeployedRole> {
    world.accounts().await.remove(0).deployed_roles
}

async fn check(world: &World<FakeCustomers>) -> Report {
    let account = world.accounts().await.remove(0);
    let checked = check_account(&world.callback.env, account, Trigger::OnDemand);
    checked.await.expect("checked").expect("a report")
}

#[tokio::test]
async fn roles_created_by_the_stack_are_recorded_with_the_account() {
    let world = World::new().await;
    let requested = json!([
        {"kind": "ec2-instance", "options": {"policies": ["AmazonSSMManagedInstanceCore"]}},
        {"kind": "ssm-hybrid", "options": {"cloudwatch_agent": true}},
    ]);
    let template = world.keep_template(&requested).await;
    let mut instance = role_entry("ec2-instance", "Instance");
    instance["InstanceProfileArn"] = json!(PROFILE);
    let roles = json!([instance, role_entry("ssm-hybrid", "Hybrid")]);
    stack_has(&world, &roles);
    let create = with_roles(world.request("Create", "r1"), roles);
    let answer = world.ask(&of_template(create, &template)).await;
    assert_eq!(answer["Status"], "SUCCESS", "{answer}");
    let made = deployed_roles(&world).await;
    let kinds: Vec<&str> = made.iter().map(|made| made.kind.name).collect();
    assert_eq!(kinds, ["ec2-instance", "ssm-hybrid"]);
    let profile = made[0].instance_profile_arn.as_ref().expect("a profile");
    assert_eq!(profile.as_str(), PROFILE);
    let options = companion_roles(&hub(), &requested);
    let options: Vec<_> = options.into_iter().map(|role| Some(role.options)).collect();
    let of_account: Vec<_> = made.into_iter().map(|made| made.options).collect();
    assert_eq!(of_account, options);
    assert_eq!(world.accounts().await[0].template_id, template);
}

#[tokio::test]
async fn options_of_a_stack_without_a_recorded_template_are_unknown() {
    let world = World::new().await;
    let of_another_hub = TemplateId::of("a template that someone edited");
    let without_such_a_role = world
        .keep_template(&json!([{"kind": "ec2-instance"}]))
        .await;
    let with_the_role = world.keep_template(&hybrid(&json!({}))).await;
    let roles = || json!([role_entry("ssm-hybrid", "Hybrid")]);
    stack_has(&world, &roles());
    let create = with_roles(world.request("Create", "r1"), roles());
    let answer = world.ask(&of_template(create, &of_another_hub)).await;
    assert_eq!(answer["Status"], "SUCCESS", "{answer}");
    for (id, template, is_known) in [
        ("r2", &with_the_role, true),
        ("r3", &without_such_a_role, false),
        ("r4", &with_the_role, true),
        ("r5", &of_another_hub, false),
    ] {
        let account = world.accounts().await.remove(0);
        assert_eq!(
            account.deployed_roles[0].options.is_some(),
            id == "r3" || id == "r5",
            "before {id}"
        );
        let answer = world.ask(&update(&world, id, template, roles())).await;
        assert_eq!(answer["Status"], "SUCCESS", "{answer}");
        let account = world.accounts().await.remove(0);
        assert_eq!(account.template_id, *template, "{id}");
        assert_eq!(
            account.deployed_roles[0].options.is_some(),
            is_known,
            "{id}"
        );
    }
}

/// A missing companion role is reported. It does not fail the verification.
#[tokio::test]
async fn missing_companion_role_is_reported_and_account_is_connected() {
    let world = World::new().await;
    let template = world.keep_template(&hybrid(&json!({}))).await;
    let roles = json!([role_entry("ssm-hybrid", "Gone")]);
    stack_has(&world, &roles);
    let create = with_roles(world.request("Create", "r1"), roles);
    let answer = world.ask(&of_template(create, &template)).await;
    assert_eq!(answer["Status"], "SUCCESS", "{answer}");
    let report = check(&world).await;
    assert_eq!(report.verdict, Verdict::Passed);
    let [inspection] = report.companion_roles.as_slice() else {
        panic!("one inspection: {report:#?}");
    };
    assert_eq!(inspection.verdict, Verdict::Failed);
    assert_eq!(inspection.checks[0].code, CheckCode::RoleMissing);
}

#[tokio::test]
async fn update_adds_changes_and_removes_companion_roles() {
    let world = World::new().await;
    world.ask(&world.request("Create", "r1")).await;
    let roles = json!([role_entry("ssm-hybrid", "Hybrid")]);
    for (id, cloudwatch_agent) in [("r2", false), ("r3", true)] {
        let options = json!({"cloudwatch_agent": cloudwatch_agent});
        let template = world.keep_template(&hybrid(&options)).await;
        let answer = world
            .ask(&update(&world, id, &template, roles.clone()))
            .await;
        assert_eq!(answer["Status"], "SUCCESS", "{answer}");
        let [made] = &deployed_roles(&world).await[..] else {
            panic!("one role after {id}");
        };
        let options = made.options.as_ref().expect("on record");
        assert_eq!(options.flag("cloudwatch_agent"), cloudwatch_agent);
    }

    let none = world.keep_template(&json!([])).await;
    let removed = world.ask(&update(&world, "r4", &none, json!([]))).await;
    assert_eq!(removed["Status"], "SUCCESS");
    assert_eq!(deployed_roles(&world).await, []);
}

/// Companion roles are recorded even if the checks of the hub's role fail.
#[tokio::test]
async fn update_with_failed_checks_still_records_companion_roles() {
    let world = World::new().await;
    world.ask(&world.request("Create", "r1")).await;
    let customers = &world.callback.env.customers;
    customers.change_role(&role("R"), |role| role.enforces_external_id = false);
    let template = world.keep_template(&hybrid(&json!({}))).await;
    let added = json!([role_entry("ssm-hybrid", "Hybrid")]);
    let answer = world.ask(&update(&world, "r2", &template, added)).await;
    assert_eq!(answer["Status"], "SUCCESS", "{answer}");
    assert_eq!(deployed_roles(&world).await.len(), 1);
}

#[tokio::test]
async fn malformed_companion_roles_are_refused() {
    for roles in [
        json!("x"),
        json!([{}]),
        json!([role_entry("automation", "R")]),
        json!([role_entry("root", "Hybrid")]),
        json!([role_entry("ssm-hybrid", "A"), role_entry("ssm-hybrid", "B")]),
        json!([{"Kind": "ssm-hybrid", "RoleArn": "arn:aws:iam::333333333333:role/x"}]),
        json!([{"Kind": "ssm-hybrid", "RoleArn": "x"}]),
        json!([{"Kind": "ssm-hybrid", "RoleArn": 1}]),
        json!([{"Kind": 1, "RoleArn": role("A")}]),
    ] {
        let world = World::new().await;
        let request = with_roles(world.request("Create", "r1"), roles.clone());
        let answer = world.ask(&request).await;
        assert_eq!(answer["Status"], "FAILED", "{roles}");
        let reason = answer["Reason"].as_str().expect("a reason");
        assert!(
            reason.starts_with("malformed_request: "),
            "{roles}: {reason}"
        );
        assert!(world.accounts().await.is_empty());
    }
}

/// If no callback can arrive, a check reads the companion roles from the stack.
#[tokio::test]
async fn check_records_companion_roles_from_the_stack() {
    let world = World::new().await;
    world.ask(&world.request("Create", "r1")).await;
    let customers = &world.callback.env.customers;
    let kind = Kind::parse("ssm-hybrid").expect("a kind");
    let arn = role("Hybrid").to_string();
    let made = DeployedRole::read(&stack(), kind, &arn, None).expect("made");
    let requested = hybrid(&json!({"cloudwatch_agent": true}));
    let template = world.keep_template(&requested).await;
    customers.change_stack(&stack(), |stack| {
        stack.deployed_roles = vec![made.clone()];
        stack.template_id = Some(template);
    });
    check(&world).await;
    assert_eq!(
        deployed_roles(&world).await,
        [],
        "the stack is not complete yet"
    );

    customers.change_stack(&stack(), |stack| stack.status = StackStatus::UpdateComplete);
    let report = check(&world).await;
    let options = companion_roles(&hub(), &requested).remove(0).options;
    let made = made.with_options(Some(&options));
    assert_eq!(deployed_roles(&world).await, [made]);
    assert_eq!(
        report.companion_roles.len(),
        1,
        "inspected in the same check"
    );
    customers.change_stack(&stack(), |stack| stack.deployed_roles.clear());
    check(&world).await;
    assert_eq!(deployed_roles(&world).await, []);
}
