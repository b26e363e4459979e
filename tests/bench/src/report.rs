//! Reports with tables as text, the same data as JSON, and ratios at the end.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

/// All results of one run of a benchmark.
#[derive(Debug, Clone, Default)]
pub struct Report {
    pub title: String,
    /// The conditions of the measurements.
    pub conditions: Vec<String>,
    pub tables: Vec<Table>,
    /// Skipped measurements, with the reason.
    pub skipped: Vec<String>,
    /// Quote the ratios, because absolute times depend on the machine.
    pub ratios: Vec<Ratio>,
}

#[derive(Debug, Clone, Default)]
pub struct Table {
    pub caption: String,
    pub columns: Vec<&'static str>,
    pub rows: Vec<Vec<Cell>>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Text(String),
    /// A number with so many decimal places.
    Number(f64, usize),
}

#[derive(Debug, Clone)]
pub struct Ratio {
    pub what: String,
    pub value: f64,
    /// The target value, if there is one.
    pub aim: Option<Aim>,
}

/// Reported with whether it is met.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Aim {
    AtLeast(f64),
    AtMost(f64),
}

impl Aim {
    fn describe(self, value: f64) -> String {
        let (bound, met) = match self {
            Self::AtLeast(least) => (format!("at least {least}"), value >= least),
            Self::AtMost(most) => (format!("at most {most}"), value <= most),
        };
        format!("{bound}: {}", if met { "met" } else { "not met" })
    }
}

impl Cell {
    pub fn count(number: usize) -> Self {
        Self::Number(u32::try_from(number).map_or(f64::INFINITY, f64::from), 0)
    }

    fn json(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Number(number, _) => json!(number),
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number, digits) => write!(f, "{number:.digits$}"),
        }
    }
}

impl Table {
    /// The first column is left-aligned, all others are right-aligned.
    fn text(&self) -> String {
        let cells: Vec<Vec<String>> = self
            .rows
            .iter()
            .map(|row| row.iter().map(Cell::to_string).collect())
            .collect();
        let width = |place: usize, title: &str| {
            let lengths = cells
                .iter()
                .filter_map(|row| row.get(place))
                .map(String::len);
            lengths.chain([title.len()]).max().unwrap_or_default()
        };
        let titles: Vec<String> = self.columns.iter().map(|it| (*it).to_owned()).collect();
        let widths: Vec<usize> = (0..)
            .zip(&titles)
            .map(|(at, title)| width(at, title))
            .collect();
        let mut text = format!("{}\n", self.caption);
        for row in [&titles].into_iter().chain(&cells) {
            let mut line = String::new();
            for (place, (cell, width)) in row.iter().zip(&widths).enumerate() {
                line += &match place {
                    0 => format!("  {cell:<width$}"),
                    _ => format!("  {cell:>width$}"),
                };
            }
            text += line.trim_end();
            text.push('\n');
        }
        text
    }

    fn json(&self) -> Value {
        let object = |row: &Vec<Cell>| -> Map<String, Value> {
            let cells = self.columns.iter().zip(row);
            cells
                .map(|(name, cell)| ((*name).to_owned(), cell.json()))
                .collect()
        };
        let rows: Vec<_> = self.rows.iter().map(object).collect();
        json!({"caption": self.caption, "rows": rows})
    }
}

impl Report {
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.title);
        for condition in &self.conditions {
            text += &format!("  {condition}\n");
        }
        for table in &self.tables {
            text += &format!("\n{}", table.text());
        }
        if !self.skipped.is_empty() {
            text.push('\n');
        }
        for skipped in &self.skipped {
            text += &format!("skipped: {skipped}\n");
        }
        if !self.ratios.is_empty() {
            text += "\nRatios\n";
        }
        for ratio in &self.ratios {
            let (what, value) = (&ratio.what, ratio.value);
            let aim = ratio
                .aim
                .map(|aim| format!("  (aim: {})", aim.describe(value)));
            text += &format!("  {value:>7.2}  {what}{}\n", aim.unwrap_or_default());
        }
        text
    }

    pub fn json(&self) -> Value {
        let ratio = |it: &Ratio| {
            let aim = it.aim.map(|aim| aim.describe(it.value));
            json!({"what": it.what, "value": it.value, "aim": aim})
        };
        json!({
            "title": self.title,
            "conditions": self.conditions,
            "tables": self.tables.iter().map(Table::json).collect::<Vec<_>>(),
            "skipped": self.skipped,
            "ratios": self.ratios.iter().map(ratio).collect::<Vec<_>>(),
        })
    }

    /// # Errors
    /// If the file can't be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(&self.json())?;
        fs::write(path, text).with_context(|| format!("can't write {}", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn report_has_tables_json_and_ratios() {
        let report = Report {
            title: "Bench".to_owned(),
            conditions: vec!["on a machine".to_owned()],
            tables: vec![Table {
                caption: "Speed".to_owned(),
                columns: vec!["program", "ms"],
                rows: vec![
                    vec![Cell::from("ours"), Cell::Number(1.25, 1)],
                    vec![Cell::from("another"), Cell::count(1000)],
                ],
            }],
            skipped: vec!["node: not installed".to_owned()],
            ratios: vec![Ratio {
                what: "faster".to_owned(),
                value: 12.0,
                aim: Some(Aim::AtLeast(10.0)),
            }],
        };
        let expected = "Bench\n  on a machine\n\nSpeed\n  program    ms\n  ours      1.2\n  \
                        another  1000\n\nskipped: node: not installed\n\nRatios\n    \
                        12.00  faster  (aim: at least 10: met)\n";
        assert_eq!(report.text(), expected);
        assert_eq!(report.json()["tables"][0]["rows"][1]["ms"], 1000.0);
        assert_eq!(report.json()["ratios"][0]["value"], 12.0);
    }
}
