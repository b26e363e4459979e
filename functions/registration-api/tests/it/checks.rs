//! Checks on demand.

use crate::world::{ACME, World, tenant, text};
use rolecall_domain::check::AssumeOutcome;
use rolecall_domain::ids::OrphanedStackId;
use rolecall_domain::ports::ScheduleStore;
use rolecall_domain::schedule::{CheckSchedule, Subject};
use rolecall_usecases::{Env, check_orphan};
use serde_json::{Value, json};

async fn check_schedule(world: &World, subject: Subject) -> CheckSchedule {
    let read = world
        .api
        .env
        .store
        .check_schedule(&tenant(ACME), &subject)
        .await;
    read.expect("read").expect("there")
}

#[tokio::test]
async fn checks_on_demand_do_not_delay_the_next_check_of_an_orphaned_stack() {
    let world = World::new();
    let (account, _) = world.connect(ACME).await;
    let asked = format!("DELETE /v1/accounts/{}", account.account_id);
    let left = world.expect(ACME, &asked, Value::Null, 200).await;
    let orphan = text(&left["orphaned_stack"], "orphaned_stack_id");
    let id = OrphanedStackId::parse(orphan.as_str()).expect("an id");
    let before = check_schedule(&world, Subject::Stack(id.clone())).await;
    let asked = format!("POST /v1/orphaned-stacks/{orphan}/checks");
    for _ in 0..5 {
        world.wait(30_000);
        let view = world.expect(ACME, &asked, json!({}), 200).await;
        let after = check_schedule(&world, Subject::Stack(id.clone())).await;
        assert_eq!(after.streak, before.streak);
        assert!(after.next_check_at <= before.next_check_at, "{after:?}");
        assert_eq!(view["next_check_at"], json!(after.next_check_at));
        assert_eq!(view["last_checked_at"], json!(world.api.env.now()));
    }
    // A scheduled check does change the schedule.
    let env = &world.api.env;
    check_orphan(env, &tenant(ACME), &id)
        .await
        .expect("checked");
    let after = check_schedule(&world, Subject::Stack(id)).await;
    assert!(after.next_check_at > before.next_check_at, "{after:?}");
}

#[tokio::test]
async fn checks_on_demand_do_not_delay_the_next_check_of_a_failing_account() {
    let world = World::new();
    let (account, stack) = world.connect(ACME).await;
    let subject = Subject::Account(account.account_id.clone());
    let customers = &world.api.env.customers;
    customers.change_role(&stack.role_arn, |role| {
        role.sts_says = Some(AssumeOutcome::Refused);
    });
    let asked = format!("POST /v1/accounts/{}/checks", account.account_id);
    world.expect(ACME, &asked, json!({}), 422).await;
    let first = check_schedule(&world, subject.clone()).await;
    let soon = first
        .next_check_at
        .expect("due")
        .duration_since(world.api.env.now());
    assert!(
        soon.as_mins() <= 7,
        "a new failure must be checked again soon: {soon:?}"
    );
    for _ in 0..5 {
        world.wait(30_000);
        world.expect(ACME, &asked, json!({}), 422).await;
        let after = check_schedule(&world, subject.clone()).await;
        assert_eq!(after.next_check_at, first.next_check_at);
        assert_eq!(after.streak, first.streak);
    }
}

/// Twenty-five other tenants connect the same AWS account.
#[tokio::test]
async fn duplicates_of_a_tenant_are_found_among_those_of_other_tenants() {
    let world = World::new();
    let aws_account_id = "222222222222";
    for number in 0..25 {
        let other = format!("a-{number:02}");
        let group = world.group(&other).await;
        world.connect_in(&other, &group, aws_account_id).await;
    }
    let own = "zeta";
    let group = world.group(own).await;
    for _ in 0..2 {
        world.connect_in(own, &group, aws_account_id).await;
    }
    let list = format!("GET /v1/groups/{group}/accounts");
    let list = world.expect(own, &list, Value::Null, 200).await;
    for item in list["items"].as_array().expect("items") {
        let asked = format!("POST /v1/accounts/{}/checks", text(item, "account_id"));
        let report = world.expect(own, &asked, json!({}), 200).await;
        let checks = report["companion_roles"][0]["checks"].as_array();
        let alone = checks.and_then(|checks| checks.iter().find(|it| it["code"] == "not_alone"));
        let alone = alone.unwrap_or_else(|| panic!("not checked: {report}"));
        assert_eq!(alone["status"], "warning", "{alone}");
    }
}
