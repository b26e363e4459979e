//! The sections of an AWS configuration file. They are read as bytes, because any encoding is possible.

/// A section, as a byte range of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    /// The text in the brackets, without quotes and without the prefix of a profile.
    pub(super) name: String,
    /// `default` is a profile without the prefix.
    pub(super) is_profile: bool,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Lines with their endings.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    bytes
        .split_inclusive(|byte| *byte == b'\n')
        .map(move |line| {
            let start = at;
            at += line.len();
            (start, line)
        })
}

/// A line without its ending.
pub(super) fn trimmed(line: &[u8]) -> &[u8] {
    line.trim_ascii_end()
}

pub(super) fn sections(bytes: &[u8]) -> impl Iterator<Item = Section> {
    let mut found: Vec<Section> = Vec::new();
    for (start, line) in lines(bytes) {
        let Some((name, is_profile)) = header(line) else {
            continue;
        };
        if let Some(before) = found.last_mut() {
            before.end = start;
        }
        found.push(Section {
            name,
            is_profile,
            start,
            end: bytes.len(),
        });
    }
    found.into_iter()
}

/// `[default]`, `[profile x]`, `[profile "x y"]`, `[sso-session x]`
fn header(line: &[u8]) -> Option<(String, bool)> {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let inside = line.strip_prefix(b"[")?;
    let end = inside.iter().position(|byte| *byte == b']')?;
    let text = String::from_utf8_lossy(&inside[..end]).trim().to_owned();
    let bare = |name: &str| name.trim().trim_matches(['"', '\'']).to_owned();
    match text.split_once([' ', '\t']) {
        Some(("profile", name)) => Some((bare(name), true)),
        None if text == "default" => Some((text, true)),
        _ => Some((text, false)),
    }
}

/// A section without the comments and empty lines at its end, which belong to the next section.
pub(super) fn own_lines(section: &[u8]) -> &[u8] {
    let is_own = |line: &[u8]| {
        let text = trimmed(line);
        !text.is_empty() && !text.starts_with(b"#") && !text.starts_with(b";")
    };
    let last = lines(section).filter(|(_, line)| is_own(line)).last();
    &section[..last.map_or(0, |(start, line)| start + line.len())]
}

/// A setting of a section. Nested settings, which are indented, are skipped.
pub(super) fn setting(section: &[u8], name: &str) -> Option<String> {
    let mut found = None;
    for (_, line) in lines(section) {
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            continue;
        }
        let text = String::from_utf8_lossy(line);
        let Some((key, value)) = text.split_once('=') else {
            continue;
        };
        if key.trim().eq_ignore_ascii_case(name) {
            found = Some(value.trim().to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{own_lines, sections, setting};

    #[test]
    fn sections_are_parsed_like_the_aws_cli() {
        let text = "\u{feff}[default]\r\nregion = x\r\n# [profile no]\r\n[profile \"My own\"]\r\n\
                    s3 =\r\n  region = y\r\nregion=z\r\n[ sso-session corp ]\r\n[profile a/b]\r\n";
        let found: Vec<_> = sections(text.as_bytes()).collect();
        let names: Vec<(&str, bool)> = found
            .iter()
            .map(|one| (one.name.as_str(), one.is_profile))
            .collect();
        let expected = [
            ("default", true),
            ("My own", true),
            ("sso-session corp", false),
            ("a/b", true),
        ];
        assert_eq!(names, expected);
        let own = &text.as_bytes()[found[1].start..found[1].end];
        assert_eq!(setting(own, "region").as_deref(), Some("z"));
        assert_eq!(setting(own, "s3").as_deref(), Some(""));
        assert_eq!(setting(own, "role_arn"), None);
        let section = b"[default]\n# mine\nregion = x\n\n# >>> other\n; other\n";
        assert_eq!(own_lines(section), b"[default]\n# mine\nregion = x\n");
    }
}
