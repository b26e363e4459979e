//! `rolecall accounts`.

use clap::{ArgGroup, Args, Subcommand};
use serde_json::{Value, json};

use super::companions::CompanionsCommand;
use super::groups::Group;
use super::{Paging, ids};
use crate::failure::Failure;
use crate::plan::{Plan, body};
use crate::request::Request;
use crate::view::shown;

#[derive(Debug, Subcommand)]
pub enum AccountsCommand {
    /// List a group's accounts
    List {
        #[command(flatten)]
        group: Group,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show an account, with its last check
    Show(Account),
    /// Rename an account, or move it to another group
    #[command(group(ArgGroup::new("change").required(true).multiple(true).args(["name", "to_group"])))]
    Edit {
        #[command(flatten)]
        account: Account,
        #[arg(long)]
        name: Option<String>,
        /// The group to move it to
        #[arg(long = "group", id = "to_group", value_name = "GROUP", value_parser = ids::group)]
        to_group: Option<String>,
    },
    /// Verify an account now
    Check(Account),
    /// What happened to an account, newest first
    History {
        #[command(flatten)]
        account: Account,
        #[command(flatten)]
        paging: Paging,
    },
    /// Let an account go; says how to delete the stack that stays behind
    Deregister(Account),
    /// The roles beside the hub's own
    #[command(subcommand)]
    Companions(CompanionsCommand),
    /// Ask IAM what a role of the account may do, without doing it
    Simulate(Simulate),
    /// The console link that switches to the account's role
    SwitchRoleLink(Account),
}

#[derive(Debug, Args)]
pub struct Account {
    /// The account's id
    #[arg(value_parser = ids::account)]
    pub account: String,
}

impl Account {
    pub fn path(&self) -> String {
        format!("/v1/accounts/{}", self.account)
    }

    fn under(&self, what: &str) -> String {
        format!("{}/{what}", self.path())
    }
}

#[derive(Debug, Args)]
pub struct Simulate {
    #[command(flatten)]
    account: Account,
    /// The role: automation (the hub's own), switch-role, ec2-instance or ssm-hybrid
    #[arg(long, default_value = "automation")]
    kind: String,
    /// An action like s3:GetObject; repeat for more
    #[arg(long = "action", value_name = "ACTION", required = true)]
    actions: Vec<String>,
    /// A resource's ARN (default: any); repeat for more
    #[arg(long = "resource", value_name = "ARN")]
    resources: Vec<String>,
}

impl Simulate {
    fn plan(self) -> Plan {
        let resources = (!self.resources.is_empty()).then(|| json!(self.resources));
        let question = body([
            ("kind", Some(self.kind.into())),
            ("actions", Some(self.actions.into())),
            ("resources", resources),
        ]);
        let request = Request::ask(self.account.under("simulations"), question);
        Plan::one(request, shown::SIMULATION)
    }
}

impl AccountsCommand {
    pub fn plan(self) -> Result<Plan, Failure> {
        Ok(match self {
            Self::List { group, paging } => {
                let request = Request::get(format!("{}/accounts", group.path()));
                Plan::list(request, paging, shown::ACCOUNTS)
            }
            Self::Show(account) => Plan::one(Request::get(account.path()), shown::ACCOUNT),
            Self::Edit {
                account,
                name,
                to_group,
            } => {
                let change = body([
                    ("name", name.map(Value::from)),
                    ("group_id", to_group.map(Value::from)),
                ]);
                Plan::one(
                    Request::change(account.path(), change),
                    shown::ACCOUNT_CHANGED,
                )
            }
            Self::Check(account) => Plan::one(
                Request::act(account.under("checks"), json!({})),
                shown::REPORT,
            ),
            Self::History { account, paging } => Plan::list(
                Request::get(account.under("history")),
                paging,
                shown::HISTORY,
            ),
            Self::Deregister(account) => {
                Plan::one(Request::delete(account.path()), shown::DEREGISTERED)
            }
            Self::Companions(command) => command.plan()?,
            Self::Simulate(question) => question.plan(),
            Self::SwitchRoleLink(account) => {
                let request = Request::get(account.under("switch-role-link"));
                Plan::one(request, shown::SWITCH_ROLE_LINK)
            }
        })
    }
}
