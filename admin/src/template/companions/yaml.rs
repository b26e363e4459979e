//! Lines of YAML.

/// A line with nested lines below it.
pub(super) fn nested(
    head: impl Into<String>,
    body: impl IntoIterator<Item = String>,
) -> Vec<String> {
    let below = body.into_iter().map(|line| format!("  {line}"));
    std::iter::once(head.into()).chain(below).collect()
}

/// An item of a list.
pub(super) fn item(lines: impl IntoIterator<Item = String>) -> Vec<String> {
    let begin = |(at, line)| match at {
        0 => format!("- {line}"),
        _ => format!("  {line}"),
    };
    lines.into_iter().enumerate().map(begin).collect()
}

pub(super) fn lines<const N: usize>(lines: [&str; N]) -> Vec<String> {
    lines.map(str::to_owned).to_vec()
}

/// Lines that apply only under a condition.
pub(super) fn only_if(
    head: &str,
    condition: &str,
    then: impl IntoIterator<Item = String>,
) -> Vec<String> {
    let mut choices = vec![format!("- {condition}")];
    choices.extend(item(then));
    choices.push("- !Ref AWS::NoValue".to_owned());
    nested(head, choices)
}

/// Quotes text. The catalog's texts contain no characters that need escaping.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}
