//! The operator's file of workloads. It is validated completely, and every mistake is reported with its position.

use super::{Audience, Issuer, IssuerName, IssuerUrl, Subject, WorkloadRule, Workloads};
use crate::access::{MAX_PROFILES, ProfileName};
use crate::messages::{AccessRule, Names, Quoted, Rule, WorkloadFileRule};
use crate::text::{FieldError, Tenant, unknown};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The issuers that a hub can accept.
pub const MAX_ISSUERS: usize = 100;
/// The rules of a hub.
pub const MAX_RULES: usize = 300;
/// The tenants of a rule.
const MAX_TENANTS: usize = 100;

impl Workloads {
    /// Reads the file. Its rules can name the issuers that it declares and these profiles.
    ///
    /// # Errors
    /// Every mistake, with its position.
    pub fn read(file: &Value, profiles: &BTreeSet<ProfileName>) -> Result<Self, Vec<FieldError>> {
        let Some(object) = file.as_object() else {
            return Err(vec![FieldError::new("invalid_type", Rule::MustBeObject)]);
        };
        let mut wrong = unknown(object, &["issuers", "rules"]);
        let issuers = read_issuers(object.get("issuers"), &mut wrong);
        let declared = object.get("issuers").and_then(Value::as_object);
        let known = Known {
            issuers: declared.into_iter().flat_map(Map::keys).cloned().collect(),
            profiles,
        };
        let rules = read_rules(object.get("rules"), &known, &mut wrong);
        if wrong.is_empty() {
            Ok(Self { issuers, rules })
        } else {
            Err(wrong)
        }
    }

    /// The profiles in rules that are not among these.
    pub fn missing_profiles(&self, profiles: &BTreeSet<ProfileName>) -> BTreeSet<ProfileName> {
        let named = self.rules.iter().flat_map(|rule| &rule.profiles);
        let missing = named.filter(|name| !profiles.contains(*name));
        missing.cloned().collect()
    }
}

fn of_file(rule: WorkloadFileRule) -> Rule {
    Rule::WorkloadFile { rule }
}

fn read_issuers(
    value: Option<&Value>,
    wrong: &mut Vec<FieldError>,
) -> BTreeMap<IssuerName, Issuer> {
    let object = match value {
        None | Some(Value::Null) => return BTreeMap::new(),
        Some(Value::Object(object)) => object,
        Some(_) => {
            wrong.push(FieldError::of(
                "issuers",
                "invalid_type",
                Rule::MustBeObject,
            ));
            return BTreeMap::new();
        }
    };
    if object.len() > MAX_ISSUERS {
        let rule = Rule::EntryCount {
            least: 0,
            most: MAX_ISSUERS,
        };
        wrong.push(FieldError::of("issuers", "too_long", rule));
    }
    let mut issuers: BTreeMap<IssuerName, Issuer> = BTreeMap::new();
    for (name, value) in object {
        let place = format!("issuers.{name}");
        match read_issuer(name, value) {
            Ok((name, issuer)) => {
                // A token names its issuer by the URL only.
                let same = issuers.iter().find(|(_, one)| one.issuer == issuer.issuer);
                if let Some((other, _)) = same {
                    let rule = of_file(WorkloadFileRule::IssuerTwice {
                        other: other.to_string(),
                    });
                    wrong.push(FieldError::of(&format!("{place}.issuer"), "invalid", rule));
                }
                issuers.insert(name, issuer);
            }
            Err(errors) => wrong.extend(errors.into_iter().map(|error| error.within(&place))),
        }
    }
    issuers
}

fn read_issuer(name: &str, value: &Value) -> Result<(IssuerName, Issuer), Vec<FieldError>> {
    let Some(object) = value.as_object() else {
        return Err(vec![FieldError::new("invalid_type", Rule::MustBeObject)]);
    };
    let mut wrong = unknown(object, &["issuer", "audience"]);
    let name = kept(IssuerName::parse(name), "", &mut wrong);
    let issuer = text(object, "issuer", &mut wrong)
        .and_then(|text| kept(IssuerUrl::parse(text), "issuer", &mut wrong));
    let audience = text(object, "audience", &mut wrong)
        .and_then(|text| kept(Audience::parse(text), "audience", &mut wrong));
    match (name, issuer, audience) {
        (Some(name), Some(issuer), Some(audience)) if wrong.is_empty() => {
            Ok((name, Issuer { issuer, audience }))
        }
        _ => Err(wrong),
    }
}

/// What a rule can name.
struct Known<'a> {
    issuers: Vec<String>,
    profiles: &'a BTreeSet<ProfileName>,
}

fn read_rules(
    value: Option<&Value>,
    known: &Known<'_>,
    wrong: &mut Vec<FieldError>,
) -> Vec<WorkloadRule> {
    let list = match value {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Array(list)) => list,
        Some(_) => {
            wrong.push(FieldError::of("rules", "invalid_type", Rule::MustBeArray));
            return Vec::new();
        }
    };
    if list.len() > MAX_RULES {
        let rule = Rule::EntryCount {
            least: 0,
            most: MAX_RULES,
        };
        wrong.push(FieldError::of("rules", "too_long", rule));
    }
    let mut rules = Vec::new();
    for (index, value) in list.iter().enumerate() {
        match read_rule(value, known) {
            Ok(rule) => rules.push(rule),
            Err(errors) => {
                let place = format!("rules[{index}]");
                wrong.extend(errors.into_iter().map(|error| error.within(&place)));
            }
        }
    }
    rules
}

