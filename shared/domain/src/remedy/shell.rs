//! Words of a command line, quoted for a POSIX shell.

/// What a word of a command is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    /// A shell variable that an earlier command has set.
    Variable(&'static str),
}

/// One word. None where the text has a control character: no name of AWS's has one, and a terminal
/// would act on it.
pub(super) fn word(pieces: &[Piece]) -> Option<String> {
    pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => quoted(text),
            Piece::Variable(name) => Some(format!("\"${name}\"")),
        })
        .collect()
}

/// An option and its value. A value that begins with a hyphen would be taken for another option.
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
    fn plain_names_stay_and_others_are_quoted() {
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
    fn a_value_with_a_hyphen_is_no_option() {
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
