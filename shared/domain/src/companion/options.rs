//! What was chosen about a role: read from a request, written into the template's parameter, and
//! read back from it.

use super::catalogue::{
    AwsPolicy, Contradiction, MOST_IN_A_LIST, MOST_POLICIES, OptionSpec, PATH, RoleKind, Takes,
};
use super::{CompanionRole, Kind};
use crate::aws::{AwsAccountId, Partition, PolicyArn, Region};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// All options of a kind, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Options(BTreeMap<String, Chosen>);

/// A value, in the form that its option takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Chosen {
    Flag(bool),
    Number(u32),
    Text(String),
    List(Vec<String>),
}

/// What is known of the account that is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub partition: Partition,
    /// None where any account may answer.
    pub aws_account_id: Option<&'a AwsAccountId>,
    /// The hub's own account, which no companion role may trust. None where a stack's parameter is
    /// read: it says what there is.
    pub hub: Option<&'a AwsAccountId>,
}

/// A field, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    pub field: String,
    pub code: &'static str,
    pub message: String,
}

impl Wrong {
    fn new(field: &str, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            field: field.to_owned(),
            code,
            message: message.into(),
        }
    }

    fn within(self, parent: &str) -> Self {
        let field = match self.field.as_str() {
            "" => parent.to_owned(),
            field => format!("{parent}.{field}"),
        };
        Self { field, ..self }
    }
}

/// What stands for an empty list in a parameter; for every option, where the role is not made.
pub const NOTHING: &str = "-";
/// In bytes. <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const LONGEST: usize = 4096;
/// Between the values of a list in a parameter: in none of the names that can be in one.
pub const BETWEEN: &str = "|";

