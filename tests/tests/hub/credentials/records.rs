//! The records of issued credentials.

use anyhow::{Context, Result, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use http::Method;
use rolecall_local::logs::now_ms;
use rolecall_local::wait::until;
use rolecall_tests::world::SOON;
use serde_json::{Value, json};
use std::time::Duration;

use crate::credentials::desk::{Desk, of};

const PAUSE: Duration = Duration::from_millis(500);

pub async fn issue_leaves_a_receipt_and_no_credential_anywhere(desk: &Desk) -> Result<()> {
    let mut bus = desk.world.listen().await?;
    let since = now_ms();
    let service = desk.service(&[&of("*")]).await?;
    let id = desk.account_id();
    let mut issued = Vec::new();
    for profile in ["tables", "tables", "queues"] {
        issued.push(service.expect(profile, id, 200).await?);
    }
    let page = desk.get("/receipts?limit=2").await?;
    let items = page["items"].as_array().context("items")?;
    ensure!(
        items.len() == 2 && page["next_cursor"].is_string(),
        "{page}"
    );
    ensure!(
        items[0]["profile"] == "queues" && items[1]["profile"] == "tables",
        "{page}"
    );
    ensure!(items[0]["service"] == *service.name, "{page}");
    ensure!(items[0]["expires_at"] == issued[2]["Expiration"], "{page}");
    let account = desk.get("").await?;
    ensure!(account["sessions_until"].is_string(), "{account}");
    // Another tenant does not have this account.
    let path = format!("/v1/accounts/{id}/receipts");
    let answer = desk
        .world
        .globex
        .raw(Method::GET, &path, &[], Vec::new())
        .await?;
    ensure!(answer.status == 404, "{}", answer.text());

    // One event for each profile, although `tables` was issued twice.
    let record = |profile: &str| format!("{id}/{profile}/{}", service.name);
    for profile in ["tables", "queues"] {
        let event = bus.wait_for("Credentials Issued", &record(profile)).await?;
        ensure!(
            event.detail["actor"] == format!("service:{}", service.name),
            "{event:?}"
        );
    }
    let received = bus.received().await?;
    let tables = record("tables");
    let ours = received
        .iter()
        .filter(|it| it.record_id() == Some(tables.as_str()));
    ensure!(ours.count() == 1, "{received:?}");
    let events = format!("{received:?}");

    // Nothing that can be used is in the events, the logs or the tables.
    let lines = until("the log", SOON, async || {
        let runs = desk.world.hub.runs("credential-broker", since).await?;
        let lines: Vec<String> = runs.into_iter().flat_map(|run| run.lines).collect();
        let requests = lines.iter().filter(|line| line.contains(&service.name));
        Ok((requests.count() >= 3).then_some(lines))
    })
    .await?;
    let mut texts = lines;
    texts.push(events);
    texts.push(page.to_string());
    for table in [&desk.world.hub.file().table_name, receipts_table(desk)?] {
        texts.extend(items_of(desk, table).await?);
    }
    let log = texts.iter().any(|text| text.contains("service.name"));
    ensure!(log, "the log names no service");
    for document in &issued {
        for name in ["AccessKeyId", "SecretAccessKey", "SessionToken"] {
            let secret = document[name].as_str().context(name)?;
            let found = texts.iter().find(|text| text.contains(secret));
            ensure!(found.is_none(), "{name} in {found:?}");
        }
    }
    Ok(())
}

fn receipts_table(desk: &Desk) -> Result<&String> {
    let outputs = &desk.world.hub.file().outputs;
    outputs
        .get("ReceiptsTableName")
        .context("no table of receipts")
}

async fn items_of(desk: &Desk, table: &str) -> Result<Vec<String>> {
    let aws = desk.world.aws(desk.world.hub_account_id())?;
    let scan = aws.dynamodb().scan().table_name(table);
    let mut pages = scan.into_paginator().send();
    let mut items = Vec::new();
    while let Some(page) = pages.next().await {
        for item in page?.items.unwrap_or_default() {
            items.push(format!("{item:?}"));
        }
    }
    Ok(items)
}

/// With the function's own role.
pub async fn broker_can_write_no_record(desk: &Desk) -> Result<()> {
    let credentials = desk.world.function_session("BrokerRole").await?;
    let token = credentials.session_token();
    let (key, secret) = (credentials.access_key_id(), credentials.secret_access_key());
    let client = desk.world.aws_with(key, secret, token)?.dynamodb();
    let table = &desk.world.hub.file().table_name;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let (pk, sk) = (
        text(&format!("TENANT#{}", desk.world.tenant)),
        text("GROUP#x"),
    );
    let put = client
        .put_item()
        .table_name(table)
        .item("pk", pk.clone())
        .item("sk", sk.clone());
    ensure!(put.send().await.is_err(), "PutItem");
    let update = client
        .update_item()
        .table_name(table)
        .key("pk", pk.clone())
        .key("sk", sk.clone());
    let update = update
        .update_expression("SET a = :a")
        .expression_attribute_values(":a", text("x"));
    ensure!(update.send().await.is_err(), "UpdateItem");
    let delete = client
        .delete_item()
        .table_name(table)
        .key("pk", pk.clone())
        .key("sk", sk.clone());
    ensure!(delete.send().await.is_err(), "DeleteItem");
    // The control: it may read.
    let read = client
        .get_item()
        .table_name(table)
        .key("pk", pk)
        .key("sk", sk);
    read.send().await?;
    Ok(())
}

/// The hub's proofs are old after 20 seconds.
pub async fn stale_proof_is_made_again(desk: &Desk) -> Result<()> {
    let service = desk.service(&[&of("*")]).await?;
    let connected = desk.connect().await?;
    let id = &connected.account.account_id;
    let role_arn = connected.account.rest["role_arn"]
        .as_str()
        .context("no role")?;
    service.expect("tables", id, 200).await?;
    // The customer opens the role to the whole account of the hub.
    let customer = connected.customer.account_id();
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": {"AWS": format!("arn:aws:iam::{}:root", desk.world.hub_account_id())},
        "Action": "sts:AssumeRole",
    }]});
    desk.world
        .set_trust_policy(customer, role_arn, &trust)
        .await?;
    let refused: Value = until("a new proof", SOON, async || {
        // The service stays below the limit of its requests for an account.
        tokio::time::sleep(PAUSE).await;
        let answer = service.ask("tables", id, &json!({})).await?;
        ensure!([200, 409].contains(&answer.status), "{}", answer.text());
        let body: Value = serde_json::from_slice(&answer.body)?;
        Ok((answer.status == 409).then_some(body))
    })
    .await?;
    ensure!(refused["code"] == "account_not_usable", "{refused}");
    ensure!(refused["check"] == "external_id_not_enforced", "{refused}");
    // The check that the broker requested makes the account unhealthy in the end.
    let unhealthy = until("the check", SOON, async || {
        let account = desk.world.acme.account(id).await?;
        let report = account
            .last_report
            .is_some_and(|report| report.verdict == "failed");
        Ok((report || account.status == "unhealthy").then_some(()))
    });
    unhealthy.await
}
