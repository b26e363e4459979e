//! Connected accounts whose role or stack has changed.

use anyhow::{Context, Result};
use http::Method;
use rolecall_client::Problem;
use rolecall_domain::iam::percent_decode;
use rolecall_tests::accounts::{Connected, sqs_batch};
use rolecall_tests::answers::{problem, refused};
use rolecall_tests::roles::name_of;
use rolecall_tests::world::World;
use serde_json::{Value, json};

pub(crate) fn role_of(connected: &Connected) -> &str {
    connected.account.rest["role_arn"]
        .as_str()
        .unwrap_or_default()
}

/// The failed checks of a problem's report.
fn failed(problem: &Problem) -> Vec<&str> {
    let checks = problem.report.iter().flat_map(|report| &report.checks);
    let failed = checks.filter(|check| check.status == "failed");
    failed.map(|check| check.code.as_str()).collect()
}

async fn trust_of(world: &World, connected: &Connected) -> Result<Value> {
    let account = connected.customer.account_id();
    world.trust_policy(account, role_of(connected)).await
}

async fn set_trust(world: &World, connected: &Connected, trust: &Value) -> Result<()> {
    let account = connected.customer.account_id();
    world
        .set_trust_policy(account, role_of(connected), trust)
        .await
}

#[tokio::test]
async fn trust_policy_without_external_id_makes_account_unhealthy() -> Result<()> {
    let world = World::find().await?;
    let mut bus = world.listen().await?;
    let connected = world.connect().await?;
    let id = &connected.account.account_id;
    let good = trust_of(&world, &connected).await?;
    let mut bad = good.clone();
    let condition = bad["Statement"][0]["Condition"].as_object_mut();
    condition.context("no condition")?.remove("StringEquals");
    set_trust(&world, &connected, &bad).await?;

    let problem = refused(world.acme.check(id).await, 422, "verification_failed");
    assert_eq!(
        failed(&problem),
        ["external_id_not_enforced", "trust_too_broad"]
    );
    let account = world.acme.account(id).await?;
    assert_eq!(
        (account.status.as_str(), account.health.as_deref()),
        ("unhealthy", Some("unhealthy"))
    );
    let told = bus.wait_for("Account Unhealthy", id).await?;
    assert_eq!(told.detail["cause"], "external_id_not_enforced");

    set_trust(&world, &connected, &good).await?;
    world.scheduled_check(id).await?;
    let account = world.acme.account(id).await?;
    assert_eq!(
        (account.status.as_str(), account.health.as_deref()),
        ("active", Some("healthy"))
    );
    bus.wait_for("Account Recovered", id).await?;
    let history = world.acme.history(id).await?;
    let numbers: Vec<_> = history.items.iter().map(|entry| entry.sequence).collect();
    assert_eq!(numbers, [3, 2, 1]);
    Ok(())
}

#[tokio::test]
async fn second_check_within_thirty_seconds_is_rate_limited() -> Result<()> {
    let world = World::find().await?;
    let connected = world.connect().await?;
    let id = &connected.account.account_id;
    let report = world.acme.check(id).await?;
    assert_eq!(
        (report.verdict.as_str(), report.checks.len()),
        ("passed", 17)
    );
    let path = format!("/v1/accounts/{id}/checks");
    let answer = world.acme.raw(Method::POST, &path, &[], Vec::new()).await?;
    problem(&answer, 429, "rate_limited");
    let seconds = answer.header("retry-after").context("no Retry-After")?;
    assert!((1..=30).contains(&seconds.parse::<u32>()?), "{seconds}");
    Ok(())
}

#[tokio::test]
async fn trust_policy_with_other_principals_makes_account_unhealthy() -> Result<()> {
    let world = World::find().await?;
    let connected = world.connect().await?;
    let mut trust = trust_of(&world, &connected).await?;
    let other = json!({
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
        "Action": "sts:AssumeRole",
    });
    trust["Statement"]
        .as_array_mut()
        .context("no statements")?
        .push(other);
    set_trust(&world, &connected, &trust).await?;
    let id = &connected.account.account_id;
    let problem = refused(world.acme.check(id).await, 422, "verification_failed");
    assert_eq!(failed(&problem), ["trust_too_broad"]);
    let report = json!(problem.report);
    assert!(report.to_string().contains("999999999999"));
    Ok(())
}

#[tokio::test]
async fn recreated_role_with_the_same_name_is_found() -> Result<()> {
    let world = World::find().await?;
    let connected = world.connect().await?;
    let trust = trust_of(&world, &connected).await?;
    let name = name_of(role_of(&connected));
    let iam = world.aws(connected.customer.account_id())?.iam();
    let request = iam.get_role_policy().role_name(name);
    let policy = request.policy_name("SelfInspection").send().await?;
    let policy = policy.policy_document();
    let request = iam.delete_role_policy().role_name(name);
    request.policy_name("SelfInspection").send().await?;
    iam.delete_role().role_name(name).send().await?;
    let request = iam.create_role().role_name(name).path("/rolecall/");
    request
        .assume_role_policy_document(trust.to_string())
        .send()
        .await?;
    let request = iam.put_role_policy().role_name(name);
    let request = request.policy_name("SelfInspection");
    let decoded = percent_decode(policy);
    request.policy_document(decoded).send().await?;

    let id = &connected.account.account_id;
    let problem = refused(world.acme.check(id).await, 422, "verification_failed");
    assert_eq!(failed(&problem), ["role_recreated"]);
    Ok(())
}

