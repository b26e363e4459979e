//! Companion roles on the command line: which, with which options.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use serde_json::{Map, Value, json};

use super::accounts::Account;
use super::input;
use crate::failure::Failure;
use crate::plan::Plan;
use crate::request::Request;
use crate::view::shown;

/// The kinds that can be asked for, and what each may be told. The hub judges the values.
const KINDS: &[(&str, &[(&str, Kind)])] = &[
    (
        "switch-role",
        &[
            ("trusted_account_id", Kind::Text),
            ("policies", Kind::List),
            ("require_mfa", Kind::Flag),
            ("max_session_seconds", Kind::Number),
            ("path", Kind::Text),
        ],
    ),
    (
        "ec2-instance",
        &[("policies", Kind::List), ("trust_ssm", Kind::Flag)],
    ),
    (
        "ssm-hybrid",
        &[
            ("directory_service", Kind::Flag),
            ("cloudwatch_agent", Kind::Flag),
            ("s3_buckets", Kind::List),
            ("patch_baseline_regions", Kind::List),
        ],
    ),
];

/// What an option's value is in JSON.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    Flag,
    Number,
    /// Named again for each item; named once without a value: empty.
    List,
}

/// Which companion roles.
#[derive(Debug, Args)]
pub struct RoleChoices {
    /// A companion role, like switch-role=trusted_account_id=333333333333,require_mfa=false; repeat
    /// for more, and an option for each item of a list
    #[arg(long, value_name = "KIND[=OPTION=VALUE,...]", value_parser = companion)]
    pub with: Vec<Value>,
    /// A JSON file with the companion roles as the API takes them, or - for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "with")]
    pub companions_file: Option<PathBuf>,
}

impl RoleChoices {
    /// The list for the body; none if nothing was said.
    pub fn read(self) -> Result<Option<Value>, Failure> {
        match self.companions_file {
            Some(path) => listed(&input::file(&path)?).map(Some),
            None if self.with.is_empty() => Ok(None),
            None => Ok(Some(Value::Array(self.with))),
        }
    }
}

/// A list, or an object that has it as the API's bodies do.
fn listed(text: &str) -> Result<Value, Failure> {
    let wrong = |why: String| Failure::Usage(format!("The companion roles' file {why}."));
    let mut value: Value =
        serde_json::from_str(text).map_err(|e| wrong(format!("is no JSON: {e}")))?;
    if let Some(list) = value.get_mut("companion_roles") {
        value = list.take();
    }
    if value.is_array() {
        Ok(value)
    } else {
        Err(wrong(
            "must be a list of {\"kind\": ..., \"options\": {...}}".to_owned(),
        ))
    }
}

/// Reads `kind` or `kind=option=value,option=value`.
fn companion(text: &str) -> Result<Value, String> {
    let (kind, rest) = text.split_once('=').unwrap_or((text, ""));
    let known = KINDS.iter().find(|(name, _)| *name == kind);
    let (_, options) = known.ok_or_else(|| {
        let kinds = KINDS.iter().map(|(name, _)| *name).collect::<Vec<_>>();
        format!("a companion role is one of {}", kinds.join(", "))
    })?;
    let mut given = Map::new();
    for pair in rest.split(',').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let known = options.iter().find(|(known, _)| *known == name);
        let (_, form) = known.ok_or_else(|| {
            let names = options.iter().map(|(name, _)| *name).collect::<Vec<_>>();
            format!("{kind} has no option {name}; it has {}", names.join(", "))
        })?;
        put(&mut given, name, value, *form)?;
    }
    Ok(json!({"kind": kind, "options": given}))
}

