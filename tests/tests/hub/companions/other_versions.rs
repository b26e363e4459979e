//! Customer managed policies that the stack attaches to its roles. Another version becomes the
//! default, but neither the role nor the stack changes.

use anyhow::{Context, Result};
use http::Method;
use rolecall_client::Registration;
use rolecall_tests::world::World;
use serde_json::{Value, json};

use crate::companions::bench::{BASTION, Bench, post};

fn allowing(action: &str) -> String {
    let statement = json!({"Effect": "Allow", "Action": action, "Resource": "*"});
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

/// An account whose switch role has a customer managed policy.
async fn with_own_policy() -> Result<(Bench, String)> {
    let world = World::find().await?;
    let (customer, group) = (world.customer(), world.group().await?);
    let iam = world.aws(customer.account_id())?.iam();
    let request = iam.create_policy().policy_name("OfPeople");
    let made = request.policy_document(allowing("s3:GetObject"));
    let made = made.send().await?;
    let arn = made.policy().and_then(|policy| policy.arn());
    let arn = arn.context("no policy")?.to_owned();
    let path = format!("/v1/groups/{}/registrations", group.group_id);
    let body = json!({"companion_roles": with_policies(&[arn.as_str()])});
    let made = post(&world, Method::POST, &path, &body, 201).await?;
    let registration: Registration = serde_json::from_value(made)?;
    let connected = world.connect_by(&customer, group, &registration).await?;
    Ok((Bench { world, connected }, arn))
}

fn with_policies(policies: &[&str]) -> Value {
    let options = json!({"trusted_account_id": BASTION, "policies": policies});
    json!([{"kind": "switch-role", "options": options}])
}

/// Makes another version of the policy its default one.
async fn change(bench: &Bench, arn: &str, action: &str) -> Result<()> {
    let document = allowing(action);
    let switch = format!(
        "aws iam create-policy-version --policy-arn {arn} --policy-document '{document}' --set-as-default"
    );
    bench.shell(&switch).await?;
    Ok(())
}

/// The check `policy_changed` of the switch role after a full check.
async fn policy_changed(bench: &Bench) -> Result<Value> {
    let (role, _) = bench.checked("switch-role").await?;
    let checks = role["checks"].as_array().context("no checks")?;
    let mut checks = checks.iter();
    let found = checks.find(|check| check["code"] == "policy_changed");
    found.cloned().context("no check")
}

#[tokio::test]
async fn changed_policy_version_is_reported_with_its_permissions_and_reverted() -> Result<()> {
    let (bench, arn) = with_own_policy().await?;
    bench.assert_healthy("switch-role").await?;
    change(&bench, &arn, "*").await?;
    // Every check reports it again: the version that was seen first stays the expected one.
    for _ in 0..2 {
        let found = policy_changed(&bench).await?;
        assert_eq!(found["status"], "warning", "{found:#}");
        assert_eq!(found["evidence"]["changed"], json!([arn]));
        assert_eq!(found["evidence"]["allows"], json!(["*"]));
    }
    let found = policy_changed(&bench).await?;
    let command = found["command"].as_str().context("no command")?;
    bench.shell(command).await?;
    bench.assert_healthy("switch-role").await
}

/// The alternative: the stack is updated without the policy, and then with it again.
#[tokio::test]
async fn changed_policy_version_is_accepted_after_stack_reattaches_the_policy() -> Result<()> {
    let (bench, arn) = with_own_policy().await?;
    bench.assert_healthy("switch-role").await?;
    change(&bench, &arn, "ec2:*").await?;
    let found = policy_changed(&bench).await?;
    assert_eq!(found["status"], "warning", "{found:#}");
    bench.choose(&with_policies(&["ViewOnlyAccess"])).await?;
    bench.assert_healthy("switch-role").await?;
    bench.choose(&with_policies(&[arn.as_str()])).await?;
    bench.assert_healthy("switch-role").await
}
