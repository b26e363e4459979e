//! A CloudFormation template, parsed as YAML. A short-form function (`!Ref`, `!Sub`, `!GetAtt`) is
//! read as its argument, so `!Ref X` is the string `X` and `!If [a, b, c]` is a list.

use std::path::Path;

use serde_json::Value;

pub const HUB: &str = "infra/template.yaml";
/// A golden file of the renderer: two access profiles and a companion role.
pub const ONBOARDING: &str = "infra/onboarding/examples/two-profiles-and-switch-role.yaml";
pub const FURTHER_REGION: &str = "infra/regional-callback.yaml";
pub const FORWARD_EVENTS: &str = "infra/onboarding/forward-events.yaml";

/// All deployed templates except the onboarding templates.
pub const ALL: [&str; 3] = [HUB, FURTHER_REGION, FORWARD_EVENTS];

/// The golden files of the renderer, which have every option of an onboarding template.
pub fn onboarding_examples() -> Vec<Template> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let folder = folder.join(ONBOARDING);
    let folder = folder.parent().expect("a folder");
    let files = std::fs::read_dir(folder).expect("the examples");
    let names = files.map(|file| file.expect("a file").file_name());
    let mut paths: Vec<String> = names
        .map(|name| format!("infra/onboarding/examples/{}", name.to_string_lossy()))
        .collect();
    paths.sort();
    assert!(paths.len() > 10, "{paths:?}");
    paths.into_iter().map(Template::read).collect()
}

pub struct Template {
    pub path: String,
    pub text: String,
    document: Value,
}

impl Template {
    pub fn read(path: impl Into<String>) -> Self {
        let path = path.into();
        let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        let text = std::fs::read_to_string(root.join(&path));
        let text = text.unwrap_or_else(|error| panic!("{path}: {error}"));
        let document = serde_saphyr::from_str(&text);
        let document = document.unwrap_or_else(|error| panic!("{path}: {error}"));
        Self {
            path,
            text,
            document,
        }
    }

    #[track_caller]
    pub fn at(&self, pointer: &str) -> &Value {
        let found = self.document.pointer(pointer);
        found.unwrap_or_else(|| panic!("{} has no {pointer}", self.path))
    }

    /// The names and definitions in one of the template's sections.
    pub fn section(&self, heading: &str) -> impl Iterator<Item = (&str, &Value)> {
        let section = self.document.get(heading).and_then(Value::as_object);
        let entries = section.into_iter().flatten();
        entries.map(|(name, definition)| (name.as_str(), definition))
    }

    /// All resources of a type.
    pub fn resources(&self, kind: &str) -> Vec<(&str, &Value)> {
        let of_kind = |(_, resource): &(&str, &Value)| resource["Type"] == kind;
        self.section("Resources").filter(of_kind).collect()
    }

    /// The distinct resource types.
    pub fn types(&self) -> Vec<&str> {
        let types = self.section("Resources").map(|(_, it)| it["Type"].as_str());
        let mut types: Vec<&str> = types.map(|kind| kind.expect("a type")).collect();
        types.sort_unstable();
        types.dedup();
        types
    }

    /// Every policy statement at any depth, with its location. The location ends with the
    /// statement's Sid, or with the policy's name if there is no Sid.
    pub fn statements(&self) -> Vec<(String, &Value)> {
        let mut found = Vec::new();
        collect(&self.document, "", None, &mut found);
        found
    }
}

fn collect<'a>(
    value: &'a Value,
    place: &str,
    policy: Option<&'a str>,
    found: &mut Vec<(String, &'a Value)>,
) {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    match value {
        Value::Object(_) if text("Effect").is_some() => {
            let name = text("Sid").or(policy);
            let place = name.map_or_else(|| place.to_owned(), |name| format!("{place}/{name}"));
            found.push((place, value));
        }
        Value::Object(fields) => {
            let policy = text("PolicyName").or(policy);
            for (name, field) in fields {
                collect(field, &format!("{place}/{name}"), policy, found);
            }
        }
        Value::Array(items) => {
            for item in items {
                collect(item, place, policy, found);
            }
        }
        _ => {}
    }
}

/// A string, or a list of strings.
pub fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        single => single.as_str().into_iter().collect(),
    }
}

/// Every string in a value at any depth, including function arguments.
pub fn all_texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(items) => items.iter().flat_map(all_texts).collect(),
        Value::Object(fields) => fields.values().flat_map(all_texts).collect(),
        single => single.as_str().into_iter().collect(),
    }
}
