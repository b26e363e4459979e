//! The story, told against real parts: real functions, real calls, real refusals.

mod aftermath;
mod connect;
mod farewell;
mod narrator;
mod refusals;
mod stage;

use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};

use crate::deploy::Options;
use crate::hub::Hub;
use crate::interrupt::Interrupt;
use crate::lifecycle::{self, TemporaryHub};
use crate::paths::Tree;
use crate::progress::Progress;
use narrator::Narrator;
use stage::Stage;

/// How long a registration lives in a hub that is started for the story: its end is part of it.
const STORY_TTL: &str = "15";

/// Plays the whole story; succeeds only if everything came out as it must. It gets a hub of its
/// own, or with `here` the one that is up, to look around in afterwards.
pub async fn run(here: bool) -> Result<ExitCode> {
    if here {
        let state_dir = Tree::default().state_dir();
        let file = lifecycle::running(&state_dir).await;
        let file = file.context("no hub is up: `make up` starts one")?;
        let hub = Hub::new(lifecycle::renew_tokens(&state_dir, file).await?);
        must_have_free_customers(&hub).await?;
        tell(hub).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let options = Options {
        port: None,
        functions_endpoint_url: None,
        parameters: [("RegistrationTtlSeconds".to_owned(), STORY_TTL.to_owned())].into(),
    };
    let mut interrupt = Interrupt::listen()?;
    let hub = TemporaryHub::start(&options, &Progress::new()).await?;
    let told = tokio::select! {
        told = tell(Hub::new(hub.file().clone())) => Some(told),
        () = interrupt.happened() => None,
    };
    let kept = hub.stop(matches!(told, Some(Err(_)))).await?;
    let told = told.unwrap_or_else(|| Err(anyhow!("interrupted")));
    match (told, kept) {
        (Err(error), Some(kept)) => {
            Err(error.context(format!("the emulator's log is kept in {}", kept.display())))
        }
        (told, _) => told.map(|()| ExitCode::SUCCESS),
    }
}

/// The story's customers are still to be connected.
async fn must_have_free_customers(hub: &Hub) -> Result<()> {
    let acme = hub.acme()?;
    let customers = &hub.file().customer_account_ids;
    for group in acme.groups().await?.items {
        for account in acme.accounts(&group.group_id).await?.items {
            let connected = account.status != "deregistered";
            if connected && customers.contains(&account.aws_account_id) {
                bail!(
                    "AWS account {} is connected already; the story needs it free",
                    account.aws_account_id
                );
            }
        }
    }
    Ok(())
}

async fn tell(hub: Hub) -> Result<()> {
    let narrator = Narrator::new();
    let file = hub.file();
    narrator.title(
        "Rolecall: from the first link to the last trace",
        &[
            &format!(
                "A hub in AWS account {}, two tenants, three customers:",
                file.hub_account_id
            ),
            "an emulator on this machine, the real templates, the real functions.",
        ],
    );
    let mut stage = Stage::set(hub, narrator).await?;
    let begun = connect::a_group_and_a_link(&mut stage).await?;
    let shop = connect::a_stack_calls_back(&mut stage, &begun).await?;
    let pasted = connect::a_line_is_pasted(&mut stage, &begun).await?;
    connect::the_members(&mut stage, &begun, [&shop, &pasted.account]).await?;
    let sandbox = refusals::wrong_stacks(&mut stage, &begun).await?;
    refusals::wrong_moments(&mut stage, &begun, &pasted).await?;
    let shop_stack = farewell::an_account_is_let_go(&mut stage, &shop).await?;
    farewell::a_customer_leaves(&mut stage, &sandbox).await?;
    farewell::the_proof(&mut stage, &shop_stack, &sandbox).await?;
    farewell::a_silent_stack(&mut stage, &pasted.account).await?;
    refusals::a_forgotten_link(&mut stage, &begun).await?;
    aftermath::what_others_heard(&mut stage, &shop).await?;
    stage.the_end();
    Ok(())
}
