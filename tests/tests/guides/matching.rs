//! Compares a command's output with the page. `...` matches any text within a line; a line with
//! only `...` matches any number of lines.

const ANY: &str = "...";

/// The index of the first expected line that does not match, or the number of expected lines if
/// there is extra output.
pub fn mismatch(expected: &[String], got: &[String]) -> Option<usize> {
    // The numbers of printed lines that the expected lines so far may have matched.
    let mut used: Vec<usize> = vec![0];
    for (at, line) in expected.iter().enumerate() {
        used = if line.trim() == ANY {
            (used[0]..=got.len()).collect()
        } else {
            let fits = |&n: &usize| got.get(n).is_some_and(|printed| line_fits(line, printed));
            used.into_iter().filter(fits).map(|n| n + 1).collect()
        };
        if used.is_empty() {
            return Some(at);
        }
    }
    (used.last() != Some(&got.len())).then_some(expected.len())
}

fn line_fits(expected: &str, printed: &str) -> bool {
    let printed = printed.trim_end();
    let mut parts = expected.split(ANY);
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = printed.strip_prefix(first) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(expected: &str, got: &str) -> Option<usize> {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        mismatch(&lines(expected), &lines(got))
    }

    #[test]
    fn literal_lines_must_match() {
        assert_eq!(compare("", ""), None);
        assert_eq!(compare("a\nb", "a\nb  "), None);
        assert_eq!(compare("a\nb", "a\nc"), Some(1));
        assert_eq!(compare("a\nb", "a"), Some(1));
        assert_eq!(compare("a", "a\nb"), Some(1));
        assert_eq!(compare("", "a"), Some(0));
        assert_eq!(compare("  a", "a"), Some(0));
    }

    #[test]
    fn dots_in_a_line_match_any_text() {
        assert_eq!(compare("id: ...", "id: 1"), None);
        assert_eq!(compare("id: ...", "id: "), Some(0), "the space must match");
        assert_eq!(compare("...: 1", "id: 1"), None);
        assert_eq!(compare("a...b...c", "a1b2c"), None);
        assert_eq!(compare("a...b...c", "a1c2b"), Some(0));
        assert_eq!(
            compare("ab...ba", "aba"),
            Some(0),
            "a character must not match twice"
        );
        assert_eq!(compare("a...", "b"), Some(0));
    }

    #[test]
    fn line_of_dots_matches_any_lines() {
        assert_eq!(compare("...", ""), None);
        assert_eq!(compare("...\nb", "a\nb"), None);
        assert_eq!(
            compare("...\nb", "b\na\nb"),
            None,
            "not only the first match counts"
        );
        assert_eq!(compare("a\n  ...\nd", "a\nb\nc\nd"), None);
        assert_eq!(compare("a\n...\nd", "a\nb\nc"), Some(2));
        assert_eq!(compare("a\n...\nb\n...", "a\nc"), Some(2));
    }
}
