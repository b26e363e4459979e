//! Converts names in any language to lowercase ASCII words that their readers recognize: Japanese
//! by its readings, everything else with the crate `any_ascii`.

use std::collections::HashMap;
use std::sync::LazyLock;
use wana_kana::ConvertJapanese;

/// A reading, followed by the characters that have it: the Sino-Japanese readings of the JIS X 0208
/// characters, from the Unicode Character Database's Unihan (Unicode License v3). Characters with
/// several readings have the most common one.
const KANJI: &str = include_str!("kanji.txt");

/// Lowercase letters and digits, with hyphens between words; empty if nothing can be converted.
pub fn slug(text: &str, longest: usize) -> String {
    let japanese = text
        .chars()
        .filter(|c| is_han(*c))
        .all(|c| kanji(c).is_some());
    let mut words = Words::default();
    let mut kana = String::new();
    for c in text.chars() {
        if is_kana(c) {
            kana.push(c);
            continue;
        }
        words.push(&std::mem::take(&mut kana).to_romaji());
        match kanji(c).filter(|_| japanese) {
            Some(reading) => words.push(reading),
            None => words.push(any_ascii::any_ascii_char(c)),
        }
    }
    words.push(&kana.to_romaji());
    words.cut(longest)
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Hiragana and katakana, with their marks; the middle dot separates words.
fn is_kana(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{309f}' | '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}')
}

fn kanji(c: char) -> Option<&'static str> {
    if !is_han(c) {
        return None;
    }
    READINGS.get(&c).copied()
}

/// The reading of each character. An export looks up thousands of them.
static READINGS: LazyLock<HashMap<char, &'static str>> = LazyLock::new(|| {
    let lines = KANJI.lines().filter_map(|line| line.split_once(' '));
    let each =
        lines.flat_map(|(reading, characters)| characters.chars().map(move |c| (c, reading)));
    each.collect()
});

#[derive(Default)]
struct Words(String);

impl Words {
    fn push(&mut self, text: &str) {
        for c in text.chars() {
            if c.is_ascii_alphanumeric() {
                self.0.push(c.to_ascii_lowercase());
            } else if c != '\'' && !self.0.is_empty() && !self.0.ends_with('-') {
                self.0.push('-');
            }
        }
    }

    fn cut(mut self, longest: usize) -> String {
        self.0.truncate(longest);
        self.0.truncate(self.0.trim_end_matches('-').len());
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn names_are_romanized_recognizably() {
        for (name, word) in [
            ("  Prod (EU)] \\ 1 ", "prod-eu-1"),
            ("本番 環境", "honban-kankyou"),
            ("決済基盤（東京）", "ketsusaikiban-toukyou"),
            ("開発チーム", "kaihatsuchiimu"),
            ("Größe & Söhne", "grosse-sohne"),
            ("Łódź", "lodz"),
            ("Производство", "proizvodstvo"),
            ("生产环境", "shengchanhuanjing"),
            ("Ｐｒｏｄ２", "prod2"),
            ("L'Oréal", "loreal"),
            ("-", ""),
            ("！？", ""),
        ] {
            assert_eq!(slug(name, 64), word, "{name}");
        }
        assert_eq!(slug("ab-cd", 3), "ab");
    }

    #[test]
    fn kanji_table_lines_are_valid() {
        for line in super::KANJI.lines() {
            let (reading, characters) = line.split_once(' ').expect("two columns");
            assert!(reading.bytes().all(|b| b.is_ascii_lowercase()), "{line}");
            assert!(
                !characters.is_empty() && characters.chars().all(super::is_han),
                "{line}"
            );
        }
    }
}
