//! Anybody may publish to the topic: no event, whatever is in it, makes the decoder panic, and
//! what it takes for a request can be answered.

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

/// The names that the decoder looks for.
fn name() -> impl Strategy<Value = String> {
    let names = "Records Sns Message RequestType ResponseURL StackId RequestId LogicalResourceId \
                 PhysicalResourceId ResourceProperties OldResourceProperties RegistrationToken \
                 ExternalId RoleArn TemplateVersion";
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
        }
    })
}

/// A good request in which one field, at the top or among the properties, is another thing.
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

/// Looks at everything that the function looks at.
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
    fn any_json_is_decoded_without_a_panic(event in any_json()) {
        for request in decode(&event).into_iter().flatten() {
            is_answerable(&request)?;
        }
    }

    #[test]
    fn a_request_with_any_damage_is_refused_by_name_or_can_be_answered(event in damaged()) {
        let wrapped = in_a_notification(&json!(event.to_string()));
        let (direct, through_sns) = (decode(&event), decode(&wrapped));
        prop_assert_eq!(direct.len() == 1, through_sns.len() == 1);
        for request in direct.into_iter().chain(through_sns).flatten() {
            is_answerable(&request)?;
        }
    }

    #[test]
    fn a_notification_of_any_bytes_is_decoded_without_a_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..2000),
        other in any_json(),
    ) {
        let text = json!(String::from_utf8_lossy(&bytes));
        for message in [&text, &other] {
            prop_assert_eq!(decode(&in_a_notification(message)).len(), 1);
        }
        let records = json!({ "Records": [other, { "Sns": other }, { "Sns": { "Message": text } }] });
        prop_assert_eq!(decode(&records).len(), 3, "each record is dealt with by itself");
    }

    /// Neither what must not be logged nor anything else of the request is in its debug output.
    #[test]
    fn a_request_does_not_show_its_secrets(secret in "[a-z]{20,60}") {
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
fn what_a_stack_can_not_be_named_by_is_no_request() {
    for (field, wrong) in [
        ("RequestId", "a b"),
        ("RequestId", "\u{1}"),
        ("RequestId", "漢"),
        ("LogicalResourceId", "a\nb"),
        ("LogicalResourceId", "ü"),
        // Repeated in the answer, it alone would be longer than an answer may be.
        ("PhysicalResourceId", &"\u{1}".repeat(1024)),
    ] {
        for kind in ["Create", "Update", "Delete"] {
            let mut event = good(kind);
            event[field] = json!(wrong);
            let error = decode(&event).remove(0).expect_err("it is wrong");
            assert!(error.to_string().starts_with(field), "{error}");
        }
    }
}
