//! A role that was changed by hand is put back by the command that the check shows.

use super::bench::Patient;
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
async fn a_trust_policy_that_was_changed_is_restored() -> Result<()> {
    let patient = Patient::connected().await?;
    let hub = patient.bench.world.hub_account_id().to_owned();
    let external_id = patient.bench.connected.registration.external_id.clone();
    let role = patient.role().to_owned();
    for (code, document) in [
        ("external_id_not_enforced", trust(&hub, None, "*")),
        ("trust_too_broad", trust(&hub, Some(&external_id), "*")),
        (
            "trust_too_broad",
            trust("444444444444", Some(&external_id), "*"),
        ),
    ] {
        // The last of them shuts the hub out as well, so it goes beside the right one.
        let right = patient
            .bench
            .world
            .trust_policy(patient.bench.connected.customer.account_id(), &role);
        let mut both = right.await?;
        let added: serde_json::Value = serde_json::from_str(&document)?;
        let statements = both["Statement"].as_array_mut().context("statements")?;
        statements.extend(added["Statement"].as_array().cloned().unwrap_or_default());
        let set = format!(
            "aws iam update-assume-role-policy --role-name {role} --policy-document '{both}'"
        );
        patient.shell(&set).await?;
        let check = patient.mends(code).await?;
        let command = check.command.unwrap_or_default();
        assert!(command.contains("update-assume-role-policy"), "{command}");
    }
    Ok(())
}

#[tokio::test]
async fn a_role_that_shuts_the_hub_out_lets_it_in_again() -> Result<()> {
    let patient = Patient::connected().await?;
    let role = patient.role().to_owned();
    let document = trust("444444444444", Some("x1"), "*");
    let set = format!(
        "aws iam update-assume-role-policy --role-name {role} --policy-document '{document}'"
    );
    patient.shell(&set).await?;
    let check = patient.finding("role_unassumable").await?;
    patient.shell(&check.command.context("no command")?).await?;
    patient.passes("role_unassumable").await?;
    patient.passes("trust_too_broad").await
}

#[tokio::test]
async fn permissions_that_were_taken_away_come_back() -> Result<()> {
    let patient = Patient::connected().await?;
    let role = patient.role().to_owned();
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
        // Readable, and less than the template gives.
        put("SelfInspection", &narrow),
        // Nothing can be read any more.
        format!("aws iam delete-role-policy --role-name {role} --policy-name SelfInspection"),
        // A denial, under a name with all that IAM lets into one.
        put("-a+=,.@_b", &deny),
    ] {
        patient.shell(&change).await?;
        let check = patient.mends("permissions_missing").await?;
        assert!(check.remedy.is_some_and(|it| it.contains("permissions")));
    }
    Ok(())
}

#[tokio::test]
async fn permissions_that_were_added_go_whatever_they_are_called() -> Result<()> {
    let patient = Patient::connected().await?;
    let role = patient.role().to_owned();
    let all = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]});
    let attach = format!(
        "aws iam attach-role-policy --role-name {role} \
         --policy-arn arn:aws:iam::aws:policy/AdministratorAccess && \
         aws iam put-role-policy --role-name {role} --policy-name=-a+=,.@_b --policy-document '{all}'"
    );
    patient.shell(&attach).await?;
    let check = patient.mends("permissions_extra").await?;
    let command = check.command.unwrap_or_default();
    assert!(command.contains("--policy-name=-a+=,.@_b"), "{command}");
    assert!(command.contains("policy/AdministratorAccess"), "{command}");
    Ok(())
}

#[tokio::test]
async fn a_policy_that_the_hub_can_not_read_is_left_to_a_person() -> Result<()> {
    let patient = Patient::connected().await?;
    let (role, account) = (
        patient.role().to_owned(),
        patient.bench.connected.customer.account_id(),
    );
    let arn = format!("arn:aws:iam::{account}:policy/of-the-customer");
    let deny = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]});
    let attach = format!(
        "aws iam create-policy --policy-name of-the-customer --policy-document '{deny}' && \
         aws iam attach-role-policy --role-name {role} --policy-arn {arn}"
    );
    patient.shell(&attach).await?;
    let check = patient.finding("permissions_extra").await?;
    assert_eq!(check.command, None, "it may only deny something");
    let evidence = check.evidence.context("no evidence")?;
    assert_eq!(evidence["policies"], json!([arn]));
    patient
        .shell(&format!(
            "aws iam detach-role-policy --role-name {role} --policy-arn {arn}"
        ))
        .await?;
    patient.passes("permissions_extra").await
}
