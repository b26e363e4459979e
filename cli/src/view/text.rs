//! Text from outside, made fit for a terminal.

use unicode_width::UnicodeWidthChar;

/// Names and messages are other people's words: whatever could move the cursor, change colours or turn
/// the reading direction is written out (`\u{1b}`).
pub fn plain(text: &str) -> String {
    text.chars().map(visible).collect()
}

/// The same for a text of several lines.
pub fn plain_lines(text: &str) -> String {
    let lines = text.split('\n').map(|line| {
        let line = line.strip_suffix('\r').unwrap_or(line);
        line.split('\t').map(plain).collect::<Vec<_>>().join("\t")
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn visible(c: char) -> String {
    if is_harmful(c) {
        c.escape_unicode().to_string()
    } else {
        c.to_string()
    }
}

/// Controls (C0, DEL, C1), line and paragraph separators, and what turns the reading direction.
pub(super) fn is_harmful(c: char) -> bool {
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') || turns
}

/// Columns on a terminal.
pub fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// Breaks at spaces; a word longer than a line keeps one of its own.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
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
    use super::{plain, plain_lines, width, wrap};

    #[test]
    fn nothing_moves_the_cursor() {
        assert_eq!(plain("a\u{1b}[2Jb\r\n"), "a\\u{1b}[2Jb\\u{d}\\u{a}");
        assert_eq!(plain("\u{9b}31m\u{202e}x"), "\\u{9b}31m\\u{202e}x");
        assert_eq!(plain("Łódź 東京 👩‍🚀"), "Łódź 東京 👩‍🚀");
        assert_eq!(plain_lines("a\r\n\tb\u{7}\n"), "a\n\tb\\u{7}\n");
    }

    #[test]
    fn long_lines_break_at_spaces() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("unbreakable", 3), ["unbreakable"]);
        assert_eq!(width("東京"), 4);
    }
}
