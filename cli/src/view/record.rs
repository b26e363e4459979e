//! Records: a name and a value on each line.

use serde_json::Value;

use super::field::Field;
use super::text::{Layout, Tone, width};

pub(super) fn render_all(fields: &[&Field], items: &[Value], layout: Layout) -> String {
    let records = items.iter().map(|item| render(fields, item, layout));
    records.collect::<Vec<_>>().join("\n")
}

pub(super) fn render(fields: &[&Field], item: &Value, layout: Layout) -> String {
    let pairs = fields.iter().filter_map(|field| {
        let value = field.find(item)?;
        Some((
            field.name.to_owned(),
            field.show(value, layout.clock),
            field.tone(value),
        ))
    });
    lines(pairs, layout)
}

/// Names and values, in two columns.
pub(super) fn lines(pairs: impl Iterator<Item = (String, String, Tone)>, layout: Layout) -> String {
    let pairs: Vec<_> = pairs.collect();
    let widest = pairs.iter().map(|(name, ..)| width(name)).max();
    let widest = widest.unwrap_or(0);
    let mut out = String::new();
    for (name, value, tone) in pairs {
        let gap = " ".repeat(widest - width(&name) + 2);
        let value = layout.wrap(&value, widest + 4);
        let name = layout.style.paint(Tone::Dim, &name);
        out.push_str(&format!(
            "  {name}{gap}{}\n",
            layout.style.paint(tone, &value)
        ));
    }
    out
}
