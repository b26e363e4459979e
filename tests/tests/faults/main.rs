//! The main story over a faulty network: the hub's calls to AWS are delayed, rejected and cut off,
//! and the outcome must still be correct. `FAULTS_SEED=<number>` selects the faults; `make faults`
//! uses the deployed binaries.

mod ends;
mod story;

use std::time::Duration;

use anyhow::{Context, Result};
use rolecall_local::deploy::Options;
use rolecall_local::hub::Hub;
use rolecall_tests::faults::FaultyProxy;
use rolecall_tests::own_hub;
use rolecall_tests::world::World;

/// How long clients retry.
const CLIENT_RETRY_TIME: Duration = Duration::from_secs(90);

/// A timeout for operations that may need several attempts.
pub const LATER: Duration = Duration::from_secs(180);

#[tokio::test]
async fn story_ends_correctly_over_a_faulty_network() -> Result<()> {
    let seed = std::env::var("FAULTS_SEED").map_or(Ok(1), |text| text.parse())?;
    let mut proxy = FaultyProxy::open(seed).await?;
    let options = Options {
        port: None,
        functions_endpoint_url: Some(proxy.url().to_owned()),
        parameters: [
            ("RegistrationTtlSeconds", "3600"),
            // Only the story runs checks.
            ("CheckIntervalSeconds", "3600"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into(),
    };
    let outcome = own_hub::run(&options, async |hub| {
        proxy.forward_to(hub.file().emulator.port);
        play(&proxy, hub).await
    });
    outcome.await.with_context(|| format!("seed {seed}"))
}

async fn play(proxy: &FaultyProxy, hub: Hub) -> Result<()> {
    let world = World::of(hub, CLIENT_RETRY_TIME)?;
    story::shorten_retry_delay(&world).await?;
    let mut bus = world.listen().await?;
    // Customers are not part of the hub, so their calls don't use the proxy.
    let customers = [world.customer(), world.customer(), world.customer()];
    proxy.set_faults(true);
    let outcome = story::run(&world, &customers).await?;
    proxy.set_faults(false);
    ends::every_fault_kind_was_injected(proxy);
    ends::every_request_is_answered(&world).await?;
    ends::accounts_are_correct(&world, &outcome).await?;
    ends::every_audit_entry_is_published(&world, &mut bus).await?;
    ends::dead_letter_queues_are_empty(&world).await
}
