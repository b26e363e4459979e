//! The normalization of what users type.

/// Converts full-width letters, digits and symbols from a Japanese keyboard to ASCII.
pub fn folded(text: &str) -> String {
    let fold = |c: char| match c {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    };
    text.trim().chars().map(fold).collect()
}

/// An AWS account ID without the spaces or hyphens that users type.
pub fn digits(text: &str) -> String {
    let folded = folded(text);
    folded.chars().filter(|c| !matches!(c, ' ' | '-')).collect()
}

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn wide_digits_and_spaces_are_folded() {
        assert_eq!(folded("　１２３４-５６７８　９０１２ "), "1234-5678 9012");
        assert_eq!(folded("東京"), "東京");
    }
}
