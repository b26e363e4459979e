//! The command line. Each module has the arguments of a command and builds its request.

mod access;
mod accounts;
mod companions;
mod connect;
mod contexts;
mod credentials;
mod duration;
mod export;
mod groups;
pub mod input;
mod login;
mod orphans;
mod paging;
mod policies;
mod registrations;
mod workload_token;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use crate::ids::{self, Named};
use accounts::AccountsCommand;
pub use connect::Connect;
pub use contexts::ContextCommand;
pub use credentials::{Credentials, Exec, Issue};
pub use export::Export;
use groups::GroupsCommand;
pub use login::Login;
use orphans::OrphansCommand;
use policies::{Decode, RequiredPermissions, SourcePolicy};
use registrations::RegistrationsCommand;
pub use workload_token::WorkloadToken;

use crate::command::Command;
use crate::context;
use crate::error::{Error, Exit, meaning};
use crate::terminal::Format;

/// Connect AWS accounts to a Rolecall hub, and manage them
#[derive(Debug, Parser)]
#[command(name = "rolecall", version, after_help = after_help(), max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Commands,
}

fn after_help() -> String {
    let variables = "Environment variables:
  ROLECALL_API_URL     hub URL
  ROLECALL_TOKEN       bearer token, used instead of a sign-in
  ROLECALL_TOKEN_FILE  file that contains the bearer token
  ROLECALL_CONTEXT     context, used instead of the current one
  ROLECALL_CONFIG      configuration file
  ROLECALL_AWS_PROFILE AWS profile that signs requests of the operator
  BROWSER              program that opens the sign-in page
  NO_COLOR             turns colors off";
    format!("{variables}\n\n{}", Exit::help(|exit| Some(meaning(exit))))
}

/// The options of every command.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Hub URL [env: ROLECALL_API_URL]
    #[arg(long, global = true, value_name = "URL")]
    pub api_url: Option<String>,
    /// File that contains the token [env: ROLECALL_TOKEN_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Context: a hub that you named or signed in to [env: ROLECALL_CONTEXT]
    #[arg(long, global = true, value_name = "NAME", value_parser = context::name)]
    pub context: Option<String>,
    /// Call the operator's API, signed with your AWS credentials, on behalf of the tenant
    #[arg(long, global = true)]
    pub operator: bool,
    /// Tenant, for commands of the operator
    #[arg(long, global = true, value_name = "TENANT", value_parser = ids::tenant)]
    pub tenant: Option<String>,
    /// Output format
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    pub output: Format,
    /// Print JSON; the same as --output json
    #[arg(long, global = true, conflicts_with = "output")]
    pub json: bool,
}

impl Global {
    pub fn format(&self) -> Format {
        match self.json {
            true => Format::Json,
            false => self.output,
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Commands {
    /// Sign in to a hub in your browser
    Login(Login),
    /// Sign out: revoke and remove your tokens
    Logout,
    /// Show who you are, in which hub and tenant, and until when
    Whoami,
    /// Manage contexts: hubs with a name
    #[command(subcommand)]
    Context(ContextCommand),
    /// Connect an AWS account: start a registration, print its link, and wait for the stack
    Connect(Connect),
    /// Manage groups of accounts
    #[command(subcommand)]
    Groups(GroupsCommand),
    /// Manage registrations; each connects one AWS account
    #[command(subcommand)]
    Registrations(RegistrationsCommand),
    /// Manage connected AWS accounts
    #[command(subcommand)]
    Accounts(AccountsCommand),
    /// Manage orphaned stacks (stacks without a connected account)
    #[command(subcommand)]
    Orphans(OrphansCommand),
    /// Print credentials for an account as JSON (for credential_process)
    Credentials(Credentials),
    /// Run a command with credentials for an account
    Exec(Exec),
    /// Export the accounts in the formats of other programs, such as AWS CLI profiles
    Export(Export),
    /// Print the IAM policies that users of a source account need to switch roles
    SourcePolicy(SourcePolicy),
    /// Decode an encoded authorization failure message from AWS
    Decode(Decode),
    /// Print the IAM policy needed to create the stack
    RequiredPermissions(RequiredPermissions),
    /// Write a token of this program's AWS role to a file, from which AWS SDKs send it to the hub
    WorkloadToken(WorkloadToken),
    /// Print a shell completion script
    Completions {
        /// Shell
        shell: Shell,
    },
}

/// The parsed command.
#[derive(Debug)]
pub enum Action {
    Call(Command),
    Login(Login),
    Logout,
    Whoami,
    Context(ContextCommand),
    Connect(Connect),
    Credentials(Credentials),
    Exec(Exec),
    Export(Export),
    Completions(Shell),
    WorkloadToken(WorkloadToken),
}

impl Commands {
    /// The arguments that name groups and accounts, which are replaced by IDs before [`Self::action`].
    /// `credentials` and `exec` search for their account in all tenants.
    pub fn named(&mut self) -> Vec<Named<'_>> {
        match self {
            Self::Connect(args) => args.named(),
            Self::Groups(args) => args.named(),
            Self::Registrations(args) => args.named(),
            Self::Accounts(args) => args.named(),
            Self::Export(args) => args.named(),
            Self::SourcePolicy(args) => args.named(),
            Self::Decode(args) => args.named(),
            _ => Vec::new(),
        }
    }

    /// Most commands of an operator are on behalf of one tenant.
    pub fn check_scope(&self, global: &Global) -> Result<(), Error> {
        let why = match (self, &global.tenant) {
            _ if !global.operator => return Ok(()),
            (_, Some(_)) => return Ok(()),
            (Self::Export(export), None) if export.is_of_group() => {
                "A group is in one tenant. Name it: --tenant TENANT."
            }
            (Self::Export(_) | Self::Credentials(_) | Self::Exec(_), None) => return Ok(()),
            (_, None) => {
                "With --operator, this command is on behalf of a tenant. Name it: --tenant TENANT."
            }
        };
        Err(Error::InvalidArguments(why.to_owned()))
    }

    /// The group of a new registration, if the command line names none.
    pub fn missing_group(&mut self) -> Option<&mut Option<String>> {
        match self {
            Self::Connect(args) => args.missing_group(),
            Self::Registrations(args) => args.missing_group(),
            _ => None,
        }
    }

    /// Reads the files that the arguments name.
    pub fn action(self) -> Result<Action, Error> {
        Ok(match self {
            Self::Login(args) => Action::Login(args),
            Self::Logout => Action::Logout,
            Self::Whoami => Action::Whoami,
            Self::Context(args) => Action::Context(args),
            Self::Connect(args) => Action::Connect(args),
            Self::Credentials(args) => Action::Credentials(args),
            Self::Exec(args) => Action::Exec(args),
            Self::Export(args) => Action::Export(args),
            Self::WorkloadToken(args) => Action::WorkloadToken(args),
            Self::Completions { shell } => Action::Completions(shell),
            Self::Groups(args) => Action::Call(args.command()),
            Self::Registrations(args) => Action::Call(args.command()?),
            Self::Accounts(args) => Action::Call(args.command()?),
            Self::Orphans(args) => Action::Call(args.command()),
            Self::SourcePolicy(args) => Action::Call(args.command()),
            Self::Decode(args) => Action::Call(args.command()?),
            Self::RequiredPermissions(args) => Action::Call(args.command()),
        })
    }
}
