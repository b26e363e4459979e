//! SQS: due account checks for `account-health`, and the dead-letter queues.

use crate::failure::Failure;
use aws_sdk_sqs::error::BuildError;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use rolecall_domain::ports::CheckQueue;
use rolecall_domain::schedule::DueCheck;
use std::collections::BTreeSet;

/// SQS's maximum per call.
const BATCH: usize = 10;

/// The queue of due account checks.
#[derive(Debug, Clone)]
pub struct SqsCheckQueue {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl SqsCheckQueue {
    pub fn new(client: aws_sdk_sqs::Client, url: impl Into<String>) -> Self {
        Self {
            client,
            url: url.into(),
        }
    }

    /// Returns the positions in the batch that SQS did not accept.
    async fn send_batch(&self, batch: &[DueCheck]) -> BTreeSet<usize> {
        let entries: Result<Vec<_>, _> = batch.iter().enumerate().map(message).collect();
        let not_taken = match entries {
            Ok(entries) => self.send_entries(entries).await,
            Err(error) => Err(error.to_string()),
        };
        not_taken.unwrap_or_else(|cause| {
            tracing::warn!(
                queue.not_taken = batch.len(),
                cause,
                "failed to queue checks"
            );
            (0..batch.len()).collect()
        })
    }

    async fn send_entries(
        &self,
        entries: Vec<SendMessageBatchRequestEntry>,
    ) -> Result<BTreeSet<usize>, String> {
        let request = self.client.send_message_batch().queue_url(&self.url);
        let answer = request.set_entries(Some(entries)).send().await;
        let answer = answer.map_err(|error| Failure::of(&error).to_string())?;
        if let Some(first) = answer.failed().first() {
            let count = answer.failed().len();
            tracing::warn!(
                queue.not_taken = count,
                cause = first.code(),
                "failed to queue checks"
            );
        }
        let places = answer.failed().iter().map(|one| one.id().parse());
        places
            .collect::<Result<_, _>>()
            .map_err(|_| "SQS reported an unknown message ID".to_owned())
    }
}

fn message((place, due): (usize, &DueCheck)) -> Result<SendMessageBatchRequestEntry, BuildError> {
    let body = serde_json::json!(due);
    SendMessageBatchRequestEntry::builder()
        .id(place.to_string())
        .message_body(body.to_string())
        .build()
}

impl CheckQueue for SqsCheckQueue {
    async fn send(&self, due: &[DueCheck]) -> Vec<DueCheck> {
        let mut left = Vec::new();
        for batch in due.chunks(BATCH) {
            let not_taken = self.send_batch(batch).await;
            left.extend(
                not_taken
                    .iter()
                    .filter_map(|place| batch.get(*place).cloned()),
            );
        }
        left
    }
}

/// How long a received message stays hidden: longer than its processing takes.
const HIDDEN: i32 = 300;

/// SQS's maximum per call.
const TAKEN: i32 = 10;

/// A message received from a dead-letter queue.
#[derive(Debug, Clone)]
pub struct DeadLetter {
    pub id: String,
    pub body: String,
    receipt: String,
}

/// A dead-letter queue, for operators.
#[derive(Debug, Clone)]
pub struct DeadLetters {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl DeadLetters {
    pub fn new(client: aws_sdk_sqs::Client, url: impl Into<String>) -> Self {
        Self {
            client,
            url: url.into(),
        }
    }

    /// Receives a few messages. They stay hidden from other consumers until they are removed or put
    /// back, or the visibility timeout ends. An empty list means that the queue has no more
    /// messages.
    ///
    /// # Errors
    /// If the queue can't be read.
    pub async fn take(&self) -> Result<Vec<DeadLetter>, Failure> {
        let request = self.client.receive_message().queue_url(&self.url);
        let request = request.max_number_of_messages(TAKEN);
        let request = request.visibility_timeout(HIDDEN);
        // Long polling queries all of the queue's servers, not just a subset.
        let answer = request.wait_time_seconds(1).send().await;
        let answer = answer.map_err(|error| Failure::of(&error))?;
        let messages = answer.messages.unwrap_or_default().into_iter();
        Ok(messages
            .map(|message| DeadLetter {
                id: message.message_id.unwrap_or_default(),
                body: message.body.unwrap_or_default(),
                receipt: message.receipt_handle.unwrap_or_default(),
            })
            .collect())
    }

    /// # Errors
    /// If the message was not removed.
    pub async fn remove(&self, message: &DeadLetter) -> Result<(), Failure> {
        let request = self.client.delete_message().queue_url(&self.url);
        let answer = request.receipt_handle(&message.receipt).send().await;
        answer.map(drop).map_err(|error| Failure::of(&error))
    }

    /// Makes the message visible to other consumers again.
    ///
    /// # Errors
    /// If the call failed. The message then becomes visible after the timeout.
    pub async fn put_back(&self, message: &DeadLetter) -> Result<(), Failure> {
        let request = self.client.change_message_visibility().queue_url(&self.url);
        let request = request.receipt_handle(&message.receipt);
        let answer = request.visibility_timeout(0).send().await;
        answer.map(drop).map_err(|error| Failure::of(&error))
    }
}

impl rolecall_domain::ports::DeadLetters for DeadLetters {
    type Error = Failure;

    async fn send(&self, message: &serde_json::Value) -> Result<(), Failure> {
        let request = self.client.send_message().queue_url(&self.url);
        let answer = request.message_body(message.to_string()).send().await;
        answer.map(drop).map_err(|error| Failure::of(&error))
    }
}
