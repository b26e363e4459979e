//! The fields of the form of companion roles: `role` for each chosen kind, and `<kind>.<option>` for each
//! option. The catalog has the kinds and their options.

use super::records::Companion;
use crate::http::Form;
use crate::typed::{digits, folded};
use rolecall_domain::companion::Kind;
use rolecall_domain::companion::spec::{OptionSpec, PATH, Takes};
use serde_json::{Map, Value, json};

/// The field with the chosen kinds.
pub const ROLE: &str = "role";

/// The value of a checked box.
pub const YES: &str = "true";

/// The field of an option.
pub fn field(kind: Kind, option: &OptionSpec) -> String {
    format!("{}.{}", kind.name, option.name)
}

/// What the API refuses of a form.
#[derive(Debug)]
pub enum Place {
    /// The choice of kinds as a whole.
    Roles,
    Kind(Kind),
    Option(Kind, &'static OptionSpec),
}

/// The fields, in the order of a sent form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoleFields(Vec<(String, String)>);

impl RoleFields {
    /// No kind is chosen, and every option has its default.
    pub fn unchosen() -> Self {
        Self::of_account(&[])
    }

    /// What was requested for an account. Kinds without a request have the defaults.
    pub fn of_account(roles: &[Companion]) -> Self {
        let mut fields = Self::default();
        for kind in Kind::companions() {
            let requested = roles.iter().find(|role| role.kind == kind.name);
            let options = requested.and_then(|role| role.requested_options.as_ref());
            if options.is_some() {
                fields.add(ROLE.to_owned(), kind.name);
            }
            for option in kind.options {
                let values = match options {
                    Some(options) => texts(&options[option.name]),
                    None => default(option),
                };
                for value in values {
                    fields.add(field(kind, option), &value);
                }
            }
        }
        fields
    }

    pub fn sent(form: &Form) -> Self {
        let mut fields = form.0.clone();
        fields.retain(|(name, _)| name == ROLE || name.contains('.'));
        Self(fields)
    }

    fn add(&mut self, name: String, value: &str) {
        self.0.push((name, value.to_owned()));
    }

    pub fn has(&self, kind: Kind) -> bool {
        self.values(ROLE).any(|value| value == kind.name)
    }

    pub fn values<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.0.iter().filter(move |(name, _)| name == field);
        named.map(|(_, value)| value.as_str())
    }

    /// The first value of a field; an empty one if there is none.
    pub fn text<'a>(&'a self, field: &'a str) -> &'a str {
        self.values(field).next().unwrap_or_default()
    }

    fn chosen(&self) -> impl Iterator<Item = Kind> {
        Kind::companions().filter(|kind| self.has(*kind))
    }

    /// The chosen roles, as the API takes them.
    pub fn request(&self) -> Value {
        let roles = self.chosen().map(|kind| {
            let options = kind.options.iter().filter_map(|option| {
                let value = self.value(option, &field(kind, option))?;
                Some((option.name.to_owned(), value))
            });
            json!({"kind": kind.name, "options": Map::from_iter(options)})
        });
        Value::Array(roles.collect())
    }

    /// An empty text is not sent, so that the API says that it is missing, or takes the default.
    fn value(&self, option: &OptionSpec, field: &str) -> Option<Value> {
        let text = folded(self.text(field));
        let given = |text: String| (!text.is_empty()).then(|| json!(text));
        match option.takes {
            Takes::Flag { .. } => Some(json!(text == YES)),
            Takes::AccountId => given(digits(&text)),
            Takes::RolePath => given(text),
            Takes::Seconds { .. } => match text.parse::<u32>() {
                Ok(seconds) => Some(json!(seconds)),
                Err(_) => given(text),
            },
            Takes::Policies { .. } | Takes::Buckets | Takes::Regions => {
                let lines = self.values(field).flat_map(str::split_whitespace);
                Some(json!(Vec::from_iter(lines.map(folded))))
            }
        }
    }

