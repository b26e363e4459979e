//! Permissions policies that an operator wrote, validated as IAM validates them, so that a mistake is
//! reported here and not by every customer's stack.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use super::pattern::is_arn;
use super::policy::PolicyDocument;
use crate::aws::Partition;
use crate::messages::{PolicyRule, Quoted, Rule};
use crate::text::FieldError;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

const VERSION: &str = "2012-10-17";

/// CloudFormation replaces `{{resolve:...}}` in templates by values of the customer's account.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html>
pub const DYNAMIC_REFERENCE: &str = "{{";

const ELEMENTS: [&str; 7] = [
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

/// All that is wrong with the document; each place is relative to it.
pub fn mistakes(policy: &Value, partition: Partition) -> Vec<FieldError> {
    let Some(document) = policy.as_object() else {
        return vec![FieldError::new("invalid_type", Rule::MustBeObject)];
    };
    let mut found = Vec::new();
    for key in document.keys() {
        if !["Version", "Id", "Statement"].contains(&key.as_str()) {
            found.push(FieldError::of(
                key,
                "unknown_field",
                broken(PolicyRule::UnknownElement),
            ));
        }
    }
    // IAM reads a document without a version as 2008-10-17, which has no policy variables.
    if document.get("Version").and_then(Value::as_str) != Some(VERSION) {
        let rule = broken(PolicyRule::NotTheVersion { version: VERSION });
        found.push(FieldError::of("Version", "invalid", rule));
    }
    match document.get("Statement") {
        None => found.push(FieldError::of("Statement", "required", Rule::Required)),
        Some(Value::Array(list)) if list.is_empty() => {
            found.push(FieldError::of("Statement", "required", Rule::Required));
        }
        Some(Value::Array(list)) => {
            for (index, one) in list.iter().enumerate() {
                let place = format!("Statement[{index}]");
                found.extend(
                    statement(one, partition)
                        .into_iter()
                        .map(|error| error.within(&place)),
                );
            }
            found.extend(doubled_sids(list));
        }
        Some(single) => {
            let errors = statement(single, partition).into_iter();
            found.extend(errors.map(|error| error.within("Statement")));
        }
    }
    let text = policy.to_string();
    if text.chars().any(|c| !is_accepted(c)) {
        found.push(FieldError::new(
            "invalid",
            broken(PolicyRule::CharactersOutsideIam),
        ));
    }
    if text.contains(DYNAMIC_REFERENCE) {
        let rule = broken(PolicyRule::DynamicReference);
        found.push(FieldError::new("invalid", rule));
    }
    // `PolicyDocument` checks the rest of the grammar, such as the operators of conditions.
    if found.is_empty() && PolicyDocument::parse(&text).is_err() {
        found.push(FieldError::new(
            "invalid",
            broken(PolicyRule::NotAPolicyDocument),
        ));
    }
    found
}

const fn broken(rule: PolicyRule) -> Rule {
    Rule::Policy { rule }
}

fn statement(value: &Value, partition: Partition) -> Vec<FieldError> {
    let Some(statement) = value.as_object() else {
        return vec![FieldError::new("invalid_type", Rule::MustBeObject)];
    };
    let mut found = Vec::new();
    for key in statement.keys() {
        if ["Principal", "NotPrincipal"].contains(&key.as_str()) {
            let rule = broken(PolicyRule::PrincipalInPermissions);
            found.push(FieldError::of(key, "invalid", rule));
        } else if !ELEMENTS.contains(&key.as_str()) {
            let rule = broken(PolicyRule::UnknownElement);
            found.push(FieldError::of(key, "unknown_field", rule));
        }
    }
    let effect = statement.get("Effect").and_then(Value::as_str);
    if !matches!(effect, Some("Allow" | "Deny")) {
        let rule = broken(PolicyRule::NotAnEffect);
        found.push(FieldError::of("Effect", "invalid", rule));
    }
    if let Some(sid) = statement.get("Sid") {
        let alphanumeric = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric());
        if !sid.as_str().is_some_and(alphanumeric) {
            found.push(FieldError::of(
                "Sid",
                "invalid",
                broken(PolicyRule::NotASid),
            ));
        }
    }
    found.extend(names(statement, "Action", "NotAction", |name| {
        (!is_action(name)).then(|| PolicyRule::NotAnAction {
            action: Quoted::new(name),
        })
    }));
    found.extend(names(statement, "Resource", "NotResource", |name| {
        (name != "*" && !is_arn_of(name, partition)).then(|| PolicyRule::NotAResource {
            resource: Quoted::new(name),
            partition: partition.as_str(),
        })
    }));
    if let Some(condition) = statement.get("Condition") {
        found.extend(
            conditions(condition)
                .into_iter()
                .map(|error| error.within("Condition")),
        );
    }
    found
}

