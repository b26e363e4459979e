//! What a person sees of an answer. A view is a list of sections, declared in `shown`; a section says
//! where in the answer its part is and in which form it is laid out.

mod cell;
mod checks;
pub mod json;
mod rows;
pub mod shown;
mod style;
pub mod text;

use serde_json::Value;

pub use cell::{Cell, Field};
pub use style::{Style, Tone};
use text::{plain, width};

/// How an answer is shown: section by section.
pub type View = &'static [Section];

/// One part of an answer.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    at: &'static str,
    title: &'static str,
    form: Form,
    absent: &'static str,
}

/// The form of a section.
#[derive(Debug, Clone, Copy)]
pub enum Form {
    /// An object: a name and a value on each line.
    Fields(&'static [Field]),
    /// A list of objects: a table.
    Rows(&'static [Field]),
    /// An object with names of its own.
    Pairs,
    /// A list of checks, with remedies.
    Checks,
    /// A list whose every item has sections.
    Each(View),
    /// JSON to paste.
    Document,
    /// One line to paste. Never wrapped.
    Line,
}

impl Section {
    /// The part that the JSON pointer `at` leads to. What is null or not there is left out.
    pub const fn new(at: &'static str, form: Form) -> Self {
        Self {
            at,
            title: "",
            form,
            absent: "",
        }
    }

    pub const fn title(mut self, title: &'static str) -> Self {
        self.title = title;
        self
    }

    /// What to say where there is nothing.
    pub const fn or(mut self, absent: &'static str) -> Self {
        self.absent = absent;
        self
    }
}

/// Lays out an answer. The result is clean: nothing in it but text, line ends and our own colours.
pub fn render(view: View, value: &Value, style: Style) -> String {
    let parts = view.iter().map(|section| section.render(value, style));
    let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
    parts.join("\n")
}

impl Section {
    fn render(&self, value: &Value, style: Style) -> String {
        let part = value.pointer(self.at).unwrap_or(&Value::Null);
        let nothing = match part {
            Value::Null => true,
            Value::Array(items) => items.is_empty(),
            Value::Object(pairs) => pairs.is_empty(),
            _ => false,
        };
        let body = match (nothing, self.absent) {
            (true, "") => return String::new(),
            (true, absent) => format!("{absent}\n"),
            (false, _) => self.form.render(part, style),
        };
        if self.title.is_empty() || body.is_empty() {
            return body;
        }
        format!("{}\n{body}", style.paint(Tone::Strong, self.title))
    }
}

impl Form {
    fn render(self, part: &Value, style: Style) -> String {
        match self {
            Self::Fields(fields) => lines(
                fields.iter().filter_map(|field| {
                    let value = field.find(part)?;
                    Some((
                        field.name.to_owned(),
                        field.cell.show(value),
                        field.tone(value),
                    ))
                }),
                style,
            ),
            Self::Pairs => lines(
                part.as_object()
                    .into_iter()
                    .flatten()
                    .map(|(name, value)| (plain(name), Cell::Text.show(value), Tone::Neutral)),
                style,
            ),
            Self::Rows(columns) => rows::render(columns, items(part), style),
            Self::Checks => checks::render(items(part), style),
            Self::Each(view) => {
                let each = items(part).iter().map(|item| render(view, item, style));
                each.collect::<Vec<_>>().join("\n")
            }
            Self::Document => json::pretty(&part.to_string()) + "\n",
            Self::Line => Cell::Text.show(part) + "\n",
        }
    }
}

fn items(part: &Value) -> &[Value] {
    part.as_array().map_or(&[], Vec::as_slice)
}

/// Names and values, the values under each other.
fn lines(pairs: impl Iterator<Item = (String, String, Tone)>, style: Style) -> String {
    let pairs: Vec<_> = pairs.collect();
    let widest = pairs.iter().map(|(name, ..)| width(name)).max();
    let widest = widest.unwrap_or(0);
    let mut out = String::new();
    for (name, value, tone) in pairs {
        let gap = " ".repeat(widest - width(&name) + 2);
        let name = style.paint(Tone::Dull, &name);
        out.push_str(&format!("  {name}{gap}{}\n", style.paint(tone, &value)));
    }
    out
}

#[cfg(test)]
mod tests;
