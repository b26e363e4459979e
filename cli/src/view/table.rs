//! Tables.

use serde_json::Value;

use super::field::Field;
use super::record;
use super::text::{Layout, Tone, shorten, width};

const GAP: &str = "  ";

/// A flexible column is not shortened below this width.
const MIN_WIDTH: usize = 12;

/// A heading and a line for each item. If the terminal is too narrow, flexible columns are shortened, and
/// optional columns are omitted, last first. If the rest still does not fit, each item becomes a record.
pub(super) fn render(columns: &[Field], items: &[Value], layout: Layout) -> String {
    let has_value = |column: &&Field| items.iter().any(|item| column.find(item).is_some());
    let mut columns: Vec<&Field> = columns
        .iter()
        .filter(|column| !column.is_optional || has_value(column))
        .collect();
    let all = columns.clone();
    loop {
        let mut table = Table::new(&columns, items, layout);
        if layout.columns.is_none_or(|limit| table.fit(limit)) {
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
    is_flexible: Vec<bool>,
}

impl Table {
    fn new(columns: &[&Field], items: &[Value], layout: Layout) -> Self {
        let heading = columns.iter().map(|c| (c.name.to_uppercase(), Tone::Dim));
        let mut rows = vec![heading.collect::<Vec<_>>()];
        rows.extend(items.iter().map(|item| {
            let cells = columns.iter().map(|column| match column.find(item) {
                Some(value) => {
                    let text = column.show_in_row(value, layout.clock);
                    (text, column.tone(value))
                }
                None => ("-".to_owned(), Tone::Dim),
            });
            cells.collect()
        }));
        let widest = |at: usize| rows.iter().map(|row| width(&row[at].0)).max();
        let widths = (0..columns.len()).filter_map(widest).collect();
        Self {
            rows,
            widths,
            is_flexible: columns.iter().map(|column| column.is_flexible).collect(),
        }
    }

    /// Shortens the widest flexible columns until the table fits. Returns whether it does.
    fn fit(&mut self, limit: usize) -> bool {
        while self.width() > limit {
            let shrinkable = (0..self.widths.len())
                .filter(|at| self.is_flexible[*at] && self.widths[*at] > MIN_WIDTH);
            let Some(widest) = shrinkable.max_by_key(|at| self.widths[*at]) else {
                return false;
            };
            self.widths[widest] -= 1;
        }
        for row in &mut self.rows {
            for ((text, _), width) in row.iter_mut().zip(&self.widths) {
                *text = shorten(text, *width);
            }
        }
        true
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
