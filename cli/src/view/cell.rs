//! One value of an answer, as text.

use serde_json::Value;

use super::style::Tone;
use super::text::plain;

/// A named value: a line of a record or a column of a table.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub(super) name: &'static str,
    at: &'static str,
    pub(super) cell: Cell,
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    Text,
    /// A word of the hub's for how something is: coloured.
    Standing,
    /// RFC 3339, without fractions of seconds.
    Time,
    /// Seconds, in the largest unit that fits.
    Age,
}

impl Field {
    /// The value that the JSON pointer `at` leads to, under `name`.
    pub const fn new(name: &'static str, at: &'static str) -> Self {
        Self {
            name,
            at,
            cell: Cell::Text,
        }
    }

    pub const fn standing(mut self) -> Self {
        self.cell = Cell::Standing;
        self
    }

    pub const fn time(mut self) -> Self {
        self.cell = Cell::Time;
        self
    }

    pub const fn age(mut self) -> Self {
        self.cell = Cell::Age;
        self
    }

    /// What is there and not null.
    pub(super) fn find<'a>(&self, part: &'a Value) -> Option<&'a Value> {
        part.pointer(self.at).filter(|value| !value.is_null())
    }

    pub(super) fn tone(&self, value: &Value) -> Tone {
        match self.cell {
            Cell::Standing => value.as_str().map_or(Tone::Neutral, Tone::of),
            Cell::Text | Cell::Time | Cell::Age => Tone::Neutral,
        }
    }
}

impl Cell {
    /// Clean text.
    pub(super) fn show(self, value: &Value) -> String {
        match (self, value) {
            (Self::Time, Value::String(time)) => short_time(&plain(time)),
            (Self::Age, Value::Number(seconds)) => {
                seconds.as_u64().map_or_else(|| seconds.to_string(), age)
            }
            (_, Value::String(text)) => plain(text),
            (_, Value::Bool(yes)) => if *yes { "yes" } else { "no" }.to_owned(),
            (_, Value::Array(items)) => {
                let items = items.iter().map(|item| Self::Text.show(item));
                items.collect::<Vec<_>>().join(", ")
            }
            (_, Value::Null) => String::new(),
            (_, other) => plain(&other.to_string()),
        }
    }
}

/// `2026-11-21T21:01:46.448Z` is `2026-11-21 21:01:46Z`.
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
    use super::Cell;
    use serde_json::json;

    #[test]
    fn values_read_well() {
        let time = Cell::Time.show(&json!("2026-11-21T21:01:46.448Z"));
        assert_eq!(time, "2026-11-21 21:01:46Z");
        assert_eq!(Cell::Time.show(&json!("soon")), "soon");
        let ages = [59, 60, 7_200, 86_400 * 3].map(|n| Cell::Age.show(&json!(n)));
        assert_eq!(ages, ["59 s", "1 min", "2 h", "3 d"]);
        assert_eq!(Cell::Text.show(&json!(["a", "b\u{7}"])), "a, b\\u{7}");
        assert_eq!(Cell::Text.show(&json!(true)), "yes");
    }
}
