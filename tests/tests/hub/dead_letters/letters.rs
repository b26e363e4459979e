//! Reads the hub's dead-letter queues as its operator.

use anyhow::{Context, Result, ensure};
use rolecall_client::Account;
use rolecall_local::wait::until;
use rolecall_tests::world::{SOON, World};
use serde_json::{Value, json};
use tokio::sync::Mutex;

static READING: Mutex<()> = Mutex::const_new(());

/// A queue, identified by the stack output with its URL.
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

    /// The bodies of all messages; they stay in the queue.
    pub async fn letters(&self) -> Result<Vec<String>> {
        // Messages that one reader receives are hidden from other readers until it has read all of
        // them.
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

    /// Waits for a message that contains a text.
    pub async fn letter(&self, saying: &str) -> Result<Value> {
        let what = format!("a message with {saying}");
        let letter = until(&what, SOON, async || {
            let letters = self.letters().await?;
            Ok(letters.into_iter().find(|body| body.contains(saying)))
        });
        Ok(serde_json::from_str(&letter.await?)?)
    }
}

/// The lines that a function logged since then and that contain a text.
pub async fn logged(world: &World, function: &str, since: u64, text: &str) -> Result<Vec<Value>> {
    let runs = world.hub.runs(function, since).await?;
    let records = runs.iter().flat_map(|run| run.records());
    Ok(records.filter(|it| it.to_string().contains(text)).collect())
}

/// Waits for the log line about an event or message that failed. It must have a reason and must not
/// contain the body.
pub async fn error_line(
    world: &World,
    function: &str,
    since: u64,
    (id, body): (&str, &str),
) -> Result<Value> {
    let line = until(&format!("a log line with {id}"), SOON, async || {
        let lines = logged(world, function, since, id).await?;
        Ok(lines.into_iter().find(|line| line["level"] != "INFO"))
    })
    .await?;
    let reason = line.get("reason").or_else(|| line.get("error"));
    ensure!(reason.is_some_and(Value::is_string), "no reason: {line}");
    let lines = logged(world, function, since, body).await?;
    ensure!(lines.is_empty(), "the log contains the body: {lines:?}");
    Ok(line)
}

/// A connected account whose stack makes no callback.
pub async fn account(world: &World) -> Result<Account> {
    let registration = world.register(&world.group().await?).await?;
    let (_, line) = world
        .stack_without_callback(&world.customer(), &registration)
        .await?;
    let account = world
        .acme
        .complete(&registration.registration_id, &line, None);
    account.await.context("not connected")
}
