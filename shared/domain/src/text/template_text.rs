//! Text of an operator or a tenant in a CloudFormation template.
//!
//! A template is ASCII: CloudFormation replaces other characters with question marks, or rolls the stack back.

use std::fmt::Write;

/// The text as a YAML scalar in double quotes that is also safe inside `Fn::Sub`: `${` becomes `${!`, which
/// `Fn::Sub` converts back to `${`.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-sub.html>
pub fn template_text(text: &str) -> String {
    yaml_scalar(&literal_in_sub(text))
}

/// The text as a YAML scalar in double quotes: printable ASCII on one line, which a YAML parser reads as exactly
/// this text.
pub fn yaml_scalar(text: &str) -> String {
    let mut scalar = String::with_capacity(text.len() + 2);
    scalar.push('"');
    for c in text.chars() {
        // Writing to a string can't fail.
        let _ = match c {
            '"' | '\\' => write!(scalar, "\\{c}"),
            ' '..='~' => write!(scalar, "{c}"),
            c if u32::from(c) <= 0xffff => write!(scalar, "\\u{:04x}", u32::from(c)),
            c => write!(scalar, "\\U{:08x}", u32::from(c)),
        };
    }
    scalar.push('"');
    scalar
}

/// The text, escaped so that `Fn::Sub` returns it unchanged.
pub fn literal_in_sub(text: &str) -> String {
    text.replace("${", "${!")
}
