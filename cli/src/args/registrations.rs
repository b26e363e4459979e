//! `rolecall registrations`.

use clap::{Args, Subcommand};

use super::access::AccessArgs;
use super::companions::RoleArgs;
use super::input;
use super::paging::SortedPaging;
use crate::command::Command;
use crate::error::Error;
use crate::ids;
use crate::ids::{IdempotencyKey, Named, Registration};
use crate::view::views;
use rolecall_client::{Call, NewRegistration, Registration as Answer, Request, calls};

#[derive(Debug, Subcommand)]
pub enum RegistrationsCommand {
    /// List the registrations of a group, or of all groups
    List {
        /// Group: its ID or its name [default: all groups]
        #[arg(value_parser = ids::group_or_name)]
        group: Option<String>,
        #[command(flatten)]
        filters: RegistrationFilters,
        #[command(flatten)]
        paging: SortedPaging,
    },
    /// Show a registration, with its link while it is pending
    Show(Registration),
    /// Describe what the stack of a registration creates and allows
    Summary {
        #[command(flatten)]
        registration: Registration,
        /// Language [default: that of the registration]
        #[arg(long, value_name = "LANGUAGE", value_parser = ["en", "ja"])]
        lang: Option<String>,
    },
    /// Start a registration; `rolecall connect` also waits for its stack
    Start {
        /// Group: its ID or its name [default: the context's group]
        #[arg(value_parser = ids::group_or_name)]
        group: Option<String>,
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

/// Which registrations are listed.
#[derive(Debug, Args)]
pub struct RegistrationFilters {
    /// Only registrations in this status
    #[arg(long, value_parser = ["pending", "completed", "expired", "revoked"])]
    status: Option<String>,
    /// Only registrations of this AWS account
    #[arg(long, value_name = "DIGITS", value_parser = ids::aws_account)]
    aws_account_id: Option<String>,
    /// Only registrations whose account name, ID or stack name contains this text
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Only registrations whose last attempt failed
    #[arg(long)]
    attempted: bool,
}

impl RegistrationFilters {
    fn request(self, group: Option<String>) -> Request {
        Request::get("/v1/registrations")
            .query("group_id", group)
            .query("status", self.status)
            .query("aws_account_id", self.aws_account_id)
            .query("search", self.search)
            .query("attempted", self.attempted.then_some("true"))
    }
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
    /// Language of the person who creates the stack [default: that of the brand]
    #[arg(long, value_name = "LANGUAGE", value_parser = ["en", "ja"])]
    pub locale: Option<String>,
    /// Where the connect page sends the customer afterwards; the brand must allow its origin
    #[arg(long, value_name = "URL")]
    pub return_url: Option<String>,
    /// Accept only this AWS account
    #[arg(long, value_parser = ids::aws_account)]
    pub aws_account_id: Option<String>,
    /// Allow an AWS account that is already connected
    #[arg(long)]
    pub allow_duplicate: bool,
    #[command(flatten)]
    pub access: AccessArgs,
    #[command(flatten)]
    pub roles: RoleArgs,
    #[command(flatten)]
    pub key: IdempotencyKey,
}

impl RegistrationArgs {
    pub fn call(self, group: &str) -> Result<Call<Answer>, Error> {
        let new = NewRegistration {
            account_name: self.name,
            region: self.region,
            report_by: self.report_by,
            locale: self.locale,
            return_url: self.return_url,
            aws_account_id: self.aws_account_id,
            allow_duplicate: self.allow_duplicate.then_some(true),
            access: self.access.names(),
            companion_roles: self.roles.read()?,
        };
        let call = calls::create_registration(group, &new);
        Ok(call.with_key(self.key.idempotency_key))
    }
}

impl RegistrationsCommand {
    pub fn named(&mut self) -> Vec<Named<'_>> {
        match self {
            Self::List { group, .. } | Self::Start { group, .. } => {
                group.iter_mut().map(Named::Group).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The group of a new registration, if the command line names none.
    pub fn missing_group(&mut self) -> Option<&mut Option<String>> {
        match self {
            Self::Start { group, .. } if group.is_none() => Some(group),
            _ => None,
        }
    }

    pub fn command(self) -> Result<Command, Error> {
        let call = match self {
            Self::List {
                group,
                filters,
                paging,
            } => return Ok(paging.list(filters.request(group), views::REGISTRATIONS)),
            Self::Show(registration) => calls::get_registration(&registration.registration),
            Self::Summary { registration, lang } => {
                let id = &registration.registration;
                let call = calls::get_registration_summary(id, lang.as_deref());
                return Ok(Command::show(call, views::SUMMARY));
            }
            Self::Start {
                group,
                registration,
            } => registration.call(&group.unwrap_or_default())?,
            Self::Revoke(registration) => calls::revoke_registration(&registration.registration),
            Self::Complete {
                registration,
                stack_info,
                name,
            } => {
                let stack_info = input::argument(stack_info, "the stack output")?;
                let id = &registration.registration;
                let call = calls::complete_registration(id, &stack_info, name.as_deref());
                return Ok(Command::show(call, views::ACCOUNT));
            }
        };
        Ok(Command::show(call, views::REGISTRATION))
    }
}
