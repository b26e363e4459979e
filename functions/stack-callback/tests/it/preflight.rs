//! The resource that a stack creates before everything else: refused immediately and without calls to AWS, and
//! what its requests mean for the records of the stack.

use crate::world::{World, last_code, reason, role, stack, start};
use rolecall_domain::SignedDuration;
use rolecall_domain::aws::AwsAccountId;
use rolecall_domain::record::registration::{Registration, RegistrationState};
use serde_json::{Value, json};
use stack_callback::DELIVERIES_A_DAY;

#[tokio::test]
async fn passed_preflight_is_in_progress_until_the_stack_registers() {
    let world = World::new().await;
    let answer = world.pass_preflight().await;
    let id = format!("rolecall/preflight/{}", world.registration.registration_id);
    assert_eq!(answer["PhysicalResourceId"], json!(id));
    assert!(answer.get("Data").is_none());
    let current = world.current().await;
    let progress = current.progress().expect("in progress");
    assert_eq!(
        (&progress.stack_id, progress.started_at),
        (&stack(), start())
    );
    assert_eq!(world.events().last(), Some(&"Stack Started"));
    assert_eq!(world.callback.env.customers.calls_to_sts(), 0);
    world.register().await;
    assert_eq!(world.current().await.progress(), None);
}

#[tokio::test]
async fn refused_preflight_is_answered_without_aws_and_leaves_no_orphaned_stack() {
    type Change = fn(&mut Registration);
    type Edit = Box<dyn Fn(&mut Value)>;
    let (expired, revoked, used, pinned): (Change, Change, Change, Change) = (
        |it| it.expires_at = start(),
        |it| it.state = RegistrationState::Revoked,
        |it| {
            let account_id = serde_json::from_value(json!(format!("acc_{:032}", 7)));
            it.state = RegistrationState::Completed {
                account_id: account_id.expect("valid"),
                stack_id: rolecall_domain::aws::StackId::parse(format!("{}0", stack()))
                    .expect("valid"),
                role_arn: role("Other"),
            };
        },
        |it| it.aws_account_id = AwsAccountId::parse("444444444444").ok(),
    );
    let unchanged: Change = |_| {};
    let edited = |name: &'static str, value: Value| {
        move |request: &mut Value| request["ResourceProperties"][name] = value.clone()
    };
    let as_it_is = |_: &mut Value| {};
    let own = |request: &mut Value| {
        request["StackId"] = json!("arn:aws:cloudformation:us-east-1:111111111111:stack/x/1");
    };
    let mismatch = "verification_failed: arn_mismatch: ";
    let other = "verification_failed: external_id_mismatch: ";
    let malformed = "malformed_request: The property ";
    let cases: Vec<(Change, Edit, &str)> = vec![
        (expired, Box::new(as_it_is), "registration_expired: "),
        (revoked, Box::new(as_it_is), "registration_revoked: "),
        (used, Box::new(as_it_is), "registration_used: "),
        (pinned, Box::new(as_it_is), mismatch),
        (unchanged, Box::new(own), mismatch),
        (
            unchanged,
            Box::new(edited("ExternalId", json!("mine"))),
            other,
        ),
        (
            unchanged,
            Box::new(edited("ExternalId", json!(["x"]))),
            malformed,
        ),
        (
            unchanged,
            Box::new(edited("TemplateVersion", json!("newest"))),
            malformed,
        ),
    ];
    for (change, edit, expected) in cases {
        let world = World::new().await;
        let (registration, token) = world.register_another(change).await;
        let mut request = world.preflight("Create", "first");
        request["ResourceProperties"]["RegistrationToken"] = json!(token);
        request["ResourceProperties"]["ExternalId"] = json!(registration.external_id);
        edit(&mut request);
        let answer = world.ask(&request).await;
        assert_eq!(answer["Status"], "FAILED", "{answer}");
        assert!(reason(&answer).starts_with(expected), "{answer}");
        assert_eq!(answer["PhysicalResourceId"], "rolecall/refused/first");
        assert!(world.orphans().await.is_empty(), "{expected}");
        assert_eq!(world.callback.env.customers.calls_to_sts(), 0);
        let mut delete = request.clone();
        delete["RequestType"] = json!("Delete");
        delete["RequestId"] = json!("roll-back");
        delete["PhysicalResourceId"] = answer["PhysicalResourceId"].clone();
        assert_eq!(world.ask(&delete).await["Status"], "SUCCESS");
        assert!(world.orphans().await.is_empty(), "{expected}");
    }
}

#[tokio::test]
async fn refused_preflight_sets_the_last_attempt_and_a_new_stack_name() {
    let world = World::new().await;
    let name = world.registration.stack_name();
    let mut request = world.preflight("Create", "first");
    let id = format!("arn:aws:cloudformation:us-east-1:222222222222:stack/{name}/1");
    request["StackId"] = json!(id);
    request["ResourceProperties"]["ExternalId"] = json!("mine");
    world.ask(&request).await;
    let current = world.current().await;
    assert_eq!(last_code(&current), Some("verification_failed"));
    assert_eq!(current.stack_name(), format!("{name}-2"));
    assert_eq!(current.progress(), None);
    // The unchanged link still works.
    world.pass_preflight().await;
    world.register().await;
}