#[tokio::test]
async fn role_without_its_policy_fails_with_the_missing_permissions() -> Result<()> {
    let world = World::find().await?;
    let connected = world.connect().await?;
    let iam = world.aws(connected.customer.account_id())?.iam();
    let request = iam
        .delete_role_policy()
        .role_name(name_of(role_of(&connected)));
    request.policy_name("SelfInspection").send().await?;
    let id = &connected.account.account_id;
    let problem = refused(world.acme.check(id).await, 422, "verification_failed");
    assert_eq!(failed(&problem), ["permissions_missing"]);
    let report = problem.report.context("no report")?;
    let check = report.check("permissions_missing").context("no check")?;
    let actions = json!(check.evidence).to_string();
    for action in ["cloudformation:DescribeStacks", "iam:GetRole"] {
        assert!(actions.contains(action), "{actions}");
    }
    Ok(())
}

#[tokio::test]
async fn policy_added_outside_the_stack_is_only_a_warning() -> Result<()> {
    let world = World::find().await?;
    let connected = world.connect().await?;
    let iam = world.aws(connected.customer.account_id())?.iam();
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    ]});
    let request = iam
        .put_role_policy()
        .role_name(name_of(role_of(&connected)));
    let request = request.policy_name("Extra");
    request.policy_document(policy.to_string()).send().await?;
    let report = world.acme.check(&connected.account.account_id).await?;
    assert_eq!(report.verdict, "passed");
    let check = report.check("permissions_extra").context("no check")?;
    assert_eq!(check.status, "warning");
    let evidence = json!({
        "policies": ["Extra"],
        "actions": ["s3:ListAllMyBuckets"],
        "resources": ["*"],
    });
    assert_eq!(check.evidence, Some(evidence));
    Ok(())
}

#[tokio::test]
async fn missing_role_makes_account_unhealthy_after_three_scheduled_checks() -> Result<()> {
    let world = World::find().await?;
    let connected = world.connect().await?;
    let name = name_of(role_of(&connected));
    let iam = world.aws(connected.customer.account_id())?.iam();
    let request = iam.delete_role_policy().role_name(name);
    request.policy_name("SelfInspection").send().await?;
    iam.delete_role().role_name(name).send().await?;
    let id = &connected.account.account_id;
    for _ in 0..3 {
        world.scheduled_check(id).await?;
    }
    let account = world.acme.account(id).await?;
    assert_eq!(account.status, "unhealthy");
    let report = account.last_report.context("no report")?;
    let check = report.check("role_unassumable").context("no check")?;
    assert_eq!(check.status, "failed");
    assert!(
        check
            .evidence
            .as_ref()
            .is_some_and(|e| e["likely_causes"][0] == "role_deleted")
    );
    Ok(())
}

#[tokio::test]
async fn bad_message_or_account_does_not_stop_the_batch() -> Result<()> {
    let world = World::find().await?;
    let (lost, sound) = (world.connect().await?, world.connect().await?);
    let iam = world.aws(lost.customer.account_id())?.iam();
    let name = name_of(role_of(&lost));
    let request = iam.delete_role_policy().role_name(name);
    request.policy_name("SelfInspection").send().await?;
    iam.delete_role().role_name(name).send().await?;

    let mut records = Vec::new();
    let mut message = |id: &str, body: Value| {
        let mut one = sqs_batch(&body)["Records"][0].take();
        one["messageId"] = json!(id);
        records.push(one);
    };
    let check = |of: &str| json!({"tenant": world.tenant, "account_id": of});
    message("no-request", json!(["nonsense"]));
    message("lost", check(&lost.account.account_id));
    let unknown = format!("acc_{}", "0".repeat(sound.account.account_id.len() - 4));
    message("unknown", check(&unknown));
    message("sound", check(&sound.account.account_id));
    let batch = json!({"Records": records});
    let answer = world.hub.invoke("account-health", &batch).await?;
    let failures = answer.payload["batchItemFailures"].clone();
    assert_eq!(failures, json!([{"itemIdentifier": "no-request"}]));

    let seen = |account: rolecall_client::Account| {
        let report = account.last_report.context("the account was not checked")?;
        anyhow::Ok(report.verdict)
    };
    let lost = world.acme.account(&lost.account.account_id).await?;
    assert_eq!(seen(lost)?, "failed");
    let sound = world.acme.account(&sound.account.account_id).await?;
    assert_eq!(seen(sound)?, "passed");
    Ok(())
}
