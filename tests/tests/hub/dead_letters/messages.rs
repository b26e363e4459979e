//! An unreadable message in the check queue, in one batch with a valid one.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rolecall_local::logs::now_ms;
use rolecall_local::wait::until;
use rolecall_tests::world::{World, unique};
use serde_json::json;

use crate::dead_letters::letters::{Queue, account, error_line};

/// The time for five receives, one second apart.
const FIVE_TIMES: Duration = Duration::from_secs(60);

#[tokio::test]
async fn malformed_message_is_dead_lettered_and_rest_of_batch_is_handled() -> Result<()> {
    let world = World::find().await?;
    let checks = Queue::of(&world, "CheckQueueUrl")?;
    let left = Queue::of(&world, "CheckDeadLetterQueueUrl")?;
    let account = account(&world).await?;
    let checked_at = account.rest["last_checked_at"].clone();
    let canary = unique("canary");
    let since = now_ms();
    // A failed message is retried after one second instead of twelve minutes.
    let visibility = |seconds: &str| json!({"Attributes": {"VisibilityTimeout": seconds}});
    checks.call("SetQueueAttributes", visibility("1")).await?;
    let good = json!({"tenant": world.tenant, "account_id": account.account_id}).to_string();
    let entries = json!([
        {"Id": "malformed", "MessageBody": canary},
        {"Id": "good", "MessageBody": good},
    ]);
    let sent = checks
        .call("SendMessageBatch", json!({"Entries": entries}))
        .await?;
    let sent = sent["Successful"].as_array().cloned().unwrap_or_default();
    ensure!(sent.len() == 2, "{sent:?}");
    let malformed = sent.iter().find(|one| one["Id"] == "malformed");
    let message_id = malformed.and_then(|one| one["MessageId"].as_str());
    let message_id = message_id.context("no id")?;

    until("the valid message's check", FIVE_TIMES, async || {
        let account = world.acme.account(&account.account_id).await?;
        Ok((account.rest["last_checked_at"] != checked_at).then_some(()))
    })
    .await?;
    let line = error_line(&world, "account-health", since, (message_id, &canary)).await?;
    assert_eq!(line["error"], "the message is not a request for a check");
    until(
        "the malformed message in the dead-letter queue",
        FIVE_TIMES,
        async || {
            let letters = left.letters().await?;
            Ok(letters.contains(&canary).then_some(()))
        },
    )
    .await?;
    let letters = left.letters().await?;
    ensure!(
        !letters.contains(&good),
        "the valid message is in the dead-letter queue"
    );
    checks.call("SetQueueAttributes", visibility("720")).await?;
    Ok(())
}
