//! The languages of responses.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Language {
    #[default]
    #[serde(rename = "en")]
    English,
    #[serde(rename = "ja")]
    Japanese,
}

/// The maximum number of entries of an `Accept-Language` header that are read. Browsers send fewer than ten.
const MOST_ENTRIES: usize = 32;
/// The maximum number of bytes of it that are read.
const LONGEST_HEADER: usize = 1024;

impl Language {
    pub const ALL: [Self; 2] = [Self::English, Self::Japanese];

    /// The language's tag (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Japanese => "ja",
        }
    }

    /// The language's own name.
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Japanese => "日本語",
        }
    }

    /// The language with this tag.
    pub fn parse(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// The language that an `Accept-Language` header prefers: the highest weight wins, then the
    /// earlier entry. `None` if it names neither language.
    /// <https://www.rfc-editor.org/rfc/rfc9110#name-accept-language>
    pub fn accepted(header: &str) -> Option<Self> {
        let end = header.floor_char_boundary(LONGEST_HEADER);
        let start = header.get(..end).unwrap_or_default();
        let entries = start.split(',').take(MOST_ENTRIES);
        let entries: Vec<(Range, u32)> = entries.filter_map(read_entry).collect();
        let is_named = |language| entries.iter().any(|(range, _)| *range == Some(language));
        let mut unnamed = Self::ALL
            .into_iter()
            .filter(|language| !is_named(*language));
        // `*` is every language that no entry names. It prefers one only if it is the only one.
        let by_star = match (unnamed.next(), unnamed.next()) {
            (Some(language), None) => Some(language),
            _ => None,
        };
        let mut best = (0, None);
        for (range, weight) in entries {
            let language = range.or(by_star);
            if weight > best.0 && language.is_some() {
                best = (weight, language);
            }
        }
        best.1
    }
}

/// What an entry names: a language, or `None` for `*`.
type Range = Option<Language>;

/// One entry, such as `ja-JP;q=0.8`, with its weight in thousandths.
fn read_entry(entry: &str) -> Option<(Range, u32)> {
    let (range, parameter) = match entry.split_once(';') {
        Some((range, parameter)) => (range, Some(parameter)),
        None => (entry, None),
    };
    let primary = range.trim().split('-').next().unwrap_or_default();
    let language = match primary {
        "*" => None,
        tag => Some(Language::parse(&tag.to_ascii_lowercase())?),
    };
    let weight = parameter.map_or(Some(1000), read_weight)?;
    Some((language, weight))
}

/// `q=0.8`; at most three decimals.
fn read_weight(parameter: &str) -> Option<u32> {
    let (name, value) = parameter.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("q") {
        return None;
    }
    let value = value.trim();
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let thousandths: u32 = format!("{decimals:0<3}").parse().ok()?;
    match (whole, thousandths) {
        ("0", thousandths) => Some(thousandths),
        ("1", 0) => Some(1000),
        _ => None,
    }
}

/// A Japanese text has spaces around the values in it, which are needed only next to ASCII. This
/// removes those between Japanese characters, except in quoted text.
pub(super) fn without_gaps(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut quotes = 0_usize;
    let mut rest = text.chars().peekable();
    while let Some(letter) = rest.next() {
        match letter {
            '「' => quotes += 1,
            '」' => quotes = quotes.saturating_sub(1),
            _ => {}
        }
        let is_japanese = |letter: Option<char>| letter.is_some_and(|letter| !letter.is_ascii());
        let is_gap = letter == ' '
            && quotes == 0
            && is_japanese(kept.chars().next_back())
            && is_japanese(rest.peek().copied());
        if !is_gap {
            kept.push(letter);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn japanese_has_spaces_only_next_to_ascii() {
        for (text, expected) in [
            ("ロール a を", "ロール a を"),
            ("信頼ポリシーで ハブ が", "信頼ポリシーでハブが"),
            ("呼び出し元 は、a b に", "呼び出し元は、a b に"),
            ("「東京 大阪」は", "「東京 大阪」は"),
            ("", ""),
        ] {
            assert_eq!(without_gaps(text), expected);
        }
    }

    #[test]
    fn accept_language_chooses_by_weight_then_by_order() {
        let (english, japanese) = (Some(Language::English), Some(Language::Japanese));
        for (header, expected) in [
            ("", None),
            ("ja", japanese),
            ("ja-JP", japanese),
            ("JA-jp", japanese),
            ("ja,en-US;q=0.9,en;q=0.8", japanese),
            ("en-US,en;q=0.9,ja;q=0.8", english),
            ("fr, ja;q=0.5, en;q=0.4", japanese),
            ("de, fr;q=0.9", None),
            ("en;q=0.3, ja;q=0.301", japanese),
            ("en;q=0.5,ja;q=0.5", english),
            ("ja;q=0.5,en;q=0.5", japanese),
            ("ja;q=0", None),
            ("en;q=0, ja;q=0.1", japanese),
            ("*", None),
            ("de, *;q=0.5", None),
            ("ja;q=0.1,*", english),
            ("en;q=0.1,*", japanese),
            ("en;q=0.1,ja;q=0.2,*", japanese),
            ("*;q=0.1,ja", japanese),
            (" ja ; q=1.000 ", japanese),
        ] {
            assert_eq!(Language::accepted(header), expected, "{header:?}");
        }
    }

    #[test]
    fn an_entry_that_is_not_valid_is_ignored() {
        for header in [
            "ja;q=2",
            "ja;q=1.001",
            "ja;q=-1",
            "ja;q=0.1234",
            "ja;q=",
            "ja;q",
            "ja;level=1",
            "ja;q=0.+5",
            "jav",
            "j",
            ";;;,,,",
            "日本語",
        ] {
            assert_eq!(Language::accepted(header), None, "{header:?}");
        }
        let valid = Language::accepted("en;q=9, ja;q=0.001");
        assert_eq!(valid, Some(Language::Japanese));
    }

    #[test]
    fn only_the_start_of_a_long_header_is_read() {
        let late = format!("{}ja", "fr,".repeat(MOST_ENTRIES));
        assert_eq!(Language::accepted(&late), None);
        let late = format!("{}ja", "あ".repeat(LONGEST_HEADER));
        assert_eq!(Language::accepted(&late), None);
    }
}
