//! A value of a response, as text.

use serde_json::Value;

use super::clock::Clock;
use super::text::{Tone, plain};

/// A named value: a line of a record, or a column of a table.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub(super) name: &'static str,
    pointer: &'static str,
    kind: Kind,
    pub(super) is_optional: bool,
    /// Whether a table may shorten the column to fit the terminal.
    pub(super) is_flexible: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    /// One of the API's status words, in color.
    Status,
    /// A time (RFC 3339), shown without fractions of a second, and in a readable form on a terminal.
    Time,
    /// A number of seconds, shown in the largest unit that fits.
    Age,
}

impl Field {
    /// The value at the JSON pointer.
    pub const fn new(name: &'static str, pointer: &'static str) -> Self {
        Self {
            name,
            pointer,
            kind: Kind::Text,
            is_optional: false,
            is_flexible: false,
        }
    }

    pub const fn status(mut self) -> Self {
        self.kind = Kind::Status;
        self
    }

    pub const fn time(mut self) -> Self {
        self.kind = Kind::Time;
        self
    }

    pub const fn age(mut self) -> Self {
        self.kind = Kind::Age;
        self
    }

    /// A column that is shortened if the terminal is too narrow.
    pub const fn flexible(mut self) -> Self {
        self.is_flexible = true;
        self
    }

    /// A column that is omitted if it has no values or the terminal is too narrow.
    pub const fn optional(mut self) -> Self {
        self.is_optional = true;
        self
    }

    /// The value, unless it is absent, null or an empty list.
    pub(super) fn find<'a>(&self, part: &'a Value) -> Option<&'a Value> {
        let is_empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
        let value = part.pointer(self.pointer)?;
        Some(value).filter(|value| !value.is_null() && !is_empty(value))
    }

    /// The value in a table.
    pub(super) fn show_in_row(&self, value: &Value, clock: Option<Clock>) -> String {
        match (self.kind, value, clock) {
            (Kind::Time, Value::String(time), Some(clock)) => {
                clock.relative(time).unwrap_or_else(|| plain(time))
            }
            _ => self.show(value, clock),
        }
    }

    /// The value in a record.
    pub(super) fn show(&self, value: &Value, clock: Option<Clock>) -> String {
        match (self.kind, value) {
            (Kind::Time, Value::String(time)) => clock
                .and_then(|clock| clock.local(time))
                .unwrap_or_else(|| short_time(&plain(time))),
            (Kind::Age, Value::Number(seconds)) => {
                seconds.as_u64().map_or_else(|| seconds.to_string(), age)
            }
            _ => show(value),
        }
    }

    pub(super) fn tone(&self, value: &Value) -> Tone {
        match self.kind {
            Kind::Status => value.as_str().map_or(Tone::Neutral, Tone::of),
            Kind::Text | Kind::Time | Kind::Age => Tone::Neutral,
        }
    }
}

/// Text without control characters.
pub(super) fn show(value: &Value) -> String {
    match value {
        Value::String(text) => plain(text),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Array(items) => items.iter().map(show).collect::<Vec<_>>().join(", "),
        Value::Null => String::new(),
        other => plain(&other.to_string()),
    }
}

/// `2026-11-21T21:01:46.448Z` becomes `2026-11-21 21:01:46Z`.
fn short_time(time: &str) -> String {
    let (date, clock) = time.split_once('T').unwrap_or((time, ""));
    let whole = clock.split(['.', 'Z']).next().unwrap_or_default();
    if whole.is_empty() || !clock.ends_with('Z') {
        return time.to_owned();
    }
    format!("{date} {whole}Z")
}

fn age(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::{Field, show};
    use serde_json::json;

    #[test]
    fn values_are_shown_by_kind() {
        let time = Field::new("", "").time();
        let shown = time.show(&json!("2026-11-21T21:01:46.448Z"), None);
        assert_eq!(shown, "2026-11-21 21:01:46Z");
        assert_eq!(time.show(&json!("soon"), None), "soon");
        let age = Field::new("", "").age();
        let ages = [59, 60, 7_200, 86_400 * 3].map(|n| age.show(&json!(n), None));
        assert_eq!(ages, ["59 s", "1 min", "2 h", "3 d"]);
        assert_eq!(show(&json!(["a", "b\u{7}"])), "a, b\\u{7}");
        assert_eq!(show(&json!(true)), "yes");
    }
}
