//! `rolecall connect`.

use std::time::Duration;

use clap::Args;

use super::duration;
use super::registrations::RegistrationArgs;
use crate::ids;
use crate::ids::Named;

const EXAMPLES: &str = "Examples:
  $ rolecall connect Production --name Shop --open
  $ rolecall connect grp_... --access inventory,volume-backup
  $ rolecall connect Production --with ssm-hybrid=cloudwatch_agent=true
  $ rolecall connect --registration reg_...";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Connect {
    /// Group of the account: its ID or its name [default: the context's group]
    #[arg(value_parser = ids::group_or_name)]
    pub group: Option<String>,
    /// Resume this registration instead of starting one
    #[arg(
        long,
        value_name = "REGISTRATION",
        value_parser = ids::registration,
        conflicts_with_all = [
            "group", "name", "region", "report_by", "locale", "aws_account_id", "allow_duplicate",
            "access", "no_access", "with", "companions_file", "idempotency_key",
        ],
    )]
    pub registration: Option<String>,
    #[command(flatten)]
    pub new: RegistrationArgs,
    /// Open the link in a browser
    #[arg(long)]
    pub open: bool,
    /// How long to wait: 90s, 10m, 2h
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = duration::parse)]
    pub timeout: Duration,
    /// Polling interval
    #[arg(long, value_name = "DURATION", default_value = "3s", value_parser = duration::parse)]
    pub interval: Duration,
}

impl Connect {
    pub fn named(&mut self) -> Vec<Named<'_>> {
        self.group.iter_mut().map(Named::Group).collect()
    }

    /// The group of a new registration, if the command line names none.
    pub fn missing_group(&mut self) -> Option<&mut Option<String>> {
        let is_missing = self.group.is_none() && self.registration.is_none();
        is_missing.then_some(&mut self.group)
    }
}
