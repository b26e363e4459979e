//! `rolecall groups`.

use clap::{ArgGroup, Subcommand};

use super::paging::SortedPaging;
use crate::command::{Command, body};
use crate::ids::{Group, IdempotencyKey, Named};
use crate::view::views;
use rolecall_client::calls;

#[derive(Debug, Subcommand)]
pub enum GroupsCommand {
    /// List groups
    List(SortedPaging),
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
    pub fn named(&mut self) -> Vec<Named<'_>> {
        match self {
            Self::List(_) | Self::Create { .. } => Vec::new(),
            Self::Show(group) | Self::Edit { group, .. } | Self::Delete { group, .. } => {
                group.named()
            }
        }
    }

    pub fn command(self) -> Command {
        match self {
            Self::List(paging) => paging.list(calls::list_groups(), views::GROUPS),
            Self::Show(group) => Command::show(calls::get_group(&group.group), views::GROUP),
            Self::Create { name, color, key } => {
                let call = calls::create_group(&name, &color).with_key(key.idempotency_key);
                Command::show(call, views::GROUP)
            }
            Self::Edit { group, name, color } => {
                let change = body([
                    ("name", name.map(Into::into)),
                    ("color", color.map(Into::into)),
                ]);
                Command::show(calls::change_group(&group.group, change), views::GROUP)
            }
            Self::Delete { group, yes } => {
                let call = calls::delete_group(&group.group);
                let subject = calls::get_group(&group.group);
                Command::message(call, "Deleted the group.").confirm(yes, subject, |group| {
                    let name = group["name"].as_str().unwrap_or_default();
                    format!("Delete the group \"{name}\"?")
                })
            }
        }
    }
}
