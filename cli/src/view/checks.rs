//! The checks of a report: failed checks first, with their codes and remedies. A passed check shows only
//! its title, because a code names a fault.

use std::collections::BTreeSet;

use serde_json::Value;

use super::field::show;
use super::text::{Layout, Tone, plain};

const INDENT: usize = 4;

pub(super) fn render(checks: &[Value], layout: Layout) -> String {
    let mut checks: Vec<&Value> = checks.iter().collect();
    checks.sort_by_key(|check| rank(status(check)));
    let skipped = |check: &&Value| status(check) == "skipped";
    let mut out = String::new();
    let mut commands = BTreeSet::new();
    for check in checks.iter().copied().filter(|check| !skipped(check)) {
        let title = word(check, "title");
        if status(check) == "passed" {
            out.push_str(&line(check, &title, Tone::Dim, layout));
        } else {
            let text = format!("{title} ({})", word(check, "code"));
            out.push_str(&line(check, &text, Tone::Neutral, layout));
            let message = layout.wrap(&word(check, "message"), INDENT);
            out.push_str(&format!("{}{message}\n", " ".repeat(INDENT)));
            out.push_str(&advice(check, &mut commands, layout));
        }
    }
    // Most are skipped for the same reason.
    let mut skipped: Vec<&Value> = checks.iter().copied().filter(skipped).collect();
    while let Some(first) = skipped.first().copied() {
        let count = skipped.len();
        skipped.retain(|check| check["message"] != first["message"]);
        let message = word(first, "message");
        let text = match count - skipped.len() {
            1 => message,
            count => format!("{message} ({count} checks)"),
        };
        out.push_str(&line(first, &text, Tone::Dim, layout));
    }
    out
}

fn status(check: &Value) -> &str {
    check["status"].as_str().unwrap_or_default()
}

fn rank(status: &str) -> usize {
    let order = ["failed", "warning", "inconclusive", "passed", "skipped"];
    let known = order.iter().position(|known| *known == status);
    known.unwrap_or(order.len())
}

fn mark(status: &str) -> &'static str {
    match status {
        "passed" => "✓",
        "failed" => "✗",
        "warning" => "!",
        "inconclusive" => "?",
        _ => "-",
    }
}

fn line(check: &Value, text: &str, tone: Tone, layout: Layout) -> String {
    let status = status(check);
    let mark = layout.style.paint(Tone::of(status), mark(status));
    let text = layout.style.paint(tone, &layout.wrap(text, INDENT));
    format!("  {mark} {text}\n")
}

/// The remedy, a command to paste, and the evidence. `commands` contains the commands already shown.
fn advice(check: &Value, commands: &mut BTreeSet<String>, layout: Layout) -> String {
    let mut out = String::new();
    let margin = " ".repeat(INDENT);
    let command = word(check, "command");
    let is_repeated = !command.is_empty() && !commands.insert(command.clone());
    let remedy = match is_repeated {
        true => "The command above fixes this as well.".to_owned(),
        false => word(check, "remedy"),
    };
    if !remedy.is_empty() {
        let remedy = layout.wrap(&remedy, INDENT + 2);
        out.push_str(&format!("{margin}→ {remedy}\n"));
    }
    if !command.is_empty() && !is_repeated {
        out.push_str(&format!("{margin}$ {command}\n"));
    }
    for (name, facts) in check["evidence"].as_object().into_iter().flatten() {
        let facts = show(facts);
        out.push_str(&format!("{margin}{}: {facts}\n", plain(name)));
    }
    out
}

fn word(check: &Value, name: &str) -> String {
    check[name].as_str().map(plain).unwrap_or_default()
}
