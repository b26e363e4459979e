//! Indents the hub's JSON, and keeps the order of fields and the spelling of numbers.

use super::text::is_harmful;

/// Indents valid JSON. Escapes characters in strings that could affect the terminal.
pub fn pretty(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => string(&mut chars, &mut out),
            '{' | '[' => {
                while chars.next_if(|c| c.is_ascii_whitespace()).is_some() {}
                out.push(c);
                if let Some(end) = chars.next_if(|c| matches!(c, '}' | ']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = usize::saturating_sub(depth, 1);
                new_line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => out.push(c),
        }
    }
    out
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.push_str(&"  ".repeat(depth));
}

/// The rest of a string, after its opening quote.
fn string(chars: &mut impl Iterator<Item = char>, out: &mut String) {
    out.push('"');
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                out.push(c);
                out.extend(chars.next());
            }
            '"' => break,
            c if is_harmful(c) => {
                // All of them are below U+10000, so one UTF-16 unit each.
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::pretty;
    use serde_json::Value;

    #[test]
    fn order_numbers_and_strings_are_kept() {
        let text = r#"{"z":[1.50,{}, [ ] ],"a":"b\"{,:\u001b","n":null}"#;
        let indented = pretty(text);
        let expected = "{\n  \"z\": [\n    1.50,\n    {},\n    []\n  ],\n  \"a\": \"b\\\"{,:\\u001b\",\n  \"n\": null\n}";
        assert_eq!(indented, expected);
    }

    #[test]
    fn control_characters_are_escaped_and_the_json_stays_equal() {
        let text = "{\"name\":\"a\u{9b}b\u{7f}\u{202e}c\"}";
        let indented = pretty(text);
        assert!(indented.contains(r"a\u009bb\u007f\u202ec"), "{indented}");
        let read = |text: &str| serde_json::from_str::<Value>(text).expect("valid");
        assert_eq!(read(&indented), read(text));
    }
}
