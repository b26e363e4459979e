//! A role's permissions that differ from its template.

use anyhow::{Context, Result};
use rolecall_client::Report;
use rolecall_domain::iam::percent_decode;
use rolecall_tests::accounts::Connected;
use rolecall_tests::answers::refused;
use rolecall_tests::roles::name_of;
use rolecall_tests::world::World;
use serde_json::{Value, json};

use crate::refusals::accounts::role_of;

fn status<'a>(report: &'a Report, code: &str) -> Option<&'a str> {
    report.check(code).map(|check| check.status.as_str())
}

/// Changes the role's inline policy.
async fn change_policy(
    world: &World,
    connected: &Connected,
    change: impl FnOnce(&mut Value),
) -> Result<()> {
    let iam = world.aws(connected.customer.account_id())?.iam();
    let role = name_of(role_of(connected));
    let read = iam.get_role_policy().role_name(role);
    let read = read.policy_name("SelfInspection").send().await?;
    let mut policy = serde_json::from_str(&percent_decode(read.policy_document()))?;
    change(&mut policy);
    let write = iam.put_role_policy().role_name(role);
    let write = write.policy_name("SelfInspection");
    write.policy_document(policy.to_string()).send().await?;
    Ok(())
}

#[tokio::test]
async fn unchanged_role_shows_no_drift() -> Result<()> {
    let world = World::find().await?;
    let connected = world.connect().await?;
    let report = world.acme.check(&connected.account.account_id).await?;
    for code in [
        "permissions_missing",
        "permissions_extra",
        "template_outdated",
    ] {
        assert_eq!(status(&report, code), Some("passed"), "{code}");
    }
    let missing = report.check("permissions_missing").context("no check")?;
    assert!(missing.message.contains("every permission"), "{missing:?}");
    Ok(())
}

#[tokio::test]
async fn action_removed_from_role_is_reported() -> Result<()> {
    let world = World::find().await?;
    let connected = world.connect().await?;
    // The hub never calls this action, so only the comparison can find it.
    change_policy(&world, &connected, |policy| {
        let text = policy
            .to_string()
            .replace("\"iam:GetPolicyVersion\"", "\"iam:GetPolicy\"");
        *policy = serde_json::from_str(&text).expect("valid");
    })
    .await?;
    let id = &connected.account.account_id;
    let problem = refused(world.acme.check(id).await, 422, "verification_failed");
    let report = problem.report.context("no report")?;
    assert_eq!(status(&report, "permissions_missing"), Some("failed"));
    let check = report.check("permissions_missing").context("no check")?;
    let evidence = check.evidence.clone().context("no evidence")?;
    assert_eq!(evidence["actions"], json!(["iam:GetPolicyVersion"]));
    Ok(())
}

#[tokio::test]
async fn action_added_to_role_policy_is_reported() -> Result<()> {
    let world = World::find().await?;
    let connected = world.connect().await?;
    change_policy(&world, &connected, |policy| {
        let more = json!({"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"});
        policy["Statement"]
            .as_array_mut()
            .expect("a list")
            .push(more);
    })
    .await?;
    let report = world.acme.check(&connected.account.account_id).await?;
    assert_eq!(report.verdict, "passed");
    let check = report.check("permissions_extra").context("no check")?;
    assert_eq!(check.status, "warning");
    assert_eq!(
        check.evidence,
        Some(json!({"actions": ["iam:PassRole"], "resources": ["*"]}))
    );
    Ok(())
}
