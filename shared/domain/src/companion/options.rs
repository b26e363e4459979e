//! A role's chosen options, parsed from a request.

use super::kind::Kind;
use super::spec::{Contradiction, Takes};
use super::value::{Asked, Chosen, read_value};
use crate::messages::Rule;
use crate::text::FieldError;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// All options of a kind, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Options(BTreeMap<String, Chosen>);

impl Options {
    pub(super) fn read(
        kind: Kind,
        given: &Map<String, Value>,
        asked: &Asked<'_>,
    ) -> Result<Self, Vec<FieldError>> {
        let mut wrong: Vec<FieldError> = given
            .keys()
            .filter(|name| kind.option(name).is_none())
            .map(|name| {
                let rule = Rule::UnknownOption { kind: kind.name };
                FieldError::of(name, "unknown_option", rule)
            })
            .collect();
        let mut options = Self::default();
        for spec in kind.options {
            let value = given.get(spec.name).filter(|value| !value.is_null());
            match read_value(spec, value, asked) {
                Ok(chosen) => {
                    options.0.insert(spec.name.to_owned(), chosen);
                }
                Err(error) => wrong.push(error),
            }
        }
        if wrong.is_empty() {
            let objections = kind.contradictions.iter();
            wrong.extend(objections.filter_map(|one| options.objection(one)));
        }
        if wrong.is_empty() {
            Ok(options)
        } else {
            Err(wrong)
        }
    }

    fn objection(&self, contradiction: &Contradiction) -> Option<FieldError> {
        match contradiction {
            Contradiction::FlagNeedsPolicy {
                flag,
                list,
                policy,
                why,
            } => {
                let lacks = self.flag(flag) && !self.has_policy(list, policy);
                lacks.then(|| FieldError::of(flag, "contradiction", why.clone()))
            }
            Contradiction::PolicyStandsAlone { list, policy, why } => {
                let crowded = self.list(list).len() > 1 && self.has_policy(list, policy);
                crowded.then(|| FieldError::of(list, "contradiction", why.clone()))
            }
        }
    }

    fn has_policy(&self, list: &str, policy: &str) -> bool {
        self.list(list).iter().any(|one| one == policy)
    }

    pub fn flag(&self, name: &str) -> bool {
        self.0.get(name) == Some(&Chosen::Flag(true))
    }

    pub fn number(&self, name: &str) -> Option<u32> {
        match self.0.get(name) {
            Some(Chosen::Number(number)) => Some(*number),
            _ => None,
        }
    }

    pub fn text(&self, name: &str) -> &str {
        match self.0.get(name) {
            Some(Chosen::Text(text)) => text,
            _ => "",
        }
    }

    /// The IAM path, for kinds where it can be chosen.
    pub fn path(&self, kind: Kind) -> Option<&str> {
        let option = kind.option_taking(|takes| matches!(takes, Takes::RolePath))?;
        Some(self.text(option.name))
    }

    pub fn list(&self, name: &str) -> &[String] {
        match self.0.get(name) {
            Some(Chosen::List(list)) => list,
            _ => &[],
        }
    }
}
