//! The value of a role option, parsed according to the option's type.

use super::spec::{AwsPolicy, MOST_IN_A_LIST, MOST_POLICIES, OptionSpec, PATH, Takes};
use crate::aws::{AwsAccountId, Partition, PolicyArn, Region};
use crate::messages::{Alternatives, Rule};
use crate::text::FieldError;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A value, in the form that its option takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Chosen {
    Flag(bool),
    Number(u32),
    Text(String),
    List(Vec<String>),
}

/// Facts about the account that the request is for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub partition: Partition,
    /// `None` if the link works in any account.
    pub aws_account_id: Option<&'a AwsAccountId>,
    /// The hub's own account, which no companion role may trust.
    pub hub: Option<&'a AwsAccountId>,
}

pub(super) fn read_value(
    spec: &OptionSpec,
    value: Option<&Value>,
    asked: &Asked<'_>,
) -> Result<Chosen, FieldError> {
    let invalid = |rule| FieldError::of(spec.name, "invalid", rule);
    match &spec.takes {
        Takes::AccountId => {
            let value =
                value.ok_or_else(|| FieldError::of(spec.name, "required", Rule::Required))?;
            let id = AwsAccountId::parse(value.as_str().unwrap_or_default());
            let id = id.map_err(|error| invalid(error.rule))?;
            if asked.aws_account_id == Some(&id) {
                return Err(FieldError::of(spec.name, "own_account", Rule::SameAccount));
            }
            if asked.hub == Some(&id) {
                return Err(FieldError::of(spec.name, "hub_account", Rule::HubAccount));
            }
            Ok(Chosen::Text(id.into()))
        }
        Takes::Flag { default } => match value {
            None => Ok(Chosen::Flag(*default)),
            Some(Value::Bool(flag)) => Ok(Chosen::Flag(*flag)),
            Some(_) => Err(invalid(Rule::MustBeBoolean)),
        },
        Takes::Seconds {
            default,
            least,
            most,
        } => {
            let number = value.map_or(Some(*default), whole_number);
            match number.filter(|number| (least..=most).contains(&number)) {
                Some(number) => Ok(Chosen::Number(number)),
                None => Err(invalid(Rule::MustBeWholeNumber {
                    least: *least,
                    most: *most,
                })),
            }
        }
        Takes::RolePath => {
            let path = value.map_or(Some(PATH), Value::as_str);
            match path.filter(|path| is_role_path(path)) {
                Some(path) => Ok(Chosen::Text(path.to_owned())),
                None => Err(invalid(Rule::NotARolePath {
                    prefix: PATH,
                    most: LONGEST_PATH,
                })),
            }
        }
        Takes::Policies { known, default } => {
            let (least, most) = (1, MOST_POLICIES);
            let Some(value) = value else {
                return Ok(Chosen::List(vec![(*default).to_owned()]));
            };
            read_list(spec, value, least..=most, |text| {
                policy_name(known, text, asked)
            })
        }
        Takes::Buckets => read_list(
            spec,
            value.unwrap_or(&NO_VALUES),
            0..=MOST_IN_A_LIST,
            |text| {
                if is_bucket(text) {
                    Ok(text.to_owned())
                } else {
                    Err(("invalid", Rule::NotABucketName))
                }
            },
        ),
        Takes::Regions => read_list(
            spec,
            value.unwrap_or(&NO_VALUES),
            0..=MOST_IN_A_LIST,
            |text| match Region::parse(text) {
                Ok(region) if region.partition() == asked.partition => Ok(region.into()),
                Ok(_) => Err(("invalid", Rule::OtherPartition)),
                Err(error) => Err((error.code, error.rule)),
            },
        ),
    }
}

/// Accepts `3600` and `3600.0`, because JSON Schema treats both as integers.
fn whole_number(value: &Value) -> Option<u32> {
    let number = value.as_f64()?;
    let whole = number as u32;
    (f64::from(whole) == number).then_some(whole)
}

static NO_VALUES: Value = Value::Array(Vec::new());

/// The console can switch only to roles whose path and name have at most 64 characters together,
/// and the stack's role names have 50.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-user.html>
pub const LONGEST_PATH: usize = 14;

/// Parses a list; the result is sorted and without duplicates.
fn read_list(
    spec: &OptionSpec,
    value: &Value,
    size: std::ops::RangeInclusive<usize>,
    read: impl Fn(&str) -> Result<String, (&'static str, Rule)>,
) -> Result<Chosen, FieldError> {
    let wrong = |code, rule| FieldError::of(spec.name, code, rule);
    let Value::Array(items) = value else {
        return Err(wrong("invalid", Rule::MustBeArray));
    };
    if !size.contains(&items.len()) {
        let (least, most) = size.into_inner();
        return Err(wrong("invalid", Rule::EntryCount { least, most }));
    }
    let mut list = Vec::new();
    for item in items {
        let text = item.as_str();
        let text = text.ok_or_else(|| wrong("invalid", Rule::MustBeArrayOfStrings))?;
        list.push(read(text).map_err(|(code, rule)| wrong(code, rule))?);
    }
    list.sort();
    list.dedup();
    Ok(Chosen::List(list))
}

/// Known AWS managed policies are identified by name, all others by ARN.
fn policy_name(
    known: &[AwsPolicy],
    text: &str,
    asked: &Asked<'_>,
) -> Result<String, (&'static str, Rule)> {
    if known.iter().any(|policy| policy.name() == text) {
        return Ok(text.to_owned());
    }
    let names = || Alternatives::of(known.iter().map(AwsPolicy::name));
    let rule = |_| ("invalid", Rule::NotAPolicy { names: names() });
    let arn = PolicyArn::parse(text).map_err(rule)?;
    if arn.partition() != asked.partition {
        return Err(("invalid", Rule::OtherPartition));
    }
    let owner = arn.account();
    if owner.is_some()
        && asked
            .aws_account_id
            .is_some_and(|id| owner.as_ref() != Some(id))
    {
        return Err(("other_account", Rule::OtherAccountsPolicy));
    }
    let own = known
        .iter()
        .find(|policy| aws_policy_arn(policy.path, asked.partition) == text);
    Ok(own.map_or_else(|| text.to_owned(), |policy| policy.name().to_owned()))
}

pub(super) fn policy_arn(known: &[AwsPolicy], name: &str, partition: Partition) -> String {
    let policy = known.iter().find(|policy| policy.name() == name);
    policy.map_or_else(
        || name.to_owned(),
        |policy| aws_policy_arn(policy.path, partition),
    )
}

/// The ARN of an AWS managed policy.
pub(super) fn aws_policy_arn(path_and_name: &str, partition: Partition) -> String {
    format!("arn:{}:iam::aws:policy/{path_and_name}", partition.as_str())
}

/// The same rule as the template's.
fn is_role_path(path: &str) -> bool {
    let word = |part: &str| {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
        !part.is_empty() && part.bytes().all(allowed)
    };
    let rest = path
        .strip_prefix(PATH)
        .filter(|_| path.len() <= LONGEST_PATH);
    rest.is_some_and(|rest| {
        rest.is_empty()
            || rest
                .strip_suffix('/')
                .is_some_and(|rest| rest.split('/').all(word))
    })
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
fn is_bucket(name: &str) -> bool {
    let edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let inside = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-';
    (3..=63).contains(&name.len())
        && name.bytes().all(inside)
        && edge(name.bytes().next())
        && edge(name.bytes().last())
        && !name.contains("..")
}
