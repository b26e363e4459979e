//! The roles' permissions before and after a stack update.

use anyhow::{Context, Result};
use http::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;

use crate::companions::bench::{BASTION, Bench, post};

const EC2: &str = "ec2-instance";

#[tokio::test]
async fn simulation_returns_one_result_per_resource() -> Result<()> {
    let options = json!({"s3_buckets": ["ours"]});
    let bench = Bench::set(json!([{"kind": "ssm-hybrid", "options": options}])).await?;
    let (ours, theirs) = ("arn:aws:s3:::ours/x", "arn:aws:s3:::theirs/x");
    let question = json!({
        "kind": "ssm-hybrid",
        "actions": ["s3:GetObject"],
        "resources": [ours, theirs],
    });
    let answer = bench.post("/simulations", &question).await?;
    let details = |at: usize| {
        let one = &answer["results"][at];
        (
            one["resource"].as_str(),
            one["decision"].as_str(),
            one["matched"].clone(),
        )
    };
    assert_eq!(
        details(0),
        (Some(ours), Some("allowed"), json!(["OwnBuckets"]))
    );
    assert_eq!(
        details(1),
        (Some(theirs), Some("implicitly_denied"), json!([]))
    );
    Ok(())
}

#[tokio::test]
async fn role_gains_permissions_after_stack_update() -> Result<()> {
    let bench = Bench::set(json!([{"kind": EC2}])).await?;
    let actions = [
        "ec2:DescribeInstances",
        "ec2:RunInstances",
        "ssm:UpdateInstanceInformation",
    ];
    assert_eq!(
        bench.allowed(EC2, &actions).await?,
        ["ec2:DescribeInstances"]
    );
    let policies = ["AmazonEC2ReadOnlyAccess", "AmazonSSMManagedInstanceCore"];
    let chosen = json!([{"kind": EC2, "options": {"policies": policies, "trust_ssm": true}}]);
    bench.choose(&chosen).await?;
    bench.assert_healthy(EC2).await?;
    assert_eq!(
        bench.allowed(EC2, &actions).await?,
        ["ec2:DescribeInstances", "ssm:UpdateInstanceInformation"]
    );
    // IAM evaluates some actions separately, and each resource on its own.
    let actions = ["iam:PassRole", "ec2:DescribeInstances"];
    assert_eq!(
        bench.allowed(EC2, &actions).await?,
        ["ec2:DescribeInstances"]
    );
    // The hub's own role may only inspect.
    let own = ["iam:GetRole", "iam:CreateUser"];
    assert_eq!(
        bench.allowed("automation", &own).await?,
        Vec::<String>::new(),
        "on any resource"
    );
    Ok(())
}

#[tokio::test]
async fn stack_update_adds_and_removes_roles() -> Result<()> {
    let bench = Bench::set(json!([{"kind": "ssm-hybrid"}])).await?;
    let switch = json!({"trusted_account_id": BASTION, "policies": ["ReadOnlyAccess"]});
    let chosen = json!([{"kind": "switch-role", "options": switch}, {"kind": EC2}]);
    let body = json!({"companion_roles": chosen});
    bench.put("/companion-roles", &body).await?;
    let planned = bench.role("switch-role").await?;
    assert_eq!(
        (planned["state"].as_str(), &planned["role_arn"]),
        (Some("planned"), &Value::Null)
    );
    bench.choose(&chosen).await?;
    for kind in ["switch-role", EC2] {
        bench.assert_healthy(kind).await?;
    }
    assert!(
        bench.role("ssm-hybrid").await.is_err(),
        "the role was removed"
    );
    let again = bench.put("/companion-roles", &body).await?;
    assert_eq!(again["update"], Value::Null, "{again}");
    Ok(())
}

/// People sign in to a bastion account and use the profile that the hub generates for them.
#[tokio::test]
async fn person_switches_role_with_generated_profile_and_policy() -> Result<()> {
    let options = json!({
        "trusted_account_id": BASTION,
        "policies": ["arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess"],
        "require_mfa": false,
    });
    let bench = Bench::set(json!([{"kind": "switch-role", "options": options}])).await?;
    let world = &bench.world;
    let group = &bench.connected.group.group_id;
    let path =
        format!("/v1/export?format=aws-config&via=switch-role&group_id={group}&source_profile=me");
    let config = world
        .acme
        .raw(Method::GET, &path, &[], Vec::new())
        .await?
        .text();
    let profile = config.split_once("[profile ").context("a profile")?.1;
    let profile = profile.split_once(']').context("a name")?.0.to_owned();
    let path = format!("/v1/source-policy?trusted_account_id={BASTION}");
    let answer = post(world, Method::GET, &path, &Value::Null, 200).await?;
    let role = bench.role("switch-role").await?;
    let policies = answer["policies"].as_array().context("a list")?;
    let named = |policy: &&Value| {
        policy["document"]
            .to_string()
            .contains(role["role_arn"].as_str().unwrap_or("?"))
    };
    let document = policies
        .iter()
        .find(named)
        .context("a policy that names the role")?["document"]
        .to_string();

    let person = rolecall_tests::world::unique("person");
    let script = format!(
        "export AWS_ACCESS_KEY_ID={BASTION} AWS_SECRET_ACCESS_KEY=local
         aws iam create-user --user-name {person} >/dev/null
         keys=$(aws iam create-access-key --user-name {person} --output text \\
             --query 'AccessKey.[AccessKeyId,SecretAccessKey]')
         unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
         mkdir -p ~/.aws
         printf '[me]\\naws_access_key_id = %s\\naws_secret_access_key = %s\\n' $keys > ~/.aws/credentials
         cat > ~/.aws/config <<'CONFIG'\n{config}\nCONFIG
         aws sts get-caller-identity --profile {profile} && echo too early && exit 9
         AWS_ACCESS_KEY_ID={BASTION} AWS_SECRET_ACCESS_KEY=local \\
             aws iam put-user-policy --user-name {person} --policy-name switch --policy-document '{document}'
         aws sts get-caller-identity --profile {profile} --output text --query '[Account,Arn]'
         aws ec2 describe-instances --profile {profile} >/dev/null && echo may describe
         aws ec2 run-instances --profile {profile} --image-id ami-1 2>&1 || echo may not run"
    );
    let (done, said) = bench.shell_as(&script, BTreeMap::new()).await?;
    assert!(done && !said.contains("too early"), "{said}");
    let account = bench.connected.customer.account_id();
    let name = bench.role_name("switch-role").await?;
    assert!(
        said.contains(&format!(
            "{account}\tarn:aws:sts::{account}:assumed-role/{name}/"
        )),
        "{said}"
    );
    assert!(
        said.contains("may describe") && said.contains("may not run"),
        "{said}"
    );
    assert!(said.contains("UnauthorizedOperation"), "{said}");
    Ok(())
}
