//! `rolecall registrations`.

use clap::{Args, Subcommand};
use serde_json::Value;

use super::companions::RoleArgs;
use super::ids::{Group, IdempotencyKey, Registration};
use super::paging::Paging;
use super::{ids, input};
use crate::client::request::Request;
use crate::command::{Command, body};
use crate::error::Error;
use crate::view::views;

#[derive(Debug, Subcommand)]
pub enum RegistrationsCommand {
    /// List the registrations of a group
    List {
        #[command(flatten)]
        group: Group,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show a registration, with its link while it is pending
    Show(Registration),
    /// Start a registration; `rolecall connect` also waits for its stack
    Start {
        #[command(flatten)]
        group: Group,
        #[command(flatten)]
        registration: RegistrationArgs,
    },
    /// Revoke a registration; its link stops working
    Revoke(Registration),
    /// Complete a registration with an output of its stack, if the stack can't call the hub
    Complete {
        #[command(flatten)]
        registration: Registration,
        /// Value of the stack output RolecallStackInfo, or - to read standard input
        stack_info: String,
        /// Account name
        #[arg(long)]
        name: Option<String>,
    },
}

/// The options of a new registration.
#[derive(Debug, Args)]
pub struct RegistrationArgs {
    /// Account name [default: the AWS account ID]
    #[arg(long)]
    pub name: Option<String>,
    /// Region of the stack [default: the hub's Region]
    #[arg(long)]
    pub region: Option<String>,
    /// How the stack reports to the hub [default: callback, in Regions that the hub serves]
    #[arg(long, value_name = "CHANNEL", value_parser = ["callback", "paste"])]
    pub report_by: Option<String>,
    /// Language of the person who creates the stack [default: en]
    #[arg(long, value_name = "LANGUAGE", value_parser = ["en", "ja"])]
    pub locale: Option<String>,
    /// Accept only this AWS account
    #[arg(long, value_parser = ids::aws_account)]
    pub aws_account_id: Option<String>,
    /// Allow an AWS account that is already connected
    #[arg(long)]
    pub allow_duplicate: bool,
    #[command(flatten)]
    pub roles: RoleArgs,
    #[command(flatten)]
    pub key: IdempotencyKey,
}

impl RegistrationArgs {
    pub fn request(self, group: &str) -> Result<Request, Error> {
        let registration = body([
            ("account_name", self.name.map(Value::from)),
            ("region", self.region.map(Value::from)),
            ("report_by", self.report_by.map(Value::from)),
            ("locale", self.locale.map(Value::from)),
            ("aws_account_id", self.aws_account_id.map(Value::from)),
            (
                "allow_duplicate",
                self.allow_duplicate.then_some(true.into()),
            ),
            ("companion_roles", self.roles.read()?),
        ]);
        let path = format!("/v1/groups/{group}/registrations");
        let key = self.key.idempotency_key;
        Ok(Request::create(path, key, registration))
    }
}

impl RegistrationsCommand {
    pub fn command(self) -> Result<Command, Error> {
        let request = match self {
            Self::List { group, paging } => {
                let request = Request::get(format!("{}/registrations", group.path()));
                return Ok(paging.list(request, views::REGISTRATIONS));
            }
            Self::Show(registration) => Request::get(registration.path()),
            Self::Start {
                group,
                registration,
            } => registration.request(&group.group)?,
            Self::Revoke(registration) => Request::delete(registration.path()),
            Self::Complete {
                registration,
                stack_info,
                name,
            } => {
                let stack_info = input::argument(stack_info, "the stack output")?;
                let pasted = body([
                    ("stack_info", Some(stack_info.into())),
                    ("account_name", name.map(Value::from)),
                ]);
                let path = format!("{}/complete", registration.path());
                return Ok(Command::show(Request::post(path, pasted), views::ACCOUNT));
            }
        };
        Ok(Command::show(request, views::REGISTRATION))
    }
}
