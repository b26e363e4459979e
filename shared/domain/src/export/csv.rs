//! Comma-separated values (RFC 4180) for spreadsheets, with a byte order mark, without which some of them decode
//! UTF-8 as another encoding.

use super::Candidate;
use crate::text::legible::is_invisible;

const HEADER: [&str; 12] = [
    "account_id",
    "tenant",
    "group_id",
    "group_name",
    "name",
    "status",
    "aws_account_id",
    "partition",
    "region",
    "role_arn",
    "external_id",
    "access",
];

pub(super) fn write(accounts: &[&Candidate]) -> String {
    let mut text = '\u{feff}'.to_string();
    text.push_str(&line(&HEADER.map(str::to_owned)));
    for candidate in accounts {
        let account = &candidate.account;
        let access: Vec<&str> = candidate.access.iter().map(|name| name.as_str()).collect();
        text.push_str(&line(&[
            account.account_id.to_string(),
            account.tenant.to_string(),
            account.group_id.to_string(),
            guarded(candidate.group_name.as_str()),
            guarded(account.name.as_str()),
            account.state().as_str().to_owned(),
            account.aws_account_id.to_string(),
            account.role.arn.partition().as_str().to_owned(),
            account.stack_id.region().to_string(),
            account.role.arn.to_string(),
            account.external_id.to_string(),
            access.join(" "),
        ]));
    }
    text
}

fn line(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
    cells.join(",") + "\r\n"
}

fn quoted(cell: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:".contains(c);
    if cell.chars().all(is_plain) {
        return cell.to_owned();
    }
    format!("\"{}\"", cell.replace('"', "\"\""))
}

/// A name, with an apostrophe if a spreadsheet could run it as a formula. Spreadsheets ignore blanks before a
/// formula, and Japanese ones read full-width signs as ASCII.
/// <https://owasp.org/www-community/attacks/CSV_Injection>
fn guarded(text: &str) -> String {
    let first = text.chars().find(|c| !is_invisible(*c));
    let starts_formula = |c: char| "=+-@＝＋－＠".contains(c);
    if first.is_some_and(starts_formula) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{guarded, quoted};

    #[test]
    fn text_that_starts_a_formula_is_guarded() {
        for formula in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "  =1",
            "\u{3000}=1",
            "\u{a0}-1",
            "\u{200b}=1",
            "＝1",
            "－x",
        ] {
            assert_eq!(guarded(formula), format!("'{formula}"));
        }
        for text in ["Shop", "本番", "a=1", "1-2", "'=1", "(-1)"] {
            assert_eq!(guarded(text), text);
        }
    }

    #[test]
    fn cell_with_separator_or_quote_is_quoted() {
        assert_eq!(quoted("a,b"), "\"a,b\"");
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
        assert_eq!(quoted(" a"), "\" a\"");
        assert_eq!(
            quoted("arn:aws:iam::222222222222:role/x"),
            "arn:aws:iam::222222222222:role/x"
        );
        assert_eq!(quoted(""), "");
    }
}
