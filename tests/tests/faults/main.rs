//! The story once more, over a bad network: the hub's calls to AWS are delayed, refused and cut off,
//! and it ends right all the same. `FAULTS_SEED=<number>` chooses what goes wrong; `make faults`
//! plays it with the binaries as they are deployed.

mod ends;
mod story;

use std::time::Duration;

use anyhow::{Context, Result};
use rolecall_local::deploy::Options;
use rolecall_local::hub::Hub;
use rolecall_tests::faults::FaultyWay;
use rolecall_tests::own_hub;
use rolecall_tests::world::World;

/// For how long a user tries again.
const PATIENCE: Duration = Duration::from_secs(90);

/// For anything that may take several tries.
pub const LATER: Duration = Duration::from_secs(180);

#[tokio::test]
async fn over_a_bad_network_the_story_ends_right() -> Result<()> {
    let seed = std::env::var("FAULTS_SEED").map_or(Ok(1), |text| text.parse())?;
    let mut way = FaultyWay::open(seed).await?;
    let options = Options {
        port: None,
        functions_endpoint_url: Some(way.url().to_owned()),
        parameters: [
            ("RegistrationTtlSeconds", "3600"),
            // What is checked is what the story checks.
            ("CheckIntervalSeconds", "3600"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into(),
    };
    let told = own_hub::run(&options, async |hub| {
        way.lead_to(hub.file().emulator.port);
        play(&way, hub).await
    });
    told.await.with_context(|| format!("seed {seed}"))
}

async fn play(way: &FaultyWay, hub: Hub) -> Result<()> {
    let world = World::of(hub, PATIENCE)?;
    story::queues_are_quick(&world).await?;
    let mut bus = world.listen().await?;
    // They are no part of the hub.
    let customers = [world.customer(), world.customer(), world.customer()];
    way.misbehave(true);
    let told = story::tell(&world, &customers).await?;
    way.misbehave(false);
    ends::everything_was_injected(way);
    ends::every_request_is_answered(&world).await?;
    ends::accounts_are_as_they_should(&world, &told).await?;
    ends::everybody_heard(&world, &mut bus).await?;
    ends::nothing_was_given_up(&world).await
}
