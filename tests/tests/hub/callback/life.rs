//! Updates of a connected stack.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::json;

use rolecall_tests::desk::Desk;

#[tokio::test]
async fn update_without_changes_keeps_the_resource() -> Result<()> {
    let desk = Desk::open().await?;
    let (connected, stack) = desk.connected().await?;
    let update = desk.request("Update", &stack);
    let answer = desk.ask(&update).await?;
    answer.assert_success(&update);
    assert_eq!(answer.field("PhysicalResourceId"), stack.physical_id());
    assert_eq!(desk.account_status(&connected).await?, "active");
    let history = desk
        .world
        .acme
        .history(&connected.account.account_id)
        .await?;
    assert_eq!(history.items.len(), 1);
    Ok(())
}

#[tokio::test]
async fn update_through_cloudformation_keeps_the_account() -> Result<()> {
    let desk = Desk::open().await?;
    let (connected, stack) = desk.connected().await?;
    let mut parameters: BTreeMap<_, _> = connected.stack.parameters.clone();
    let boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned();
    parameters.insert("PermissionsBoundaryArn".to_owned(), boundary);
    let url = &connected.registration.template_url;
    let updated = connected
        .customer
        .update(&stack.stack_id, url, &parameters)
        .await?;
    assert_eq!(updated.status, "UPDATE_COMPLETE");
    let account = desk
        .world
        .acme
        .account(&connected.account.account_id)
        .await?;
    assert_eq!(
        (account.status.as_str(), &account.stack_id),
        ("active", &stack.stack_id)
    );
    assert_eq!(account.rest["role_arn"], stack.role_arn);
    let client = desk
        .world
        .aws(connected.customer.account_id())?
        .cloudformation();
    let request = client
        .describe_stack_resources()
        .stack_name(&stack.stack_id);
    let answer = request.logical_resource_id("Registration").send().await?;
    let resource = answer.stack_resources().first().context("no resource")?;
    assert_eq!(
        resource.physical_resource_id(),
        Some(stack.physical_id().as_str())
    );
    Ok(())
}

#[tokio::test]
async fn update_with_another_external_id_or_invalid_property_fails() -> Result<()> {
    let desk = Desk::open().await?;
    let (connected, stack) = desk.connected().await?;
    let cases = [
        (
            "ExternalId",
            json!("mine"),
            "verification_failed: external_id_mismatch: ",
        ),
        (
            "ExternalId",
            json!(7),
            "verification_failed: external_id_mismatch: ",
        ),
        (
            "RoleArn",
            json!("nothing"),
            "malformed_request: The property RoleArn ",
        ),
        (
            "RoleArn",
            json!([]),
            "malformed_request: The property RoleArn ",
        ),
        (
            "TemplateVersion",
            json!("x"),
            "malformed_request: The property TemplateVersion ",
        ),
    ];
    for (name, value, reason) in cases {
        let mut update = desk.request("Update", &stack);
        update["ResourceProperties"][name] = value;
        desk.ask(&update).await?.assert_failed(&update, reason);
        // CloudFormation then rolls back, which must always succeed.
        let mut back = desk.request("Update", &stack);
        back["OldResourceProperties"] = update["ResourceProperties"].clone();
        desk.ask(&back).await?.assert_success(&back);
    }
    let account = desk
        .world
        .acme
        .account(&connected.account.account_id)
        .await?;
    assert_eq!(
        (account.status.as_str(), &account.rest["role_arn"]),
        ("active", &json!(stack.role_arn))
    );
    Ok(())
}

#[tokio::test]
async fn update_to_role_in_another_account_is_only_reported() -> Result<()> {
    let desk = Desk::open().await?;
    let (connected, stack) = desk.connected().await?;
    let other = desk.stack_without_callback().await?;
    let mut update = desk.request("Update", &stack);
    update["ResourceProperties"]["RoleArn"] = json!(other.role_arn);
    desk.ask(&update).await?.assert_success(&update);
    let account = desk
        .world
        .acme
        .account(&connected.account.account_id)
        .await?;
    assert_eq!(account.rest["role_arn"], stack.role_arn);
    let report = account.last_report.context("no report")?;
    assert_eq!(
        report.check("arn_mismatch").context("no check")?.status,
        "failed"
    );
    Ok(())
}

#[tokio::test]
async fn update_that_replaces_the_role_and_its_rollback_change_the_role() -> Result<()> {
    let desk = Desk::open().await?;
    let (connected, stack) = desk.connected().await?;
    let mut parameters: BTreeMap<_, _> = connected.stack.parameters.clone();
    parameters.insert("RolePath".to_owned(), "/rolecall/moved/".to_owned());
    let url = &connected.registration.template_url;
    let updated = connected
        .customer
        .update(&stack.stack_id, url, &parameters)
        .await?;
    assert_eq!(updated.status, "UPDATE_COMPLETE");
    let account = desk
        .world
        .acme
        .account(&connected.account.account_id)
        .await?;
    let role = account.rest["role_arn"].as_str().context("no role")?;
    assert!(role.contains(":role/rolecall/moved/"), "{role}");
    assert_eq!(account.status, "active");

    let updated = connected
        .customer
        .update(&stack.stack_id, url, &connected.stack.parameters)
        .await?;
    assert_eq!(updated.status, "UPDATE_COMPLETE");
    let account = desk
        .world
        .acme
        .account(&connected.account.account_id)
        .await?;
    let role = account.rest["role_arn"].as_str().context("no role")?;
    assert!(!role.contains("moved"), "{role}");
    assert_eq!(account.status, "active");
    Ok(())
}
