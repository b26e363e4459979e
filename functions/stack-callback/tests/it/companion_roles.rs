//! Companion roles are recorded with the account, updated when the stack changes, and refused if the
//! stack can't have created them.

use crate::world::{World, role, stack};
use rolecall_domain::check::CheckCode;
use rolecall_domain::check::{Report, StackStatus, Trigger, Verdict};
use rolecall_domain::companion::{DeployedRole, Kind};
use rolecall_testing::FakeCustomers;
use rolecall_usecases::check_account;
use serde_json::{Value, json};

const HYBRID: &str =
    "directory_service=false,cloudwatch_agent=false,s3_buckets=-,patch_baseline_regions=-";
const INSTANCE: &str = "policies=arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess,trust_ssm=false";
const PROFILE: &str = "arn:aws:iam::222222222222:instance-profile/rolecall/P";

fn role_entry(kind: &str, options: &str, name: &str) -> Value {
    json!({"Kind": kind, "Options": options, "RoleArn": role(name)})
}

fn with_roles(mut request: Value, roles: Value) -> Value {
    request["ResourceProperties"]["CompanionRoles"] = roles;
    request
}

/// A request that changes the stack's properties.
fn update(world: &World<FakeCustomers>, id: &str, roles: Value) -> Value {
    let physical = format!("rolecall/{}", world.registration.registration_id);
    let mut request = world.request_about("Update", id, &physical);
    request["OldResourceProperties"] = request["ResourceProperties"].clone();
    with_roles(request, roles)
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
    let mut instance = role_entry("ec2-instance", INSTANCE, "Instance");
    instance["InstanceProfileArn"] = json!(PROFILE);
    let roles = json!([instance, role_entry("ssm-hybrid", HYBRID, "Hybrid")]);
    let answer = world
        .ask(&with_roles(world.request("Create", "r1"), roles))
        .await;
    assert_eq!(answer["Status"], "SUCCESS", "{answer}");
    let made = deployed_roles(&world).await;
    let kinds: Vec<&str> = made.iter().map(|made| made.kind.name).collect();
    assert_eq!(kinds, ["ec2-instance", "ssm-hybrid"]);
    let profile = made[0].instance_profile_arn.as_ref().expect("a profile");
    assert_eq!(profile.as_str(), PROFILE);
    assert!(made.iter().all(|made| made.options.is_some()));
}

/// A missing companion role is reported. It does not fail the verification.
#[tokio::test]
async fn missing_companion_role_is_reported_and_account_is_connected() {
    let world = World::new().await;
    let roles = json!([role_entry("ssm-hybrid", HYBRID, "Gone")]);
    let answer = world
        .ask(&with_roles(world.request("Create", "r1"), roles))
        .await;
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
    let added = json!([role_entry("ssm-hybrid", HYBRID, "Hybrid")]);
    let answer = world.ask(&update(&world, "r2", added)).await;
    assert_eq!(answer["Status"], "SUCCESS", "{answer}");
    assert_eq!(deployed_roles(&world).await.len(), 1);

    let options = HYBRID.replace("cloudwatch_agent=false", "cloudwatch_agent=true");
    let changed = json!([role_entry("ssm-hybrid", &options, "Hybrid")]);
    world.ask(&update(&world, "r3", changed)).await;
    let made = deployed_roles(&world).await.remove(0);
    assert!(made.options.expect("readable").flag("cloudwatch_agent"));

    let removed = world.ask(&update(&world, "r4", json!([]))).await;
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
    let added = json!([role_entry("ssm-hybrid", HYBRID, "Hybrid")]);
    let answer = world.ask(&update(&world, "r2", added)).await;
    assert_eq!(answer["Status"], "SUCCESS", "{answer}");
    assert_eq!(deployed_roles(&world).await.len(), 1);
}

#[tokio::test]
async fn malformed_companion_roles_are_refused() {
    for roles in [
        json!("x"),
        json!([{}]),
        json!([role_entry("automation", "", "R")]),
        json!([role_entry("root", HYBRID, "Hybrid")]),
        json!([
            role_entry("ssm-hybrid", HYBRID, "A"),
            role_entry("ssm-hybrid", HYBRID, "B")
        ]),
        json!([{"Kind": "ssm-hybrid", "Options": HYBRID, "RoleArn": "arn:aws:iam::333333333333:role/x"}]),
        json!([{"Kind": "ssm-hybrid", "Options": HYBRID, "RoleArn": "x"}]),
        json!([{"Kind": "ssm-hybrid", "Options": 1, "RoleArn": role("A")}]),
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
    let made = DeployedRole::read(&stack(), kind, HYBRID, &arn, None).expect("made");
    customers.change_stack(&stack(), |stack| stack.deployed_roles = vec![made.clone()]);
    check(&world).await;
    assert_eq!(
        deployed_roles(&world).await,
        [],
        "the stack is not complete yet"
    );

    customers.change_stack(&stack(), |stack| stack.status = StackStatus::UpdateComplete);
    let report = check(&world).await;
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
