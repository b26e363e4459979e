//! The narrated demo. It runs the real functions and templates on the emulator.

mod aftermath;
mod connect;
mod farewell;
mod narrator;
mod offer;
mod refusals;
mod stage;
mod usage;

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

/// Lifetime of a registration in the demo's hub, in seconds. The demo shows an expiry.
const DEMO_TTL: &str = "15";

/// Runs the demo, and fails if any result is not as expected. It uses a temporary hub or, with `here`, the
/// running hub, so that users can explore it afterwards.
pub async fn run(here: bool) -> Result<ExitCode> {
    if here {
        let state_dir = Tree::default().state_dir();
        let file = lifecycle::running(&state_dir).await;
        let file = file.context("no local hub is running; start one with `make up`")?;
        let hub = Hub::new(lifecycle::renew_tokens(&state_dir, file).await?);
        must_have_free_customers(&hub).await?;
        narrate(hub).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let options = Options {
        port: None,
        functions_endpoint_url: None,
        parameters: [("RegistrationTtlSeconds".to_owned(), DEMO_TTL.to_owned())].into(),
    };
    let mut interrupt = Interrupt::listen()?;
    let hub = TemporaryHub::start(&options, &Progress::new()).await?;
    let narrated = tokio::select! {
        result = narrate(Hub::new(hub.file().clone())) => Some(result),
        () = interrupt.happened() => None,
    };
    let kept = hub.stop(matches!(narrated, Some(Err(_)))).await?;
    let narrated = narrated.unwrap_or_else(|| Err(anyhow!("interrupted")));
    match (narrated, kept) {
        (Err(error), Some(kept)) => {
            Err(error.context(format!("the emulator's log is kept in {}", kept.display())))
        }
        (narrated, _) => narrated.map(|()| ExitCode::SUCCESS),
    }
}

/// The demo connects these customers, so they must not be connected yet.
async fn must_have_free_customers(hub: &Hub) -> Result<()> {
    let acme = hub.acme()?;
    let customers = &hub.file().customer_account_ids;
    for group in acme.groups().await?.items {
        for account in acme.accounts(&group.group_id).await?.items {
            let connected = account.status != "deregistered";
            if connected && customers.contains(&account.aws_account_id) {
                bail!(
                    "AWS account {} is already connected. Deregister it before you run the demo.",
                    account.aws_account_id
                );
            }
        }
    }
    Ok(())
}

async fn narrate(hub: Hub) -> Result<()> {
    let narrator = Narrator::new();
    let file = hub.file();
    narrator.title(
        "Rolecall demo: the life of an account",
        &[
            &format!(
                "One hub in AWS account {}, two tenants and three customers. The functions and",
                file.hub_account_id
            ),
            "templates are the real ones; AWS is an emulator on this machine.",
        ],
    );
    let mut stage = Stage::set(hub, narrator).await?;
    offer::publish_access(&mut stage).await?;
    offer::show_pages(&mut stage).await?;
    let begun = connect::create_link(&mut stage).await?;
    let shop = connect::connect_by_callback(&mut stage, &begun).await?;
    let pasted = connect::connect_by_paste(&mut stage, &begun).await?;
    connect::list_accounts(&mut stage, &begun, [&shop, &pasted.account]).await?;
    let service = usage::list_buckets(&mut stage, [&shop, &pasted.account]).await?;
    let sandbox = refusals::reject_edited_stacks(&mut stage, &begun).await?;
    refusals::reject_other_links(&mut stage, &begun, &pasted).await?;
    let shop_stack = farewell::deregister(&mut stage, &shop, &service).await?;
    farewell::customer_deletes_stack(&mut stage, &sandbox).await?;
    farewell::prove_deletion(&mut stage, &shop_stack, &sandbox).await?;
    farewell::dismiss(&mut stage, &pasted.account).await?;
    refusals::reject_expired_link(&mut stage, &begun).await?;
    aftermath::show_events(&mut stage, &shop).await?;
    stage.end();
    Ok(())
}
