//! Account checks handed over to `account-health`, and keys of what could not be done: SQS.

use crate::failure::Failure;
use aws_sdk_sqs::error::BuildError;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use rolecall_domain::ports::CheckQueue;
use rolecall_domain::schedule::DueCheck;
use std::collections::BTreeSet;

/// SQS takes no more in one call.
const BATCH: usize = 10;

/// The queue of accounts that are due.
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

    /// Places in the batch that were not taken.
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
                "checks were not queued"
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
                "checks were not queued"
            );
        }
        let places = answer.failed().iter().map(|one| one.id().parse());
        places
            .collect::<Result<_, _>>()
            .map_err(|_| "SQS named a message that was not sent".to_owned())
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

/// How long a message that was taken is hidden: longer than it takes to handle it.
const HIDDEN: i32 = 300;

/// SQS gives no more in one call.
const TAKEN: i32 = 10;

/// A message of a dead-message queue, taken.
#[derive(Debug, Clone)]
pub struct DeadLetter {
    pub id: String,
    pub body: String,
    receipt: String,
}

/// A queue of what could not be handled, for operators.
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

    /// Takes a few messages; they stay hidden from others until they are removed or put back, or
    /// some minutes have passed. None: the queue has no more.
    ///
    /// # Errors
    /// When the queue can't be read.
    pub async fn take(&self) -> Result<Vec<DeadLetter>, Failure> {
        let request = self.client.receive_message().queue_url(&self.url);
        let request = request.max_number_of_messages(TAKEN);
        let request = request.visibility_timeout(HIDDEN);
        // Waiting asks all of the queue's servers, not just some.
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
    /// When the queue did not do it.
    pub async fn remove(&self, message: &DeadLetter) -> Result<(), Failure> {
        let request = self.client.delete_message().queue_url(&self.url);
        let answer = request.receipt_handle(&message.receipt).send().await;
        answer.map(drop).map_err(|error| Failure::of(&error))
    }

    /// Shows it to others again, now.
    ///
    /// # Errors
    /// When the queue did not do it: then it shows by itself in some minutes.
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