/// One of an element and its opposite: a string or a list of at least one.
fn names(
    statement: &Map<String, Value>,
    name: &'static str,
    opposite: &'static str,
    objection: impl Fn(&str) -> Option<PolicyRule>,
) -> Vec<FieldError> {
    let (key, value) = match (statement.get(name), statement.get(opposite)) {
        (None, None) => {
            let rule = broken(PolicyRule::OneOfTwo { name, opposite });
            return vec![FieldError::of(name, "required", rule)];
        }
        (Some(_), Some(_)) => {
            let rule = broken(PolicyRule::OneOfTwo { name, opposite });
            return vec![FieldError::of(opposite, "contradiction", rule)];
        }
        (Some(value), None) => (name, value),
        (None, Some(value)) => (opposite, value),
    };
    let judged = |place: String, value: &Value| match value.as_str() {
        None => Some(FieldError::of(&place, "invalid_type", Rule::MustBeString)),
        Some(text) => objection(text).map(|rule| FieldError::of(&place, "invalid", broken(rule))),
    };
    match value {
        Value::Array(list) if list.is_empty() => {
            vec![FieldError::of(key, "required", Rule::Required)]
        }
        Value::Array(list) => {
            let each = list.iter().enumerate();
            each.filter_map(|(index, value)| judged(format!("{key}[{index}]"), value))
                .collect()
        }
        single => judged(key.to_owned(), single).into_iter().collect(),
    }
}

/// The characters of a policy document.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html>
fn is_accepted(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}')
}

/// IAM rejects ARNs of other partitions, and wildcards for the partition.
fn is_arn_of(text: &str, partition: Partition) -> bool {
    let mut parts = text.splitn(6, ':');
    is_arn(text) && parts.next() == Some("arn") && parts.next() == Some(partition.as_str())
}

/// `service:Action`, perhaps with wildcards, or `*`.
fn is_action(text: &str) -> bool {
    if text == "*" {
        return true;
    }
    let wild = |b: u8| matches!(b, b'*' | b'?');
    text.split_once(':').is_some_and(|(service, action)| {
        let in_service = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        let in_action = |b: u8| b.is_ascii_alphanumeric() || wild(b);
        !service.is_empty()
            && service.bytes().all(in_service)
            && !action.is_empty()
            && action.bytes().all(in_action)
    })
}

/// The shape of a condition: operators, keys and values.
fn conditions(value: &Value) -> Vec<FieldError> {
    let Some(operators) = value.as_object() else {
        return vec![FieldError::new("invalid_type", Rule::MustBeObject)];
    };
    let mut found = Vec::new();
    for (operator, keys) in operators {
        let Some(keys) = keys.as_object() else {
            found.push(FieldError::of(operator, "invalid_type", Rule::MustBeObject));
            continue;
        };
        for (key, values) in keys {
            let scalar =
                |value: &Value| value.is_string() || value.is_boolean() || value.is_number();
            let fits = match values {
                Value::Array(list) => !list.is_empty() && list.iter().all(scalar),
                single => scalar(single),
            };
            // CloudFormation would run `Ref` and `Fn::...` as functions.
            if !key.contains(':') || key.starts_with("Fn::") {
                let place = format!("{operator}.{key}");
                let rule = broken(PolicyRule::NotAConditionKey);
                found.push(FieldError::of(&place, "invalid", rule));
            }
            if !fits {
                let place = format!("{operator}.{key}");
                let rule = broken(PolicyRule::NotConditionValues);
                found.push(FieldError::of(&place, "invalid_type", rule));
            }
        }
    }
    found
}

fn doubled_sids(statements: &[Value]) -> Vec<FieldError> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (index, one) in statements.iter().enumerate() {
        let sid = one.get("Sid").and_then(Value::as_str).unwrap_or_default();
        if !sid.is_empty() && !seen.insert(sid) {
            let place = format!("Statement[{index}].Sid");
            let rule = broken(PolicyRule::SidTwice {
                sid: Quoted::new(sid),
            });
            found.push(FieldError::of(&place, "duplicate", rule));
        }
    }
    found
}