fn read_rule(value: &Value, known: &Known<'_>) -> Result<WorkloadRule, Vec<FieldError>> {
    let Some(object) = value.as_object() else {
        return Err(vec![FieldError::new("invalid_type", Rule::MustBeObject)]);
    };
    let keys = ["issuer", "subject", "profiles", "tenants", "dangerous"];
    let mut wrong = unknown(object, &keys);
    let issuer = text(object, "issuer", &mut wrong).and_then(|text| {
        if known.issuers.contains(&text) {
            // A mistake in the name is reported where it is declared.
            return IssuerName::parse(text).ok();
        }
        let rule = of_file(WorkloadFileRule::UnknownIssuerName {
            name: Quoted::new(&text),
            known: Names(known.issuers.clone()),
        });
        wrong.push(FieldError::of("issuer", "unknown_issuer", rule));
        None
    });
    let subject = text(object, "subject", &mut wrong)
        .and_then(|text| kept(Subject::parse(text), "subject", &mut wrong));
    let dangerous = match object.get("dangerous") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(dangerous)) => *dangerous,
        Some(_) => {
            let rule = Rule::MustBeBoolean;
            wrong.push(FieldError::of("dangerous", "invalid_type", rule));
            false
        }
    };
    if !dangerous && subject.as_ref().is_some_and(Subject::has_wildcard) {
        let rule = of_file(WorkloadFileRule::Wildcard);
        wrong.push(FieldError::of("subject", "dangerous", rule));
    }
    let profiles = read_profiles(object, known.profiles, &mut wrong);
    let tenants = read_tenants(object, &mut wrong);
    match (issuer, subject) {
        (Some(issuer), Some(subject)) if wrong.is_empty() => Ok(WorkloadRule {
            issuer,
            subject,
            profiles,
            tenants,
            dangerous,
        }),
        _ => Err(wrong),
    }
}

fn read_profiles(
    object: &Map<String, Value>,
    known: &BTreeSet<ProfileName>,
    wrong: &mut Vec<FieldError>,
) -> BTreeSet<ProfileName> {
    let mut profiles = BTreeSet::new();
    for (index, text) in texts(object, "profiles", MAX_PROFILES, wrong) {
        match known.iter().find(|one| one.as_str() == text) {
            Some(name) => {
                profiles.insert(name.clone());
            }
            None => {
                let rule = AccessRule::UnknownProfile {
                    name: Quoted::new(&text),
                    known: Names(known.iter().map(ToString::to_string).collect()),
                };
                let place = format!("profiles[{index}]");
                let rule = Rule::Access { rule };
                wrong.push(FieldError::of(&place, "unknown_profile", rule));
            }
        }
    }
    if !object.contains_key("profiles") {
        wrong.push(FieldError::of("profiles", "required", Rule::Required));
    }
    profiles
}

fn read_tenants(
    object: &Map<String, Value>,
    wrong: &mut Vec<FieldError>,
) -> Option<BTreeSet<Tenant>> {
    object.get("tenants").filter(|value| !value.is_null())?;
    let mut tenants = BTreeSet::new();
    for (index, text) in texts(object, "tenants", MAX_TENANTS, wrong) {
        let place = format!("tenants[{index}]");
        tenants.extend(kept(Tenant::parse(text), &place, wrong));
    }
    Some(tenants)
}

/// A non-empty list of texts, with their positions.
fn texts(
    object: &Map<String, Value>,
    key: &str,
    most: usize,
    wrong: &mut Vec<FieldError>,
) -> Vec<(usize, String)> {
    let list = match object.get(key) {
        None => return Vec::new(),
        Some(Value::Array(list)) => list,
        Some(_) => {
            let rule = Rule::MustBeArrayOfStrings;
            wrong.push(FieldError::of(key, "invalid_type", rule));
            return Vec::new();
        }
    };
    if list.is_empty() || list.len() > most {
        let code = if list.is_empty() {
            "required"
        } else {
            "too_long"
        };
        let rule = Rule::EntryCount { least: 1, most };
        wrong.push(FieldError::of(key, code, rule));
        return Vec::new();
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    list.iter().map(text).enumerate().collect()
}

fn text(object: &Map<String, Value>, key: &str, wrong: &mut Vec<FieldError>) -> Option<String> {
    let (code, rule) = match object.get(key) {
        Some(Value::String(text)) => return Some(text.clone()),
        None | Some(Value::Null) => ("required", Rule::Required),
        Some(_) => ("invalid_type", Rule::MustBeString),
    };
    wrong.push(FieldError::of(key, code, rule));
    None
}

fn kept<T>(parsed: Result<T, FieldError>, place: &str, wrong: &mut Vec<FieldError>) -> Option<T> {
    parsed.map_err(|error| wrong.push(error.within(place))).ok()
}
