//! SQS between `stack-cleanup` and `account-health`: at-least-once delivery in any order, a
//! visibility timeout, and a dead-letter queue after several tries.

use crate::world::World;
use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use rolecall_domain::SignedDuration;
use rolecall_domain::ports::{CheckQueue, Clock};
use rolecall_domain::schedule::DueCheck;
use serde_json::json;
use std::collections::BTreeMap;
use std::rc::Rc;

const VISIBILITY: SignedDuration = SignedDuration::from_secs(720);
const MOST_TRIES: u32 = 5;
const TIMEOUT: SignedDuration = SignedDuration::from_secs(120);
const BATCH: usize = 10;

#[derive(Default)]
pub struct Queue {
    sent: u64,
    /// Messages that can be received.
    visible: BTreeMap<u64, Message>,
}

#[derive(Clone)]
struct Message {
    body: String,
    tries: u32,
}

/// The queue, as `stack-cleanup` uses it.
pub struct Checks(pub Rc<World>);

impl CheckQueue for Checks {
    async fn send(&self, due: &[DueCheck]) -> Vec<DueCheck> {
        let world = &self.0;
        let mut left = Vec::new();
        for check in due {
            world.machine.turn().await;
            let taken = !world.goes_wrong(world.faults.fails_before);
            if taken {
                let body = json!(check).to_string();
                let copies = 1 + usize::from(world.goes_wrong(world.faults.duplicated));
                for _ in 0..copies {
                    let body = body.clone();
                    world.put_into_queue(None, Message { body, tries: 0 });
                }
            }
            // A check that was sent may appear to have failed.
            if !taken || world.goes_wrong(world.faults.fails_after) {
                left.push(check.clone());
            }
        }
        left
    }
}

impl World {
    fn put_into_queue(self: &Rc<Self>, id: Option<u64>, message: Message) {
        if message.tries >= MOST_TRIES {
            self.note(|| "a check goes to the dead-letter queue".to_owned());
            self.counts.borrow_mut().given_up += 1;
            return;
        }
        let mut queue = self.queue.borrow_mut();
        queue.sent += 1;
        let id = id.unwrap_or(queue.sent);
        queue.visible.insert(id, message);
        let world = Rc::clone(self);
        self.machine.start(async move {
            world.pause(0, 20).await;
            world.receive().await;
        });
    }

    /// Receives one batch for one invocation.
    async fn receive(self: &Rc<Self>) {
        let most = 1 + usize::try_from(self.machine.below(BATCH as u64)).unwrap_or(0);
        let mut batch: Vec<(u64, Message)> = Vec::new();
        while let Some((id, message)) = (batch.len() < most)
            .then(|| self.queue.borrow_mut().visible.pop_last())
            .flatten()
        {
            batch.push((id, message));
        }
        if batch.is_empty() {
            return;
        }
        let (hidden_until, deadline) = (self.now() + VISIBILITY, self.now() + TIMEOUT);
        let mut event = SqsEvent::default();
        event.records = batch.iter().map(as_record).collect();
        let event = serde_json::to_value(event).expect("an event is JSON");
        let hub = self.hub();
        let work = async {
            let answer = account_health::handle(&hub.health, &event, deadline).await;
            answer.expect("a batch")
        };
        let answer = self.invoke("account-health", TIMEOUT, work).await;
        for (id, mut message) in batch {
            let is_done = answer.as_ref().is_some_and(|answer| {
                let mut failed = answer.batch_item_failures.iter();
                !failed.any(|failure| failure.item_identifier == id.to_string())
            });
            // The acknowledgment may get lost, too.
            if is_done && !self.goes_wrong(self.faults.duplicated / 4) {
                continue;
            }
            message.tries += 1;
            let world = Rc::clone(self);
            self.machine.start(async move {
                let left = hidden_until.duration_since(world.now());
                world.machine.sleep(left).await;
                world.put_into_queue(Some(id), message);
            });
        }
    }
}

fn as_record((id, message): &(u64, Message)) -> SqsMessage {
    let mut record = SqsMessage::default();
    record.message_id = Some(id.to_string());
    record.body = Some(message.body.clone());
    record
}
