//! Companion roles: the options that choose them, and `rolecall accounts companions`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use serde_json::{Map, Value, json};

use super::input;
use crate::command::Command;
use crate::error::Error;
use crate::ids::{Account, Named};
use crate::view::views;
use rolecall_client::calls;

/// Each kind of role with its options. The hub validates the values.
const KINDS: &[(&str, &[(&str, Type)])] = &[
    (
        "switch-role",
        &[
            ("trusted_account_id", Type::Text),
            ("policies", Type::List),
            ("require_mfa", Type::Flag),
            ("max_session_seconds", Type::Number),
            ("path", Type::Text),
        ],
    ),
    (
        "ec2-instance",
        &[("policies", Type::List), ("trust_ssm", Type::Flag)],
    ),
    (
        "ssm-hybrid",
        &[
            ("directory_service", Type::Flag),
            ("cloudwatch_agent", Type::Flag),
            ("s3_buckets", Type::List),
            ("patch_baseline_regions", Type::List),
        ],
    ),
];

/// The type of an option in JSON.
#[derive(Debug, Clone, Copy)]
enum Type {
    Text,
    Flag,
    Number,
    /// Repeated for each item. A single option without a value is an empty list.
    List,
}

/// The options that choose companion roles.
#[derive(Debug, Args)]
pub struct RoleArgs {
    /// Add a companion role, such as ssm-hybrid or switch-role=trusted_account_id=333333333333; repeat
    /// for more roles, and repeat an option for each item of a list
    #[arg(long, value_name = "KIND[=OPTION=VALUE,...]", value_parser = companion)]
    pub with: Vec<Value>,
    /// Read the companion roles (the API's companion_roles) from a JSON file, or - for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "with")]
    pub companions_file: Option<PathBuf>,
}

impl RoleArgs {
    /// The list for the request body, if roles were chosen.
    pub fn read(self) -> Result<Option<Value>, Error> {
        match self.companions_file {
            Some(path) => {
                let list = parse_list(&input::file(&path)?);
                let name = path.display();
                list.map(Some)
                    .map_err(|why| Error::InvalidArguments(format!("{name}: {why}.")))
            }
            None if self.with.is_empty() => Ok(None),
            None => Ok(Some(Value::Array(self.with))),
        }
    }
}

/// Accepts the list, or the API's request body that contains it.
fn parse_list(text: &str) -> Result<Value, String> {
    let mut value: Value = serde_json::from_str(text)
        .map_err(|e| format!("the companion roles are not JSON ({e})"))?;
    if let Some(list) = value.get_mut("companion_roles") {
        value = list.take();
    }
    if value.is_array() {
        Ok(value)
    } else {
        Err("the companion roles must be a list of {\"kind\": ..., \"options\": {...}}".to_owned())
    }
}

/// Reads `kind` or `kind=option=value,option=value`.
fn companion(text: &str) -> Result<Value, String> {
    let (kind, rest) = text.split_once('=').unwrap_or((text, ""));
    let known = KINDS.iter().find(|(name, _)| *name == kind);
    let (_, options) = known.ok_or_else(|| {
        let kinds = KINDS.iter().map(|(name, _)| *name).collect::<Vec<_>>();
        format!(
            "unknown kind of role \"{kind}\"; use one of {}",
            kinds.join(", ")
        )
    })?;
    let mut given = Map::new();
    for pair in rest.split(',').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let known = options.iter().find(|(known, _)| *known == name);
        let (_, value_type) = known.ok_or_else(|| {
            let names = options.iter().map(|(name, _)| *name).collect::<Vec<_>>();
            format!(
                "{kind} has no option \"{name}\"; use one of {}",
                names.join(", ")
            )
        })?;
        insert(&mut given, name, value, *value_type)?;
    }
    Ok(json!({"kind": kind, "options": given}))
}

