//! Receives events from the hub's event bus through a rule and a queue, like any consumer.

use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::hub::Hub;
use crate::wait::until;
use rolecall_admin::signed::Signer;

/// A queue that receives every event that the hub publishes.
#[derive(Debug)]
pub struct BusListener {
    signer: Signer,
    queue_url: String,
    received: Vec<BusEvent>,
}

/// An event as EventBridge delivers it.
#[derive(Debug, Clone, Deserialize)]
pub struct BusEvent {
    pub source: String,
    #[serde(rename = "detail-type")]
    pub detail_type: String,
    pub detail: Map<String, Value>,
}

impl BusListener {
    /// `name` is the name of this listener's queue and rule.
    pub async fn start(hub: &Hub, name: &str) -> Result<Self> {
        let file = hub.file();
        let signer = hub.account().signer().clone();
        let queue_arn = format!("arn:aws:sqs:{}:{}:{name}", file.region, file.hub_account_id);
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue_arn,
            }],
        });
        let queue = json!({"QueueName": name, "Attributes": {"Policy": policy.to_string()}});
        let created = signer.json("sqs", "AmazonSQS.CreateQueue", &queue).await?;
        let queue_url = created["QueueUrl"]
            .as_str()
            .context("the queue has no URL")?;
        let bus = &file.event_bus_name;
        let pattern = json!({"source": ["rolecall"]}).to_string();
        let rule = json!({"Name": name, "EventBusName": bus, "EventPattern": pattern});
        signer.json("events", "AWSEvents.PutRule", &rule).await?;
        let target = json!({"Id": "queue", "Arn": queue_arn});
        let targets = json!({"Rule": name, "EventBusName": bus, "Targets": [target]});
        signer
            .json("events", "AWSEvents.PutTargets", &targets)
            .await?;
        Ok(Self {
            queue_url: queue_url.to_owned(),
            signer,
            received: Vec::new(),
        })
    }

    /// All events received so far, in the order of arrival.
    pub async fn received(&mut self) -> Result<&[BusEvent]> {
        while self.receive_batch().await? {}
        Ok(&self.received)
    }

    /// Waits for an event of a kind about a record.
    pub async fn wait_for(&mut self, detail_type: &str, record_id: &str) -> Result<BusEvent> {
        let what = format!("`{detail_type}` for {record_id} on the bus");
        until(&what, Duration::from_secs(20), async || {
            let wanted = |event: &&BusEvent| {
                event.detail_type == detail_type && event.record_id() == Some(record_id)
            };
            Ok(self.received().await?.iter().find(wanted).cloned())
        })
        .await
    }

    /// Receives a batch of events. Returns `false` if there was none.
    async fn receive_batch(&mut self) -> Result<bool> {
        let request = json!({"QueueUrl": self.queue_url, "MaxNumberOfMessages": 10});
        let batch = self
            .signer
            .json("sqs", "AmazonSQS.ReceiveMessage", &request)
            .await?;
        let messages = batch["Messages"].as_array().cloned().unwrap_or_default();
        for message in &messages {
            let body = message["Body"].as_str().unwrap_or_default();
            self.received
                .push(serde_json::from_str(body).context("not an event")?);
            let done =
                json!({"QueueUrl": self.queue_url, "ReceiptHandle": message["ReceiptHandle"]});
            self.signer
                .json("sqs", "AmazonSQS.DeleteMessage", &done)
                .await?;
        }
        Ok(!messages.is_empty())
    }
}

impl BusEvent {
    /// The record that the event is about.
    pub fn record_id(&self) -> Option<&str> {
        self.detail.get("record_id").and_then(Value::as_str)
    }

    /// The event's sequence number in that record's history.
    pub fn sequence(&self) -> Option<u64> {
        self.detail.get("sequence").and_then(Value::as_u64)
    }
}
