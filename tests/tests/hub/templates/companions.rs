//! Stacks with companion roles: every option of every kind.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use aws_sdk_iam::error::ProvideErrorMetadata;
use rolecall_tests::roles::name_of;
use serde_json::{Value, json};

use crate::templates::maker::Maker;

fn switch_role(require_mfa: bool) -> Value {
    let options = json!({
        "trusted_account_id": "333333333333",
        "policies": ["ReadOnlyAccess", "arn:aws:iam::aws:policy/IAMReadOnlyAccess"],
        "require_mfa": require_mfa,
        "max_session_seconds": 7200,
        "path": "/companion/t1/",
    });
    json!({"kind": "switch-role", "options": options})
}

fn ec2_instance(trust_ssm: bool) -> Value {
    let policies = ["AmazonEC2ReadOnlyAccess", "AmazonSSMManagedInstanceCore"];
    let options = json!({"policies": policies, "trust_ssm": trust_ssm});
    json!({"kind": "ec2-instance", "options": options})
}

/// All options of the kind: two flags and two lists.
fn ssm_hybrid(which: u8) -> Value {
    let has = |bit: u8| which & (1 << bit) != 0;
    let list = |bit: u8, values: &[&str]| if has(bit) { json!(values) } else { json!([]) };
    let options = json!({
        "directory_service": has(0),
        "cloudwatch_agent": has(1),
        "s3_buckets": list(2, &["own.bucket", "own-output"]),
        "patch_baseline_regions": list(3, &["eu-west-1"]),
    });
    json!({"kind": "ssm-hybrid", "options": options})
}

#[tokio::test]
async fn every_option_of_ssm_hybrid_role_creates_expected_role() -> Result<()> {
    let maker = Maker::new().await?;
    for which in 0..16 {
        maker.create_and_check(json!([ssm_hybrid(which)])).await?;
    }
    Ok(())
}

#[tokio::test]
async fn options_of_other_kinds_create_expected_roles() -> Result<()> {
    let maker = Maker::new().await?;
    for on in [false, true] {
        maker.create_and_check(json!([ec2_instance(on)])).await?;
        maker.create_and_check(json!([switch_role(on)])).await?;
    }
    let least = json!({"trusted_account_id": "333333333333"});
    let defaults = json!([
        {"kind": "switch-role", "options": least},
        {"kind": "ec2-instance"},
        {"kind": "ssm-hybrid"},
    ]);
    maker.create_and_check(defaults).await?;
    let all = json!([switch_role(true), ec2_instance(true), ssm_hybrid(15)]);
    maker.create_and_check(all).await?;
    maker.create_and_check(json!([])).await?;
    Ok(())
}

/// Publishing and links rely on the computed size.
#[tokio::test]
async fn policy_of_the_hubs_role_is_not_larger_than_computed() -> Result<()> {
    let mut maker = Maker::new().await?;
    maker.fill_in(
        "PermissionsBoundaryArn",
        format!("arn:aws:iam::222222222222:policy/{}", "b".repeat(64)),
    );
    maker.fill_in("RolePath", "/rolecall/security/team-1/".to_owned());
    let all = json!([switch_role(true), ec2_instance(true), ssm_hybrid(15)]);
    let computed = maker.whole_template(&all).longest_self_inspection();
    let stack = maker.create_and_check(all).await?;
    let inline = maker.inline_of_the_hubs_role(&stack).await?;
    let names: Vec<&str> = inline.keys().map(String::as_str).collect();
    assert_eq!(names, ["SelfInspection"]);
    let size = inline["SelfInspection"].to_string().len();
    assert!(size <= computed, "{size} of {computed}");
    assert!(size > computed / 3, "{size} of {computed}: is it complete?");
    Ok(())
}

#[tokio::test]
async fn list_options_create_one_resource_per_value() -> Result<()> {
    let maker = Maker::new().await?;
    let buckets = ["b-1", "b-2", "b-3", "b-4", "b-5"];
    let regions = [
        "us-east-1",
        "eu-west-1",
        "ap-northeast-1",
        "sa-east-1",
        "us-west-2",
    ];
    for most in [1, 5] {
        let options = json!({
            "s3_buckets": &buckets[..most],
            "patch_baseline_regions": &regions[..most],
        });
        let wanted = json!([{"kind": "ssm-hybrid", "options": options}]);
        maker.create_and_check(wanted).await?;
    }
    Ok(())
}

