//! `rolecall registrations`, and what a new one may be asked to be.

use clap::{Args, Subcommand};
use serde_json::Value;

use super::companions::RoleChoices;
use super::groups::Group;
use super::{Key, Paging, ids, input};
use crate::failure::Failure;
use crate::plan::{Plan, body};
use crate::request::Request;
use crate::view::shown;

#[derive(Debug, Subcommand)]
pub enum RegistrationsCommand {
    /// List a group's registrations
    List {
        #[command(flatten)]
        group: Group,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show a registration, with its link while it is pending
    Show(Registration),
    /// Start to connect an account; `rolecall connect` also follows it
    Start {
        #[command(flatten)]
        group: Group,
        #[command(flatten)]
        wish: NewRegistration,
    },
    /// Revoke a registration: its link ends to work
    Revoke(Registration),
    /// Connect an account by its stack's output, where the stack can't call back
    Complete {
        #[command(flatten)]
        registration: Registration,
        /// The value of RolecallStackInfo from the stack's outputs, or - for standard input
        stack_info: String,
        /// The account's name
        #[arg(long)]
        name: Option<String>,
    },
}

#[derive(Debug, Args)]
pub struct Registration {
    /// The registration's id
    #[arg(value_parser = ids::registration)]
    pub registration: String,
}

impl Registration {
    pub fn path(&self) -> String {
        format!("/v1/registrations/{}", self.registration)
    }
}

/// What a registration may be asked to be.
#[derive(Debug, Args)]
pub struct NewRegistration {
    /// The account's name once it is connected (default: its twelve digits)
    #[arg(long)]
    pub name: Option<String>,
    /// The Region that the link leads to (default: the hub's)
    #[arg(long)]
    pub region: Option<String>,
    /// How the stack reports to the hub (default: callback, where the hub serves the Region)
    #[arg(long, value_name = "CHANNEL", value_parser = ["callback", "paste"])]
    pub report_by: Option<String>,
    /// Only this AWS account may answer
    #[arg(long, value_name = "TWELVE DIGITS", value_parser = ids::aws_account)]
    pub aws_account_id: Option<String>,
    /// Connect an AWS account that is connected already, once more
    #[arg(long)]
    pub allow_duplicate: bool,
    #[command(flatten)]
    pub roles: RoleChoices,
    #[command(flatten)]
    pub key: Key,
}

impl NewRegistration {
    pub fn request(self, group: &str) -> Result<Request, Failure> {
        let roles = self.roles.read()?;
        let wish = body([
            ("account_name", self.name.map(Value::from)),
            ("region", self.region.map(Value::from)),
            ("report_by", self.report_by.map(Value::from)),
            ("aws_account_id", self.aws_account_id.map(Value::from)),
            (
                "allow_duplicate",
                self.allow_duplicate.then_some(true.into()),
            ),
            ("companion_roles", roles),
        ]);
        let path = format!("/v1/groups/{group}/registrations");
        Ok(Request::create(path, self.key.idempotency_key, wish))
    }
}

impl RegistrationsCommand {
    pub fn plan(self) -> Result<Plan, Failure> {
        Ok(match self {
            Self::List { group, paging } => {
                let request = Request::get(format!("{}/registrations", group.path()));
                Plan::list(request, paging, shown::REGISTRATIONS)
            }
            Self::Show(registration) => {
                Plan::one(Request::get(registration.path()), shown::REGISTRATION)
            }
            Self::Start { group, wish } => {
                Plan::one(wish.request(&group.group)?, shown::REGISTRATION)
            }
            Self::Revoke(registration) => {
                Plan::one(Request::delete(registration.path()), shown::REGISTRATION)
            }
            Self::Complete {
                registration,
                stack_info,
                name,
            } => {
                let pasted = body([
                    (
                        "stack_info",
                        Some(input::argument(stack_info, "the stack's output")?.into()),
                    ),
                    ("account_name", name.map(Value::from)),
                ]);
                let path = format!("{}/complete", registration.path());
                Plan::one(Request::act(path, pasted), shown::ACCOUNT)
            }
        })
    }
}
