//! Unreadable events among valid ones.

use anyhow::{Result, ensure};
use rolecall_local::logs::now_ms;
use rolecall_local::wait::until;
use rolecall_tests::world::{SOON, World, twelve_digits, unique};
use serde_json::{Value, json};

use crate::dead_letters::letters::{Queue, account, error_line, logged};

/// Puts events on the hub's own bus, which only the hub's account can do.
async fn put(world: &World, details: &[Value]) -> Result<()> {
    let entry = |detail: &Value| {
        json!({
            "EventBusName": world.hub.file().event_bus_name,
            "Source": "rolecall",
            "DetailType": "Account Deregistered",
            "Detail": detail.to_string(),
        })
    };
    let entries: Vec<Value> = details.iter().map(entry).collect();
    let signer = world.hub.account().signer();
    let body = json!({"Entries": entries});
    let answer = signer.json("events", "AWSEvents.PutEvents", &body).await?;
    ensure!(answer["FailedEntryCount"] == 0, "{answer}");
    Ok(())
}

#[tokio::test]
async fn unreadable_event_is_dead_lettered_and_next_event_is_handled() -> Result<()> {
    let world = World::find().await?;
    let queue = Queue::of(&world, "AsyncFailuresQueueUrl")?;
    let id = account(&world).await?.account_id;
    let canary = unique("canary");
    let since = now_ms();
    let left = world.acme.deregister(&id).await?.orphaned_stack;
    let malformed = json!({"tenant": world.tenant, "record_id": canary});
    put(&world, std::slice::from_ref(&malformed)).await?;

    let letter = queue.letter(&canary).await?;
    assert_eq!(letter["event"]["detail"], malformed);
    let reason = "the event's /detail/record_id is missing or malformed";
    assert_eq!(letter["reason"], reason);
    let event_id = letter["event"]["id"].as_str().unwrap_or_default();
    let line = error_line(&world, "stack-cleanup", since, (event_id, &canary)).await?;
    assert_eq!(line["message.id"], event_id);
    assert_eq!(line["error"], reason);
    until("the first check", SOON, async || {
        let entry = world.acme.orphaned_stack(&left.orphaned_stack_id).await?;
        Ok((!entry.rest["last_checked_at"].is_null()).then_some(()))
    })
    .await?;
    // It was tried once and has one dead letter.
    let lines = logged(&world, "stack-cleanup", since, event_id).await?;
    assert_eq!(lines.len(), 1, "{lines:?}");
    let letters = queue.letters().await?;
    let about = letters.iter().filter(|body| body.contains(&canary));
    assert_eq!(about.count(), 1);
    Ok(())
}

#[tokio::test]
async fn forged_event_is_rejected_and_not_stored() -> Result<()> {
    let world = World::find().await?;
    let queue = Queue::of(&world, "AsyncFailuresQueueUrl")?;
    let canary = unique("canary");
    let (stranger, owner) = (twelve_digits(), twelve_digits());
    let event = json!({
        "id": canary,
        "source": "aws.cloudformation",
        "detail-type": "CloudFormation Stack Status Change",
        "account": stranger,
        "time": "2026-01-01T00:00:00Z",
        "detail": {
            "stack-id": format!("arn:aws:cloudformation:us-east-1:{owner}:stack/s/1"),
            "status-details": {"status": "DELETE_COMPLETE"},
        },
    });
    let since = now_ms();
    let answer = world.hub.invoke("stack-cleanup", &event).await?;
    assert_eq!(answer.payload["failed"], 1);
    error_line(&world, "stack-cleanup", since, (&canary, &owner)).await?;

    // Anyone may publish to the topic.
    let region = &world.hub.file().region;
    let signer = world.customer().account(region).signer().clone();
    let topic = world.hub.file().output("TopicArn")?;
    let form = format!("Action=Publish&Version=2010-03-31&TopicArn={topic}&Message={canary}-sns");
    let request = http::Request::post(format!("{}/", signer.base("sns")))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.into_bytes())?;
    let answer = signer.send("sns", request).await?;
    ensure!(answer.is_success(), "{}", answer.text());
    let message_id = answer.text();
    let message_id = message_id
        .split_once("<MessageId>")
        .and_then(|(_, rest)| rest.split_once("</MessageId>"))
        .map(|(id, _)| id.to_owned())
        .unwrap_or_default();
    ensure!(!message_id.is_empty());
    error_line(&world, "stack-callback", since, (&message_id, &canary)).await?;

    let letters = queue.letters().await?;
    let about = letters.iter().filter(|body| body.contains(&canary));
    assert_eq!(about.count(), 0, "forged events would fill the queue");
    Ok(())
}

#[tokio::test]
async fn malformed_batch_is_dead_lettered_without_retry() -> Result<()> {
    let world = World::find().await?;
    let queue = Queue::of(&world, "AsyncFailuresQueueUrl")?;
    for function in ["account-health", "event-publisher"] {
        let canary = unique("canary");
        let since = now_ms();
        let signer = world.hub.account().signer();
        let name = world.hub.function_name(function)?;
        let url = format!(
            "{}/2015-03-31/functions/{name}/invocations",
            signer.base("lambda")
        );
        let request = http::Request::post(url).header("x-amz-invocation-type", "Event");
        let request = request.body(json!({"hello": canary}).to_string().into_bytes())?;
        let answer = signer.send("lambda", request).await?;
        assert_eq!(answer.status, 202, "{}", answer.text());
        let letter = queue.letter(&canary).await?;
        assert_eq!(letter["requestPayload"]["hello"], canary);
        let line = error_line(&world, function, since, ("\"malformed\"", &canary)).await?;
        ensure!(line["request.id"].is_string(), "{line}");
    }
    Ok(())
}
