//! The permissions of a session, and the services that receive one.

use anyhow::{Result, ensure};
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use serde_json::{Value, json};

use crate::credentials::desk::{Desk, of};

pub async fn session_is_narrowed_to_its_profile(desk: &Desk) -> Result<()> {
    let service = desk.service(&[&of("*")]).await?;
    let id = desk.account_id();
    let body = json!({"session_name": "nightly", "duration_seconds": 900});
    let answer = service.ask("tables", id, &body).await?;
    ensure!(answer.status == 200, "{}", answer.text());
    let tables: Value = serde_json::from_slice(&answer.body)?;
    let digits = desk.connected.customer.account_id();
    ensure!(
        tables["AccountId"] == digits && tables["account_id"] == id,
        "other account"
    );
    let queues = service.expect("queues", id, 200).await?;
    let (tables, queues) = (desk.aws(&tables)?, desk.aws(&queues)?);
    // Each session can do what its profile allows, but not what the role's other profile allows.
    tables.dynamodb().list_tables().send().await?;
    queues.sqs().list_queues().send().await?;
    let denied = queues.dynamodb().list_tables().send().await;
    let code = denied
        .expect_err("it is not in the profile")
        .code()
        .map(str::to_owned);
    ensure!(code.as_deref() == Some("AccessDeniedException"), "{code:?}");
    ensure!(tables.sqs().list_queues().send().await.is_err(), "queues");
    // It also lacks the permission of the role itself to read its stack.
    let stack = &desk.connected.stack.stack_id;
    let reading = tables.cloudformation().describe_stacks().stack_name(stack);
    ensure!(reading.send().await.is_err(), "the stack");
    // The customer's AWS CloudTrail shows the service.
    let who = tables.sts().get_caller_identity().send().await?;
    let arn = who.arn().unwrap_or_default();
    let name = format!("/nightly@{}", service.name);
    ensure!(arn.ends_with(&name), "{arn}");
    Ok(())
}

pub async fn caller_needs_iam_permission_for_the_profile(desk: &Desk) -> Result<()> {
    let id = desk.account_id();
    let service = desk.service(&[&of("tables")]).await?;
    service.expect("tables", id, 200).await?;
    // API Gateway refuses the other profile, before the function runs.
    let answer = service.ask("queues", id, &json!({})).await?;
    ensure!(answer.status == 403, "{}", answer.text());
    let body: Value = serde_json::from_slice(&answer.body)?;
    ensure!(body["code"].is_null() && body["type"].is_null(), "{body}");
    // A request without a signature, and with a tenant's token.
    let path = format!("/operator/v1/credentials/tables/{id}");
    let acme = &desk.world.acme;
    for caller in [desk.world.hub.caller(None), acme.clone()] {
        let answer = caller
            .raw(http::Method::POST, &path, &[], b"{}".to_vec())
            .await?;
        // The emulator forwards a request with a bearer token, and the function rejects it itself.
        ensure!(
            [401, 403, 404].contains(&answer.status),
            "{}",
            answer.status
        );
        ensure!(!answer.text().contains("SecretAccessKey"), "credentials");
    }
    // The account does not give this profile, although IAM allows the request.
    let every = desk.service(&[&of("*")]).await?;
    let problem = every.expect("other", id, 403).await?;
    ensure!(problem["code"] == "access_not_granted", "{problem}");
    let unknown = format!("acc_{}", "0".repeat(32));
    let problem = every.expect("tables", &unknown, 404).await?;
    ensure!(problem["code"] == "not_found", "{problem}");
    Ok(())
}
