//! `rolecall source-policy`, `decode` and `required-permissions`.

use clap::Args;

use super::input;
use crate::command::Command;
use crate::error::Error;
use crate::ids;
use crate::ids::{Account, Named};
use crate::view::views;
use rolecall_client::calls;

#[derive(Debug, Args)]
pub struct SourcePolicy {
    /// Print only the policy of this source account
    #[arg(long, value_name = "AWS_ACCOUNT_ID", value_parser = ids::aws_account)]
    trusted_account_id: Option<String>,
    /// Include only the accounts of this group: its ID or its name
    #[arg(long = "group", id = "group", value_name = "GROUP", value_parser = ids::group_or_name)]
    group_id: Option<String>,
}

impl SourcePolicy {
    pub fn named(&mut self) -> Vec<Named<'_>> {
        self.group_id.iter_mut().map(Named::Group).collect()
    }

    pub fn command(self) -> Command {
        let (trusted, group) = (self.trusted_account_id, self.group_id);
        let call = calls::get_source_policy(trusted.as_deref(), group.as_deref());
        Command::show(call, views::SOURCE_POLICIES)
    }
}

#[derive(Debug, Args)]
pub struct Decode {
    #[command(flatten)]
    account: Account,
    /// Encoded message, or - to read standard input
    message: String,
}

impl Decode {
    pub fn named(&mut self) -> Vec<Named<'_>> {
        self.account.named()
    }

    pub fn command(self) -> Result<Command, Error> {
        let message = input::argument(self.message, "the encoded message")?;
        let call = calls::decode_authorization_message(&self.account.account, &message);
        Ok(Command::show(call, views::DECODED))
    }
}

#[derive(Debug, Args)]
pub struct RequiredPermissions {
    /// How the stack reports to the hub
    #[arg(long, value_name = "CHANNEL", value_parser = ["callback", "paste"])]
    report_by: Option<String>,
    /// Print only what the stack of this registration needs
    #[arg(long, value_name = "REGISTRATION", value_parser = ids::registration, conflicts_with = "report_by")]
    registration: Option<String>,
}

impl RequiredPermissions {
    pub fn command(self) -> Command {
        let (report_by, registration) = (self.report_by, self.registration);
        let call = calls::get_required_permissions(report_by.as_deref(), registration.as_deref());
        Command::json(call)
    }
}
