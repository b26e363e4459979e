//! Access profiles: the options that choose them, and `rolecall accounts access`.

use clap::{ArgGroup, Args, Subcommand};

use crate::command::Command;
use crate::ids::{Account, Named};
use crate::view::views;
use rolecall_client::calls;

/// The options that choose access profiles.
#[derive(Debug, Args)]
pub struct AccessArgs {
    /// Access profiles that the stack gives the hub's role [default: the operator's default]
    #[arg(long, value_name = "NAME[,NAME...]", value_delimiter = ',')]
    pub access: Vec<String>,
    /// Give no access profile
    #[arg(long, conflicts_with = "access")]
    pub no_access: bool,
}

impl AccessArgs {
    /// The list for the request body; `None` for the operator's default.
    pub fn names(self) -> Option<Vec<String>> {
        (self.no_access || !self.access.is_empty()).then_some(self.access)
    }
}

/// `rolecall accounts access`.
#[derive(Debug, Subcommand)]
pub enum AccessCommand {
    /// Show the access profiles of an account
    Show(Account),
    /// Set the access profiles of an account, and print how to update its stack
    Set(Set),
}

#[derive(Debug, Args)]
#[command(override_usage = "rolecall accounts access set [OPTIONS] <ACCOUNT> <NAME>...|--none")]
#[command(group(ArgGroup::new("choice").required(true).args(["names", "none"])))]
pub struct Set {
    #[command(flatten)]
    account: Account,
    /// Names of all access profiles that the account should have
    #[arg(value_name = "NAME", value_delimiter = ',')]
    names: Vec<String>,
    /// Remove all access profiles
    #[arg(long)]
    none: bool,
}

impl AccessCommand {
    pub fn named(&mut self) -> Vec<Named<'_>> {
        match self {
            Self::Show(account) => account.named(),
            Self::Set(set) => set.account.named(),
        }
    }

    pub fn command(self) -> Command {
        match self {
            Self::Show(account) => {
                Command::show(calls::get_account(&account.account), views::ACCESS)
            }
            Self::Set(set) => {
                let call = calls::choose_access(&set.account.account, &set.names);
                Command::show(call, views::SET_ACCESS)
            }
        }
    }
}
