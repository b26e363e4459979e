//! A deregistration stops the issue of credentials.

use anyhow::{Context, Result, anyhow, ensure};
use futures_util::future::{join, join_all};
use rolecall_domain::Timestamp;
use serde_json::{Value, json};

use crate::companions::bench::run;
use crate::credentials::desk::{Desk, of};

/// Each round has a new account.
const ROUNDS: usize = 8;
const REQUESTS: usize = 12;

fn time(value: &Value) -> Result<Timestamp> {
    let text = value
        .as_str()
        .with_context(|| format!("no time: {value}"))?;
    text.parse().map_err(|error| anyhow!("{text}: {error}"))
}

/// Requests that race the deregistration get credentials only if the deregistration's own answer says
/// until when they live. Requests after its answer get none.
pub async fn nothing_is_issued_after_a_deregistration(desk: &Desk) -> Result<()> {
    let service = desk.service(&[&of("*")]).await?;
    let (mut granted, mut refused) = (0, 0);
    for round in 0..ROUNDS {
        let connected = desk.connect().await?;
        let id = connected.account.account_id.clone();
        let body = json!({});
        let requests = join_all((0..REQUESTS).map(|_| service.ask("tables", &id, &body)));
        let path = format!("/v1/accounts/{id}");
        let acme = &desk.world.acme;
        let deregister = async {
            // Later in each round, so that the rounds meet different moments of the requests.
            tokio::time::sleep(std::time::Duration::from_millis(15 * round as u64)).await;
            let answer = acme.raw(http::Method::DELETE, &path, &[], Vec::new()).await;
            let after = service.ask("tables", &id, &body).await;
            (answer, after)
        };
        let (answers, (deregistered, after)) = join(requests, deregister).await;
        let (deregistered, after) = (deregistered?, after?);
        ensure!(deregistered.status == 200, "{}", deregistered.text());
        let view: Value = serde_json::from_slice(&deregistered.body)?;
        let until = &view["account"]["sessions_until"];
        ensure!(
            after.status == 409,
            "after the answer: {} {}",
            after.status,
            after.text()
        );
        for answer in answers {
            let answer = answer?;
            let body: Value = serde_json::from_slice(&answer.body)?;
            match answer.status {
                200 => {
                    granted += 1;
                    let (end, known) = (time(&body["Expiration"])?, time(until)?);
                    ensure!(end <= known, "{end} is after {known}");
                }
                409 => refused += 1,
                status => anyhow::bail!("{status}: {body}"),
            }
        }
    }
    ensure!(
        granted > 0 && refused > 0,
        "{granted} granted, {refused} refused"
    );
    Ok(())
}

/// The response to a deregistration describes how to end existing sessions.
pub async fn issued_session_ends_by_the_shown_command(desk: &Desk) -> Result<()> {
    let service = desk.service(&[&of("*")]).await?;
    let connected = desk.connect().await?;
    let id = &connected.account.account_id;
    let document = service.expect("tables", id, 200).await?;
    let issued = desk.aws(&document)?.dynamodb();
    let path = format!("/v1/accounts/{id}");
    let answer = desk
        .world
        .acme
        .raw(http::Method::DELETE, &path, &[], Vec::new())
        .await?;
    ensure!(answer.status == 200, "{}", answer.text());
    let view: Value = serde_json::from_slice(&answer.body)?;
    let sessions = &view["sessions"];
    ensure!(sessions["until"] == document["Expiration"], "{sessions}");
    ensure!(sessions["remedy"].is_string(), "{sessions}");
    issued
        .list_tables()
        .send()
        .await
        .context("it lives until then")?;
    let command = sessions["command"].as_str().context("a command")?;
    run(&desk.world, connected.customer.account_id(), command).await?;
    ensure!(issued.list_tables().send().await.is_err(), "it still works");
    Ok(())
}
