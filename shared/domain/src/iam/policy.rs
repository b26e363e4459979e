//! IAM policy documents, parsed the way AWS does.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use super::condition::Condition;
use super::error::PolicyError;
use super::{condition, pattern};
use serde_json::{Map, Value};
use std::cmp::Ordering;

/// A policy's statements. Lists are sorted, so that equivalent policies are equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyDocument {
    pub statements: Vec<Statement>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Statement {
    pub effect: Effect,
    /// Absent in a permission policy, which applies to the identity that it is attached to.
    pub principals: Option<Scope<Principal>>,
    pub actions: Scope<Action>,
    /// Absent in a trust policy, which applies to its own role.
    pub resources: Option<Scope<String>>,
    /// All conditions must hold.
    pub conditions: Vec<Condition>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    Allow,
    Deny,
}

/// An action, possibly with wildcards. IAM compares actions case-insensitively.
#[derive(Debug, Clone)]
pub struct Action {
    written: String,
    lower: String,
}

impl Action {
    /// The action as written.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    pub fn lower(&self) -> &str {
        &self.lower
    }
}

impl From<String> for Action {
    fn from(written: String) -> Self {
        let lower = written.to_ascii_lowercase();
        Self { written, lower }
    }
}

impl Ord for Action {
    fn cmp(&self, other: &Self) -> Ordering {
        self.lower.cmp(&other.lower)
    }
}

impl PartialOrd for Action {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Action {
    fn eq(&self, other: &Self) -> bool {
        self.lower == other.lower
    }
}

impl Eq for Action {}

/// An element such as `Action`, or its opposite, `NotAction`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope<T> {
    These(Vec<T>),
    AllBut(Vec<T>),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Principal {
    Anyone,
    /// An ARN, or a 12-digit account ID.
    Aws(String),
    /// `Service`, `Federated` or `CanonicalUser`, and its name.
    Other {
        kind: String,
        name: String,
    },
}

impl PolicyDocument {
    /// Parses a document as IAM stores it, or URL-encoded as `GetRole` returns it.
    ///
    /// # Errors
    /// If the document does not follow IAM's policy grammar.
    pub fn parse(document: &str) -> Result<Self, PolicyError> {
        let text = document.trim();
        let policy: Value = if text.starts_with('%') {
            serde_json::from_str(&percent_decode(text))
        } else {
            serde_json::from_str(text)
        }
        .map_err(|_| PolicyError::NotJson)?;
        Self::read(&policy).ok_or(PolicyError::Malformed)
    }

    fn read(policy: &Value) -> Option<Self> {
        let statements = match policy.as_object()?.get("Statement")? {
            Value::Array(list) => list.iter().map(Statement::read).collect::<Option<_>>()?,
            single => vec![Statement::read(single)?],
        };
        Some(Self { statements })
    }
}

/// The elements that IAM allows in a statement.
const ELEMENTS: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

impl Statement {
    fn read(value: &Value) -> Option<Self> {
        let statement = value.as_object()?;
        // Otherwise a misspelled element would count as absent.
        if statement
            .keys()
            .any(|key| !ELEMENTS.contains(&key.as_str()))
        {
            return None;
        }
        let effect = match statement.get("Effect")?.as_str()? {
            "Allow" => Effect::Allow,
            "Deny" => Effect::Deny,
            _ => return None,
        };
        Some(Self {
            effect,
            principals: scope(statement, "Principal", "NotPrincipal", principals)?,
            actions: scope(statement, "Action", "NotAction", actions)??,
            resources: scope(statement, "Resource", "NotResource", strings)?,
            conditions: match statement.get("Condition") {
                None => Vec::new(),
                Some(block) => condition::read(block.as_object()?)?,
            },
        })
    }

    /// Whether the statement applies to the action, which must be in lowercase.
    pub fn covers_action(&self, action: &str) -> bool {
        let named = |names: &[Action]| {
            let mut names = names.iter();
            names.any(|name| pattern::matches(name.lower(), action))
        };
        match &self.actions {
            Scope::These(names) => named(names),
            Scope::AllBut(names) => !named(names),
        }
    }
}

/// An element or its opposite, but not both. The outer `None` means malformed, the inner one
/// absent.
fn scope<T: Ord>(
    statement: &Map<String, Value>,
    name: &str,
    opposite: &str,
    read: fn(&Value) -> Option<Vec<T>>,
) -> Option<Option<Scope<T>>> {
    let read = |value| {
        let mut list = read(value)?;
        list.sort();
        Some(list)
    };
    match (statement.get(name), statement.get(opposite)) {
        (None, None) => Some(None),
        (Some(these), None) => Some(Some(Scope::These(read(these)?))),
        (None, Some(others)) => Some(Some(Scope::AllBut(read(others)?))),
        (Some(_), Some(_)) => None,
    }
}

/// One string, or a list of strings.
fn strings(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(one) => Some(vec![one.clone()]),
        Value::Array(list) => list
            .iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect(),
        _ => None,
    }
}

fn actions(value: &Value) -> Option<Vec<Action>> {
    Some(strings(value)?.into_iter().map(Action::from).collect())
}

fn principals(value: &Value) -> Option<Vec<Principal>> {
    let block = match value {
        Value::String(text) if text == "*" => return Some(vec![Principal::Anyone]),
        Value::Object(block) => block,
        _ => return None,
    };
    let mut principals = Vec::new();
    for (kind, names) in block {
        for name in strings(names)? {
            principals.push(match (kind.as_str(), name.as_str()) {
                ("AWS", "*") => Principal::Anyone,
                ("AWS", _) => Principal::Aws(name),
                ("Service" | "Federated" | "CanonicalUser", _) => Principal::Other {
                    kind: kind.clone(),
                    name,
                },
                _ => return None,
            });
        }
    }
    Some(principals)
}

/// Decodes RFC 3986 percent-encoding; invalid escapes are kept.
pub fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while let Some(byte) = bytes.get(i) {
        match (byte, bytes.get(i + 1..i + 3).and_then(hex_byte)) {
            (b'%', Some(escaped)) => {
                decoded.push(escaped);
                i += 3;
            }
            _ => {
                decoded.push(*byte);
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// `from_str_radix` alone would accept `+5`.
fn hex_byte(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let value = digit(*digits.first()?)? * 16 + digit(*digits.get(1)?)?;
    u8::try_from(value).ok()
}