fn put(given: &mut Map<String, Value>, name: &str, value: &str, form: Kind) -> Result<(), String> {
    if let Kind::List = form {
        let list = given.entry(name).or_insert_with(|| json!([]));
        if let (Value::Array(items), false) = (list, value.is_empty()) {
            items.push(value.into());
        }
        return Ok(());
    }
    let value = match form {
        Kind::Text | Kind::List => Some(Value::from(value)),
        Kind::Flag => value.parse::<bool>().ok().map(Value::from),
        Kind::Number => value.parse::<u64>().ok().map(Value::from),
    };
    let value = value.ok_or_else(|| match form {
        Kind::Flag => format!("{name} is true or false"),
        _ => format!("{name} is a number"),
    })?;
    match given.insert(name.to_owned(), value) {
        None => Ok(()),
        Some(_) => Err(format!("{name} is there twice")),
    }
}

/// `rolecall accounts companions`.
#[derive(Debug, Subcommand)]
pub enum CompanionsCommand {
    /// Show the account's companion roles and how their last check went
    Show(Account),
    /// Say which companion roles the stack should have from now on; tells how to update it
    Set(Companions),
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("choice").required(true).multiple(true).args(["with", "companions_file", "none"])))]
pub struct Companions {
    #[command(flatten)]
    account: Account,
    #[command(flatten)]
    roles: RoleChoices,
    /// No companion roles any more
    #[arg(long, conflicts_with_all = ["with", "companions_file"])]
    none: bool,
}

impl CompanionsCommand {
    pub fn plan(self) -> Result<Plan, Failure> {
        match self {
            Self::Show(account) => Ok(Plan::one(Request::get(account.path()), shown::COMPANIONS)),
            Self::Set(wish) => {
                let roles = wish.roles.read()?.unwrap_or_else(|| json!([]));
                let path = format!("{}/companion-roles", wish.account.path());
                let request = Request::put(path, json!({"companion_roles": roles}));
                Ok(Plan::one(request, shown::COMPANIONS_SET))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{companion, listed};
    use serde_json::json;

    #[test]
    fn options_have_the_types_that_the_api_takes() {
        let text = "switch-role=trusted_account_id=333333333333,require_mfa=false,\
                    max_session_seconds=7200,policies=ReadOnlyAccess,policies=arn:aws:iam::aws:policy/X";
        let wanted = json!({"kind": "switch-role", "options": {
            "trusted_account_id": "333333333333", "require_mfa": false, "max_session_seconds": 7200,
            "policies": ["ReadOnlyAccess", "arn:aws:iam::aws:policy/X"],
        }});
        assert_eq!(companion(text), Ok(wanted));
        let bare = json!({"kind": "ssm-hybrid", "options": {}});
        assert_eq!(companion("ssm-hybrid"), Ok(bare));
        let empty = json!({"kind": "ssm-hybrid", "options": {"s3_buckets": []}});
        assert_eq!(companion("ssm-hybrid=s3_buckets="), Ok(empty));
    }

    #[test]
    fn what_is_not_known_is_told() {
        let wrong = [
            "",
            "automation",
            "switch-role=colour=red",
            "switch-role=require_mfa=maybe",
            "switch-role=max_session_seconds=an hour",
            "switch-role=path=/a/,path=/b/",
        ];
        for text in wrong {
            assert!(companion(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_file_has_the_list_or_the_body() {
        let list = json!([{"kind": "ssm-hybrid"}]);
        assert!(listed(&list.to_string()).is_ok_and(|read| read == list));
        let body = json!({"companion_roles": list}).to_string();
        assert!(listed(&body).is_ok_and(|read| read == list));
        assert!(listed("{}").is_err());
        assert!(listed("nothing").is_err());
    }

    /// The kinds and options here are those of the catalogue that the hub has.
    #[test]
    fn every_kind_of_the_catalogue_can_be_asked_for() {
        use rolecall_domain::companion::spec::RoleKind;
        let hub: Vec<(&str, Vec<&str>)> = RoleKind::companions()
            .map(|kind| (kind.name, kind.options.iter().map(|one| one.name).collect()))
            .collect();
        let here: Vec<(&str, Vec<&str>)> = super::KINDS
            .iter()
            .map(|(name, options)| (*name, options.iter().map(|(name, _)| *name).collect()))
            .collect();
        assert_eq!(here, hub);
    }
}
