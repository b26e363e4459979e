//! Finds the encoded authorization failure message in pasted text: the message alone, or the full
//! error shown by EC2, the AWS CLI, an SDK or Terraform.

use crate::messages::Rule;
use crate::text::legible::is_invisible;
use crate::text::{FieldError, checked_string};

/// STS's maximum length.
const LONGEST: usize = 10_240;
/// Including the surrounding text, in characters.
pub const LONGEST_TEXT: usize = 20_480;
/// Longer than any word of an error text, and shorter than any encoded message.
const SHORTEST: usize = 64;
/// Precedes the message; case-insensitive.
const MARKER: &str = "encoded authorization failure message:";

checked_string!(
    /// A message that STS accepts.
    EncodedMessage,
    |text| {
        if (1..=LONGEST).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(())
        } else {
            Err(NONE)
        }
    }
);

const NONE: FieldError = FieldError::new("invalid", Rule::NoEncodedMessage);

impl EncodedMessage {
    /// Finds the message in a text. Text that consists of one word is used as it is.
    ///
    /// # Errors
    /// If the text contains no message, or one that is longer than STS accepts.
    pub fn find(text: &str) -> Result<Self, FieldError> {
        if text.chars().count() > LONGEST_TEXT {
            let rule = Rule::TooLong { most: LONGEST_TEXT };
            return Err(FieldError::new("too_long", rule));
        }
        let lines: Vec<String> = text.lines().map(unadorned).collect();
        let text = lines.join("\n");
        // ASCII lowercasing keeps byte offsets.
        let marker = text.to_ascii_lowercase().rfind(MARKER);
        if let Some(at) = marker {
            let after = text.get(at + MARKER.len()..).unwrap_or_default();
            return Self::parse(joined(after));
        }
        let alone = lines.iter().all(|line| !line.trim().contains(' '));
        if alone {
            let line = lines.concat();
            return Self::parse(line.trim_matches(is_quote));
        }
        let words = text.split(|c| !is_of_message(c));
        let longest = words.max_by_key(|word| word.len()).unwrap_or_default();
        match longest.len() {
            0..SHORTEST => Err(NONE),
            _ => Self::parse(longest),
        }
    }
}

/// Removes the characters that terminals and tools draw around a line.
fn unadorned(line: &str) -> String {
    let drawn = |c: char| c.is_whitespace() || matches!(c, '│' | '╷' | '╵' | '|' | '>');
    let kept = line.trim_matches(drawn).chars();
    kept.filter(|c| *c == ' ' || !is_invisible(*c)).collect()
}

/// The first word, joined with the following lines if it was wrapped: those that consist of one
/// word.
fn joined(text: &str) -> String {
    let mut lines = text
        .trim_start()
        .lines()
        .map(|line| line.trim_matches(is_quote));
    let first = lines.next().unwrap_or_default();
    let end = first.find(|c| !is_of_message(c)).unwrap_or(first.len());
    let (word, rest) = first.split_at(end);
    let mut message = word.to_owned();
    if rest.is_empty() {
        let goes_on = |line: &&str| !line.is_empty() && line.chars().all(is_of_message);
        message.extend(lines.take_while(goes_on));
    }
    message
}

fn is_of_message(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '/' | '=')
}

fn is_quote(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '"' | '\'' | '`' | '“' | '”' | '‘' | '’' | ',' | ';' | '.'
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MESSAGE: &str =
        "4GIOHlTkIaWHQD0Q0m6XSnuUMCm-abcdefghijklmn-opqrstuvwxyz12345-ABCDEFGHIJKLMN_OPQRSTUVWXYZ";

    fn found(text: &str) -> String {
        EncodedMessage::find(text)
            .unwrap_or_else(|error| panic!("{error}: {text}"))
            .into()
    }

    #[test]
    fn message_is_found_alone_and_inside_full_errors() {
        let cli = format!(
            "An error occurred (UnauthorizedOperation) when calling the RunInstances operation: You are not authorized to perform this operation. User: arn:aws:sts::222222222222:assumed-role/r/i-0123456789abcdef0 is not authorized to perform: ec2:RunInstances on resource: arn:aws:ec2:eu-central-1:222222222222:instance/* because no identity-based policy allows the ec2:RunInstances action. Encoded authorization failure message: {MESSAGE}"
        );
        let go =
            format!("{cli}\n\tstatus code: 403, request id: 2f6ed9b8-3c1f-4a36-8d4e-5e5f3a0a9b11");
        let (start, end) = MESSAGE.split_at(50);
        let wrapped = cli.replace(MESSAGE, &format!("{start}\n{end}\n"));
        let terraform = format!(
            "╷\n│ Error: creating EC2 Instance: UnauthorizedOperation: You are not authorized to perform this operation. Encoded authorization failure message: {start}\n│ {end}\n│ \n│   with aws_instance.web,\n╵"
        );
        let json = format!(
            r#"{{"Code":"UnauthorizedOperation","Message":"... Encoded authorization failure message: {MESSAGE}"}}"#
        );
        let other_words = format!("Sie sind nicht berechtigt. Verschlüsselt: {MESSAGE} (403)");
        let quoted = format!(" \u{200b}\"{MESSAGE}\",\r\n");
        let marked = format!("\u{feff}{MESSAGE}");
        let halves = format!("{start}\n{end}\n");
        for text in [
            MESSAGE,
            &cli,
            &go,
            &wrapped,
            &terraform,
            &json,
            &other_words,
            &quoted,
            &marked,
            &halves,
            &cli.to_uppercase().replace(&MESSAGE.to_uppercase(), MESSAGE),
        ] {
            assert_eq!(found(text), MESSAGE, "{text}");
        }
    }

    #[test]
    fn text_without_message_is_rejected() {
        for text in [
            "",
            "  ",
            "You are not authorized to perform this operation.",
            "Encoded authorization failure message:",
            "Encoded authorization failure message: \n\n",
        ] {
            assert_eq!(EncodedMessage::find(text), Err(NONE), "{text}");
        }
        let long = "a".repeat(LONGEST + 1);
        assert_eq!(EncodedMessage::find(&long), Err(NONE));
        let code = |text: &str| EncodedMessage::find(text).map_err(|error| error.code);
        assert_eq!(code(&"a ".repeat(LONGEST_TEXT)), Err("too_long"));
    }

    proptest! {
        #[test]
        fn find_never_panics(text in "(?s).{0,400}") {
            let _ = EncodedMessage::find(&text);
            let _ = EncodedMessage::find(&format!("{MARKER}{text}"));
        }
    }
}
