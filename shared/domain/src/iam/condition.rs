//! The conditions of a statement, evaluated with partial knowledge of the request.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use super::pattern;
use core::net::IpAddr;
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::cmp::Ordering;

/// One operator, one key, and the values to compare with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Condition {
    /// The operator as written, such as `ForAnyValue:StringLike` or `BoolIfExists`.
    pub operator: String,
    /// In lowercase: IAM treats `aws:PrincipalArn` and `aws:principalarn` as the same key.
    pub key: String,
    pub values: Vec<String>,
}

/// Whether a condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    Yes,
    No,
    /// Depends on facts that are unknown.
    Maybe,
}

impl Truth {
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Maybe,
        }
    }

    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.opposite().and(other.opposite()).opposite()
    }

    #[must_use]
    pub fn opposite(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Maybe => Self::Maybe,
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

/// What is known about one key of the request context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given<'a> {
    Absent,
    Is(&'a str),
    /// Text that matches at least one pattern of `within` (any text if it is empty), and none of
    /// `outside`.
    Among {
        within: &'a [String],
        outside: &'a [String],
    },
    /// The key may be absent, or present with any value.
    Unknown,
}

impl<'a> Given<'a> {
    /// Any text that matches none of the patterns.
    pub fn other_than(these: &'a [String]) -> Self {
        Self::Among {
            within: &[],
            outside: these,
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Comparison {
    Equal,
    EqualInAnyCase,
    Like,
    /// Like [`pattern::matches_arn`].
    Arn,
    Number(fn(Ordering) -> bool),
    Date(fn(Ordering) -> bool),
    Bool,
    Address,
}

struct Operator<'a> {
    comparison: Comparison,
    negated: bool,
    if_exists: bool,
    set: Option<&'a str>,
}

impl Condition {
    /// Whether the condition holds for the given value of its key. Unknown operators evaluate to
    /// `Maybe`.
    pub fn holds(&self, given: Given<'_>) -> Truth {
        let operator = self.operator.to_ascii_lowercase();
        if operator == "null" {
            return self.null(given);
        }
        let Some(operator) = Operator::parse(&operator) else {
            return Truth::Maybe;
        };
        match given {
            Given::Absent => operator.of_absent(),
            Given::Unknown => Truth::Maybe,
            given => {
                let met = self.any_value_meets(operator.comparison, given);
                if operator.negated {
                    met.opposite()
                } else {
                    met
                }
            }
        }
    }

    fn null(&self, given: Given<'_>) -> Truth {
        let wants = |text: &str| self.values.iter().any(|v| v.eq_ignore_ascii_case(text));
        match given {
            Given::Unknown => Truth::Maybe,
            Given::Absent => wants("true").into(),
            _ => wants("false").into(),
        }
    }

    fn any_value_meets(&self, comparison: Comparison, given: Given<'_>) -> Truth {
        // A policy variable stands for a value that is unknown here.
        if self.values.iter().any(|value| value.contains("${")) {
            return Truth::Maybe;
        }
        match (comparison, given) {
            (_, Given::Is(text)) => {
                let meets = |value: &String| comparison.meets(value, text);
                if self.values.iter().any(|value| meets(value) == Truth::Yes) {
                    Truth::Yes
                } else if self.values.iter().any(|value| meets(value) == Truth::Maybe) {
                    Truth::Maybe
                } else {
                    Truth::No
                }
            }
            (
                Comparison::Equal | Comparison::Like | Comparison::Arn,
                Given::Among { within, outside },
            ) => {
                let always = |one: &String| {
                    let mut values = self.values.iter();
                    values.any(|value| comparison.covers(value, one))
                };
                if !within.is_empty() && within.iter().all(always) {
                    return Truth::Yes;
                }
                let apart = |value: &String| within.iter().all(|one| !pattern::overlap(one, value));
                let never = |value: &String| {
                    (!within.is_empty() && apart(value))
                        || outside
                            .iter()
                            .any(|one| comparison.stays_within(one, value))
                };
                if self.values.iter().all(never) {
                    Truth::No
                } else {
                    Truth::Maybe
                }
            }
            _ => Truth::Maybe,
        }
    }
}

impl<'a> Operator<'a> {
    /// Parses an operator name in lowercase.
    fn parse(name: &'a str) -> Option<Self> {
        let (set, name) = match name.split_once(':') {
            Some((set @ ("forallvalues" | "foranyvalue"), rest)) => (Some(set), rest),
            Some(_) => return None,
            None => (None, name),
        };
        let (name, if_exists) = match name.strip_suffix("ifexists") {
            Some(base) => (base, true),
            None => (name, false),
        };
        let (comparison, negated) = comparison(name)?;
        Some(Self {
            comparison,
            negated,
            if_exists,
            set,
        })
    }

    /// Evaluates a condition whose key is absent.
    fn of_absent(&self) -> Truth {
        match self.set {
            // AWS doesn't document which of the two modifiers takes precedence.
            Some("foranyvalue") if self.if_exists => Truth::Maybe,
            _ if self.if_exists => Truth::Yes,
            Some("forallvalues") => Truth::Yes,
            Some(_) => Truth::No,
            None => self.negated.into(),
        }
    }
}

/// The comparison that an operator makes, and whether it is negated.
fn comparison(name: &str) -> Option<(Comparison, bool)> {
    Some(match name {
        "stringequals" | "binaryequals" => (Comparison::Equal, false),
        "stringnotequals" => (Comparison::Equal, true),
        "stringequalsignorecase" => (Comparison::EqualInAnyCase, false),
        "stringnotequalsignorecase" => (Comparison::EqualInAnyCase, true),
        "stringlike" => (Comparison::Like, false),
        "stringnotlike" => (Comparison::Like, true),
        "arnequals" | "arnlike" => (Comparison::Arn, false),
        "arnnotequals" | "arnnotlike" => (Comparison::Arn, true),
        "bool" => (Comparison::Bool, false),
        "ipaddress" => (Comparison::Address, false),
        "notipaddress" => (Comparison::Address, true),
        _ => return ordered(name),
    })
}

fn ordered(name: &str) -> Option<(Comparison, bool)> {
    let kind = if name.starts_with("numeric") {
        Comparison::Number
    } else {
        Comparison::Date
    };
    let relation = name
        .strip_prefix("numeric")
        .or_else(|| name.strip_prefix("date"))?;
    Some(match relation {
        "equals" => (kind(Ordering::is_eq), false),
        "notequals" => (kind(Ordering::is_eq), true),
        "lessthan" => (kind(Ordering::is_lt), false),
        "lessthanequals" => (kind(Ordering::is_le), false),
        "greaterthan" => (kind(Ordering::is_gt), false),
        "greaterthanequals" => (kind(Ordering::is_ge), false),
        _ => return None,
    })
}

impl Comparison {
    /// Whether every text that meets the value also matches the pattern. An ARN's path may contain
    /// colons, so ARNs are compared part by part, and only if the value's parts contain no
    /// wildcards.
    fn stays_within(self, pattern: &str, value: &str) -> bool {
        if !pattern.starts_with("arn:") {
            return pattern::covers(pattern, value);
        }
        let by_parts = matches!(self, Self::Arn);
        let certain = value
            .splitn(6, ':')
            .take(5)
            .all(|part| !part.contains(['*', '?']));
        (by_parts || certain) && pattern::covers_arn(pattern, value)
    }

    /// Whether every text that the pattern matches meets the value.
    fn covers(self, value: &str, within: &str) -> bool {
        match self {
            Self::Equal => value == within && !within.contains(['*', '?']),
            Self::Like => pattern::covers(value, within),
            Self::Arn => pattern::covers_arn(value, within),
            _ => false,
        }
    }

    /// Whether the request's text meets the policy's value. Text that can't be parsed never does.
    fn meets(self, value: &str, text: &str) -> Truth {
        match self {
            Self::Equal => (value == text).into(),
            Self::Like => pattern::matches(value, text).into(),
            // AWS doesn't document how it treats an ARN pattern that is not an ARN.
            Self::Arn if !pattern::is_arn(value) => Truth::Maybe,
            Self::Arn => pattern::matches_arn(value, text).into(),
            Self::EqualInAnyCase => (value.to_lowercase() == text.to_lowercase()).into(),
            Self::Bool => value.eq_ignore_ascii_case(text).into(),
            Self::Number(holds) => match (text.parse::<f64>(), value.parse::<f64>()) {
                (Ok(text), Ok(value)) => text.partial_cmp(&value).is_some_and(holds).into(),
                _ => Truth::No,
            },
            Self::Date(holds) => match (instant(text), instant(value)) {
                (Some(text), Some(value)) => holds(text.cmp(&value)).into(),
                _ => Truth::No,
            },
            Self::Address => in_range(value, text).unwrap_or_default().into(),
        }
    }
}

/// Parses an ISO 8601 time or Unix seconds. A date without a time means midnight UTC.
fn instant(text: &str) -> Option<Timestamp> {
    if let Ok(seconds) = text.parse::<i64>() {
        return Timestamp::from_second(seconds).ok();
    }
    let whole = if text.contains('T') {
        text.to_owned()
    } else {
        format!("{text}T00:00:00Z")
    };
    whole.parse().ok()
}

/// Whether the address is in the range `address/bits`, or equals the address.
fn in_range(range: &str, address: &str) -> Option<bool> {
    let (network, bits) = match range.split_once('/') {
        Some((network, bits)) => (network, Some(bits.parse::<u32>().ok()?)),
        None => (range, None),
    };
    let pair = (network.parse().ok()?, address.parse().ok()?);
    let (network, address, width) = match pair {
        (IpAddr::V4(n), IpAddr::V4(a)) => (u128::from(n.to_bits()), u128::from(a.to_bits()), 32),
        (IpAddr::V6(n), IpAddr::V6(a)) => (n.to_bits(), a.to_bits(), 128),
        _ => return Some(false),
    };
    let ignored = width - bits.filter(|bits| *bits <= width).unwrap_or(width);
    let prefix = |bits: u128| bits.checked_shr(ignored).unwrap_or_default();
    Some(prefix(network) == prefix(address))
}

/// Parses `{operator: {key: value or values}}`.
pub(super) fn read(block: &Map<String, Value>) -> Option<Vec<Condition>> {
    let mut conditions = Vec::new();
    for (operator, keys) in block {
        for (key, values) in keys.as_object()? {
            let mut values = read_values(values)?;
            values.sort();
            conditions.push(Condition {
                operator: operator.clone(),
                key: key.to_ascii_lowercase(),
                values,
            });
        }
    }
    conditions.sort();
    Some(conditions)
}

/// Values can also be booleans and numbers.
fn read_values(value: &Value) -> Option<Vec<String>> {
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
