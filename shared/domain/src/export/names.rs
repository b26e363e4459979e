//! Names of profiles, accounts and connections: ASCII, valid for every reader, and unique.

use super::{Candidate, Options, Refused};
use crate::access::ProfileName;
use crate::messages::Rule;
use crate::text::romanize::slug;
use crate::text::{FieldError, checked_string};
use std::collections::BTreeSet;

/// The longest part of a name that comes from a group or an account.
const LONGEST_WORD: usize = 40;

/// The values that a template can contain.
const FIELDS: [&str; 8] = [
    "tenant",
    "group",
    "name",
    "aws_account_id",
    "account_id",
    "id",
    "region",
    "access",
];

checked_string!(
    /// How profiles are named, such as `{name}-{access}`. The text between the values has only characters that
    /// every SDK allows in the name of a profile.
    ProfileTemplate,
    |text| {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_-./@:+".contains(&b);
        let is_valid = || {
            let parts = parts(text)?;
            let literal = parts.iter().all(|part| match part {
                Part::Literal(literal) => literal.bytes().all(allowed),
                Part::Field(_) => true,
            });
            let names_something = parts.iter().any(|part| matches!(part, Part::Field(_)));
            (text.len() <= 120 && literal && names_something).then_some(())
        };
        is_valid().ok_or(FieldError::new("invalid", Rule::NotAProfileTemplate))
    }
);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part<'a> {
    Literal(&'a str),
    Field(&'a str),
}

/// `None` if a brace has no partner, or the value between them is unknown.
fn parts(text: &str) -> Option<Vec<Part<'_>>> {
    let (mut parts, mut rest) = (Vec::new(), text);
    while let Some((literal, after)) = rest.split_once('{') {
        let (field, after) = after.split_once('}')?;
        let field = FIELDS.into_iter().find(|known| *known == field)?;
        parts.extend([Part::Literal(literal), Part::Field(field)]);
        rest = after;
    }
    parts.push(Part::Literal(rest));
    let closed = |part: &Part<'_>| matches!(part, Part::Literal(text) if text.contains('}'));
    (!parts.iter().any(closed)).then_some(parts)
}

/// Group, account, AWS account ID, and the tail of the account's Rolecall ID: independent of the rest of the file,
/// and distinct for each group, tenant and hub.
pub(super) const FULL: &str = "{group}-{name}-{aws_account_id}-{id}";
/// The same for files that have several profiles per account.
const FULL_WITH_ACCESS: &str = "{group}-{name}-{aws_account_id}-{id}-{access}";

/// The name of the account according to a valid template. Words that are empty leave no gap.
pub(super) fn named(template: &str, of: &Candidate, access: Option<&ProfileName>) -> String {
    let account = &of.account;
    let digits = account.aws_account_id.as_str();
    let word = |text: &str| slug(text, LONGEST_WORD);
    let value = |field: &str| match field {
        "tenant" => account.tenant.to_string(),
        "group" => word(of.group_name.as_str()),
        // An account without a name has its digits.
        "name" if template.contains("{aws_account_id}") && account.name.as_str() == digits => {
            String::new()
        }
        "name" => word(account.name.as_str()),
        "aws_account_id" => digits.to_owned(),
        "account_id" => account.account_id.to_string(),
        "id" => account.account_id.tail().to_owned(),
        "region" => account.stack_id.region().to_string(),
        "access" => access.map(ToString::to_string).unwrap_or_default(),
        _ => String::new(),
    };
    let mut name = String::new();
    for part in parts(template).unwrap_or_default() {
        match part {
            Part::Literal(literal) => name.push_str(literal),
            Part::Field(field) => name.push_str(&value(field)),
        }
    }
    let words = name.split('-').filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// Assigns names to profiles, each only once.
#[derive(Debug)]
pub(super) struct ProfileNames<'a> {
    template: &'a str,
    taken: BTreeSet<String>,
}

impl<'a> ProfileNames<'a> {
    /// `reserved` are the user's own profiles that the file refers to.
    pub(super) fn new(options: &'a Options, is_each_access: bool, reserved: &[&str]) -> Self {
        let full = match is_each_access {
            true => FULL_WITH_ACCESS,
            false => FULL,
        };
        let chosen = options.profile_template.as_ref();
        let reserved = reserved.iter().chain(&["default"]);
        Self {
            template: chosen.map_or(full, ProfileTemplate::as_str),
            taken: reserved.map(|name| (*name).to_owned()).collect(),
        }
    }

    pub(super) fn next(
        &mut self,
        of: &Candidate,
        access: Option<&ProfileName>,
    ) -> Result<String, Refused> {
        let name = named(self.template, of, access);
        if name.is_empty() || !self.taken.insert(name.clone()) {
            return Err(Refused::NameTaken { name });
        }
        Ok(name)
    }
}

#[cfg(test)]
mod tests {
    use super::ProfileTemplate;

    #[test]
    fn template_has_known_values_and_safe_characters() {
        for good in [
            "{name}",
            "prod/{name}",
            "{tenant}.{group}_{name}@{region}:{id}+{access}",
        ] {
            assert!(ProfileTemplate::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "prod",
            "{}",
            "{Name}",
            "{name",
            "name}",
            "{name}}",
            "{{name}}",
            "{name} x",
            "[{name}]",
            "{name}#",
            "{name}\n",
            "{name}本",
            "{external_id}",
        ] {
            assert!(ProfileTemplate::parse(bad).is_err(), "{bad}");
        }
    }
}
