//! Removes secrets from reports, wherever in a role they appear.

use super::report::Check;
use crate::aws::ExternalId;
use crate::messages::Localized;

const HIDDEN: &str = "(not shown)";

/// Hides the external ID, and any text that looks like a registration token.
pub(super) fn redact(checks: &mut [Check], external_id: &ExternalId) {
    for check in checks {
        let evidence = check.evidence.values_mut().flatten();
        let words = [
            Some(&mut check.message),
            check.remedy.as_mut(),
            check.remedy_for_customer.as_mut(),
            check.remedy_for_connected_customer.as_mut(),
        ];
        let words = words.into_iter().flatten().flat_map(Localized::each_mut);
        for text in evidence.chain(words).chain(&mut check.command) {
            hide(text, external_id);
        }
    }
}

fn hide(text: &mut String, external_id: &ExternalId) {
    *text = without_tokens(&without(text, external_id.as_str()));
}

/// Case-insensitive, because IAM preserves the spelling it was given.
fn without(text: &str, secret: &str) -> String {
    let (lower, secret) = (text.to_ascii_lowercase(), secret.to_ascii_lowercase());
    let mut rest = 0;
    let mut shown = String::with_capacity(text.len());
    for (at, found) in lower.match_indices(&secret) {
        shown.push_str(text.get(rest..at).unwrap_or_default());
        shown.push_str(HIDDEN);
        rest = at + found.len();
    }
    shown.push_str(text.get(rest..).unwrap_or_default());
    shown
}

/// Tokens have the form `reg_<id>.<secret>`; the part after the period is hidden.
fn without_tokens(text: &str) -> String {
    let mut parts = text.split('.');
    let mut shown = parts.next().unwrap_or_default().to_owned();
    let mut follows_id = ends_in_registration_id(&shown);
    for part in parts {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let rest = part.trim_start_matches(is_word);
        shown.push('.');
        if follows_id && part.len() - rest.len() >= 20 {
            shown.push_str(HIDDEN);
            shown.push_str(rest);
        } else {
            shown.push_str(part);
        }
        follows_id = ends_in_registration_id(part);
    }
    shown
}

fn ends_in_registration_id(text: &str) -> bool {
    text.rsplit_once("reg_")
        .is_some_and(|(_, id)| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_anywhere_in_the_text() {
        assert_eq!(without("a/ABC-abc/é", "abc"), "a/(not shown)-(not shown)/é");
        let secret = "s".repeat(43);
        let text = format!("x.reg_0a1b.{secret}, y.z");
        assert_eq!(without_tokens(&text), "x.reg_0a1b.(not shown), y.z");
        assert_eq!(
            without_tokens("arn:aws:s3:::reg_1.bucket"),
            "arn:aws:s3:::reg_1.bucket"
        );
    }
}
