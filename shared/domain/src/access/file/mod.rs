//! The operator's access file. It is validated completely, and every mistake is reported with its position.

mod profile;

use super::{Profile, ProfileName};
use crate::aws::Partition;
use crate::messages::{AccessRule, Names, Quoted, Rule};
use crate::text::{FieldError, unknown};
use profile::Reader;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The IAM limit for all inline policies of a role, in characters without whitespace.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub const MAX_INLINE: usize = 10_240;
/// Managed policies of a role, by IAM's default quota.
pub const MAX_MANAGED_POLICIES: usize = 10;
/// The profiles that a hub can declare.
pub const MAX_PROFILES: usize = 20;

/// The profiles of a hub.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AccessFile {
    pub profiles: BTreeMap<ProfileName, Profile>,
    /// The profiles of a registration that does not specify any.
    pub default: Vec<ProfileName>,
}

impl AccessFile {
    /// Reads the file. `inline_left` is what the role's other inline policies leave of [`MAX_INLINE`].
    ///
    /// # Errors
    /// Every mistake, with its position.
    pub fn read(
        file: &Value,
        partition: Partition,
        inline_left: usize,
    ) -> Result<Self, Vec<FieldError>> {
        let Some(object) = file.as_object() else {
            return Err(vec![FieldError::new("invalid_type", Rule::MustBeObject)]);
        };
        let mut wrong = unknown(object, &["profiles", "default"]);
        let profiles = match object.get("profiles") {
            None | Some(Value::Null) => BTreeMap::new(),
            Some(Value::Object(profiles)) => read_profiles(profiles, partition, &mut wrong),
            Some(_) => {
                let error = FieldError::of("profiles", "invalid_type", Rule::MustBeObject);
                wrong.push(error);
                BTreeMap::new()
            }
        };
        let default = match object.get("profiles") {
            // Without the profiles' names, the default can't be checked.
            Some(profiles) if !profiles.is_object() && !profiles.is_null() => Vec::new(),
            profiles => {
                let names = profiles.and_then(Value::as_object);
                read_default(object.get("default"), names, &mut wrong)
            }
        };
        let file = Self { profiles, default };
        if wrong.is_empty() {
            wrong.extend(file.too_much(inline_left));
        }
        if wrong.is_empty() {
            Ok(file)
        } else {
            Err(wrong)
        }
    }

    /// What does not fit into a role that has every profile: a registration can choose them all.
    fn too_much(&self, inline_left: usize) -> Vec<FieldError> {
        let mut wrong = Vec::new();
        let inline = self.profiles.values().filter_map(|one| one.policy.as_ref());
        let size: usize = inline.map(|policy| inline_size(&policy.to_string())).sum();
        if size > inline_left {
            let rule = AccessRule::InlineTooLarge {
                size,
                left: inline_left,
                most: MAX_INLINE,
            };
            wrong.push(FieldError::of(
                "profiles",
                "too_long",
                Rule::Access { rule },
            ));
        }
        let managed = self.profiles.values().flat_map(|one| &one.managed_policies);
        let managed: BTreeSet<&String> = managed.collect();
        if managed.len() > MAX_MANAGED_POLICIES {
            let rule = AccessRule::TooManyManaged {
                count: managed.len(),
                most: MAX_MANAGED_POLICIES,
            };
            wrong.push(FieldError::of(
                "profiles",
                "too_long",
                Rule::Access { rule },
            ));
        }
        wrong
    }

    /// The profiles that a registration requests, or the file's default if it does not specify any.
    ///
    /// # Errors
    /// The names that the file does not have, with their position in the request.
    pub fn chosen(&self, names: Option<&[String]>) -> Result<Vec<&Profile>, Vec<FieldError>> {
        let Some(names) = names else {
            let default = self.default.iter();
            return Ok(default.filter_map(|name| self.profiles.get(name)).collect());
        };
        let mut wrong = Vec::new();
        let mut chosen = BTreeMap::new();
        for (index, name) in names.iter().enumerate() {
            let known = self.profiles.values().find(|one| one.name.as_str() == name);
            match known {
                Some(profile) => {
                    chosen.insert(&profile.name, profile);
                }
                None => {
                    let rule = AccessRule::UnknownProfile {
                        name: Quoted::new(name),
                        known: Names(self.profiles.keys().map(ToString::to_string).collect()),
                    };
                    let place = format!("access[{index}]");
                    wrong.push(FieldError::of(
                        &place,
                        "unknown_profile",
                        Rule::Access { rule },
                    ));
                }
            }
        }
        if wrong.is_empty() {
            Ok(chosen.into_values().collect())
        } else {
            Err(wrong)
        }
    }
}

/// The size of a policy as IAM counts it: without whitespace.
pub fn inline_size(policy: &str) -> usize {
    policy.chars().filter(|c| !c.is_whitespace()).count()
}

fn read_profiles(
    profiles: &Map<String, Value>,
    partition: Partition,
    wrong: &mut Vec<FieldError>,
) -> BTreeMap<ProfileName, Profile> {
    if profiles.len() > MAX_PROFILES {
        let rule = Rule::EntryCount {
            least: 0,
            most: MAX_PROFILES,
        };
        wrong.push(FieldError::of("profiles", "too_long", rule));
    }
    let mut read = BTreeMap::new();
    for (name, value) in profiles {
        let place = format!("profiles.{name}");
        let mut errors = Vec::new();
        match ProfileName::parse(name.as_str()) {
            Err(error) => errors.push(error),
            Ok(name) => {
                if let Some(profile) = Reader::read(&name, value, partition, &mut errors) {
                    read.insert(name, profile);
                }
            }
        }
        wrong.extend(errors.into_iter().map(|error| error.within(&place)));
    }
    read
}

fn read_default(
    value: Option<&Value>,
    profiles: Option<&Map<String, Value>>,
    wrong: &mut Vec<FieldError>,
) -> Vec<ProfileName> {
    let list = match value {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Array(list)) => list,
        Some(_) => {
            wrong.push(FieldError::of(
                "default",
                "invalid_type",
                Rule::MustBeArrayOfStrings,
            ));
            return Vec::new();
        }
    };
    let mut names = BTreeSet::new();
    for (index, value) in list.iter().enumerate() {
        let place = format!("default[{index}]");
        let text = value.as_str().unwrap_or_default();
        let known = profiles.is_some_and(|profiles| profiles.contains_key(text));
        match ProfileName::parse(text) {
            Ok(name) if known => {
                names.insert(name);
            }
            _ => {
                let known = profiles.into_iter().flat_map(Map::keys).cloned();
                let rule = AccessRule::UnknownProfile {
                    name: Quoted::new(text),
                    known: Names(known.collect()),
                };
                wrong.push(FieldError::of(
                    &place,
                    "unknown_profile",
                    Rule::Access { rule },
                ));
            }
        }
    }
    names.into_iter().collect()
}
