//! Events from EventBridge, records of the table's stream, and messages of the check queue.

use super::hub::{self, Out, STACK, STAGES, Stage};
use event_publisher::Publisher;
use serde_json::Value;
use stack_cleanup::Cleanup;
use stack_cleanup::event::{Event, EventError};

/// An event for `stack-cleanup`. An event about a stack may change something only if it comes from the
/// stack's account and the stack is on record.
pub fn event(bytes: &[u8]) -> bool {
    let Some(event) = super::json(bytes) else {
        return false;
    };
    let decoded = Event::decode(&event);
    if let Ok(Event::StackStatus { stack_id, .. }) = &decoded {
        assert_eq!(event["account"], stack_id.account().as_str());
        assert_eq!(event["source"], "aws.cloudformation");
    }
    let own = event["account"] == "222222222222" && event["detail"]["stack-id"] == STACK;
    for stage in STAGES {
        let out = Out::default();
        let cleanup = Cleanup {
            env: hub::at(stage),
            queue: &out,
            dead_letters: &out,
        };
        let before = cleanup.env.store.trail().len();
        let deadline = hub::deadline(&cleanup.env);
        let summary = super::finish(cleanup.handle(&event, deadline)).expect("handled");
        assert_eq!(summary.failed > 0, decoded.is_err(), "{summary:?}");
        let kept = decoded.is_err() && decoded != Err(EventError::ForeignStack);
        assert_eq!(out.dead_letters().len(), usize::from(kept), "{decoded:?}");
        let changed = cleanup.env.store.trail().len() > before;
        if event["source"] == "aws.cloudformation" {
            assert!(
                !changed || own,
                "an event from another account changed something"
            );
        }
        assert!(!changed || decoded.is_ok());
    }
    decoded.is_ok()
}

/// A batch of the table's stream. Every record is published, sent to the dead-letter queue, or ignored.
pub fn stream_record(bytes: &[u8]) -> bool {
    let Some(batch) = super::json(bytes) else {
        return false;
    };
    let count = records(&batch).len();
    let out = Out::default();
    let publisher = Publisher {
        bus: &out,
        dead_letters: &out,
    };
    let Ok(response) = super::finish(publisher.handle(batch)) else {
        return false;
    };
    assert!(
        response.batch_item_failures.is_empty(),
        "the stream would be blocked"
    );
    let (published, dead_letters) = (out.published(), out.dead_letters());
    assert!(published.len() + dead_letters.len() <= count);
    for key in dead_letters {
        let fields = key.as_object().expect("a key");
        assert!(fields.keys().all(|name| name == "pk" || name == "sk"));
    }
    !published.is_empty()
}

/// A batch of the check queue. A malformed message must be reported as failed by its id.
pub fn queue_message(bytes: &[u8]) -> bool {
    let Some(batch) = super::json(bytes) else {
        return false;
    };
    let id = |record: &Value| {
        let id = record.get("messageId");
        id.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let ids: Vec<String> = records(&batch).iter().map(id).collect();
    let env = hub::at(Stage::Connected);
    let deadline = hub::deadline(&env);
    let Ok(response) = super::finish(account_health::handle(&env, &batch, deadline)) else {
        return false;
    };
    let failures = response.batch_item_failures;
    assert!(failures.len() <= ids.len());
    assert!(
        failures
            .iter()
            .all(|failure| ids.contains(&failure.item_identifier))
    );
    let named = ids.iter().filter(|id| !id.is_empty());
    failures.len() < named.count()
}

fn records(batch: &Value) -> Vec<Value> {
    let records = batch.get("Records");
    records
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default()
}
