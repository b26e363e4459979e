//! Text for a terminal: without control characters, measured in columns, with colors.

use unicode_width::UnicodeWidthChar;

use super::clock::Clock;

/// Writes ANSI colors, or none.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    color: bool,
}

/// What the terminal can show.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    pub style: Style,
    /// The terminal's width, if the output is a terminal.
    pub columns: Option<usize>,
    /// For readable times, if the output is a terminal. Files and pipes get UTC.
    pub clock: Option<Clock>,
}

impl Layout {
    /// Longer lines are hard to read.
    const MAX_COLUMNS: usize = 100;

    /// Breaks text at spaces. Further lines are indented by `indent` columns, where the first one starts.
    pub(super) fn wrap(self, text: &str, indent: usize) -> String {
        let columns = self.columns.unwrap_or(Self::MAX_COLUMNS);
        let columns = columns.min(Self::MAX_COLUMNS).saturating_sub(indent);
        if width(text) <= columns {
            return text.to_owned();
        }
        let lines = wrap(text, columns.max(30));
        lines.join(&format!("\n{}", " ".repeat(indent)))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Good,
    Bad,
    Pending,
    Dim,
    Strong,
    Neutral,
}

impl Style {
    pub fn new(color: bool) -> Self {
        Self { color }
    }

    /// `text` must be free of control characters.
    pub fn paint(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Good => "32",
            Tone::Bad => "31",
            Tone::Pending => "33",
            Tone::Dim => "2",
            Tone::Strong => "1",
            Tone::Neutral => "",
        };
        if self.color && !code.is_empty() && !text.is_empty() {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

impl Tone {
    /// The tone of one of the API's status words.
    pub fn of(status: &str) -> Self {
        match status {
            "active" | "completed" | "healthy" | "passed" | "gone" | "allowed" | "answered" => {
                Self::Good
            }
            "unhealthy" | "failed" | "disconnected" | "orphaned" | "explicitly_denied"
            | "implicitly_denied" => Self::Bad,
            "pending" | "warning" | "inconclusive" | "deleting" | "planned" | "unchecked" => {
                Self::Pending
            }
            "expired" | "revoked" | "deregistered" | "dismissed" | "skipped" => Self::Dim,
            _ => Self::Neutral,
        }
    }
}

/// Escapes (`\u{1b}`) characters that could move the cursor, change colors or reverse the reading
/// direction, because names and messages are untrusted.
pub fn plain(text: &str) -> String {
    text.chars().map(visible).collect()
}

/// The same for text with several lines, whose endings are kept, and cells.
pub fn plain_lines(text: &str) -> String {
    let lines = text.split_inclusive('\n').map(|line| {
        let end = ["\r\n", "\n"].into_iter().find(|end| line.ends_with(end));
        let end = end.unwrap_or_default();
        let line = line.strip_suffix(end).unwrap_or(line);
        line.split('\t').map(plain).collect::<Vec<_>>().join("\t") + end
    });
    lines.collect()
}

fn visible(c: char) -> String {
    if is_harmful(c) {
        c.escape_unicode().to_string()
    } else {
        c.to_string()
    }
}

/// Control characters (C0, DEL, C1), line and paragraph separators, and bidirectional marks.
pub(super) fn is_harmful(c: char) -> bool {
    let bidirectional = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') || bidirectional
}

/// The number of terminal columns of the text.
pub fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// Shortens text to this many columns. The last one is an ellipsis.
pub(super) fn shorten(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut left = columns.saturating_sub(1);
    for c in text.chars() {
        match left.checked_sub(c.width().unwrap_or(0)) {
            Some(rest) => left = rest,
            None => break,
        }
        short.push(c);
    }
    short + "…"
}

/// Breaks at spaces. A word longer than a line gets its own line.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && width(&line) + 1 + width(word) > columns {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::{plain, plain_lines, shorten, width, wrap};

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(plain("a\u{1b}[2Jb\r\n"), "a\\u{1b}[2Jb\\u{d}\\u{a}");
        assert_eq!(plain("\u{9b}31m\u{202e}x"), "\\u{9b}31m\\u{202e}x");
        assert_eq!(plain("Łódź 東京 👩‍🚀"), "Łódź 東京 👩‍🚀");
        assert_eq!(plain_lines("a\r\n\tb\u{7}\r"), "a\r\n\tb\\u{7}\\u{d}");
        assert_eq!(plain_lines("\u{feff}a\n"), "\u{feff}a\n");
    }

    #[test]
    fn shortened_text_fits_its_columns() {
        for (columns, expected) in [
            (9, "東京 Shop"),
            (8, "東京 Sh…"),
            (5, "東京…"),
            (4, "東…"),
            (3, "東…"),
            (2, "…"),
        ] {
            let short = shorten("東京 Shop", columns);
            assert_eq!(short, expected, "{columns}");
            assert!(width(&short) <= columns);
        }
    }

    #[test]
    fn long_lines_break_at_spaces() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("unbreakable", 3), ["unbreakable"]);
        assert_eq!(width("東京"), 4);
    }
}
