//! Companion roles that were deleted or differ from the requested ones. Other mistakes and their
//! commands are in `companions/mistakes.rs`.

use super::bench::TestAccount;
use anyhow::{Context, Result};
use serde_json::{Value, json};

#[tokio::test]
async fn deleted_companion_role_or_profile_is_recreated() -> Result<()> {
    const KIND: &str = "ec2-instance";
    let tested = TestAccount::with_roles(json!([{"kind": KIND}])).await?;
    let bench = &tested.bench;
    let name = bench.role_name(KIND).await?;
    let role = bench.role(KIND).await?;
    let profile = role["instance_profile_arn"]
        .as_str()
        .context("no profile")?;
    let profile = profile.rsplit('/').next().context("no name")?;
    let take_out = format!(
        "aws iam remove-role-from-instance-profile --instance-profile-name {profile} --role-name {name}"
    );
    let policies = "for arn in $(aws iam list-attached-role-policies --role-name";
    for (code, gone) in [
        (
            "instance_profile",
            format!(
                "{take_out} && aws iam delete-instance-profile --instance-profile-name {profile}"
            ),
        ),
        (
            "role_missing",
            format!(
                "{take_out}; {policies} {name} --query 'AttachedPolicies[].PolicyArn' --output text); \
                 do aws iam detach-role-policy --role-name {name} --policy-arn $arn; done; \
                 aws iam delete-role --role-name {name}"
            ),
        ),
    ] {
        bench.shell(&gone).await?;
        let (_, odd) = bench.checked(KIND).await?;
        let finding = odd.iter().find(|one| one["code"] == code);
        let finding = finding.with_context(|| format!("no {code}: {odd:#?}"))?;
        let remedy = finding["remedy"].as_str().context("no remedy")?;
        assert!(remedy.contains("Then add it again"), "{remedy}");
        bench.choose(&json!([])).await?;
        bench.choose(&json!([{"kind": KIND}])).await?;
        bench.assert_healthy(KIND).await?;
    }
    Ok(())
}

#[tokio::test]
async fn companion_role_is_inspected_again_after_hub_role_is_restored() -> Result<()> {
    const KIND: &str = "ssm-hybrid";
    let tested = TestAccount::with_roles(json!([{"kind": KIND}])).await?;
    let role = tested.role().to_owned();
    let statement = json!({
        "Effect": "Allow",
        "Action": ["cloudformation:DescribeStacks", "cloudformation:DescribeStackResources"],
        "Resource": "*",
    });
    let document = json!({"Version": "2012-10-17", "Statement": [statement]});
    tested
        .shell(&format!(
            "aws iam put-role-policy --role-name {role} --policy-name SelfInspection \
             --policy-document '{document}'"
        ))
        .await?;
    let (_, odd) = tested.bench.checked(KIND).await?;
    let remedy = odd[0]["remedy"].as_str().context("no remedy")?;
    assert!(remedy.contains("permissions_missing"), "{remedy}");
    let account = tested.bench.account().await?;
    let checks = account["last_report"]["checks"]
        .as_array()
        .context("no report")?;
    let named = |check: &&Value| check["code"] == "permissions_missing";
    let command = checks.iter().find(named).context("no check")?["command"].clone();
    tested
        .shell(command.as_str().context("no command")?)
        .await?;
    tested.assert_passed("permissions_missing").await?;
    tested.bench.assert_healthy(KIND).await
}

#[tokio::test]
async fn role_with_outdated_options_is_updated() -> Result<()> {
    const KIND: &str = "ec2-instance";
    let tested = TestAccount::with_roles(json!([{"kind": KIND}])).await?;
    let bench = &tested.bench;
    let chosen = json!([{"kind": KIND, "options": {"policies": ["AmazonS3ReadOnlyAccess"]}}]);
    let body = json!({"companion_roles": chosen});
    let answer = bench.put("/companion-roles", &body).await?;
    let role = bench.role(KIND).await?;
    let checks = role["checks"].as_array().context("no checks")?;
    let finding = checks.iter().find(|one| one["code"] == "not_as_chosen");
    let remedy = finding.context("no finding")?["remedy"]
        .as_str()
        .context("no remedy")?;
    assert!(remedy.contains("run the update command"), "{remedy}");
    bench.update(&answer).await?;
    assert_eq!(tested.settled().await?, "UPDATE_COMPLETE");
    bench.assert_healthy(KIND).await
}
