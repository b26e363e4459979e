//! One profile of the access file.

use crate::access::danger::Danger;
use crate::access::{Profile, ProfileName, Words};
use crate::aws::Partition;
use crate::iam::identity_policy::DYNAMIC_REFERENCE;
use crate::iam::{PolicyDocument, identity_policy};
use crate::messages::{AccessRule, PolicyRule, Rule};
use crate::text::{FieldError, check_line, legible, unknown};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

const MAX_TITLE: usize = 64;
const MAX_EXPLAIN: usize = 300;

/// Reads one profile, and collects its errors.
pub(super) struct Reader<'a> {
    object: &'a Map<String, Value>,
    wrong: &'a mut Vec<FieldError>,
}

impl Reader<'_> {
    /// `None` if it has an error.
    pub(super) fn read(
        name: &ProfileName,
        value: &Value,
        partition: Partition,
        wrong: &mut Vec<FieldError>,
    ) -> Option<Profile> {
        let Some(object) = value.as_object() else {
            wrong.push(FieldError::new("invalid_type", Rule::MustBeObject));
            return None;
        };
        let known = [
            "title",
            "explain",
            "not",
            "managed_policies",
            "policy",
            "dangerous",
        ];
        wrong.extend(unknown(object, &known));
        let mut reader = Reader { object, wrong };
        let title = reader.words("title", MAX_TITLE, true);
        let explain = reader.words("explain", MAX_EXPLAIN, true);
        let not = reader.words("not", MAX_EXPLAIN, false);
        let managed_policies = reader.managed_policies(partition);
        let policy = reader.policy(partition);
        let dangerous = reader.dangerous();
        if managed_policies.is_empty() && policy.is_none() && reader.wrong.is_empty() {
            let rule = AccessRule::NoPermissions;
            let error = FieldError::of("managed_policies", "required", Rule::Access { rule });
            reader.wrong.push(error);
        }
        if !dangerous {
            reader.dangers(&managed_policies, policy.as_ref());
        }
        if !wrong.is_empty() {
            return None;
        }
        let profile = Profile {
            name: name.clone(),
            title: title?,
            explain: explain?,
            not,
            managed_policies,
            policy,
            dangerous,
        };
        wrong.extend(profile.session_policies().mistakes());
        wrong.is_empty().then_some(profile)
    }

    fn words(&mut self, field: &str, most: usize, required: bool) -> Option<Words> {
        let object = match self.object.get(field) {
            None | Some(Value::Null) => {
                if required {
                    self.wrong
                        .push(FieldError::of(field, "required", Rule::Required));
                }
                return None;
            }
            Some(Value::Object(object)) => object,
            Some(_) => {
                let rule = Rule::Access {
                    rule: AccessRule::NotInEachLanguage,
                };
                self.wrong.push(FieldError::of(field, "invalid_type", rule));
                return None;
            }
        };
        let others = unknown(object, &["en", "ja"]).into_iter();
        self.wrong.extend(others.map(|error| error.within(field)));
        let mut text = |language: &str| {
            let place = format!("{field}.{language}");
            let text = object.get(language).and_then(Value::as_str);
            let text = text.map(|text| legible::composed(text.trim()));
            match check_text(text.as_deref().unwrap_or_default(), most, language == "en") {
                Ok(()) => text,
                Err(error) => {
                    self.wrong.push(error.within(&place));
                    None
                }
            }
        };
        let (en, ja) = (text("en"), text("ja"));
        Some(Words { en: en?, ja: ja? })
    }

    fn managed_policies(&mut self, partition: Partition) -> Vec<String> {
        let list = match self.object.get("managed_policies") {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::Array(list)) => list,
            Some(_) => {
                let rule = Rule::MustBeArrayOfStrings;
                let error = FieldError::of("managed_policies", "invalid_type", rule);
                self.wrong.push(error);
                return Vec::new();
            }
        };
        let prefix = format!("arn:{}:iam::aws:policy/", partition.as_str());
        let mut arns = BTreeSet::new();
        for (index, value) in list.iter().enumerate() {
            let arn = value.as_str().unwrap_or_default();
            let path = arn.strip_prefix(prefix.as_str());
            let legal = |b: u8| b.is_ascii_alphanumeric() || b"+=,.@_/-".contains(&b);
            if path.is_some_and(|path| !path.is_empty() && path.bytes().all(legal)) {
                arns.insert(arn.to_owned());
            } else {
                let rule = AccessRule::NotAwsManaged {
                    prefix: prefix.clone(),
                };
                let place = format!("managed_policies[{index}]");
                self.wrong
                    .push(FieldError::of(&place, "invalid", Rule::Access { rule }));
            }
        }
        arns.into_iter().collect()
    }

    fn policy(&mut self, partition: Partition) -> Option<Value> {
        let policy = self.object.get("policy").filter(|value| !value.is_null())?;
        let mistakes = identity_policy::mistakes(policy, partition);
        if mistakes.is_empty() {
            return Some(in_strings(policy));
        }
        let errors = mistakes.into_iter().map(|error| error.within("policy"));
        self.wrong.extend(errors);
        None
    }

    fn dangerous(&mut self) -> bool {
        match self.object.get("dangerous") {
            None | Some(Value::Null) => false,
            Some(Value::Bool(dangerous)) => *dangerous,
            Some(_) => {
                let rule = Rule::MustBeBoolean;
                self.wrong
                    .push(FieldError::of("dangerous", "invalid_type", rule));
                false
            }
        }
    }

    /// Permissions with which a role can take over the account have to be declared.
    fn dangers(&mut self, managed: &[String], policy: Option<&Value>) {
        let mut found = Vec::new();
        if let Some(policy) = policy
            && let Ok(document) = PolicyDocument::parse(&policy.to_string())
        {
            let dangers = Danger::of_policy(&document);
            found.extend(dangers.into_iter().map(|one| ("policy".to_owned(), one)));
        }
        for (index, arn) in managed.iter().enumerate() {
            let place = format!("managed_policies[{index}]");
            found.extend(Danger::of_managed(arn).map(|one| (place, one)));
        }
        for (place, danger) in found {
            let rule = AccessRule::Dangerous {
                permission: danger.as_written(),
            };
            let error = FieldError::of(&place, "dangerous", Rule::Access { rule });
            self.wrong.push(error);
        }
    }
}

/// IAM reads numbers and booleans in conditions as their text. As text, they look the same wherever
/// they are stored.
fn in_strings(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let each = object.iter();
            Value::Object(
                each.map(|(key, one)| (key.clone(), in_strings(one)))
                    .collect(),
            )
        }
        Value::Array(items) => items.iter().map(in_strings).collect(),
        Value::Bool(_) | Value::Number(_) => Value::String(value.to_string()),
        other => other.clone(),
    }
}

/// Text that a customer reads. The English text is shown in templates, which accept only printable ASCII.
fn check_text(text: &str, most: usize, ascii: bool) -> Result<(), FieldError> {
    check_line(text, most)?;
    if text.contains(DYNAMIC_REFERENCE) {
        let rule = PolicyRule::DynamicReference;
        return Err(FieldError::new("invalid", Rule::Policy { rule }));
    }
    if ascii && !text.is_ascii() {
        let rule = AccessRule::NotAscii;
        return Err(FieldError::new("invalid", Rule::Access { rule }));
    }
    Ok(())
}
