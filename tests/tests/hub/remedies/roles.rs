//! The check's command restores a role that was changed by hand.

use super::bench::TestAccount;
use anyhow::{Context, Result};
use serde_json::json;

fn trust(hub: &str, external_id: Option<&str>, principals: &str) -> String {
    let mut condition = json!({"ArnLike": {"aws:PrincipalArn": principals}});
    if let Some(external_id) = external_id {
        condition["StringEquals"] = json!({"sts:ExternalId": external_id});
    }
    let statement = json!({
        "Effect": "Allow",
        "Principal": {"AWS": format!("arn:aws:iam::{hub}:root")},
        "Action": "sts:AssumeRole",
        "Condition": condition,
    });
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

#[tokio::test]
async fn changed_trust_policy_is_restored() -> Result<()> {
    let tested = TestAccount::connected().await?;
    let hub = tested.bench.world.hub_account_id().to_owned();
    let external_id = tested.bench.connected.registration.external_id.clone();
    let role = tested.role().to_owned();
    for (code, document) in [
        ("external_id_not_enforced", trust(&hub, None, "*")),
        ("trust_too_broad", trust(&hub, Some(&external_id), "*")),
        (
            "trust_too_broad",
            trust("444444444444", Some(&external_id), "*"),
        ),
    ] {
        // The last document alone would lock out the hub, so it is added to the correct policy.
        let right = tested
            .bench
            .world
            .trust_policy(tested.bench.connected.customer.account_id(), &role);
        let mut both = right.await?;
        let added: serde_json::Value = serde_json::from_str(&document)?;
        let statements = both["Statement"].as_array_mut().context("statements")?;
        statements.extend(added["Statement"].as_array().cloned().unwrap_or_default());
        let set = format!(
            "aws iam update-assume-role-policy --role-name {role} --policy-document '{both}'"
        );
        tested.shell(&set).await?;
        let check = tested.run_remedy(code).await?;
        let command = check.command.unwrap_or_default();
        assert!(command.contains("update-assume-role-policy"), "{command}");
    }
    Ok(())
}

#[tokio::test]
async fn role_that_locks_out_the_hub_is_restored() -> Result<()> {
    let tested = TestAccount::connected().await?;
    let role = tested.role().to_owned();
    let document = trust("444444444444", Some("x1"), "*");
    let set = format!(
        "aws iam update-assume-role-policy --role-name {role} --policy-document '{document}'"
    );
    tested.shell(&set).await?;
    let check = tested.finding("role_unassumable").await?;
    tested.shell(&check.command.context("no command")?).await?;
    tested.assert_passed("role_unassumable").await?;
    tested.assert_passed("trust_too_broad").await
}

#[tokio::test]
async fn removed_permissions_are_restored() -> Result<()> {
    let tested = TestAccount::connected().await?;
    let role = tested.role().to_owned();
    let narrow = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Action": ["cloudformation:DescribeStacks", "cloudformation:DescribeStackResources",
            "iam:GetRole", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "iam:GetRolePolicy"],
        "Resource": "*",
    }]});
    let deny = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Action": "iam:GetPolicyVersion", "Resource": "*"}]});
    let put = |name: &str, document: &serde_json::Value| {
        format!(
            "aws iam put-role-policy --role-name {role} --policy-name={name} \
             --policy-document '{document}'"
        )
    };
    for change in [
        // The policy is readable, but allows less than the template.
        put("SelfInspection", &narrow),
        // The role can't read anything.
        format!("aws iam delete-role-policy --role-name {role} --policy-name SelfInspection"),
        // A Deny in a policy whose name has every special character that IAM allows.
        put("-a+=,.@_b", &deny),
    ] {
        tested.shell(&change).await?;
        let check = tested.run_remedy("permissions_missing").await?;
        assert!(check.remedy.is_some_and(|it| it.contains("permissions")));
    }
    Ok(())
}

#[tokio::test]
async fn added_permissions_are_removed_whatever_their_policy_name() -> Result<()> {
    let tested = TestAccount::connected().await?;
    let role = tested.role().to_owned();
    let all = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]});
    let attach = format!(
        "aws iam attach-role-policy --role-name {role} \
         --policy-arn arn:aws:iam::aws:policy/AdministratorAccess && \
         aws iam put-role-policy --role-name {role} --policy-name=-a+=,.@_b --policy-document '{all}'"
    );
    tested.shell(&attach).await?;
    let check = tested.run_remedy("permissions_extra").await?;
    let command = check.command.unwrap_or_default();
    assert!(command.contains("--policy-name=-a+=,.@_b"), "{command}");
    assert!(command.contains("policy/AdministratorAccess"), "{command}");
    Ok(())
}

#[tokio::test]
async fn unreadable_policy_has_no_command() -> Result<()> {
    let tested = TestAccount::connected().await?;
    let (role, account) = (
        tested.role().to_owned(),
        tested.bench.connected.customer.account_id(),
    );
    let arn = format!("arn:aws:iam::{account}:policy/of-the-customer");
    let deny = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]});
    let attach = format!(
        "aws iam create-policy --policy-name of-the-customer --policy-document '{deny}' && \
         aws iam attach-role-policy --role-name {role} --policy-arn {arn}"
    );
    tested.shell(&attach).await?;
    let check = tested.finding("permissions_extra").await?;
    assert_eq!(
        check.command, None,
        "an unreadable policy might only deny actions"
    );
    let evidence = check.evidence.context("no evidence")?;
    assert_eq!(evidence["policies"], json!([arn]));
    tested
        .shell(&format!(
            "aws iam detach-role-policy --role-name {role} --policy-arn {arn}"
        ))
        .await?;
    tested.assert_passed("permissions_extra").await
}