    /// The part of the form that a field of the API belongs to, such as
    /// `companion_roles[0].options.policies`.
    pub fn place(&self, field: &str) -> Option<Place> {
        let rest = field.strip_prefix("companion_roles")?;
        let inside = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let kind = inside.and_then(|(at, rest)| {
            let kind = self.chosen().nth(at.parse().ok()?)?;
            Some((kind, rest))
        });
        let Some((kind, rest)) = kind else {
            return Some(Place::Roles);
        };
        let option = rest.strip_prefix(".options.");
        let option = option.and_then(|name| kind.option(name));
        Some(match option {
            Some(option) => Place::Option(kind, option),
            None => Place::Kind(kind),
        })
    }
}

fn default(option: &OptionSpec) -> Vec<String> {
    match option.takes {
        Takes::Flag { default } => texts(&json!(default)),
        Takes::Seconds { default, .. } => texts(&json!(default)),
        Takes::Policies { default, .. } => vec![default.to_owned()],
        Takes::RolePath => vec![PATH.to_owned()],
        Takes::AccountId | Takes::Buckets | Takes::Regions => Vec::new(),
    }
}

/// A value of an option, as the fields of the form have it. A box that is not checked has no field.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Bool(true) => vec![YES.to_owned()],
        Value::Number(number) => vec![number.to_string()],
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Null | Value::Bool(false) | Value::Object(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(fields: &[(&str, &str)]) -> RoleFields {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        RoleFields::sent(&Form(fields.iter().map(pair).collect()))
    }

    #[test]
    fn sent_form_becomes_the_roles_of_a_request() {
        let fields = sent(&[
            ("form_token", "t"),
            ("account_name", "Payments"),
            ("role", "switch-role"),
            ("switch-role.trusted_account_id", " ３３３３ 3333-3333 "),
            ("switch-role.policies", "ReadOnlyAccess"),
            (
                "switch-role.policies",
                "arn:aws:iam::aws:policy/A\r\narn:aws:iam::aws:policy/B\r\n",
            ),
            ("switch-role.max_session_seconds", "7200"),
            ("switch-role.path", ""),
            ("ec2-instance.policies", "AmazonS3ReadOnlyAccess"),
        ]);
        let expected = json!([{"kind": "switch-role", "options": {
            "trusted_account_id": "333333333333",
            "policies": ["ReadOnlyAccess", "arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/B"],
            "require_mfa": false,
            "max_session_seconds": 7200,
        }}]);
        assert_eq!(fields.request(), expected);
    }

    #[test]
    fn unchosen_kinds_have_the_defaults_of_the_catalog() {
        let fields = RoleFields::unchosen();
        assert_eq!(fields.request(), json!([]));
        assert_eq!(fields.text("switch-role.require_mfa"), YES);
        assert_eq!(fields.text("switch-role.max_session_seconds"), "3600");
        assert_eq!(
            fields.text("ec2-instance.policies"),
            "AmazonEC2ReadOnlyAccess"
        );
        assert_eq!(fields.text("ec2-instance.trust_ssm"), "");
    }

    #[test]
    fn requested_roles_of_an_account_survive_the_form() {
        let options = json!({
            "directory_service": true, "cloudwatch_agent": false,
            "s3_buckets": ["one", "two"], "patch_baseline_regions": [],
        });
        let role = json!({"kind": "ssm-hybrid", "requested_options": options});
        let role: Companion = serde_json::from_value(role).expect("a role");
        let fields = RoleFields::of_account(&[role]);
        let expected = json!([{"kind": "ssm-hybrid", "options": options}]);
        assert_eq!(fields.request(), expected);
    }

    #[test]
    fn fields_of_the_api_are_found_in_the_form() {
        let fields = sent(&[("role", "ssm-hybrid"), ("role", "switch-role")]);
        let place = |field| match fields.place(field) {
            Some(Place::Option(kind, option)) => super::field(kind, option),
            Some(Place::Kind(kind)) => kind.name.to_owned(),
            Some(Place::Roles) => ROLE.to_owned(),
            None => String::new(),
        };
        assert_eq!(
            place("companion_roles[0].options.trusted_account_id"),
            "switch-role.trusted_account_id"
        );
        assert_eq!(
            place("companion_roles[1].options.s3_buckets"),
            "ssm-hybrid.s3_buckets"
        );
        assert_eq!(place("companion_roles[1].kind"), "ssm-hybrid");
        assert_eq!(place("companion_roles"), "role");
        assert_eq!(place("companion_roles[7].options.path"), "role");
        assert_eq!(place("access"), "");
    }
}
