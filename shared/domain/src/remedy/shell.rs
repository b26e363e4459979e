//! Command-line words, quoted for a POSIX shell.

/// A part of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    /// A shell variable that an earlier command has set.
    Variable(&'static str),
}

/// Quotes one word. `None` if the text contains a control character, which no AWS name has and
/// which a terminal would interpret.
pub(super) fn word(pieces: &[Piece]) -> Option<String> {
    pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => quoted(text),
            Piece::Variable(name) => Some(format!("\"${name}\"")),
        })
        .collect()
}

/// An option and its value. A value that starts with a hyphen is joined with `=`, because it would
/// look like an option.
pub(super) fn option(name: &str, pieces: &[Piece]) -> Option<String> {
    let hyphen = match pieces.first() {
        Some(Piece::Text(text)) => text.starts_with('-'),
        Some(Piece::Variable(_)) | None => true,
    };
    let between = if hyphen { '=' } else { ' ' };
    Some(format!("{name}{between}{}", word(pieces)?))
}

fn quoted(text: &str) -> Option<String> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@-/:".contains(&b);
    if text.chars().any(char::is_control) {
        return None;
    }
    if !text.is_empty() && text.bytes().all(is_plain) {
        return Some(text.to_owned());
    }
    shlex::try_quote(text).ok().map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Vec<Piece> {
        vec![Piece::Text(text.to_owned())]
    }

    #[test]
    fn only_special_characters_are_quoted() {
        assert_eq!(
            word(&text("a+b=c,d.e@f-g/h:1")).as_deref(),
            Some("a+b=c,d.e@f-g/h:1")
        );
        assert_eq!(word(&text("a b")).as_deref(), Some("'a b'"));
        assert_eq!(word(&text("")).as_deref(), Some("''"));
        assert_eq!(word(&text("a\nb")), None);
        let spliced = [text("{\"a\":\""), vec![Piece::Variable("x")], text("\"}")].concat();
        assert_eq!(word(&spliced).as_deref(), Some(r#"'{"a":"'"$x"'"}'"#));
    }

    #[test]
    fn value_with_leading_hyphen_is_joined_with_equals_sign() {
        assert_eq!(
            option("--role-name", &text("-x")).as_deref(),
            Some("--role-name=-x")
        );
        assert_eq!(
            option("--role-name", &text("x")).as_deref(),
            Some("--role-name x")
        );
    }
}
