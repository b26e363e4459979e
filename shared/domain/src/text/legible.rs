//! The visible form of a text: invisible characters, direction marks, and user-perceived
//! characters.

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

/// A limit on code points, because one character can have thousands of combining marks.
pub const MAX_CODE_POINTS: usize = 1024;

/// Characters that are letters or symbols by category but have no visible glyph: fillers, the empty
/// Braille pattern, a null note head, blank hieroglyphs, interlinear annotation marks.
const BLANK: [char; 11] = [
    '\u{115f}',
    '\u{1160}',
    '\u{2800}',
    '\u{3164}',
    '\u{ffa0}',
    '\u{fff9}',
    '\u{fffa}',
    '\u{fffb}',
    '\u{1d159}',
    '\u{13441}',
    '\u{13442}',
];

/// Whether the character has no visible glyph. Default-ignorable characters have no width.
/// <https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point>
pub fn is_invisible(c: char) -> bool {
    let drawn = c.width().is_some_and(|width| width > 0);
    !drawn || c.is_whitespace() || BLANK.contains(&c)
}

/// Whether the text contains a visible character.
pub fn is_visible(text: &str) -> bool {
    text.chars().any(|c| !is_invisible(c))
}

/// Whether the text contains a character that changes the direction of the text after it.
/// <https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters>
pub fn turns_direction(text: &str) -> bool {
    text.chars().any(|c| {
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    })
}

/// The number of user-perceived characters (grapheme clusters).
pub fn length(text: &str) -> usize {
    text.graphemes(true).count()
}

/// Whether the character ends a line.
pub fn breaks_line(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// The first user-perceived characters of the text: at most `most`, with at most `code_points` code
/// points together.
pub fn start(text: &str, most: usize, code_points: usize) -> &str {
    let mut left = code_points;
    let whole = text
        .grapheme_indices(true)
        .take(most)
        .take_while(|(_, part)| {
            let needed = part.chars().count();
            let fits = needed <= left;
            left = left.saturating_sub(needed);
            fits
        });
    let end = whole.last().map_or(0, |(at, part)| at + part.len());
    text.get(..end).unwrap_or_default()
}

/// Normalizes to NFC and removes a byte order mark, so that texts that look the same are equal.
pub fn composed(text: &str) -> String {
    without_mark(text).nfc().collect()
}

/// Removes the byte order mark that Windows editors and shells prepend.
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_without_glyph_are_invisible() {
        for c in [
            ' ',
            '\t',
            '\u{a0}',
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{1160}',
            '\u{1680}',
            '\u{17b4}',
            '\u{17b5}',
            '\u{180b}',
            '\u{180e}',
            '\u{2003}',
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{200e}',
            '\u{2028}',
            '\u{2029}',
            '\u{202e}',
            '\u{2060}',
            '\u{2064}',
            '\u{206f}',
            '\u{2800}',
            '\u{3000}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fff9}',
            '\u{1bca0}',
            '\u{1d159}',
            '\u{1d173}',
            '\u{e0001}',
            '\u{e0020}',
            '\u{e0100}',
        ] {
            assert!(is_invisible(c), "{:04x}", u32::from(c));
        }
        for c in ['a', '本', 'ن', '-', '.', '🏭', 'é', '１', '\u{fffd}', '가'] {
            assert!(!is_invisible(c), "{c}");
        }
    }

    #[test]
    fn length_counts_grapheme_clusters() {
        for (text, count) in [
            ("開発", 2),
            ("e\u{301}", 1),
            ("👨\u{200d}👩\u{200d}👧", 1),
            ("🇯🇵", 1),
            ("नि", 1),
            ("", 0),
        ] {
            assert_eq!(length(text), count, "{text}");
        }
    }

    #[test]
    fn equivalent_texts_compose_to_the_same_text() {
        assert_eq!(composed("Cafe\u{301}"), "Café");
        assert_eq!(composed("\u{feff}がく"), "がく");
        assert_eq!(composed("か\u{3099}く"), "がく");
    }
}
