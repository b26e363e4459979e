//! `rolecall groups`.

use clap::{ArgGroup, Args, Subcommand};
use serde_json::json;

use super::{Key, Paging, ids};
use crate::plan::{Plan, body};
use crate::request::Request;
use crate::view::shown;

#[derive(Debug, Subcommand)]
pub enum GroupsCommand {
    /// List the groups
    List(Paging),
    /// Show a group
    Show(Group),
    /// Make a group
    Create {
        /// 1 to 64 characters, any language
        name: String,
        /// Like #1f77b4
        #[arg(long, default_value = "#1f77b4")]
        color: String,
        #[command(flatten)]
        key: Key,
    },
    /// Rename or recolour a group
    #[command(group(ArgGroup::new("change").required(true).multiple(true).args(["name", "color"])))]
    Edit {
        #[command(flatten)]
        group: Group,
        #[arg(long)]
        name: Option<String>,
        /// Like #1f77b4
        #[arg(long)]
        color: Option<String>,
    },
    /// Delete a group that has no accounts and no pending registrations
    Delete(Group),
}

#[derive(Debug, Args)]
pub struct Group {
    /// The group's id
    #[arg(value_parser = ids::group)]
    pub group: String,
}

impl Group {
    pub fn path(&self) -> String {
        format!("/v1/groups/{}", self.group)
    }
}

impl GroupsCommand {
    pub fn plan(self) -> Plan {
        match self {
            Self::List(paging) => Plan::list(Request::get("/v1/groups"), paging, shown::GROUPS),
            Self::Show(group) => Plan::one(Request::get(group.path()), shown::GROUP),
            Self::Create { name, color, key } => {
                let body = json!({"name": name, "color": color});
                let request = Request::create("/v1/groups", key.idempotency_key, body);
                Plan::one(request, shown::GROUP)
            }
            Self::Edit { group, name, color } => {
                let change = body([
                    ("name", name.map(Into::into)),
                    ("color", color.map(Into::into)),
                ]);
                Plan::one(Request::change(group.path(), change), shown::GROUP)
            }
            Self::Delete(group) => {
                Plan::silent(Request::delete(group.path()), "The group is deleted.")
            }
        }
    }
}
