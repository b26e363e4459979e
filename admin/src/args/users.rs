//! The arguments of `users`.

use clap::{Args, Subcommand};
use rolecall_domain::text::person::{EmailAddress, PersonName};
use rolecall_domain::text::{FieldError, Tenant};
use rolecall_domain::user::Role;

use super::HubArgs;
use crate::exit::help;

#[derive(Debug, Subcommand)]
pub enum UsersCommand {
    /// List users with their tenant and role
    #[command(after_long_help = help())]
    List(ListUsersArgs),
    /// Add a user, who gets an invitation by email
    ///
    /// The email address is the user name. Amazon Cognito sends a temporary password to it, which the user
    /// replaces at the first sign-in.
    #[command(after_long_help = help())]
    Add(AddUserArgs),
    /// Change a user's role
    ///
    /// The new role is in the user's next token. A token that was issued before keeps the old role until it
    /// expires, 60 minutes after it was issued at the latest.
    #[command(after_long_help = help())]
    Role(ChangeRoleArgs),
    /// Disable a user, and end the user's sessions
    ///
    /// The user can't sign in or renew a token. A token that was issued before works until it expires, 60
    /// minutes after it was issued at the latest.
    #[command(after_long_help = help())]
    Disable(UserArgs),
    /// Enable a user again
    #[command(after_long_help = help())]
    Enable(UserArgs),
    /// End a user's sessions
    ///
    /// The user must sign in again. A token that was issued before works until it expires, 60 minutes after it
    /// was issued at the latest.
    #[command(after_long_help = help())]
    SignOut(UserArgs),
}

#[derive(Debug, Args)]
pub struct ListUsersArgs {
    #[command(flatten)]
    pub hub: HubArgs,
    /// Only users of this tenant
    #[arg(long, value_parser = tenant)]
    pub tenant: Option<Tenant>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct AddUserArgs {
    #[command(flatten)]
    pub hub: HubArgs,
    /// The user's email address
    #[arg(value_parser = email)]
    pub email: EmailAddress,
    /// The tenant that the user belongs to
    #[arg(long, value_parser = tenant)]
    pub tenant: Tenant,
    /// What the user may do: viewer, member or owner
    #[arg(long, value_parser = role, default_value = "viewer")]
    pub role: Role,
    /// The user's name, which the history of records shows
    #[arg(long, value_parser = name)]
    pub name: Option<PersonName>,
    /// Print a temporary password instead of sending an invitation
    #[arg(long)]
    pub print_password: bool,
}

#[derive(Debug, Args)]
pub struct ChangeRoleArgs {
    #[command(flatten)]
    pub hub: HubArgs,
    /// The user name, usually the email address
    #[arg(value_parser = user_name)]
    pub user: String,
    /// What the user may do: viewer, member or owner
    #[arg(value_parser = role)]
    pub role: Role,
}

#[derive(Debug, Args)]
pub struct UserArgs {
    #[command(flatten)]
    pub hub: HubArgs,
    /// The user name, usually the email address
    #[arg(value_parser = user_name)]
    pub user: String,
}

impl UsersCommand {
    pub fn hub(&self) -> &HubArgs {
        match self {
            Self::List(arguments) => &arguments.hub,
            Self::Add(arguments) => &arguments.hub,
            Self::Role(arguments) => &arguments.hub,
            Self::Disable(arguments) | Self::Enable(arguments) | Self::SignOut(arguments) => {
                &arguments.hub
            }
        }
    }
}

fn said(error: &FieldError) -> String {
    error.to_string()
}

fn tenant(text: &str) -> Result<Tenant, String> {
    Tenant::parse(text).map_err(|error| said(&error))
}

fn email(text: &str) -> Result<EmailAddress, String> {
    EmailAddress::parse(text).map_err(|error| said(&error))
}

fn name(text: &str) -> Result<PersonName, String> {
    PersonName::parse(text).map_err(|error| said(&error))
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| "expected viewer, member or owner".to_owned())
}

fn user_name(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("expected a user name".to_owned()),
        _ => Ok(text.to_owned()),
    }
}
