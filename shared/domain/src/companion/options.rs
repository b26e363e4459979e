//! A role's chosen options: parsed from a request, written to the template's parameter, and parsed
//! from it.

use super::kind::Kind;
use super::spec::{Contradiction, RoleKind, Takes};
use super::value::{Asked, Chosen, policy_arn, read_value};
use crate::aws::Partition;
use crate::messages::Rule;
use crate::text::FieldError;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// All options of a kind, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Options(BTreeMap<String, Chosen>);

/// Stands for an empty list in a parameter, and for every option of a role that is not created.
pub const NOTHING: &str = "-";

/// In bytes.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const LONGEST: usize = 4096;

/// Separates the values of a list in a parameter. No allowed value contains it.
pub const BETWEEN: &str = "|";

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
        if wrong.is_empty() && options.to_parameter(kind, asked.partition).len() > LONGEST {
            let rule = Rule::OptionsTooLong { most: LONGEST };
            wrong.push(FieldError::of("", "too_long", rule));
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

    /// The value of the template's parameter, a `CommaDelimitedList` of all options in the
    /// catalog's order, such as
    /// `trusted_account_id=333333333333,policies=arn:..|arn:..,require_mfa=true`.
    pub fn to_parameter(&self, kind: Kind, partition: Partition) -> String {
        let words = kind.options.iter().map(|spec| {
            let value = match (self.0.get(spec.name), &spec.takes) {
                (Some(Chosen::List(list)), Takes::Policies { known, .. }) => {
                    let arns = list.iter().map(|name| policy_arn(known, name, partition));
                    arns.collect::<Vec<_>>().join(BETWEEN)
                }
                (Some(Chosen::List(list)), _) if list.is_empty() => NOTHING.to_owned(),
                (Some(Chosen::List(list)), _) => list.join(BETWEEN),
                (Some(Chosen::Flag(flag)), _) => flag.to_string(),
                (Some(Chosen::Number(number)), _) => number.to_string(),
                (Some(Chosen::Text(text)), _) => text.clone(),
                (None, _) => NOTHING.to_owned(),
            };
            format!("{}={value}", spec.name)
        });
        words.collect::<Vec<_>>().join(",")
    }

    /// The parameter's default, which creates no role.
    pub fn no_role(kind: &RoleKind) -> String {
        let words = kind
            .options
            .iter()
            .map(|spec| format!("{}={NOTHING}", spec.name));
        words.collect::<Vec<_>>().join(",")
    }

    /// `None` if the text does not have the format of [`Options::to_parameter`].
    pub fn from_parameter(kind: Kind, text: &str, partition: Partition) -> Option<Self> {
        let mut words = text.split(',').map(str::trim);
        let mut given = Map::new();
        for (at, spec) in kind.options.iter().enumerate() {
            // Stacks created before the option existed use its default.
            let Some(word) = words.next().filter(|word| at == 0 || !word.is_empty()) else {
                break;
            };
            let (name, value) = word.split_once('=')?;
            if name != spec.name {
                return None;
            }
            let list = || match value {
                NOTHING => Value::Array(Vec::new()),
                list => list.split(BETWEEN).map(Value::from).collect(),
            };
            let value = match &spec.takes {
                Takes::Flag { .. } => Value::Bool(value.parse().ok()?),
                Takes::Seconds { .. } => Value::from(value.parse::<u32>().ok()?),
                Takes::AccountId | Takes::RolePath => Value::from(value),
                Takes::Policies { .. } | Takes::Buckets | Takes::Regions => list(),
            };
            given.insert(name.to_owned(), value);
        }
        let asked = Asked {
            partition,
            aws_account_id: None,
            hub: None,
        };
        let rest = words.next();
        Self::read(kind, &given, &asked)
            .ok()
            .filter(|_| rest.is_none())
    }
}
