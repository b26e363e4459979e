//! Makes each common mistake with these roles; the check reports its code, and the finding's
//! command fixes it.

use anyhow::Result;
use serde_json::json;

use crate::companions::bench::{BASTION, Bench};

/// The steps that people miss when they set up an instance profile with Systems Manager.
#[tokio::test]
async fn every_missing_instance_profile_step_is_found() -> Result<()> {
    const KIND: &str = "ec2-instance";
    let policies = ["AmazonEC2ReadOnlyAccess", "AmazonSSMManagedInstanceCore"];
    let options = json!({"policies": policies, "trust_ssm": true});
    let bench = Bench::set(json!([{"kind": KIND, "options": options}])).await?;
    bench.assert_healthy(KIND).await?;
    let role = bench.role(KIND).await?;
    let profile = role["instance_profile_arn"].as_str().expect("a profile");
    let profile = profile.rsplit('/').next().expect("a name").to_owned();
    let name = bench.role_name(KIND).await?;
    let document = |services: &[&str]| {
        let principal = json!({"Service": services});
        let statement =
            json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"});
        json!({"Version": "2012-10-17", "Statement": [statement]})
    };
    let trust = |services: &[&str]| {
        let document = document(services);
        format!(
            "aws iam update-assume-role-policy --role-name {name} --policy-document '{document}'"
        )
    };

    // The role does not trust EC2.
    bench.shell(&trust(&["lambda.amazonaws.com"])).await?;
    let (_, odd) = bench.checked(KIND).await?;
    assert_eq!(odd[0]["code"], "trust_missing", "{odd:#?}");
    let missing = odd[0]["evidence"]["missing"].as_array().expect("a list");
    assert_eq!(
        missing,
        &[json!("ec2.amazonaws.com"), json!("ssm.amazonaws.com")]
    );
    assert_eq!(odd[1]["code"], "trust_too_broad", "{odd:#?}");
    bench
        .shell(odd[0]["command"].as_str().expect("a command"))
        .await?;
    bench.assert_healthy(KIND).await?;

    // A second role in the instance profile.
    let add = format!("aws iam add-role-to-instance-profile --instance-profile-name {profile}");
    let (done, said) = bench
        .try_shell(&format!("{add} --role-name {name}"))
        .await?;
    assert!(!done && said.contains("LimitExceeded"), "{said}");
    let remove = format!(
        "aws iam remove-role-from-instance-profile --instance-profile-name {profile} --role-name {name}"
    );
    bench.shell(&remove).await?;
    let command = bench.finds(KIND, "instance_profile").await?;
    bench.shell(&command).await?;
    let other = format!(
        "aws iam create-role --role-name other --assume-role-policy-document '{}'",
        document(&["ec2.amazonaws.com"])
    );
    bench
        .shell(&format!("{remove} && {other} && {add} --role-name other"))
        .await?;
    let command = bench.finds(KIND, "instance_profile").await?;
    bench.shell(&command).await?;
    bench.assert_healthy(KIND).await?;

    // Systems Manager is not trusted.
    bench.shell(&trust(&["ec2.amazonaws.com"])).await?;
    let command = bench.finds(KIND, "trust_missing").await?;
    bench.shell(&command).await?;
    bench.assert_healthy(KIND).await?;

    // The managed policy is not attached.
    let core = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";
    bench
        .shell(&format!(
            "aws iam detach-role-policy --role-name {name} --policy-arn {core}"
        ))
        .await?;
    let command = bench.finds(KIND, "policy_missing").await?;
    assert!(command.contains(core), "{command}");
    bench.shell(&command).await?;
    bench.assert_healthy(KIND).await
}

#[tokio::test]
async fn switch_role_with_broad_trust_or_permissions_is_found() -> Result<()> {
    const KIND: &str = "switch-role";
    let options = json!({"trusted_account_id": BASTION, "policies": ["ReadOnlyAccess"]});
    let bench = Bench::set(json!([{"kind": KIND, "options": options}])).await?;
    bench.assert_healthy(KIND).await?;
    let name = bench.role_name(KIND).await?;

    let attach =
        "aws iam attach-role-policy --policy-arn arn:aws:iam::aws:policy/AdministratorAccess";
    bench.shell(&format!("{attach} --role-name {name}")).await?;
    let command = bench.finds(KIND, "policy_extra").await?;
    bench.shell(&command).await?;

    let longer = format!("aws iam update-role --role-name {name} --max-session-duration 43200");
    bench.shell(&longer).await?;
    let command = bench.finds(KIND, "session_length").await?;
    bench.shell(&command).await?;

    let bastion = json!({"AWS": format!("arn:aws:iam::{BASTION}:root")});
    let statement = json!({"Effect": "Allow", "Principal": bastion, "Action": "sts:AssumeRole"});
    let document = json!({"Version": "2012-10-17", "Statement": [statement]});
    let trust = format!(
        "aws iam update-assume-role-policy --role-name {name} --policy-document '{document}'"
    );
    bench.shell(&trust).await?;
    let command = bench.finds(KIND, "trust_too_broad").await?;
    bench.shell(&command).await?;
    bench.assert_healthy(KIND).await
}

/// The account stays healthy, because the hub's own access still works.
#[tokio::test]
async fn deleted_companion_role_is_missing_and_account_stays_healthy() -> Result<()> {
    const KIND: &str = "ssm-hybrid";
    let bench = Bench::set(json!([{"kind": KIND}])).await?;
    let name = bench.role_name(KIND).await?;
    let core = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";
    bench
        .shell(&format!(
            "aws iam detach-role-policy --role-name {name} --policy-arn {core} && \
             aws iam delete-role --role-name {name}"
        ))
        .await?;
    let (role, odd) = bench.checked(KIND).await?;
    assert_eq!(role["state"], "failed");
    assert_eq!(odd[0]["code"], "role_missing", "{odd:#?}");
    let account_id = &bench.connected.account.account_id;
    let account = bench.world.acme.account(account_id).await?;
    assert_eq!(account.status, "active");
    Ok(())
}
