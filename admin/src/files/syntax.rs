//! YAML's syntax, with a message for each common mistake.

use serde_json::Value;
use serde_saphyr::options::{DuplicateKeyPolicy, MergeKeyPolicy};
use serde_saphyr::{Error, MessageFormatter, Options, UserMessageFormatter};

/// The error in a text, with the line and the column if they are known.
#[derive(Debug)]
pub struct Problem {
    pub place: Option<(usize, usize)>,
    pub sentence: String,
}

/// YAML 1.2, without features that readers of the file could misinterpret.
fn options() -> Options {
    serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::Error,
        // A part of YAML 1.1.
        merge_keys: MergeKeyPolicy::Error,
        // `no` and `on` are text.
        strict_booleans: true,
        // An account ID such as 012345678901 is text.
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        reject_unsupported_tags: true,
        // Messages contain the position, not the file's content.
        with_snippet: false,
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 10_000,
            max_replay_stack_depth: 8,
            max_alias_expansions_per_anchor: 100,
        },
        budget: serde_saphyr::budget! {
            max_depth: 32,
            max_nodes: 50_000,
            max_events: 200_000,
        },
    }
}

/// Reads the only document of a text.
pub fn parse(text: &str) -> Result<Value, Problem> {
    match serde_saphyr::from_str_with_options(text, options()) {
        Ok(Value::Null) => Err(Problem {
            place: None,
            sentence: "The file is empty.".to_owned(),
        }),
        Ok(value) => Ok(value),
        Err(error) => Err(Problem {
            place: place(&error, text),
            sentence: sentence(&error, text),
        }),
    }
}

/// The line and the column, both from 1.
fn place(error: &Error, text: &str) -> Option<(usize, usize)> {
    let location = error.location()?;
    let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let (line, column) = (count(location.line()), count(location.column()));
    // The parser can stop at the end of the line before the tab.
    let after = text
        .lines()
        .enumerate()
        .skip(line.saturating_sub(1))
        .take(2);
    let mut indented = after.filter(|(_, line)| is_indented_with_tab(line));
    match indented.next() {
        Some((index, line)) if concerns_tab(error) => {
            Some((index + 1, line.find('\t').unwrap_or_default() + 1))
        }
        _ => Some((line, column)),
    }
}

fn is_indented_with_tab(line: &str) -> bool {
    let content = line.trim_start_matches([' ', '\t']);
    let indent = line.strip_suffix(content);
    indent.is_some_and(|indent| indent.contains('\t'))
}

fn message(error: &Error) -> String {
    // Control characters of the file must not reach the terminal.
    let message = UserMessageFormatter.format_message(error);
    message.chars().filter(|c| !c.is_control()).collect()
}

fn concerns_tab(error: &Error) -> bool {
    matches!(error, Error::ExternalMessage { .. }) && message(error).contains("tab")
}

/// The character at which the parser stopped.
fn stopped_at(error: &Error, text: &str) -> Option<char> {
    let (line, column) = place(error, text)?;
    text.lines()
        .nth(line.checked_sub(1)?)?
        .chars()
        .nth(column.checked_sub(1)?)
}

fn sentence(error: &Error, text: &str) -> String {
    match error {
        Error::DuplicateMappingKey { key, .. } => match key {
            Some(key) => format!("The key {key:?} occurs more than once."),
            None => "This key occurs more than once.".to_owned(),
        },
        Error::MultipleDocuments { .. } => {
            "The file must have one document. Remove the line --- and everything after it."
                .to_owned()
        }
        Error::UnsupportedTag { tag, .. } => {
            format!("The tag {tag:?} is not supported. Put text that starts with ! in quotes.")
        }
        Error::MergeKeyNotAllowed { .. } => {
            "Merge keys (<<) are not supported. Write the keys out.".to_owned()
        }
        Error::UnknownAnchor { .. } => {
            "The file has no anchor of this name. Put text that starts with * in quotes.".to_owned()
        }
        Error::NonFiniteFloat { value, .. } => {
            format!("{value:?} is not a finite number. Put text in quotes.")
        }
        Error::NullIntoString { .. } => "A key must be text.".to_owned(),
        Error::AliasError { error, .. } => sentence(error, text),
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. }
        | Error::RecursiveReferencesRequireWeakTypes { .. } => {
            "The file has too many values or aliases, or is nested too deeply.".to_owned()
        }
        _ if concerns_tab(error) => "Indent with spaces. YAML does not allow tabs.".to_owned(),
        _ => scanned(&message(error), stopped_at(error, text)),
    }
}

/// Clearer messages for text that needs quotes.
fn scanned(message: &str, at: Option<char>) -> String {
    match at {
        Some(c @ ('*' | '&')) if message.contains("anchor or alias") => {
            format!("Put text that starts with {c} in quotes, such as \"{c}\".")
        }
        Some(c @ ('@' | '`' | '%')) if message.contains("unexpected character") => {
            format!("Put text that starts with {c} in quotes.")
        }
        _ if message.contains("mapping values are not allowed") => {
            "Check the indentation, and put text that contains a colon and a space in quotes."
                .to_owned()
        }
        _ => {
            let mut letters = message.chars();
            let first = letters.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(letters).chain(['.']).collect()
        }
    }
}
