//! What people type, in the form that the API takes.

/// The letters, digits and signs of a Japanese keyboard, which are wider, as ASCII.
pub fn folded(text: &str) -> String {
    let fold = |c: char| match c {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    };
    text.trim().chars().map(fold).collect()
}

/// An AWS account ID without the gaps that people type.
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
