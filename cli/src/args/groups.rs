//! `rolecall groups`.

use clap::{ArgGroup, Subcommand};
use serde_json::json;

use super::ids::{Group, IdempotencyKey};
use super::paging::Paging;
use crate::client::request::Request;
use crate::command::{Command, body};
use crate::view::views;

#[derive(Debug, Subcommand)]
pub enum GroupsCommand {
    /// List groups
    List(Paging),
    /// Show a group
    Show(Group),
    /// Create a group
    Create {
        /// Name (1-64 characters)
        name: String,
        /// Color
        #[arg(long, value_name = "#RRGGBB", default_value = "#1f77b4")]
        color: String,
        #[command(flatten)]
        key: IdempotencyKey,
    },
    /// Change the name or color of a group
    #[command(group(ArgGroup::new("change").required(true).multiple(true).args(["name", "color"])))]
    Edit {
        #[command(flatten)]
        group: Group,
        /// New name (1-64 characters)
        #[arg(long)]
        name: Option<String>,
        /// New color
        #[arg(long, value_name = "#RRGGBB")]
        color: Option<String>,
    },
    /// Delete a group that has no accounts and no pending registrations
    Delete {
        #[command(flatten)]
        group: Group,
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
    },
}

impl GroupsCommand {
    pub fn command(self) -> Command {
        match self {
            Self::List(paging) => paging.list(Request::get("/v1/groups"), views::GROUPS),
            Self::Show(group) => Command::show(Request::get(group.path()), views::GROUP),
            Self::Create { name, color, key } => {
                let body = json!({"name": name, "color": color});
                let request = Request::create("/v1/groups", key.idempotency_key, body);
                Command::show(request, views::GROUP)
            }
            Self::Edit { group, name, color } => {
                let change = body([
                    ("name", name.map(Into::into)),
                    ("color", color.map(Into::into)),
                ]);
                Command::show(Request::patch(group.path(), change), views::GROUP)
            }
            Self::Delete { group, yes } => {
                let request = Request::delete(group.path());
                let subject = Request::get(group.path());
                Command::message(request, "Deleted the group.").confirm(yes, subject, |group| {
                    let name = group["name"].as_str().unwrap_or_default();
                    format!("Delete the group \"{name}\"?")
                })
            }
        }
    }
}
