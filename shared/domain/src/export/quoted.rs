//! Quotes text for the formats. Customers choose names, so no text may end its string, its line or its cell. The
//! result is ASCII, because some programs decode files with the locale's encoding.

use crate::text::romanize::slug;

/// A text for a comment: unchanged if it is ASCII, otherwise romanized.
pub(super) fn plain(text: &str) -> String {
    if text.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
        text.to_owned()
    } else {
        slug(text, usize::MAX)
    }
}

/// A double-quoted YAML scalar.
pub(super) fn yaml(text: &str) -> String {
    let each = text.chars().map(|c| match c {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        ' '..='~' => c.to_string(),
        c => match u32::from(c) {
            code @ ..=0xffff => format!("\\u{code:04x}"),
            code => format!("\\U{code:08x}"),
        },
    });
    format!("\"{}\"", each.collect::<String>())
}

/// A list of YAML scalars on one line.
pub(super) fn yaml_list<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> String {
    let each = texts.into_iter().map(|text| yaml(text.as_ref()));
    format!("[{}]", each.collect::<Vec<_>>().join(", "))
}

/// A YAML map on one line, with values that are already YAML.
pub(super) fn yaml_map<const N: usize>(entries: [(&str, String); N]) -> String {
    let each = entries.map(|(key, value)| format!("{key}: {value}"));
    format!("{{{}}}", each.join(", "))
}

/// A JSON string for a setting of an AWS configuration file. Some readers take ` #` and ` ;` for the start of a
/// comment.
pub(super) fn setting(text: &str) -> String {
    let each = text.chars().map(|c| match c {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '#' | ';' => format!("\\u{:04x}", u32::from(c)),
        ' '..='~' => c.to_string(),
        c => {
            let mut units = [0; 2];
            let units = c.encode_utf16(&mut units);
            units.iter().map(|unit| format!("\\u{unit:04x}")).collect()
        }
    });
    format!("\"{}\"", each.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_survives_quoting(text in "\\PC{0,40}") {
            let setting = setting(&text);
            prop_assert!(setting.bytes().all(|b| b.is_ascii_graphic() || b == b' '));
            prop_assert!(!setting.contains(['#', ';']));
            prop_assert_eq!(serde_json::from_str::<String>(&setting).expect("JSON"), text.clone());
            let yaml = yaml(&text);
            prop_assert!(yaml.bytes().all(|b| b.is_ascii_graphic() || b == b' '));
            prop_assert_eq!(serde_saphyr::from_str::<String>(&yaml).expect("YAML"), text);
        }
    }
}
