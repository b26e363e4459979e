//! Causes that AWS names appear by name in the stack's events.

use crate::world::{World, role, stack};
use rolecall_domain::aws::Region;
use rolecall_domain::check::AssumeOutcome;
use serde_json::json;

#[tokio::test]
async fn inactive_sts_region_is_named_with_its_remedy() {
    let mut world = World::new().await;
    // The stack is in us-east-1; AWS STS is called in the hub's Region.
    world.callback.env.hub.region = Region::parse("eu-central-1").expect("a Region");
    let customers = &world.callback.env.customers;
    customers.change_role(&role("R"), |role| {
        role.sts_says = Some(AssumeOutcome::RegionDisabled);
    });
    let answer = world.ask(&world.request("Create", "create")).await;
    assert_eq!(answer["Status"], "FAILED");
    let reason = answer["Reason"].as_str().expect("a reason");
    let code = "verification_failed: sts_region_disabled: ";
    assert!(reason.starts_with(code), "{reason}");
    assert!(
        reason.contains("Activate AWS STS for the Region eu-central-1"),
        "{reason}"
    );
    assert!(world.accounts().await.is_empty());
}

/// If AWS's message does not name the policy that denied a read, the boundary document is evaluated.
#[tokio::test]
async fn boundary_that_denies_a_read_is_named_with_the_actions_to_allow() {
    let boundary = "arn:aws:iam::222222222222:policy/Boundary";
    let policy = |actions: &[&str]| {
        json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": actions, "Resource": "*"},
        ]})
        .to_string()
    };
    // All that the template gives, except for two actions.
    let most = [
        "cloudformation:*",
        "iam:GetPolicy*",
        "iam:GetRole",
        "iam:ListAttachedRolePolicies",
        "iam:SimulatePrincipalPolicy",
    ];
    for (allowed, is_named) in [(&most[..], true), (&["*"][..], false)] {
        let world = World::new().await;
        let env = &world.callback.env;
        let attach = |arn: &mut Option<String>| *arn = Some(boundary.to_owned());
        env.customers
            .change_stack(&stack(), |stack| attach(&mut stack.boundary_arn));
        env.customers.change_role(&role("R"), |role| {
            attach(&mut role.boundary_arn);
            role.denied.insert("iam:ListRolePolicies");
            let documents = &mut role.policy_documents;
            documents.insert(boundary.to_owned(), policy(allowed));
        });
        let answer = world.ask(&world.request("Create", "create")).await;
        assert_eq!(answer["Status"], "FAILED");
        let reason = answer["Reason"].as_str().expect("a reason");
        assert!(reason.contains("permissions_missing"), "{reason}");
        let remedy = format!(
            "In the role's permissions boundary {boundary}, allow iam:GetRolePolicy, iam:ListRolePolicies,"
        );
        assert_eq!(reason.contains(&remedy), is_named, "{reason}");
    }
}
