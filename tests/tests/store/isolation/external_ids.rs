//! S1: the hub generates every external ID from the machine's randomness and never issues one
//! twice.

use std::sync::Mutex;

use anyhow::{Context, Result, ensure};
use rolecall_aws::host::SystemHost;
use rolecall_domain::ports::{Clock, Entropy};
use rolecall_domain::{SignedDuration, Timestamp};
use rolecall_testing::FakeCustomers;
use rolecall_tests::in_process::{Asked, InProcess};
use rolecall_tests::twin::Hub;
use serde_json::{Value, json};

/// A host that records its random bytes, and repeats some of them if a test asks for it.
#[derive(Default)]
struct RecordedRandomness {
    generated: Mutex<Vec<String>>,
    /// Bytes to return before random ones of the same length.
    repeated: Mutex<Vec<Vec<u8>>>,
}

struct Machine(&'static RecordedRandomness);

impl Clock for Machine {
    fn now(&self) -> Timestamp {
        SystemHost.now()
    }

    async fn sleep(&self, duration: SignedDuration) {
        SystemHost.sleep(duration).await;
    }
}

impl Entropy for Machine {
    fn fill(&self, bytes: &mut [u8]) {
        SystemHost.fill(bytes);
        let mut repeated = self.0.repeated.lock().expect("no panic");
        if let Some(at) = repeated.iter().position(|one| one.len() == bytes.len()) {
            bytes.copy_from_slice(&repeated.remove(at));
        }
        let mut generated = self.0.generated.lock().expect("no panic");
        generated.push(hex::encode(bytes));
    }
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Machine")
    }
}

type Watching = InProcess<FakeCustomers, Machine>;

async fn stage() -> Result<(Watching, &'static RecordedRandomness, String)> {
    let table = Hub::find().twin().await;
    let randomness: &'static RecordedRandomness = Box::leak(Box::default());
    let hub = InProcess::on(&table, FakeCustomers::new, || Machine(randomness));
    let group = Asked::new("acme", "POST", "/v1/groups");
    let group = group.body(json!({"name": "Group", "color": "#112233"}));
    let group = hub.must(&group).await?;
    let path = format!(
        "/v1/groups/{}/registrations",
        group["group_id"].as_str().context("no id")?
    );
    Ok((hub, randomness, path))
}

fn external_id(registration: &Value) -> Result<&str> {
    registration["external_id"]
        .as_str()
        .context("no external ID")
}

#[tokio::test]
async fn external_id_is_random_with_at_least_128_bits() -> Result<()> {
    let (hub, randomness, path) = stage().await?;
    for _ in 0..8 {
        let made = hub.must(&Asked::new("acme", "POST", path.clone())).await?;
        let id = external_id(&made)?;
        let generated = randomness.generated.lock().expect("no panic");
        ensure!(
            generated.iter().any(|generated| generated == id),
            "{id} was not generated at random"
        );
        ensure!(id.len() * 4 >= 128, "only {} bits", id.len() * 4);
    }
    Ok(())
}

#[tokio::test]
async fn external_id_cannot_be_set_in_a_request() -> Result<()> {
    let (hub, _, path) = stage().await?;
    for name in ["external_id", "externalId", "ExternalId", "sts:ExternalId"] {
        let asked = Asked::new("acme", "POST", path.clone());
        let response = hub.ask(&asked.body(json!({name: "one-of-my-own"}))).await;
        ensure!(response.status_code == 422, "{}", response.body);
        let body: Value = serde_json::from_str(&response.body)?;
        ensure!(body["errors"][0]["code"] == "unknown_field", "{body}");
    }
    let asked = Asked::new("acme", "POST", path);
    let response = hub.ask(&asked.query("external_id", "one-of-my-own")).await;
    ensure!(response.status_code == 422, "{}", response.body);
    let body: Value = serde_json::from_str(&response.body)?;
    ensure!(body["errors"][0]["code"] == "unknown_parameter", "{body}");
    Ok(())
}

#[tokio::test]
async fn external_id_is_never_issued_twice() -> Result<()> {
    let (hub, randomness, path) = stage().await?;
    let first = hub.must(&Asked::new("acme", "POST", path.clone())).await?;
    let first = external_id(&first)?;
    let bytes = (0..first.len() / 2).map(|at| u8::from_str_radix(&first[at * 2..][..2], 16));
    let bytes = bytes.collect::<Result<Vec<_>, _>>()?;
    // The host returns the same bytes twice; external IDs must also be unique across tenants.
    randomness
        .repeated
        .lock()
        .expect("no panic")
        .extend([bytes.clone(), bytes]);
    let group = Asked::new("globex", "POST", "/v1/groups");
    let group = group.body(json!({"name": "Group", "color": "#112233"}));
    let group = hub.must(&group).await?["group_id"].clone();
    let path = format!(
        "/v1/groups/{}/registrations",
        group.as_str().context("no id")?
    );
    let second = hub.must(&Asked::new("globex", "POST", path)).await?;
    ensure!(
        randomness.repeated.lock().expect("no panic").is_empty(),
        "the repeated bytes were not used"
    );
    ensure!(external_id(&second)? != first, "{first} was issued twice");
    Ok(())
}
