//! `RolecallStackInfo`: the stack's output, which a person copies if the stack can't call back.
//! Base64 (RFC 4648 section 4) of JSON. It contains no secret.

use super::template::TemplateId;
use crate::aws::{RoleArn, StackId};
use crate::ids::RegistrationId;
use crate::messages::Reason;
use crate::text::legible::is_invisible;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::Deserialize;

/// Longer than any output of the template: with all IDs and ARNs at their limits it has under 1.5
/// KB.
const LONGEST: usize = 4096;
const FORMAT: u64 = 2;

/// Characters that people and programs put around a value.
fn is_around(c: char) -> bool {
    let quotes = [
        '"', '\'', '`', '“', '”', '„', '‘', '’', '«', '»', '「', '」',
    ];
    quotes.contains(&c) || matches!(c, ',' | ';' | ':' | '|' | '<' | '>')
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackInfo {
    pub registration_id: RegistrationId,
    pub stack_id: StackId,
    pub role_arn: RoleArn,
    pub template_id: Option<TemplateId>,
}

#[derive(Deserialize)]
struct Wire {
    v: u64,
    registration_id: String,
    stack_id: String,
    role_arn: String,
    template_id: Option<String>,
}

impl StackInfo {
    /// The name of the stack's output.
    pub const OUTPUT: &str = "RolecallStackInfo";

    /// Parses the pasted line. Ignores white space and invisible characters (from line wrapping),
    /// quotes around the value, the output's name before it, and missing padding.
    ///
    /// # Errors
    /// The part that does not match the template's output.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        let compact: String = text.chars().filter(|c| !is_invisible(*c)).collect();
        let compact = compact.trim_matches(is_around);
        let compact = compact.strip_prefix(Self::OUTPUT).unwrap_or(compact);
        let compact = compact.trim_matches(is_around).trim_end_matches('=');
        if compact.is_empty() || compact.len() > LONGEST {
            return Err(Reason::StackInfoUnreadable);
        }
        let json = STANDARD_NO_PAD
            .decode(compact)
            .map_err(|_| Reason::StackInfoUnreadable)?;
        let wire: Wire = serde_json::from_slice(&json).map_err(|_| Reason::StackInfoUnreadable)?;
        if wire.v != FORMAT {
            return Err(Reason::StackInfoFormat);
        }
        Ok(Self {
            registration_id: RegistrationId::parse(wire.registration_id)
                .map_err(|_| Reason::StackInfoRegistrationId)?,
            stack_id: StackId::parse(wire.stack_id).map_err(|_| Reason::StackInfoStackId)?,
            role_arn: RoleArn::parse(wire.role_arn).map_err(|_| Reason::StackInfoRoleArn)?,
            // Someone may have edited the template, which the checks find.
            template_id: wire.template_id.and_then(|id| TemplateId::parse(id).ok()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    fn encoded(json: &str) -> String {
        STANDARD.encode(json)
    }

    const GOOD: &str = r#"{"v":2,"registration_id":"reg_0198a0b1c2d37e4f8a9b0c1d2e3f4a5b",
        "stack_id":"arn:aws:cloudformation:us-east-1:222222222222:stack/rolecall-1/abc",
        "role_arn":"arn:aws:iam::222222222222:role/rolecall/R"}"#;

    #[test]
    fn wrapped_line_parses_like_unwrapped_one() {
        let line = encoded(GOOD);
        let wrapped = format!(" {}\n{}\r\n", &line[..40], &line[40..]);
        assert_eq!(StackInfo::parse(&wrapped), StackInfo::parse(&line));
        assert!(StackInfo::parse(&line).is_ok());
    }

    #[test]
    fn surrounding_characters_are_ignored() {
        let line = encoded(GOOD);
        let (start, end) = line.split_at(40);
        for pasted in [
            format!("\"{line}\""),
            format!("'{line}',"),
            format!("“{line}”"),
            format!("「{line}」"),
            format!("`{line}`"),
            format!("\u{feff}{line}"),
            format!("{start}\u{200b}\u{ad}{end}\u{2060}"),
            format!("{start}\n   {end}\n"),
            format!("RolecallStackInfo  {line}"),
            format!("\"RolecallStackInfo\": \"{line}\","),
            format!("| {line} |"),
            line.trim_end_matches('=').to_owned(),
        ] {
            assert_eq!(
                StackInfo::parse(&pasted),
                StackInfo::parse(&line),
                "{pasted}"
            );
        }
    }

    #[test]
    fn invalid_stack_info_names_the_invalid_part() {
        let line = encoded(GOOD);
        assert_eq!(
            StackInfo::parse(&line[..line.len() / 2]),
            Err(Reason::StackInfoUnreadable)
        );
        assert_eq!(StackInfo::parse("hello"), Err(Reason::StackInfoUnreadable));
        let newer = encoded(&GOOD.replace("\"v\":2", "\"v\":3"));
        assert_eq!(StackInfo::parse(&newer), Err(Reason::StackInfoFormat));
        let bad_role = encoded(&GOOD.replace(":role/", ":user/"));
        assert_eq!(StackInfo::parse(&bad_role), Err(Reason::StackInfoRoleArn));
    }

    proptest! {
        #[test]
        fn parse_never_panics(text in ".{0,500}") {
            let _ = StackInfo::parse(&text);
            let _ = StackInfo::parse(&encoded(&text));
        }
    }
}
