//! Anyone can publish to the topic. No event may cause a panic in the decoder, and every decoded
//! request must be answerable.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use stack_callback::request::{Request, decode};

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        any::<String>().prop_map(Value::from),
        "[a-z]{2000,6000}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        let list = prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from);
        let key = prop_oneof![name(), any::<String>()];
        let object = prop::collection::btree_map(key, inner, 0..6);
        let object =
            object.prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>()));
        prop_oneof![list, object]
    })
}

/// The field names that the decoder reads.
fn name() -> impl Strategy<Value = String> {
    let names = "Records Sns Message RequestType ResponseURL StackId RequestId LogicalResourceId \
                 PhysicalResourceId ResourceProperties OldResourceProperties RegistrationToken \
                 ExternalId RoleArn TemplateVersion TemplateId";
    let names: Vec<String> = names.split_whitespace().map(str::to_owned).collect();
    prop::sample::select(names)
}

fn good(kind: &str) -> Value {
    json!({
        "RequestType": kind,
        "ResponseURL": "https://example.invalid/",
        "StackId": "arn:aws:cloudformation:us-east-1:222222222222:stack/rolecall-1/abc",
        "RequestId": "r-1",
        "LogicalResourceId": "Registration",
        "PhysicalResourceId": "rolecall/reg_1",
        "OldResourceProperties": {},
        "ResourceProperties": {
            "RegistrationToken": "reg_1.secret",
            "ExternalId": "external-id",
            "RoleArn": "arn:aws:iam::222222222222:role/rolecall/R",
            "TemplateVersion": "1.0.0",
            "TemplateId": "0".repeat(64),
        }
    })
}

/// A valid request with one field or property replaced.
fn damaged() -> impl Strategy<Value = Value> {
    let kinds = prop::sample::select(vec!["Create", "Update", "Delete"]);
    (kinds, name(), any_json(), any::<bool>()).prop_map(|(kind, name, value, inside)| {
        let mut event = good(kind);
        if inside {
            event["ResourceProperties"][name] = value;
        } else {
            event[name] = value;
        }
        event
    })
}

/// Reads everything that the function reads.
fn is_answerable(request: &Request) -> Result<(), TestCaseError> {
    prop_assert!(!request.key.request_id.is_empty() && request.key.request_id.len() <= 255);
    prop_assert!(!request.logical_resource_id.is_empty());
    prop_assert!(!request.response_url.is_empty() && request.response_url.len() <= 4096);
    prop_assert_ne!(request.physical_resource_id.as_deref(), Some(""));
    let _ = (request.presented_token(), request.presented_external_id());
    let _ = (request.is_unchanged(), request.resource());
    if let Err(refusal) = request.properties() {
        prop_assert!(refusal.reason().starts_with("malformed_request: "));
    }
    Ok(())
}

fn in_a_notification(message: &Value) -> Value {
    json!({ "Records": [{ "Sns": { "Message": message } }] })
}

proptest! {
    #[test]
    fn decoding_any_json_does_not_panic(event in any_json()) {
        for request in decode(&event).into_iter().flatten() {
            is_answerable(&request)?;
        }
    }

    #[test]
    fn damaged_request_is_rejected_by_field_or_answerable(event in damaged()) {
        let wrapped = in_a_notification(&json!(event.to_string()));
        let (direct, through_sns) = (decode(&event), decode(&wrapped));
        prop_assert_eq!(direct.len() == 1, through_sns.len() == 1);
        for request in direct.into_iter().chain(through_sns).flatten() {
            is_answerable(&request)?;
        }
    }

    #[test]
    fn decoding_notification_of_any_bytes_does_not_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..2000),
        other in any_json(),
    ) {
        let text = json!(String::from_utf8_lossy(&bytes));
        for message in [&text, &other] {
            prop_assert_eq!(decode(&in_a_notification(message)).len(), 1);
        }
        let records = json!({ "Records": [other, { "Sns": other }, { "Sns": { "Message": text } }] });
        prop_assert_eq!(decode(&records).len(), 3, "one result per record");
    }

    /// The debug output contains nothing that must not be logged.
    #[test]
    fn debug_output_of_request_contains_no_secrets(secret in "[a-z]{20,60}") {
        let mut event = good("Create");
        event["ResponseURL"] = json!(format!("https://example.invalid/{secret}"));
        event["ResourceProperties"]["RegistrationToken"] = json!(secret);
        event["ResourceProperties"]["ExternalId"] = json!(secret);
        let request = decode(&event).remove(0).expect("a request");
        let shown = format!("{request:?}");
        prop_assert!(!shown.contains(&secret));
    }
}

#[test]
fn request_with_invalid_id_is_rejected() {
    for (field, wrong) in [
        ("RequestId", "a b"),
        ("RequestId", "\u{1}"),
        ("RequestId", "漢"),
        ("LogicalResourceId", "a\nb"),
        ("LogicalResourceId", "ü"),
        // The answer contains the id, which alone would exceed the limit.
        ("PhysicalResourceId", &"\u{1}".repeat(1024)),
    ] {
        for kind in ["Create", "Update", "Delete"] {
            let mut event = good(kind);
            event[field] = json!(wrong);
            let error = decode(&event).remove(0).expect_err("invalid");
            assert!(error.to_string().starts_with(field), "{error}");
        }
    }
}
