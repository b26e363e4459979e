//! Events from EventBridge, records of the table's stream, and messages of the check queue.

use super::hub::{self, Out, STACK, STAGES, Stage};
use account_health::Health;
use event_publisher::Publisher;
use serde_json::Value;
use stack_cleanup::Cleanup;
use stack_cleanup::event::Event;

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
            ctx: hub::at(stage),
            queue: &out,
        };
        let told = cleanup.ctx.store.trail().len();
        let deadline = hub::deadline(&cleanup.ctx);
        let summary = super::finish(cleanup.handle(&event, deadline)).expect("dealt with");
        assert_eq!(summary.failed > 0, decoded.is_err(), "{summary:?}");
        let heard = cleanup.ctx.store.trail().len() > told;
        if event["source"] == "aws.cloudformation" {
            assert!(!heard || own, "a stranger's event was believed");
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
    let Ok(batch) = serde_json::from_value(batch) else {
        return false;
    };
    let out = Out::default();
    let publisher = Publisher {
        bus: &out,
        given_up: &out,
    };
    let response = super::finish(publisher.handle(batch));
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
    // Serde reads a structure from a list of its fields, too.
    let id = |record: &Value| {
        let id = record.get("messageId").or_else(|| record.get(0));
        id.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let ids: Vec<String> = records(&batch).iter().map(id).collect();
    let health = Health {
        ctx: hub::at(Stage::Connected),
    };
    let Ok(batch) = serde_json::from_value(batch) else {
        return false;
    };
    let deadline = hub::deadline(&health.ctx);
    let response = super::finish(health.handle(batch, deadline));
    let failures = response.batch_item_failures;
    assert!(failures.len() <= ids.len());
    assert!(
        failures
            .iter()
            .all(|failure| ids.contains(&failure.item_identifier))
    );
    failures.len() < ids.len()
}

fn records(batch: &Value) -> Vec<Value> {
    let records = batch.get("Records").or_else(|| batch.get(0));
    records
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default()
}