#[tokio::test]
async fn update_adds_changes_and_removes_roles() -> Result<()> {
    let maker = Maker::new().await?;
    let stack = maker.create_and_check(json!([])).await?;
    let steps = [
        json!([switch_role(true), ec2_instance(false)]),
        json!([switch_role(false), ec2_instance(true), ssm_hybrid(6)]),
        json!([ec2_instance(false), ssm_hybrid(9)]),
        json!([{"kind": "ec2-instance", "options": {"policies": ["AmazonS3ReadOnlyAccess"]}}]),
        json!([]),
    ];
    let mut instances = BTreeSet::new();
    for step in steps {
        let stack = maker.update_and_check(&stack, step).await?;
        instances.extend(stack.outputs.get("Ec2InstanceRoleArn").cloned());
    }
    assert_eq!(
        instances.len(),
        1,
        "a change must keep the role: {instances:?}"
    );
    Ok(())
}

/// The hub role's permissions are in two files: the template and self-inspection.json.
#[tokio::test]
async fn hub_role_has_exactly_the_permissions_to_inspect_companion_roles() -> Result<()> {
    let maker = Maker::new().await?;
    let all = json!([switch_role(true), ec2_instance(true), ssm_hybrid(15)]);
    let stack = maker.create_and_check(all).await?;
    let line = stack.output("RolecallStackInfo")?;
    let complete = maker
        .world
        .acme
        .complete(&maker.registration_id, line, None);
    let account = complete.await?;
    let report = account.last_report.context("no report")?;
    for code in ["permissions_missing", "permissions_extra"] {
        let check = report.check(code).context("no check")?;
        assert_eq!(check.status, "passed", "{code}: {}", check.message);
    }
    Ok(())
}

#[tokio::test]
async fn hub_role_can_inspect_only_its_own_stacks_companion_roles() -> Result<()> {
    let maker = Maker::new().await?;
    let stack = maker.create_and_check(json!([ec2_instance(false)])).await?;
    let hub = maker.iam_of_the_hubs_role(&stack).await?;
    let role = stack.output("Ec2InstanceRoleArn")?;
    let ask = |role: &str| {
        let request = hub.simulate_principal_policy().policy_source_arn(role);
        let request = request.action_names("ec2:DescribeInstances");
        let request = request.action_names("ec2:RunInstances");
        request
            .resource_arns("*")
            .resource_arns("arn:aws:ec2:*:*:subnet/s")
            .send()
    };
    let answer = ask(role).await?;
    let results = answer.evaluation_results().iter().map(|result| {
        let sources = result.matched_statements().iter();
        let sources: Vec<&str> = sources.filter_map(|it| it.source_policy_id()).collect();
        (
            result.eval_action_name(),
            result.eval_decision().as_str(),
            sources.join(","),
        )
    });
    let source = || "AmazonEC2ReadOnlyAccess".to_owned();
    // IAM returns one result per action, with results per resource inside.
    let expected = [
        ("ec2:DescribeInstances", "allowed", source()),
        ("ec2:RunInstances", "implicitDeny", String::new()),
    ];
    assert_eq!(results.collect::<Vec<_>>(), expected);
    let profile = name_of(stack.output("Ec2InstanceInstanceProfileArn")?);
    let read = hub.get_instance_profile().instance_profile_name(profile);
    read.send().await?;

    let another = maker.create_and_check(json!([ec2_instance(false)])).await?;
    let refused = ask(another.output("Ec2InstanceRoleArn")?).await;
    assert_eq!(refused.expect_err("refused").code(), Some("AccessDenied"));
    let profile = name_of(another.output("Ec2InstanceInstanceProfileArn")?);
    let read = hub.get_instance_profile().instance_profile_name(profile);
    let refused = read.send().await.expect_err("refused");
    assert_eq!(refused.code(), Some("AccessDenied"));
    Ok(())
}
