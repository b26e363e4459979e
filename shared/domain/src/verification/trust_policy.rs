//! Reads a role's trust policy and says who may assume the role, and what is broader than needed.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use crate::aws::AwsAccountId;
use serde_json::{Map, Value};
use std::fmt;

/// A trust policy's statements.
#[derive(Debug, Clone)]
pub struct TrustPolicy {
    statements: Vec<Statement>,
}

#[derive(Debug, Clone)]
struct Statement {
    allows: bool,
    covers_assume_role: bool,
    principals: Vec<Principal>,
    conditions: Vec<Condition>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Principal {
    Anyone,
    AnyoneBut,
    Aws(String),
    Other { kind: String, name: String },
}

#[derive(Debug, Clone)]
struct Condition {
    operator: String,
    key: String,
    values: Vec<String>,
}

/// One way in which a trust policy lets in more than the hub.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breadth {
    /// Anybody at all, or anybody but some.
    Anyone,
    /// A principal that is not the hub's account.
    Another(String),
    /// The hub's account, on a path that asks for no external ID.
    NoExternalId,
    /// The hub's account, without being held to the hub's own roles.
    AnyHubPrincipal,
}

impl fmt::Display for Breadth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anyone => f.write_str("anyone"),
            Self::Another(principal) => f.write_str(principal),
            Self::NoExternalId => f.write_str("the hub's account without an external ID"),
            Self::AnyHubPrincipal => f.write_str("any user or role of the hub's account"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TrustPolicyError {
    #[error("the policy is not JSON")]
    NotJson,
    #[error("the policy has no statement in the form that IAM takes")]
    Malformed,
}

impl TrustPolicy {
    /// Reads the document as IAM stores it, or percent-encoded as GetRole returns it.
    ///
    /// # Errors
    /// When it is not a policy in IAM's grammar.
    pub fn parse(document: &str) -> Result<Self, TrustPolicyError> {
        let text = document.trim();
        let decoded = if text.starts_with('%') {
            percent_decode(text)
        } else {
            text.to_owned()
        };
        let policy: Value =
            serde_json::from_str(&decoded).map_err(|_| TrustPolicyError::NotJson)?;
        let statements = match policy.get("Statement") {
            Some(Value::Array(list)) => list.iter().map(Statement::read).collect(),
            Some(single @ Value::Object(_)) => Statement::read(single).map(|one| vec![one]),
            _ => None,
        };
        let statements = statements.ok_or(TrustPolicyError::Malformed)?;
        Ok(Self { statements })
    }

    /// What it lets in beyond the hub's roles with an external ID. Deny statements only narrow a
    /// policy, so they are not counted in its favour.
    pub fn broader_than(&self, hub: &AwsAccountId, trusted: &[String]) -> Vec<Breadth> {
        let mut found: Vec<Breadth> = self
            .statements
            .iter()
            .filter(|statement| statement.allows && statement.covers_assume_role)
            .flat_map(|statement| statement.broader_than(hub, trusted))
            .collect();
        found.sort();
        found.dedup();
        found
    }
}

impl Statement {
    fn read(value: &Value) -> Option<Self> {
        let statement = value.as_object()?;
        let allows = match statement.get("Effect")?.as_str()? {
            "Allow" => true,
            "Deny" => false,
            _ => return None,
        };
        let principals = match (statement.get("Principal"), statement.get("NotPrincipal")) {
            (Some(principal), None) => read_principals(principal)?,
            (None, Some(_)) => vec![Principal::AnyoneBut],
            _ => return None,
        };
        let covers_assume_role = match (statement.get("Action"), statement.get("NotAction")) {
            (Some(actions), None) => strings(actions)?.iter().any(|a| covers_assume(a)),
            (None, Some(actions)) => !strings(actions)?.iter().any(|a| covers_assume(a)),
            _ => return None,
        };
        let conditions = match statement.get("Condition") {
            None => Vec::new(),
            Some(block) => read_conditions(block.as_object()?)?,
        };
        Some(Self {
            allows,
            covers_assume_role,
            principals,
            conditions,
        })
    }

    fn broader_than(&self, hub: &AwsAccountId, trusted: &[String]) -> Vec<Breadth> {
        let mut found = Vec::new();
        for principal in &self.principals {
            match principal {
                Principal::Anyone | Principal::AnyoneBut => found.push(Breadth::Anyone),
                Principal::Aws(name) if names_account(name, hub) => {
                    if !self.requires_external_id() {
                        found.push(Breadth::NoExternalId);
                    }
                    if !self.requires_principal(trusted) {
                        found.push(Breadth::AnyHubPrincipal);
                    }
                }
                Principal::Aws(name) => found.push(Breadth::Another(name.clone())),
                Principal::Other { kind, name } => {
                    found.push(Breadth::Another(format!("{kind}:{name}")));
                }
            }
        }
        found
    }

    /// A condition of a statement holds only together with all others, so one that names exact
    /// external IDs is enough. `IfExists` and `ForAllValues` also hold where none is given.
    fn requires_external_id(&self) -> bool {
        self.conditions.iter().any(|condition| {
            condition.key.eq_ignore_ascii_case("sts:ExternalId")
                && match condition.operator.to_ascii_lowercase().as_str() {
                    "stringequals" => true,
                    "stringequalsignorecase" => true,
                    "stringlike" => condition
                        .values
                        .iter()
                        .all(|value| !value.contains(['*', '?'])),
                    _ => false,
                }
                && !condition.values.is_empty()
        })
    }

    fn requires_principal(&self, trusted: &[String]) -> bool {
        self.conditions.iter().any(|condition| {
            condition.key.eq_ignore_ascii_case("aws:PrincipalArn")
                && matches!(
                    condition.operator.to_ascii_lowercase().as_str(),
                    "arnlike" | "arnequals" | "stringlike" | "stringequals"
                )
                && !condition.values.is_empty()
                && condition.values.iter().all(|value| trusted.contains(value))
        })
    }
}

fn names_account(principal: &str, account: &AwsAccountId) -> bool {
    if principal == account.as_str() {
        return true;
    }
    let mut parts = principal.split(':');
    let shape = (parts.next(), parts.next(), parts.next(), parts.next());
    matches!(shape, (Some("arn"), Some(_), Some("iam"), Some("")))
        && parts.next() == Some(account.as_str())
        && parts.next() == Some("root")
}

/// IAM compares actions without regard to case; `*` and `?` are wildcards.
fn covers_assume(action: &str) -> bool {
    matches_pattern(&action.to_ascii_lowercase(), "sts:assumerole")
}

/// IAM's wildcards: `*` for any run of characters, `?` for one.
pub fn matches_pattern(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if p < pattern.len() && pattern[p] == b'*' {
            star = Some((p, t));
            p += 1;
        } else if p < pattern.len() && (pattern[p] == b'?' || pattern[p] == text[t]) {
            p += 1;
            t += 1;
        } else if let Some((star_p, star_t)) = star {
            p = star_p + 1;
            t = star_t + 1;
            star = Some((star_p, star_t + 1));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|b| *b == b'*')
}

/// One string, or a list of them.
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

/// Condition values may also be booleans and numbers.
fn condition_values(value: &Value) -> Option<Vec<String>> {
    let text = |item: &Value| match item {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(item.to_string()),
        _ => None,
    };
    match value {
        Value::Array(list) => list.iter().map(text).collect(),
        single => text(single).map(|one| vec![one]),
    }
}

fn read_principals(value: &Value) -> Option<Vec<Principal>> {
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
                _ => Principal::Other {
                    kind: kind.clone(),
                    name,
                },
            });
        }
    }
    Some(principals)
}

fn read_conditions(block: &Map<String, Value>) -> Option<Vec<Condition>> {
    let mut conditions = Vec::new();
    for (operator, keys) in block {
        for (key, values) in keys.as_object()? {
            conditions.push(Condition {
                operator: operator.clone(),
                key: key.clone(),
                values: condition_values(values)?,
            });
        }
    }
    Some(conditions)
}

/// RFC 3986; what is not a valid escape is kept.
pub fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let escape = bytes
            .get(i + 1..i + 3)
            .and_then(|hex| std::str::from_utf8(hex).ok());
        match (
            bytes[i],
            escape.and_then(|hex| u8::from_str_radix(hex, 16).ok()),
        ) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                i += 3;
            }
            (byte, _) => {
                decoded.push(byte);
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
