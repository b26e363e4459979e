//! A deregistration stops the issue of credentials.

use anyhow::{Context, Result, anyhow, ensure};
use futures_util::future::{try_join, try_join_all};
use http::Method;
use rolecall_domain::Timestamp;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::companions::bench::run;
use crate::credentials::desk::{Desk, Service, of};

/// Each round has a new account.
const ROUNDS: usize = 8;
const PROGRAMS: usize = 6;
/// All programs together stay below the limit of requests for an account.
const REQUESTS: usize = 12;

fn time(value: &Value) -> Result<Timestamp> {
    let text = value
        .as_str()
        .with_context(|| format!("no time: {value}"))?;
    text.parse().map_err(|error| anyhow!("{text}: {error}"))
}

/// Programs request credentials again and again. Requests that race the deregistration get
/// credentials only if the deregistration's own answer says until when they live. Requests after its
/// answer get none.
pub async fn nothing_is_issued_after_a_deregistration(desk: &Desk) -> Result<()> {
    let service = desk.service(&[&of("*")]).await?;
    let (mut granted, mut refused) = (0, 0);
    for round in 0..ROUNDS {
        let connected = desk.connect().await?;
        let id = &connected.account.account_id;
        let answered = Semaphore::new(0);
        let programs = (0..PROGRAMS).map(|_| issued_until_refused(&service, id, &answered));
        let deregister = async {
            // Later in each round, so that the rounds meet different moments of the requests.
            let permits = answered.acquire_many(u32::try_from(round)?).await?;
            permits.forget();
            let path = format!("/v1/accounts/{id}");
            let acme = &desk.world.acme;
            let answer = acme.raw(Method::DELETE, &path, &[], Vec::new()).await?;
            let after = service.ask("tables", id, &json!({})).await?;
            anyhow::Ok((answer, after))
        };
        let (programs, (deregistered, after)) =
            try_join(try_join_all(programs), deregister).await?;
        ensure!(deregistered.status == 200, "{}", deregistered.text());
        let after_text = after.text();
        ensure!(after.status == 409, "{} {after_text}", after.status);
        let view: Value = serde_json::from_slice(&deregistered.body)?;
        let until = &view["account"]["sessions_until"];
        refused += programs.iter().filter(|one| one.was_refused).count();
        let issued = Vec::from_iter(programs.iter().flat_map(|one| &one.issued));
        ensure!(issued.len() >= round, "{} issued", issued.len());
        granted += issued.len();
        for credentials in issued {
            let (end, known) = (time(&credentials["Expiration"])?, time(until)?);
            ensure!(end <= known, "{end} is after {known}");
        }
    }
    ensure!(
        granted > 0 && refused > 0,
        "{granted} granted, {refused} refused"
    );
    Ok(())
}

/// What a program gets until the hub refuses to issue more, or the program has enough.
#[derive(Debug, Default)]
struct Program {
    issued: Vec<Value>,
    was_refused: bool,
}

async fn issued_until_refused(
    service: &Service,
    id: &str,
    answered: &Semaphore,
) -> Result<Program> {
    let mut program = Program::default();
    for _ in 0..REQUESTS {
        let answer = service.ask("tables", id, &json!({})).await?;
        let body: Value = serde_json::from_slice(&answer.body)?;
        match answer.status {
            200 => program.issued.push(body),
            409 => {
                program.was_refused = true;
                break;
            }
            status => anyhow::bail!("{status}: {body}"),
        }
        answered.add_permits(1);
    }
    Ok(program)
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
        .raw(Method::DELETE, &path, &[], Vec::new())
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
