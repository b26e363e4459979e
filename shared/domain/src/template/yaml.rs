//! Writes YAML. Every value passes through here, so that no text can change a template's structure.

use crate::text::template_text::yaml_scalar;
use serde_json::{Map, Value};

/// A node of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Yaml {
    /// A string, quoted where YAML would read it as something else.
    Text(String),
    /// A string that is always quoted.
    Quoted(String),
    Number(u32),
    /// `!Ref`, of a resource, a parameter or a pseudo parameter.
    Ref(String),
    /// `!GetAtt`
    GetAtt(String),
    /// `!Sub`, whose text may contain `${...}`.
    Sub(String),
    /// Another function with its arguments, such as `!If`.
    Call(&'static str, Vec<Yaml>),
    /// `!Condition`
    Condition(String),
    /// A list or a map on one line.
    Flow(Box<Yaml>),
    List(Vec<Yaml>),
    Map(Vec<Entry>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    comment: String,
    is_apart: bool,
    key: String,
    value: Yaml,
}

pub(super) fn entry(key: impl Into<String>, value: impl Into<Yaml>) -> Entry {
    Entry {
        comment: String::new(),
        is_apart: false,
        key: key.into(),
        value: value.into(),
    }
}

impl Entry {
    /// A comment above the entry.
    pub(super) fn about(self, comment: impl Into<String>) -> Self {
        let comment = comment.into();
        Self { comment, ..self }
    }

    /// With an empty line above it.
    pub(super) fn apart(self) -> Self {
        let is_apart = true;
        Self { is_apart, ..self }
    }
}

impl From<&str> for Yaml {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Yaml {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<Entry>> for Yaml {
    fn from(entries: Vec<Entry>) -> Self {
        Self::Map(entries)
    }
}

impl<const N: usize> From<[Entry; N]> for Yaml {
    fn from(entries: [Entry; N]) -> Self {
        Self::Map(entries.into())
    }
}

pub(super) fn reference(name: &str) -> Yaml {
    Yaml::Ref(name.to_owned())
}

pub(super) fn flow(node: impl Into<Yaml>) -> Yaml {
    Yaml::Flow(Box::new(node.into()))
}

pub(super) fn sub(text: impl Into<String>) -> Yaml {
    Yaml::Sub(text.into())
}

pub(super) fn list<T: Into<Yaml>>(items: impl IntoIterator<Item = T>) -> Yaml {
    Yaml::List(items.into_iter().map(Into::into).collect())
}

/// `!If [condition, then, !Ref AWS::NoValue]`
pub(super) fn only_if(condition: &str, then: Yaml) -> Yaml {
    let otherwise = reference("AWS::NoValue");
    Yaml::Call("!If", vec![condition.into(), then, otherwise])
}

/// The order in which people write a policy's elements. Others follow by name.
const ELEMENTS: [&str; 9] = [
    "Version",
    "Sid",
    "Effect",
    "Principal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

/// A policy document. With `of_stack`, `${AWS::...}` in its strings is replaced by the stack's values;
/// otherwise all text stays unchanged.
pub(super) fn policy(document: &Value, of_stack: bool) -> Yaml {
    match document {
        Value::Object(function) if of_stack && function.len() == 1 => {
            let (name, argument) = function.iter().next().unzip();
            call(name, argument).unwrap_or_else(|| elements(function, of_stack))
        }
        Value::Object(all) => elements(all, of_stack),
        Value::Array(items) => list(items.iter().map(|item| policy(item, of_stack))),
        Value::String(text) if of_stack && text.contains("${AWS::") => sub(text.as_str()),
        Value::String(text) => text.as_str().into(),
        // IAM reads numbers and booleans in conditions as their text.
        other => Yaml::Quoted(other.to_string()),
    }
}

fn elements(all: &Map<String, Value>, of_stack: bool) -> Yaml {
    let place = |key: &str| {
        let place = ELEMENTS.iter().position(|one| *one == key);
        place.unwrap_or(ELEMENTS.len())
    };
    let mut all: Vec<_> = all.iter().collect();
    all.sort_by_key(|(key, _)| (place(key), key.as_str()));
    let entries = all.into_iter();
    let entries = entries.map(|(key, value)| entry(key, policy(value, of_stack)));
    Yaml::Map(entries.collect())
}

/// A function of CloudFormation in its long form.
fn call(name: Option<&String>, argument: Option<&Value>) -> Option<Yaml> {
    match (name?.as_str(), argument?) {
        ("Ref", Value::String(name)) => Some(reference(name)),
        ("Fn::GetAtt", Value::String(name)) => Some(Yaml::GetAtt(name.clone())),
        ("Fn::If", Value::Array(arguments)) => {
            let arguments = arguments.iter().map(|argument| policy(argument, true));
            Some(Yaml::Call("!If", arguments.collect()))
        }
        _ => None,
    }
}

impl Yaml {
    /// The document, with a line feed after each line.
    pub(super) fn document(&self) -> String {
        let mut text = String::new();
        for line in self.lines() {
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    fn lines(&self) -> Vec<String> {
        if let Some(line) = self.inline() {
            return vec![line];
        }
        match self {
            Self::Map(entries) => entries.iter().flat_map(Entry::lines).collect(),
            Self::List(items) => items.iter().flat_map(Self::item).collect(),
            Self::Call(function, arguments) => {
                let head = (*function).to_owned();
                let arguments = arguments.iter().flat_map(Self::item);
                std::iter::once(head).chain(arguments).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The node on one line, if it fits there.
    fn inline(&self) -> Option<String> {
        const LONGEST: usize = 90;
        let joined = |items: &[Self]| {
            let items: Option<Vec<String>> = items.iter().map(Self::inline).collect();
            let line = format!("[{}]", items?.join(", "));
            (line.len() <= LONGEST).then_some(line)
        };
        match self {
            Self::Text(text) => Some(scalar(text)),
            Self::Quoted(text) => Some(yaml_scalar(text)),
            Self::Number(number) => Some(number.to_string()),
            Self::Ref(name) => Some(format!("!Ref {name}")),
            Self::GetAtt(name) => Some(format!("!GetAtt {name}")),
            Self::Sub(text) => Some(format!("!Sub {}", yaml_scalar(text))),
            Self::Condition(name) => Some(format!("!Condition {name}")),
            Self::Flow(node) => node.on_one_line(),
            Self::Call(function, arguments) => Some(format!("{function} {}", joined(arguments)?)),
            Self::List(items) if items.is_empty() => Some("[]".to_owned()),
            Self::Map(entries) if entries.is_empty() => Some("{}".to_owned()),
            // Lists stay on separate lines, which are easier to compare.
            Self::List(_) | Self::Map(_) => None,
        }
    }

    fn on_one_line(&self) -> Option<String> {
        let all =
            |items: Vec<Option<String>>| -> Option<Vec<String>> { items.into_iter().collect() };
        match self {
            Self::List(items) => {
                let items = all(items.iter().map(Self::on_one_line).collect())?;
                Some(format!("[{}]", items.join(", ")))
            }
            Self::Map(entries) => {
                let pair = |one: &Entry| {
                    let value = one.value.on_one_line()?;
                    Some(format!("{}: {value}", scalar(&one.key)))
                };
                let entries = all(entries.iter().map(pair).collect())?;
                Some(format!("{{{}}}", entries.join(", ")))
            }
            other => other.inline(),
        }
    }

    /// The node as an item of a list.
    fn item(&self) -> Vec<String> {
        let begin = |(at, line)| match at {
            0 => format!("- {line}"),
            _ => format!("  {line}"),
        };
        self.lines().into_iter().enumerate().map(begin).collect()
    }
}

impl Entry {
    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.is_apart {
            lines.push(String::new());
        }
        lines.extend(comment(&self.comment));
        let key = scalar(&self.key);
        if let Some(value) = self.value.inline() {
            lines.push(format!("{key}: {value}"));
            return lines;
        }
        let mut below = self.value.lines();
        match self.value {
            Yaml::Call(..) => lines.push(format!("{key}: {}", below.remove(0))),
            _ => lines.push(format!("{key}:")),
        }
        let indented = below.into_iter().map(|line| match line.is_empty() {
            true => line,
            false => format!("  {line}"),
        });
        lines.extend(indented);
        lines
    }
}

/// The lines of a comment. Each line of the text becomes at least one; items of lists are indented.
pub(super) fn comment(text: &str) -> Vec<String> {
    const WIDTH: usize = 100;
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let further = if paragraph.starts_with("- ") {
            "#  "
        } else {
            "#"
        };
        let mut line = "#".to_owned();
        for word in paragraph.split_whitespace() {
            if line.len() > 1 && line.len() + 1 + word.len() > WIDTH {
                lines.push(std::mem::replace(&mut line, further.to_owned()));
            }
            line.push(' ');
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

/// Unquoted, if every YAML parser reads it as this string.
fn scalar(text: &str) -> String {
    let first = text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_:/.*?=+@-".contains(&b);
    // YAML 1.1 reads these as booleans or nothing.
    let word = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let lower = text.to_ascii_lowercase();
    if first && text.bytes().all(plain) && !text.ends_with(':') && !word.contains(&&*lower) {
        text.to_owned()
    } else {
        yaml_scalar(text)
    }
}
