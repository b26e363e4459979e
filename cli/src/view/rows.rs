//! Tables.

use serde_json::Value;

use super::cell::Field;
use super::style::{Style, Tone};
use super::text::width;

const GAP: &str = "  ";

/// A heading and a line for each item, in columns.
pub(super) fn render(columns: &[Field], items: &[Value], style: Style) -> String {
    let heading = columns.iter().map(|c| (c.name.to_uppercase(), Tone::Dull));
    let mut table = vec![heading.collect::<Vec<_>>()];
    table.extend(items.iter().map(|item| {
        let cells = columns.iter().map(|column| match column.find(item) {
            Some(value) => (column.cell.show(value), column.tone(value)),
            None => ("-".to_owned(), Tone::Dull),
        });
        cells.collect()
    }));
    let widest = |at: usize| table.iter().map(|row| width(&row[at].0)).max();
    let widths: Vec<usize> = (0..columns.len()).filter_map(widest).collect();
    let mut out = String::new();
    for row in &table {
        let mut line = String::new();
        for (at, (text, tone)) in row.iter().enumerate() {
            line.push_str(&style.paint(*tone, text));
            // The last one needs no padding.
            if at + 1 < row.len() {
                line.push_str(&" ".repeat(widths[at] - width(text)));
                line.push_str(GAP);
            }
        }
        out.push_str(&line);
        out.push('\n');
    }
    out
}
