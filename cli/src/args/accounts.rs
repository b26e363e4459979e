//! `rolecall accounts`.

use clap::{ArgGroup, Args, Subcommand};
use serde_json::{Value, json};

use super::access::AccessCommand;
use super::companions::CompanionsCommand;
use super::paging::{Paging, SortedPaging};
use crate::command::{Command, body};
use crate::error::Error;
use crate::ids;
use crate::ids::{Account, Named};
use crate::view::views;
use rolecall_client::{Request, calls};

#[derive(Debug, Subcommand)]
pub enum AccountsCommand {
    /// List the accounts of a group, or of all groups
    List {
        /// Group: its ID or its name [default: all groups]
        #[arg(value_parser = ids::group_or_name)]
        group: Option<String>,
        #[command(flatten)]
        filters: AccountFilters,
        #[command(flatten)]
        paging: SortedPaging,
    },
    /// Show an account and its last check
    Show(Account),
    /// Rename an account, or move it to another group
    #[command(group(ArgGroup::new("change").required(true).multiple(true).args(["name", "to_group"])))]
    Edit {
        #[command(flatten)]
        account: Account,
        /// New name
        #[arg(long)]
        name: Option<String>,
        /// Group to move the account to: its ID or its name
        #[arg(long = "group", id = "to_group", value_name = "GROUP", value_parser = ids::group_or_name)]
        to_group: Option<String>,
    },
    /// Check an account now
    Check(Account),
    /// Show the history of an account, newest first
    History {
        #[command(flatten)]
        account: Account,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show which credentials were issued for an account, newest first
    Receipts {
        #[command(flatten)]
        account: Account,
        #[command(flatten)]
        paging: Paging,
    },
    /// Replace the link to the customer page of an account; the former link stops working
    RenewCustomerLink(Account),
    /// Deregister an account, and print the command that deletes its stack
    Deregister {
        #[command(flatten)]
        account: Account,
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
    },
    /// Manage the access profiles of an account
    #[command(subcommand)]
    Access(AccessCommand),
    /// Manage the companion roles of an account
    #[command(subcommand)]
    Companions(CompanionsCommand),
    /// Simulate which actions a role of the account is allowed to perform
    Simulate(Simulate),
    /// Print the console link for switching to the account's role
    SwitchRoleLink(Account),
}

/// Which accounts are listed.
#[derive(Debug, Args)]
pub struct AccountFilters {
    /// Only accounts in this status [default: all but deregistered]
    #[arg(long, value_parser = ["active", "unhealthy", "disconnected", "deregistered"])]
    status: Option<String>,
    /// Only accounts of this AWS account
    #[arg(long, value_name = "DIGITS", value_parser = ids::aws_account)]
    aws_account_id: Option<String>,
    /// Only accounts whose name, ID, stack name or role ARN contains this text
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Only accounts that had this access profile in their last full check
    #[arg(long, value_name = "PROFILE")]
    access: Option<String>,
    /// Only accounts whose last full check has this finding, such as template_outdated
    #[arg(long, value_name = "CODE")]
    finding: Option<String>,
}

impl AccountFilters {
    fn request(self, group: Option<String>) -> Request {
        Request::get("/v1/accounts")
            .query("group_id", group)
            .query("status", self.status)
            .query("aws_account_id", self.aws_account_id)
            .query("search", self.search)
            .query("access", self.access)
            .query("finding", self.finding)
    }
}

const SIMULATE_EXAMPLES: &str = "Examples:
  $ rolecall accounts simulate Shop --kind ec2-instance --action s3:GetObject
  $ rolecall accounts simulate 222222222222 --action s3:GetObject --resource arn:aws:s3:::logs/*";

#[derive(Debug, Args)]
#[command(after_help = SIMULATE_EXAMPLES)]
pub struct Simulate {
    #[command(flatten)]
    account: Account,
    /// Role: automation (the hub's own), switch-role, ec2-instance or ssm-hybrid
    #[arg(long, default_value = "automation")]
    kind: String,
    /// Action, such as s3:GetObject; repeat for more
    #[arg(long = "action", value_name = "ACTION", required = true)]
    actions: Vec<String>,
    /// ARN of a resource; repeat for more [default: any resource]
    #[arg(long = "resource", value_name = "ARN")]
    resources: Vec<String>,
}

impl Simulate {
    fn command(self) -> Command {
        let resources = (!self.resources.is_empty()).then(|| json!(self.resources));
        let question = body([
            ("kind", Some(self.kind.into())),
            ("actions", Some(self.actions.into())),
            ("resources", resources),
        ]);
        let call = calls::simulate(&self.account.account, question);
        Command::show(call, views::SIMULATION)
    }
}

impl AccountsCommand {
    pub fn named(&mut self) -> Vec<Named<'_>> {
        match self {
            Self::List { group, .. } => group.iter_mut().map(Named::Group).collect(),
            Self::Show(account)
            | Self::Check(account)
            | Self::RenewCustomerLink(account)
            | Self::SwitchRoleLink(account) => account.named(),
            Self::Edit {
                account, to_group, ..
            } => {
                let group = to_group.iter_mut().map(Named::Group);
                account.named().into_iter().chain(group).collect()
            }
            Self::History { account, .. }
            | Self::Receipts { account, .. }
            | Self::Deregister { account, .. } => account.named(),
            Self::Access(access) => access.named(),
            Self::Companions(companions) => companions.named(),
            Self::Simulate(simulate) => simulate.account.named(),
        }
    }

    pub fn command(self) -> Result<Command, Error> {
        Ok(match self {
            Self::List {
                group,
                filters,
                paging,
            } => paging.list(filters.request(group), views::ACCOUNTS),
            Self::Show(account) => {
                Command::show(calls::get_account(&account.account), views::ACCOUNT)
            }
            Self::Edit {
                account,
                name,
                to_group,
            } => {
                let change = body([
                    ("name", name.map(Value::from)),
                    ("group_id", to_group.map(Value::from)),
                ]);
                let call = calls::change_account(&account.account, change);
                Command::show(call, views::EDITED_ACCOUNT)
            }
            Self::Check(account) => {
                Command::show(calls::check_account(&account.account), views::REPORT)
            }
            Self::History { account, paging } => {
                paging.list(calls::get_account_history(&account.account), views::HISTORY)
            }
            Self::Receipts { account, paging } => {
                paging.list(calls::list_receipts(&account.account), views::RECEIPTS)
            }
            Self::RenewCustomerLink(account) => {
                let call = calls::renew_customer_link(&account.account);
                Command::show(call, views::CUSTOMER_LINK)
            }
            Self::Deregister { account, yes } => {
                let call = calls::deregister_account(&account.account);
                let subject = calls::get_account(&account.account);
                Command::show(call, views::DEREGISTERED).confirm(yes, subject, |account| {
                    let text = |name: &str| account[name].as_str().unwrap_or_default().to_owned();
                    format!(
                        "Deregister the account \"{}\" (AWS account {})? Only a new registration can connect \
                         it again.",
                        text("name"),
                        text("aws_account_id")
                    )
                })
            }
            Self::Access(access) => access.command(),
            Self::Companions(companions) => companions.command()?,
            Self::Simulate(simulate) => simulate.command(),
            Self::SwitchRoleLink(account) => {
                let call = calls::get_switch_role_link(&account.account);
                Command::show(call, views::SWITCH_ROLE_LINK)
            }
        })
    }
}