/// Each kind once at most, in the catalogue's order.
///
/// # Errors
/// Everything that is wrong, by field.
pub fn read_all(list: &Value, asked: &Asked<'_>) -> Result<Vec<CompanionRole>, Vec<Wrong>> {
    const FIELD: &str = "companion_roles";
    let Value::Array(items) = list else {
        return Err(vec![Wrong::new(FIELD, "invalid", "must be a list")]);
    };
    let (mut roles, mut wrong): (Vec<CompanionRole>, Vec<Wrong>) = (Vec::new(), Vec::new());
    for (at, item) in items.iter().enumerate() {
        let parent = format!("{FIELD}[{at}]");
        match read_one(item, asked) {
            Ok(role) if roles.iter().any(|known| known.kind == role.kind) => {
                let message = "is there twice; a stack makes one role of a kind";
                wrong.push(Wrong::new("kind", "duplicate", message).within(&parent));
            }
            Ok(role) => roles.push(role),
            Err(errors) => wrong.extend(errors.into_iter().map(|one| one.within(&parent))),
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let place = |role: &CompanionRole| Kind::companions().position(|kind| kind == role.kind);
    roles.sort_by_key(place);
    Ok(roles)
}

fn read_one(item: &Value, asked: &Asked<'_>) -> Result<CompanionRole, Vec<Wrong>> {
    let Value::Object(fields) = item else {
        return Err(vec![Wrong::new("", "invalid", "must be an object")]);
    };
    let mut wrong: Vec<Wrong> = fields
        .keys()
        .filter(|field| !["kind", "options"].contains(&field.as_str()))
        .map(|field| Wrong::new(field, "unknown_field", "is not a field of a companion role"))
        .collect();
    let kind = match read_kind(fields.get("kind")) {
        Ok(kind) => kind,
        Err(error) => {
            wrong.push(error);
            return Err(wrong);
        }
    };
    let none = Map::new();
    let options = match fields.get("options") {
        None | Some(Value::Null) => &none,
        Some(Value::Object(options)) => options,
        Some(_) => {
            wrong.push(Wrong::new("options", "invalid", "must be an object"));
            return Err(wrong);
        }
    };
    match Options::read(kind, options, asked) {
        Ok(options) if wrong.is_empty() => Ok(CompanionRole { kind, options }),
        Ok(_) => Err(wrong),
        Err(errors) => {
            wrong.extend(errors.into_iter().map(|error| error.within("options")));
            Err(wrong)
        }
    }
}

fn read_kind(value: Option<&Value>) -> Result<Kind, Wrong> {
    let name = match value {
        None | Some(Value::Null) => return Err(Wrong::new("kind", "required", "is required")),
        Some(value) => value.as_str().unwrap_or_default(),
    };
    match Kind::parse(name) {
        Some(kind) if kind.always => Err(Wrong::new(
            "kind",
            "always_there",
            "is made by every stack; leave it out",
        )),
        Some(kind) => Ok(kind),
        None => {
            let known: Vec<&str> = RoleKind::companions().map(|kind| kind.name).collect();
            let message = format!("must be one of {}", known.join(", "));
            Err(Wrong::new("kind", "unknown_kind", message))
        }
    }
}

impl Options {
    fn read(kind: Kind, given: &Map<String, Value>, asked: &Asked<'_>) -> Result<Self, Vec<Wrong>> {
        let mut wrong: Vec<Wrong> = given
            .keys()
            .filter(|name| kind.option(name).is_none())
            .map(|name| {
                let message = format!("is not an option of {}", kind.name);
                Wrong::new(name, "unknown_option", message)
            })
            .collect();
        let mut options = Self::default();
        for spec in kind.options {
            let value = given.get(spec.name).filter(|value| !value.is_null());
            match read_value(spec, value, asked) {
                Ok(chosen) => {
                    options.0.insert(spec.name.to_owned(), chosen);
                }
                Err(error) => wrong.push(error),
            }
        }
        if wrong.is_empty() {
            let objections = kind.contradictions.iter();
            wrong.extend(objections.filter_map(|one| options.objection(one)));
        }
        if wrong.is_empty() && options.to_parameter(kind, asked.partition).len() > LONGEST {
            let message = "take more room together than a parameter of CloudFormation's has";
            wrong.push(Wrong::new("", "too_long", message));
        }
        if wrong.is_empty() {
            Ok(options)
        } else {
            Err(wrong)
        }
    }

    fn objection(&self, contradiction: &Contradiction) -> Option<Wrong> {
        match contradiction {
            Contradiction::FlagNeedsPolicy {
                flag,
                list,
                policy,
                why,
            } => {
                let lacks = self.flag(flag) && !self.has_policy(list, policy);
                lacks.then(|| Wrong::new(flag, "contradiction", *why))
            }
            Contradiction::PolicyStandsAlone { list, policy, why } => {
                let crowded = self.list(list).len() > 1 && self.has_policy(list, policy);
                crowded.then(|| Wrong::new(list, "contradiction", *why))
            }
        }
    }

    fn has_policy(&self, list: &str, policy: &str) -> bool {
        self.list(list).iter().any(|one| one == policy)
    }

    pub fn flag(&self, name: &str) -> bool {
        self.0.get(name) == Some(&Chosen::Flag(true))
    }

    pub fn number(&self, name: &str) -> Option<u32> {
        match self.0.get(name) {
            Some(Chosen::Number(number)) => Some(*number),
            _ => None,
        }
    }

    pub fn text(&self, name: &str) -> &str {
        match self.0.get(name) {
            Some(Chosen::Text(text)) => text,
            _ => "",
        }
    }

    pub fn list(&self, name: &str) -> &[String] {
        match self.0.get(name) {
            Some(Chosen::List(list)) => list,
            _ => &[],
        }
    }

    /// As the template takes it, a `CommaDelimitedList`: every option, in the catalogue's order,
    /// such as `trusted_account_id=333333333333,policies=arn:..|arn:..,require_mfa=true`.
    pub fn to_parameter(&self, kind: Kind, partition: Partition) -> String {
        let words = kind.options.iter().map(|spec| {
            let value = match (self.0.get(spec.name), &spec.takes) {
                (Some(Chosen::List(list)), Takes::Policies { known, .. }) => {
                    let arns = list.iter().map(|name| policy_arn(known, name, partition));
                    arns.collect::<Vec<_>>().join(BETWEEN)
                }
                (Some(Chosen::List(list)), _) if list.is_empty() => NOTHING.to_owned(),
                (Some(Chosen::List(list)), _) => list.join(BETWEEN),
                (Some(Chosen::Flag(flag)), _) => flag.to_string(),
                (Some(Chosen::Number(number)), _) => number.to_string(),
                (Some(Chosen::Text(text)), _) => text.clone(),
                (None, _) => NOTHING.to_owned(),
            };
            format!("{}={value}", spec.name)
        });
        words.collect::<Vec<_>>().join(",")
    }

    /// The parameter's default: no such role.
    pub fn no_role(kind: &RoleKind) -> String {
        let words = kind
            .options
            .iter()
            .map(|spec| format!("{}={NOTHING}", spec.name));
        words.collect::<Vec<_>>().join(",")
    }

    /// None where it is not what [`Options::to_parameter`] writes.
    pub fn from_parameter(kind: Kind, text: &str, partition: Partition) -> Option<Self> {
        let mut words = text.split(',').map(str::trim);
        let mut given = Map::new();
        for (at, spec) in kind.options.iter().enumerate() {
            // A stack that was made before there was this option has its default.
            let Some(word) = words.next().filter(|word| at == 0 || !word.is_empty()) else {
                break;
            };
            let (name, value) = word.split_once('=')?;
            if name != spec.name {
                return None;
            }
            let list = || match value {
                NOTHING => Value::Array(Vec::new()),
                list => list.split(BETWEEN).map(Value::from).collect(),
            };
            let value = match &spec.takes {
                Takes::Flag { .. } => Value::Bool(value.parse().ok()?),
                Takes::Seconds { .. } => Value::from(value.parse::<u32>().ok()?),
                Takes::AccountId | Takes::RolePath => Value::from(value),
                Takes::Policies { .. } | Takes::Buckets | Takes::Regions => list(),
            };
            given.insert(name.to_owned(), value);
        }
        let asked = Asked {
            partition,
            aws_account_id: None,
            hub: None,
        };
        let rest = words.next();
        Self::read(kind, &given, &asked)
            .ok()
            .filter(|_| rest.is_none())
    }
}

fn read_value(
    spec: &OptionSpec,
    value: Option<&Value>,
    asked: &Asked<'_>,
) -> Result<Chosen, Wrong> {
    let invalid = |message: &str| Wrong::new(spec.name, "invalid", message);
    match &spec.takes {
        Takes::AccountId => {
            let value = value.ok_or_else(|| Wrong::new(spec.name, "required", "is required"))?;
            let id = AwsAccountId::parse(value.as_str().unwrap_or_default());
            let id = id.map_err(|error| invalid(error.rule))?;
            if asked.aws_account_id == Some(&id) {
                let message = "is the account that is to be connected; a bastion is another one";
                return Err(Wrong::new(spec.name, "own_account", message));
            }
            if asked.hub == Some(&id) {
                let message = "is the hub's own account, which no companion role may trust; \
                     give the account that your people sign in to";
                return Err(Wrong::new(spec.name, "hub_account", message));
            }
            Ok(Chosen::Text(id.into()))
        }
        Takes::Flag { default } => match value {
            None => Ok(Chosen::Flag(*default)),
            Some(Value::Bool(flag)) => Ok(Chosen::Flag(*flag)),
            Some(_) => Err(invalid("must be true or false")),
        },
        Takes::Seconds {
            default,
            least,
            most,
        } => {
            let number = value.map_or(Some(*default), whole_number);
            match number.filter(|number| (least..=most).contains(&number)) {
                Some(number) => Ok(Chosen::Number(number)),
                None => Err(invalid(&format!(
                    "must be a whole number from {least} to {most}"
                ))),
            }
        }
        Takes::RolePath => {
            let path = value.map_or(Some(PATH), Value::as_str);
            match path.filter(|path| is_role_path(path)) {
                Some(path) => Ok(Chosen::Text(path.to_owned())),
                None => Err(invalid(&format!(
                    "must start with {PATH}, end with a slash, and have at most {LONGEST_PATH} characters"
                ))),
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
                    Err(("invalid", "must be the name of an S3 bucket".to_owned()))
                }
            },
        ),
        Takes::Regions => read_list(
            spec,
            value.unwrap_or(&NO_VALUES),
            0..=MOST_IN_A_LIST,
            |text| match Region::parse(text) {
                Ok(region) if region.partition() == asked.partition => Ok(region.into()),
                Ok(_) => Err(("invalid", "is in another partition".to_owned())),
                Err(error) => Err((error.code, error.rule.to_owned())),
            },
        ),
    }
}

/// `3600`, or `3600.0`, which JSON Schema takes for an integer as well.
fn whole_number(value: &Value) -> Option<u32> {
    let number = value.as_f64()?;
    let whole = number as u32;
    (f64::from(whole) == number).then_some(whole)
}

static NO_VALUES: Value = Value::Array(Vec::new());
/// The console switches to a role whose path and name have 64 characters together at most, and a
/// stack's role has a name of 50.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-user.html>
pub const LONGEST_PATH: usize = 14;

/// Sorted, each value once.
fn read_list(
    spec: &OptionSpec,
    value: &Value,
    size: std::ops::RangeInclusive<usize>,
    read: impl Fn(&str) -> Result<String, (&'static str, String)>,
) -> Result<Chosen, Wrong> {
    let wrong = |code, message: String| Wrong::new(spec.name, code, message);
    let Value::Array(items) = value else {
        return Err(wrong("invalid", "must be a list".to_owned()));
    };
    if !size.contains(&items.len()) {
        let message = format!("must have {} to {} entries", size.start(), size.end());
        return Err(wrong("invalid", message));
    }
    let mut list = Vec::new();
    for item in items {
        let text = item.as_str();
        let text = text.ok_or_else(|| wrong("invalid", "must be a list of texts".to_owned()))?;
        list.push(read(text).map_err(|(code, message)| wrong(code, message))?);
    }
    list.sort();
    list.dedup();
    Ok(Chosen::List(list))
}

/// A policy of AWS's own is called by its name, another by its ARN.
fn policy_name(
    known: &[AwsPolicy],
    text: &str,
    asked: &Asked<'_>,
) -> Result<String, (&'static str, String)> {
    if known.iter().any(|policy| policy.name() == text) {
        return Ok(text.to_owned());
    }
    let names: Vec<&str> = known.iter().map(AwsPolicy::name).collect();
    let rule = || {
        format!(
            "must be the ARN of a managed policy, or one of {}",
            names.join(", ")
        )
    };
    let arn = PolicyArn::parse(text).map_err(|_| ("invalid", rule()))?;
    // A comma ends an entry of the template's parameter, and a name with `=` begins its value.
    if text.contains([',', '=']) {
        let rule = "must have neither a comma nor an equals sign in its name";
        return Err(("invalid", rule.to_owned()));
    }
    if arn.partition() != asked.partition {
        return Err(("invalid", "is in another partition".to_owned()));
    }
    let owner = arn.account();
    if owner.is_some()
        && asked
            .aws_account_id
            .is_some_and(|id| owner.as_ref() != Some(id))
    {
        let message = "is of another account: a role takes AWS's policies and its own account's";
        return Err(("other_account", message.to_owned()));
    }
    let own = known
        .iter()
        .find(|policy| aws_policy_arn(policy.0, asked.partition) == text);
    Ok(own.map_or_else(|| text.to_owned(), |policy| policy.name().to_owned()))
}

pub(super) fn policy_arn(known: &[AwsPolicy], name: &str, partition: Partition) -> String {
    let policy = known.iter().find(|policy| policy.name() == name);
    policy.map_or_else(
        || name.to_owned(),
        |policy| aws_policy_arn(policy.0, partition),
    )
}

/// The ARN of one of AWS's own policies.
pub(super) fn aws_policy_arn(path_and_name: &str, partition: Partition) -> String {
    format!("arn:{}:iam::aws:policy/{path_and_name}", partition.as_str())
}

/// The template's own rule.
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
