//! Stack info lines that are rejected.

use anyhow::{Context, Result};
use http::Method;
use rolecall_domain::aws::StackId;
use rolecall_local::customer::Customer;
use rolecall_tests::answers::{problem, refused};
use rolecall_tests::world::World;
use serde_json::{Value, json};

use crate::refusals::clock::set_first_pasted;

#[tokio::test]
async fn foreign_or_incomplete_stack_info_is_rejected() -> Result<()> {
    let world = World::find().await?;
    let registration = world.register(&world.group().await?).await?;
    let id = &registration.registration_id;
    let (_, line) = world
        .stack_without_callback(&world.customer(), &registration)
        .await?;
    let half = &line[..line.len() / 2];
    let tail = &line[4..];
    // {"v":2}, {"hello":"world"} and 5,000 times A, in base64
    let long = "QUFB".repeat(2000);
    for not_ours in [
        "hello",
        half,
        tail,
        "eyJ2IjoyfQ==",
        "eyJoZWxsbyI6IndvcmxkIn0=",
        &long,
        "=",
        "漢字",
    ] {
        let pasted = world.acme.complete(id, not_ours, None).await;
        let problem = refused(pasted, 422, "stack_info_invalid");
        assert!(
            problem.detail.contains("RolecallStackInfo"),
            "{}",
            problem.detail
        );
    }
    let after = world.acme.registration(id).await?;
    assert_eq!(
        (after.status.as_str(), after.last_attempt.is_none()),
        ("pending", true)
    );
    // The line is accepted with characters that a chat or an editor adds.
    let (start, end) = line.split_at(40);
    let pasted = format!("\u{feff}“{start}\u{200b}\n{end}”,");
    let account = world.acme.complete(id, &pasted, None).await?;
    assert_eq!(account.status, "active");
    Ok(())
}

#[tokio::test]
async fn stack_info_of_another_registration_is_rejected() -> Result<()> {
    let world = World::find().await?;
    let group = world.group().await?;
    let (one, two) = (world.register(&group).await?, world.register(&group).await?);
    let (_, line) = world
        .stack_without_callback(&world.customer(), &one)
        .await?;
    let pasted = world.acme.complete(&two.registration_id, &line, None).await;
    refused(pasted, 422, "stack_info_other_registration");
    let after = world.acme.registration(&two.registration_id).await?;
    assert_eq!(json!(after), json!(two));
    Ok(())
}

#[tokio::test]
async fn registration_of_another_tenant_is_not_found() -> Result<()> {
    let world = World::find().await?;
    let registration = world.register(&world.group().await?).await?;
    let id = &registration.registration_id;
    let (_, line) = world
        .stack_without_callback(&world.customer(), &registration)
        .await?;
    refused(
        world.globex.complete(id, &line, None).await,
        404,
        "not_found",
    );
    refused(world.globex.revoke(id).await, 404, "not_found");
    assert_eq!(world.acme.registration(id).await?.status, "pending");
    Ok(())
}

#[tokio::test]
async fn stack_in_the_hubs_own_account_is_rejected() -> Result<()> {
    let world = World::find().await?;
    let registration = world.register(&world.group().await?).await?;
    let hub = Customer::new(world.hub_account_id(), world.endpoint_url());
    let (stack, line) = world.stack_without_callback(&hub, &registration).await?;
    let pasted = world
        .acme
        .complete(&registration.registration_id, &line, None)
        .await;
    let problem = refused(pasted, 422, "verification_failed");
    assert!(
        problem.detail.contains("hub's own AWS account"),
        "{}",
        problem.detail
    );
    let report = problem.report.context("no report")?;
    assert_eq!(
        report.check("arn_mismatch").context("no check")?.status,
        "failed"
    );
    hub.delete(&stack.stack_id).await?;
    Ok(())
}

#[tokio::test]
async fn unassumable_role_is_inconclusive_first_and_failed_later() -> Result<()> {
    let world = World::find().await?;
    let registration = world.register(&world.group().await?).await?;
    let id = &registration.registration_id;
    let customer = world.customer();
    let (stack, line) = world
        .stack_without_callback(&customer, &registration)
        .await?;
    customer.delete(&stack.stack_id).await?;

    let path = format!("/v1/registrations/{id}/complete");
    let body = json!({"stack_info": line}).to_string().into_bytes();
    let answer = world.acme.raw(Method::POST, &path, &[], body).await?;
    let early = problem(&answer, 503, "verification_inconclusive");
    let seconds = answer.header("retry-after").context("no Retry-After")?;
    assert!(seconds.parse::<u32>()? > 0);
    assert_eq!(early["report"]["verdict"], "inconclusive");
    assert_eq!(
        check_of(&early["report"], "role_propagating")["status"],
        "inconclusive"
    );
    let after = world.acme.registration(id).await?;
    assert!(
        after.last_attempt.is_none(),
        "an inconclusive report must not be stored"
    );

    set_first_pasted(&world, (&stack.stack_id, id), 2).await?;
    let late = refused(
        world.acme.complete(id, &line, None).await,
        422,
        "verification_failed",
    );
    assert!(
        late.detail.starts_with("role_unassumable: "),
        "{}",
        late.detail
    );
    let report = json!(late.report.context("no report")?);
    let causes = &check_of(&report, "role_unassumable")["evidence"]["likely_causes"];
    assert_eq!(causes[0], "role_deleted");
    let after = world.acme.registration(id).await?;
    assert_eq!(
        (after.status.as_str(), after.last_attempt.is_some()),
        ("pending", true)
    );
    Ok(())
}

fn check_of<'a>(report: &'a Value, code: &str) -> &'a Value {
    let checks = report["checks"].as_array().map(Vec::as_slice);
    let found = checks
        .unwrap_or_default()
        .iter()
        .find(|check| check["code"] == code);
    found.unwrap_or(&Value::Null)
}

#[tokio::test]
async fn stack_info_with_replaced_registration_is_rejected() -> Result<()> {
    let world = World::find().await?;
    let group = world.group().await?;
    let (one, two) = (world.register(&group).await?, world.register(&group).await?);
    let (stack, line) = world
        .stack_without_callback(&world.customer(), &one)
        .await?;
    let stack_id = StackId::parse(&stack.stack_id)?;
    let edited = exchanged(&line, &one.registration_id, &two.registration_id)?;
    // The role accepts only the first registration's external ID.
    let pasted = world
        .acme
        .complete(&two.registration_id, &edited, None)
        .await;
    refused(pasted, 503, "verification_inconclusive");
    set_first_pasted(&world, (stack_id.as_str(), &two.registration_id), 2).await?;
    let pasted = world
        .acme
        .complete(&two.registration_id, &edited, None)
        .await;
    refused(pasted, 422, "verification_failed");
    assert_eq!(
        world
            .acme
            .registration(&two.registration_id)
            .await?
            .account_id,
        None
    );
    Ok(())
}

fn exchanged(line: &str, from: &str, to: &str) -> Result<String> {
    use base64::Engine;
    let engine = base64::engine::general_purpose::STANDARD;
    let text = String::from_utf8(engine.decode(line)?)?;
    Ok(engine.encode(text.replace(from, to)))
}
