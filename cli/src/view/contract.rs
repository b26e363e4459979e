//! Every value that a view shows exists in the responses that `infra/openapi.yaml` describes.

use serde_json::{Map, Value, json};

use super::{Form, Sections, views};

/// The views of responses, by operation.
const VIEWS: &[(Sections, &str, &str)] = &[
    (views::GROUPS, "get", "/v1/groups"),
    (views::GROUP, "get", "/v1/groups/{group_id}"),
    (views::REGISTRATIONS, "get", "/v1/registrations"),
    (
        views::REGISTRATION,
        "get",
        "/v1/registrations/{registration_id}",
    ),
    (
        views::SUMMARY,
        "get",
        "/v1/registrations/{registration_id}/summary",
    ),
    (views::ACCOUNTS, "get", "/v1/accounts"),
    (views::ACCOUNT, "get", "/v1/accounts/{account_id}"),
    (views::EDITED_ACCOUNT, "patch", "/v1/accounts/{account_id}"),
    (
        views::CUSTOMER_LINK,
        "post",
        "/v1/accounts/{account_id}/customer-link",
    ),
    (views::RECEIPTS, "get", "/v1/accounts/{account_id}/receipts"),
    (views::HISTORY, "get", "/v1/accounts/{account_id}/history"),
    (views::REPORT, "post", "/v1/accounts/{account_id}/checks"),
    (views::DEREGISTERED, "delete", "/v1/accounts/{account_id}"),
    (views::SET_ACCESS, "put", "/v1/accounts/{account_id}/access"),
    (
        views::SET_COMPANION_ROLES,
        "put",
        "/v1/accounts/{account_id}/companion-roles",
    ),
    (
        views::SIMULATION,
        "post",
        "/v1/accounts/{account_id}/simulations",
    ),
    (
        views::SWITCH_ROLE_LINK,
        "get",
        "/v1/accounts/{account_id}/switch-role-link",
    ),
    (views::ORPHANED_STACKS, "get", "/v1/orphaned-stacks"),
    (
        views::ORPHANED_STACK,
        "get",
        "/v1/orphaned-stacks/{orphaned_stack_id}",
    ),
    (views::SOURCE_POLICIES, "get", "/v1/source-policy"),
    (views::DECODED, "post", "/v1/decode-authorization-message"),
];

/// An instance of a schema with everything that it allows.
fn instance(schema: &Value, all: &Value, depth: u8) -> Value {
    if depth > 12 {
        return Value::Null;
    }
    if let Some(name) = schema["$ref"].as_str() {
        let pointer = name.trim_start_matches('#');
        let target = all.pointer(pointer).unwrap_or(&Value::Null);
        return instance(target, all, depth + 1);
    }
    if let Some(items) = schema.get("items") {
        return json!([instance(items, all, depth + 1)]);
    }
    let mut made = Value::Null;
    for combined in ["allOf", "anyOf", "oneOf"] {
        for part in schema[combined].as_array().into_iter().flatten() {
            merge(&mut made, instance(part, all, depth + 1));
        }
    }
    if let Some(properties) = schema["properties"].as_object() {
        let fields = properties.iter();
        let fields = fields.map(|(name, one)| (name.clone(), instance(one, all, depth + 1)));
        merge(&mut made, Value::Object(Map::from_iter(fields)));
    }
    let is_null = schema["type"] == "null";
    match made.is_null() && !is_null {
        true if schema["type"] == "object" => json!({"x": "x"}),
        true => json!("x"),
        false => made,
    }
}

fn merge(into: &mut Value, other: Value) {
    match (into, other) {
        (Value::Object(fields), Value::Object(others)) => {
            for (name, value) in others {
                merge(fields.entry(name).or_insert(Value::Null), value);
            }
        }
        (into @ Value::Null, other) => *into = other,
        (into, other @ (Value::Object(_) | Value::Array(_))) if !into.is_object() => *into = other,
        _ => {}
    }
}

/// The pointers of a view that lead nowhere.
fn missing(sections: Sections, value: &Value, view: &str) -> Vec<String> {
    let mut lost = Vec::new();
    for section in sections {
        let Some(part) = value.pointer(section.pointer) else {
            lost.push(format!("{view}{}", section.pointer));
            continue;
        };
        let first = || part.as_array().and_then(|items| items.first());
        let path = format!("{view}{}", section.pointer);
        let (fields, of) = match section.form {
            Form::Fields(fields) => (fields, Some(part)),
            Form::Rows(fields) => (fields, first()),
            Form::Each(inner) => {
                let item = first().unwrap_or(&Value::Null);
                lost.extend(missing(inner, item, &path));
                continue;
            }
            Form::Pairs | Form::Checks | Form::Document | Form::Line => continue,
        };
        let absent = fields
            .iter()
            .filter(|field| of.and_then(|value| field.find(value)).is_none());
        lost.extend(absent.map(|field| format!("{path}: {}", field.name)));
    }
    lost
}

#[test]
fn every_value_of_a_view_is_in_the_api() {
    let text = include_str!("../../../infra/openapi.yaml");
    let all: Value = serde_saphyr::from_str(text).expect("a document");
    let lost = VIEWS.iter().flat_map(|(view, method, path)| {
        let operation = &all["paths"][path][method];
        let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
        assert!(schema.is_object(), "no response of {method} {path}");
        missing(view, &instance(schema, &all, 0), path)
    });
    assert_eq!(Vec::from_iter(lost), Vec::<String>::new());
}
