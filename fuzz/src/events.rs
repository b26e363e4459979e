//! Events from EventBridge, records of the table's stream, and messages of the check queue.

use super::hub::{self, Out, STACK, STAGES, Stage};
use event_publisher::Publisher;
use serde_json::Value;
use stack_cleanup::Cleanup;
use stack_cleanup::event::{Event, EventError};

/// An event that wakes `stack-cleanup`. One about a stack counts only if it comes from the
/// stack's own account, and if the stack is on record.
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
        let told = cleanup.env.store.trail().len();
        let deadline = hub::deadline(&cleanup.env);
        let summary = super::finish(cleanup.handle(&event, deadline)).expect("dealt with");
        assert_eq!(summary.failed > 0, decoded.is_err(), "{summary:?}");
        let kept = decoded.is_err() && decoded != Err(EventError::ForeignStack);
        assert_eq!(out.left().len(), usize::from(kept), "{decoded:?}");
        let heard = cleanup.env.store.trail().len() > told;
        if event["source"] == "aws.cloudformation" {
            assert!(!heard || own, "a stranger's event was merge_reported");
        }
        assert!(!heard || decoded.is_ok());
    }
    decoded.is_ok()
}

/// A batch of the table's stream. Every record is published, given up or none of an entry.
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
        "the stream would stand still"
    );
    let (published, left) = (out.published(), out.left());
    assert!(published.len() + left.len() <= count);
    for key in left {
        let fields = key.as_object().expect("a key");
        assert!(fields.keys().all(|name| name == "pk" || name == "sk"));
    }
    !published.is_empty()
}

/// A batch of the check queue. What is not a request for a check comes back by its own id.
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
