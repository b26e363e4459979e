//! Tables.

use serde_json::Value;

use super::field::Field;
use super::record;
use super::text::{Layout, Tone, width};

const GAP: &str = "  ";

/// A heading and a line for each item. If the terminal is too narrow, optional columns are omitted, last
/// first. If the rest still does not fit, each item becomes a record.
pub(super) fn render(columns: &[Field], items: &[Value], layout: Layout) -> String {
    let has_value = |column: &&Field| items.iter().any(|item| column.find(item).is_some());
    let mut columns: Vec<&Field> = columns
        .iter()
        .filter(|column| !column.is_optional || has_value(column))
        .collect();
    let all = columns.clone();
    loop {
        let table = Table::new(&columns, items);
        if layout.columns.is_none_or(|limit| table.width() <= limit) {
            return table.render(layout);
        }
        match columns.iter().rposition(|column| column.is_optional) {
            Some(last) => drop(columns.remove(last)),
            None => return record::render_all(&all, items, layout),
        }
    }
}

struct Table {
    rows: Vec<Vec<(String, Tone)>>,
    widths: Vec<usize>,
}

impl Table {
    fn new(columns: &[&Field], items: &[Value]) -> Self {
        let heading = columns.iter().map(|c| (c.name.to_uppercase(), Tone::Dim));
        let mut rows = vec![heading.collect::<Vec<_>>()];
        rows.extend(items.iter().map(|item| {
            let cells = columns.iter().map(|column| match column.find(item) {
                Some(value) => (column.show(value), column.tone(value)),
                None => ("-".to_owned(), Tone::Dim),
            });
            cells.collect()
        }));
        let widest = |at: usize| rows.iter().map(|row| width(&row[at].0)).max();
        let widths = (0..columns.len()).filter_map(widest).collect();
        Self { rows, widths }
    }

    fn width(&self) -> usize {
        let gaps = self.widths.len().saturating_sub(1) * GAP.len();
        self.widths.iter().sum::<usize>() + gaps
    }

    fn render(&self, layout: Layout) -> String {
        let mut out = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (at, (text, tone)) in row.iter().enumerate() {
                line.push_str(&layout.style.paint(*tone, text));
                // The last column needs no padding.
                if at + 1 < row.len() {
                    line.push_str(&" ".repeat(self.widths[at] - width(text)));
                    line.push_str(GAP);
                }
            }
            out.push_str(&line);
            out.push('\n');
        }
        out
    }
}
