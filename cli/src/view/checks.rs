//! A report's checks: each with its mark; what did not pass, with what to do about it.

use serde_json::Value;

use super::cell::Cell;
use super::style::{Style, Tone};
use super::text::{plain, width, wrap};

/// Readable on every terminal that is wide enough for a sentence.
const COLUMNS: usize = 100;

pub(super) fn render(checks: &[Value], style: Style) -> String {
    let codes = checks.iter().map(|check| width(&word(check, "code")));
    let indent = codes.max().unwrap_or(0) + 6;
    let mut out = String::new();
    for check in checks {
        let status = check["status"].as_str().unwrap_or_default();
        let (mark, tone) = mark(status);
        let code = word(check, "code");
        let gap = " ".repeat(indent - width(&code) - 4);
        let message = wrapped(&word(check, "message"), indent);
        let quiet = matches!(status, "passed" | "skipped");
        let message = if quiet {
            style.paint(Tone::Dull, &message)
        } else {
            message
        };
        out.push_str(&format!(
            "  {} {code}{gap}{message}\n",
            style.paint(tone, mark)
        ));
        if !quiet {
            out.push_str(&advice(check, indent));
        }
    }
    out
}

fn mark(status: &str) -> (&'static str, Tone) {
    let mark = match status {
        "passed" => "✓",
        "failed" => "✗",
        "warning" => "!",
        "inconclusive" => "?",
        _ => "·",
    };
    (mark, Tone::of(status))
}

/// What to do, a command to paste, what was seen.
fn advice(check: &Value, indent: usize) -> String {
    let mut out = String::new();
    let margin = " ".repeat(indent);
    let remedy = word(check, "remedy");
    if !remedy.is_empty() {
        out.push_str(&format!("{margin}→ {}\n", wrapped(&remedy, indent + 2)));
    }
    let command = word(check, "command");
    if !command.is_empty() {
        out.push_str(&format!("{margin}$ {command}\n"));
    }
    for (name, facts) in check["evidence"].as_object().into_iter().flatten() {
        out.push_str(&format!(
            "{margin}{}: {}\n",
            plain(name),
            Cell::Text.show(facts)
        ));
    }
    out
}

fn word(check: &Value, name: &str) -> String {
    check[name].as_str().map(plain).unwrap_or_default()
}

fn wrapped(text: &str, indent: usize) -> String {
    let lines = wrap(text, COLUMNS.saturating_sub(indent).max(40));
    lines.join(&format!("\n{}", " ".repeat(indent)))
}