#[tokio::test]
async fn expiration_is_judged_only_in_the_preflight() {
    let world = World::new().await;
    world
        .callback
        .env
        .host
        .set(world.registration.expires_at - SignedDuration::from_secs(1));
    world.pass_preflight().await;
    let late = world.registration.expires_at + SignedDuration::from_hours(5);
    world.callback.env.host.set(late);
    world.register().await;
}

#[tokio::test]
async fn stack_without_a_preflight_keeps_the_grace_period() {
    for (minutes, status) in [(14, "SUCCESS"), (15, "FAILED")] {
        let world = World::new().await;
        let late = world.registration.expires_at + SignedDuration::from_mins(minutes);
        world.callback.env.host.set(late);
        let answer = world.ask(&world.request("Create", "create")).await;
        assert_eq!(answer["Status"], status, "{answer}");
    }
}

#[tokio::test]
async fn preflight_of_the_registered_stack_passes_and_changes_nothing() {
    let world = World::new().await;
    world.register().await;
    let before = world.callback.env.store.trail().len();
    world.pass_preflight().await;
    assert_eq!(world.callback.env.store.trail().len(), before);
    let mut other = world.preflight("Create", "other");
    other["StackId"] = json!(format!("{}0", stack()));
    let answer = world.ask(&other).await;
    assert!(
        reason(&answer).starts_with("registration_used: "),
        "{answer}"
    );
}

#[tokio::test]
async fn preflights_update_refuses_another_external_id_and_accepts_everything_else() {
    let world = World::new().await;
    world.pass_preflight().await;
    let mut update = world.preflight_delete("u1");
    update["RequestType"] = json!("Update");
    update["OldResourceProperties"] = update["ResourceProperties"].clone();
    update["ResourceProperties"]["ExternalId"] = json!("another");
    // Nothing is registered yet, and its own resource decides.
    assert_eq!(world.ask(&update).await["Status"], "SUCCESS");
    world.register().await;
    update["RequestId"] = json!("u2");
    let answer = world.ask(&update).await;
    assert!(reason(&answer).contains("external_id_mismatch"), "{answer}");
    assert_eq!(answer["PhysicalResourceId"], update["PhysicalResourceId"]);
    let mut back = update.clone();
    back["RequestId"] = json!("u3");
    back["ResourceProperties"] = update["OldResourceProperties"].clone();
    back["OldResourceProperties"] = update["ResourceProperties"].clone();
    assert_eq!(world.ask(&back).await["Status"], "SUCCESS");
    let mut version = back.clone();
    version["RequestId"] = json!("u4");
    version["ResourceProperties"]["TemplateVersion"] = json!("9.0.0");
    assert_eq!(world.ask(&version).await["Status"], "SUCCESS");
    assert_eq!(
        world.callback.env.customers.calls_to_sts(),
        3,
        "only the Create's probes"
    );
}

#[tokio::test]
async fn update_after_a_refused_preflight_starts_nothing() {
    let world = World::new().await;
    let mut request = world.preflight("Create", "first");
    request["ResourceProperties"]["ExternalId"] = json!("mine");
    let answer = world.ask(&request).await;
    let mut update = world.preflight("Update", "second");
    update["PhysicalResourceId"] = answer["PhysicalResourceId"].clone();
    update["OldResourceProperties"] = request["ResourceProperties"].clone();
    assert_eq!(world.ask(&update).await["Status"], "SUCCESS");
    assert_eq!(world.current().await.progress(), None);
}

#[tokio::test]
async fn duplicate_preflights_get_the_same_answer_and_start_the_stack_once() {
    let world = World::new().await;
    let request = world.preflight("Create", "first");
    for _ in 0..3 {
        world.ask(&request).await;
    }
    let bodies = world.bodies();
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    assert_eq!(
        world
            .events()
            .iter()
            .filter(|it| **it == "Stack Started")
            .count(),
        1
    );
}

#[tokio::test]
async fn unknown_resource_type_is_handled_as_the_registration() {
    for kind in [
        json!("Custom::Rolecall"),
        json!("custom::rolecallpreflight"),
        json!(7),
        json!(null),
    ] {
        let world = World::new().await;
        let mut request = world.preflight("Create", "first");
        request["ResourceType"] = kind;
        let answer = world.ask(&request).await;
        let expected = "malformed_request: The property RoleArn is missing";
        assert!(reason(&answer).starts_with(expected), "{answer}");
    }
}

#[tokio::test]
async fn preflights_of_one_token_are_bounded_per_day() {
    let world = World::new().await;
    let numbered = |number: u32| {
        let mut request = world.preflight("Create", &format!("r{number}"));
        let id = format!("arn:aws:cloudformation:us-east-1:222222222222:stack/stray/{number}");
        request["StackId"] = json!(id);
        request
    };
    for number in 0..DELIVERIES_A_DAY {
        world.ask(&numbered(number)).await;
    }
    let before = world.callback.env.store.trail().len();
    let answer = world.ask(&numbered(DELIVERIES_A_DAY)).await;
    assert!(reason(&answer).starts_with("rate_limited: "), "{answer}");
    assert_eq!(world.callback.env.store.trail().len(), before);
    assert_eq!(world.current().await.started.len(), 5);
    // A recorded stack's deletion still counts.
    let mut delete = world.preflight_delete("delete");
    delete["StackId"] = numbered(DELIVERIES_A_DAY - 1)["StackId"].clone();
    assert_eq!(world.ask(&delete).await["Status"], "SUCCESS");
}
