//! The check queue and its event source mapping.

use std::collections::{BTreeMap, HashMap, VecDeque};

use anyhow::Result;
use serde_json::{Value, json};

use super::seed::Member;
use crate::template::{HUB_ACCOUNT, REGION};

/// Receives after which a message goes to the dead-letter queue, as in the hub's template.
const MOST_RECEIVES: u32 = 5;

/// Messages in the queue. Failed messages are redelivered after the others, without a visibility
/// timeout.
#[derive(Debug, Default)]
pub struct Queue {
    bodies: Vec<String>,
    visible: VecDeque<usize>,
    receives: HashMap<usize, u32>,
    pub redelivered: u64,
    pub dead_letters: u64,
}

impl Queue {
    /// # Errors
    /// If a message can't be serialized.
    pub fn of(members: &[Member]) -> Result<Self> {
        let bodies = members
            .iter()
            .map(|member| serde_json::to_string(&member.due));
        let bodies: Result<Vec<_>, _> = bodies.collect();
        Ok(Self {
            bodies: bodies?,
            visible: (0..members.len()).collect(),
            ..Self::default()
        })
    }

    /// Takes the next batch.
    pub fn take(&mut self, most: usize) -> Vec<usize> {
        let count = most.min(self.visible.len());
        let batch: Vec<usize> = self.visible.drain(..count).collect();
        for place in &batch {
            *self.receives.entry(*place).or_default() += 1;
        }
        batch
    }

    /// The next batch as a Lambda event.
    pub fn next_event(&mut self, most: usize) -> Value {
        let batch = self.take(most);
        self.event(&batch)
    }

    /// A batch as a Lambda event.
    pub fn event(&self, batch: &[usize]) -> Value {
        let record = |place: &usize| {
            let body = &self.bodies[*place];
            json!({
                "messageId": message_id(*place),
                "receiptHandle": "AQEBstub".repeat(24),
                "body": body,
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": "1700000000000",
                    "SenderId": "AROASTUB:stack-cleanup",
                    "ApproximateFirstReceiveTimestamp": "1700000000001",
                },
                "messageAttributes": {},
                "md5OfBody": "00000000000000000000000000000000",
                "eventSource": "aws:sqs",
                "eventSourceARN": format!("arn:aws:sqs:{REGION}:{HUB_ACCOUNT}:rolecall-CheckQueue"),
                "awsRegion": REGION,
            })
        };
        let records: Vec<Value> = batch.iter().map(record).collect();
        json!({"Records": records})
    }

    /// Handles the function's response: failed messages are redelivered or go to the dead-letter
    /// queue.
    pub fn settle(&mut self, batch: &[usize], answer: &Value) {
        let failures = answer["batchItemFailures"].as_array();
        let ids: BTreeMap<String, usize> = batch
            .iter()
            .map(|place| (message_id(*place), *place))
            .collect();
        for failure in failures.into_iter().flatten() {
            let id = failure["itemIdentifier"].as_str().unwrap_or_default();
            let Some(place) = ids.get(id) else { continue };
            if self
                .receives
                .get(place)
                .is_some_and(|times| *times >= MOST_RECEIVES)
            {
                self.dead_letters += 1;
            } else {
                self.redelivered += 1;
                self.visible.push_back(*place);
            }
        }
    }
}

fn message_id(place: usize) -> String {
    format!("00000000-0000-4000-9000-{place:012}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_message_is_received_at_most_five_times() {
        let mut queue = Queue {
            bodies: vec!["one".to_owned(), "two".to_owned()],
            visible: (0..2).collect(),
            ..Queue::default()
        };
        let fails = json!({"batchItemFailures": [{"itemIdentifier": message_id(1)}]});
        assert_eq!(queue.take(10), [0, 1]);
        queue.settle(&[0, 1], &fails);
        for _ in 0..4 {
            assert_eq!(queue.take(10), [1]);
            queue.settle(&[1], &fails);
        }
        assert!(queue.take(10).is_empty());
        assert_eq!((queue.redelivered, queue.dead_letters), (4, 1));
    }
}
