//! Lays out responses. A view is a list of sections, declared in `views`. A section selects a part of the
//! response and its form.

mod checks;
pub mod clock;
mod field;
pub mod json;
mod record;
mod table;
pub mod text;
pub mod views;

#[cfg(test)]
mod contract;

use serde_json::Value;

use field::{Field, show};
use text::{Layout, Tone, plain};

/// How a response is printed.
#[derive(Debug, Clone, Copy)]
pub enum View {
    Sections(Sections),
    /// JSON, in every output format.
    Json,
    /// This message, because the response is empty.
    Message(&'static str),
}

pub type Sections = &'static [Section];

/// One part of a response.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    pointer: &'static str,
    title: &'static str,
    form: Form,
    absent: &'static str,
    unless_equal_to: Option<&'static str>,
}

#[derive(Debug, Clone, Copy)]
enum Form {
    /// An object: a name and a value on each line.
    Fields(&'static [Field]),
    /// A list of objects: a table.
    Rows(&'static [Field]),
    /// An object with unknown names.
    Pairs,
    Checks,
    /// A list. Each item has these sections.
    Each(Sections),
    /// JSON to paste.
    Document,
    /// One line to paste, which is never wrapped.
    Line,
}

impl Section {
    /// The part at the JSON pointer. Null and absent parts are omitted.
    const fn new(pointer: &'static str, form: Form) -> Self {
        Self {
            pointer,
            title: "",
            form,
            absent: "",
            unless_equal_to: None,
        }
    }

    const fn title(mut self, title: &'static str) -> Self {
        self.title = title;
        self
    }

    /// What to print if the part is empty.
    const fn or(mut self, absent: &'static str) -> Self {
        self.absent = absent;
        self
    }

    /// Omits the part if it equals the one at this JSON pointer.
    const fn unless_equal_to(mut self, pointer: &'static str) -> Self {
        self.unless_equal_to = Some(pointer);
        self
    }

    fn render(&self, value: &Value, layout: Layout) -> String {
        let part = value.pointer(self.pointer).unwrap_or(&Value::Null);
        let other = self.unless_equal_to.and_then(|other| value.pointer(other));
        if other == Some(part) {
            return String::new();
        }
        let is_empty = match part {
            Value::Null => true,
            Value::Array(items) => items.is_empty(),
            Value::Object(pairs) => pairs.is_empty(),
            _ => false,
        };
        let body = match (is_empty, self.absent) {
            (true, "") => return String::new(),
            (true, absent) => format!("{absent}\n"),
            (false, _) => self.form.render(part, layout),
        };
        if self.title.is_empty() || body.is_empty() {
            return body;
        }
        format!("{}\n{body}", layout.style.paint(Tone::Strong, self.title))
    }
}

/// Lays out a response. The result's only control characters are line ends and this program's colors.
pub fn render(sections: Sections, value: &Value, layout: Layout) -> String {
    let parts = sections.iter().map(|section| section.render(value, layout));
    let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
    parts.join("\n")
}

impl Form {
    fn render(self, part: &Value, layout: Layout) -> String {
        match self {
            Self::Fields(fields) => {
                record::render(&fields.iter().collect::<Vec<_>>(), part, layout)
            }
            Self::Pairs => record::lines(
                part.as_object()
                    .into_iter()
                    .flatten()
                    .map(|(name, value)| (plain(name), show(value), Tone::Neutral)),
                layout,
            ),
            Self::Rows(columns) => table::render(columns, items(part), layout),
            Self::Checks => checks::render(items(part), layout),
            Self::Each(sections) => {
                let each = items(part).iter();
                let each = each.map(|item| render(sections, item, layout));
                each.collect::<Vec<_>>().join("\n")
            }
            Self::Document => json::pretty(&part.to_string()) + "\n",
            Self::Line => show(part) + "\n",
        }
    }
}

fn items(part: &Value) -> &[Value] {
    part.as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests;