fn insert(
    given: &mut Map<String, Value>,
    name: &str,
    value: &str,
    value_type: Type,
) -> Result<(), String> {
    if let Type::List = value_type {
        let list = given.entry(name).or_insert_with(|| json!([]));
        if let (Value::Array(items), false) = (list, value.is_empty()) {
            items.push(value.into());
        }
        return Ok(());
    }
    let value = match value_type {
        Type::Text | Type::List => Some(Value::from(value)),
        Type::Flag => value.parse::<bool>().ok().map(Value::from),
        Type::Number => value.parse::<u64>().ok().map(Value::from),
    };
    let value = value.ok_or_else(|| match value_type {
        Type::Flag => format!("{name} must be true or false"),
        _ => format!("{name} must be a number"),
    })?;
    match given.insert(name.to_owned(), value) {
        None => Ok(()),
        Some(_) => Err(format!("{name} is given more than once")),
    }
}

/// `rolecall accounts companions`.
#[derive(Debug, Subcommand)]
pub enum CompanionsCommand {
    /// Show the companion roles of an account and their last check
    Show(Account),
    /// Set the companion roles of an account, and print how to update its stack
    Set(Set),
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("choice").required(true).multiple(true).args(["with", "companions_file", "none"])))]
pub struct Set {
    #[command(flatten)]
    account: Account,
    #[command(flatten)]
    roles: RoleArgs,
    /// Remove all companion roles
    #[arg(long, conflicts_with_all = ["with", "companions_file"])]
    none: bool,
}

impl CompanionsCommand {
    pub fn named(&mut self) -> Vec<Named<'_>> {
        match self {
            Self::Show(account) => account.named(),
            Self::Set(set) => set.account.named(),
        }
    }

    pub fn command(self) -> Result<Command, Error> {
        match self {
            Self::Show(account) => {
                let call = calls::get_account(&account.account);
                Ok(Command::show(call, views::COMPANION_ROLES))
            }
            Self::Set(set) => {
                let roles = set.roles.read()?.unwrap_or_else(|| json!([]));
                let call = calls::choose_companion_roles(&set.account.account, roles);
                Ok(Command::show(call, views::SET_COMPANION_ROLES))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{companion, parse_list};
    use serde_json::json;

    #[test]
    fn options_are_parsed_to_the_types_of_the_api() {
        let text = "switch-role=trusted_account_id=333333333333,require_mfa=false,\
                    max_session_seconds=7200,policies=ReadOnlyAccess,policies=arn:aws:iam::aws:policy/X";
        let expected = json!({"kind": "switch-role", "options": {
            "trusted_account_id": "333333333333", "require_mfa": false, "max_session_seconds": 7200,
            "policies": ["ReadOnlyAccess", "arn:aws:iam::aws:policy/X"],
        }});
        assert_eq!(companion(text), Ok(expected));
        let bare = json!({"kind": "ssm-hybrid", "options": {}});
        assert_eq!(companion("ssm-hybrid"), Ok(bare));
        let empty = json!({"kind": "ssm-hybrid", "options": {"s3_buckets": []}});
        assert_eq!(companion("ssm-hybrid=s3_buckets="), Ok(empty));
    }

    #[test]
    fn unknown_kinds_options_and_values_are_rejected() {
        let invalid = [
            "",
            "automation",
            "switch-role=colour=red",
            "switch-role=require_mfa=maybe",
            "switch-role=max_session_seconds=an hour",
            "switch-role=path=/a/,path=/b/",
        ];
        for text in invalid {
            assert!(companion(text).is_err(), "{text}");
        }
    }

    #[test]
    fn file_contains_the_list_or_the_body() {
        let list = json!([{"kind": "ssm-hybrid"}]);
        assert!(parse_list(&list.to_string()).is_ok_and(|read| read == list));
        let body = json!({"companion_roles": list}).to_string();
        assert!(parse_list(&body).is_ok_and(|read| read == list));
        assert!(parse_list("{}").is_err());
        assert!(parse_list("nothing").is_err());
    }

    #[test]
    fn kinds_and_options_match_the_hubs_catalog() {
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
