//! The hub's queues of failures, as its operator sees them.

use anyhow::{Context, Result, ensure};
use rolecall_client::Account;
use rolecall_local::wait::until;
use rolecall_tests::world::{SOON, World};
use serde_json::{Value, json};
use tokio::sync::Mutex;

static READING: Mutex<()> = Mutex::const_new(());

/// A queue, by the output that names it.
pub struct Queue<'a> {
    world: &'a World,
    pub url: &'a str,
}

impl<'a> Queue<'a> {
    pub fn of(world: &'a World, output: &str) -> Result<Self> {
        let url = world.hub.file().output(output)?;
        Ok(Self { world, url })
    }

    pub async fn call(&self, action: &str, mut body: Value) -> Result<Value> {
        body["QueueUrl"] = json!(self.url);
        let signer = self.world.hub.account().signer();
        let target = format!("AmazonSQS.{action}");
        Ok(signer.json("sqs", &target, &body).await?)
    }

    /// The bodies of what lies there; all of it stays.
    pub async fn letters(&self) -> Result<Vec<String>> {
        // What one reader receives is hidden from the others until it has read the rest.
        let _reading = READING.lock().await;
        let mut taken = Vec::new();
        loop {
            let ask = json!({"MaxNumberOfMessages": 10, "VisibilityTimeout": 30});
            let answer = self.call("ReceiveMessage", ask).await?;
            let Some(messages) = answer["Messages"].as_array().cloned() else {
                break;
            };
            taken.extend(messages);
        }
        for message in &taken {
            let shown = json!({"ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0});
            self.call("ChangeMessageVisibility", shown).await?;
        }
        let body = |message: &Value| message["Body"].as_str().unwrap_or_default().to_owned();
        Ok(taken.iter().map(body).collect())
    }

    /// Waits for a letter that says so.
    pub async fn letter(&self, saying: &str) -> Result<Value> {
        let what = format!("a letter with {saying}");
        let letter = until(&what, SOON, async || {
            let letters = self.letters().await?;
            Ok(letters.into_iter().find(|body| body.contains(saying)))
        });
        Ok(serde_json::from_str(&letter.await?)?)
    }
}

/// The lines that a function logged since then and that hold a text.
pub async fn logged(world: &World, function: &str, since: u64, text: &str) -> Result<Vec<Value>> {
    let runs = world.hub.runs(function, since).await?;
    let records = runs.iter().flat_map(|run| run.records());
    Ok(records.filter(|it| it.to_string().contains(text)).collect())
}

/// Waits for the line about what could not be worked on, which must have a reason and nothing of the
/// body.
pub async fn error_line(
    world: &World,
    function: &str,
    since: u64,
    (id, body): (&str, &str),
) -> Result<Value> {
    let line = until(&format!("a line about {id}"), SOON, async || {
        let lines = logged(world, function, since, id).await?;
        Ok(lines.into_iter().find(|line| line["level"] != "INFO"))
    })
    .await?;
    let reason = line.get("reason").or_else(|| line.get("error"));
    ensure!(reason.is_some_and(Value::is_string), "no reason: {line}");
    let told = logged(world, function, since, body).await?;
    ensure!(told.is_empty(), "the log repeats it: {told:?}");
    Ok(line)
}

/// A connected account whose stack can't call back.
pub async fn account(world: &World) -> Result<Account> {
    let registration = world.register(&world.group().await?).await?;
    let (_, line) = world.silent_stack(&world.customer(), &registration).await?;
    let account = world
        .acme
        .complete(&registration.registration_id, &line, None);
    account.await.context("not connected")
}
