//! The command line. Each module holds a command's arguments and the request that they come down to.

mod accounts;
mod companions;
mod config;
mod connect;
mod groups;
pub mod ids;
pub mod input;
mod orphans;
mod policies;
mod registrations;
mod span;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub use accounts::AccountsCommand;
pub use companions::{Companions, CompanionsCommand, RoleChoices};
pub use config::AwsConfig;
pub use connect::Connect;
pub use groups::GroupsCommand;
pub use orphans::OrphansCommand;
pub use policies::{Decode, RequiredPermissions, SourcePolicy};
pub use registrations::{NewRegistration, RegistrationsCommand};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::plan::Plan;

/// Connect AWS accounts to a Rolecall hub, and look after them.
///
/// The hub's address comes from --api-url or ROLECALL_API_URL. The token comes from ROLECALL_TOKEN, or
/// from the file that --token-file or ROLECALL_TOKEN_FILE names; it is never an argument.
#[derive(Debug, Parser)]
#[command(name = "rolecall", version, about, after_help = Exit::help(), max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// Where the hub is (default: ROLECALL_API_URL); https, or http on this machine
    #[arg(long, global = true, value_name = "URL")]
    pub api_url: Option<String>,
    /// A file with the bearer token (default: ROLECALL_TOKEN, then ROLECALL_TOKEN_FILE)
    #[arg(long, global = true, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// What standard output gets: tables to read, or the API's own JSON
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    pub output: Format,
    /// Before the second try of a request that may be repeated; for tests
    #[arg(long, global = true, hide = true, default_value_t = 500)]
    pub retry_pause_ms: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Table,
    Json,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Connect an AWS account: start a registration, show its link, follow it to its end
    Connect(Connect),
    /// Named, coloured sets of accounts
    #[command(subcommand)]
    Groups(GroupsCommand),
    /// Attempts to connect an account
    #[command(subcommand)]
    Registrations(RegistrationsCommand),
    /// Connected AWS accounts
    #[command(subcommand)]
    Accounts(AccountsCommand),
    /// Stacks that stayed behind, until they are proven gone
    #[command(subcommand)]
    Orphans(OrphansCommand),
    /// An AWS CLI configuration with a profile for each account of a group that has a switch role
    AwsConfig(AwsConfig),
    /// What people's own AWS account must allow, so that they can switch roles
    SourcePolicy(SourcePolicy),
    /// Explain an encoded authorization failure message of AWS
    Decode(Decode),
    /// What the person who creates the stack must be allowed to do
    RequiredPermissions(RequiredPermissions),
    /// Print a shell's completion script
    Completions { shell: Shell },
}

/// What there is to do.
#[derive(Debug)]
pub enum Task {
    Call(Plan),
    Connect(Connect),
    AwsConfig(AwsConfig),
    Completions(Shell),
}

impl Command {
    /// Reads what the arguments point to (files, standard input), and nothing else.
    pub fn task(self) -> Result<Task, Failure> {
        Ok(match self {
            Self::Connect(connect) => Task::Connect(connect),
            Self::AwsConfig(config) => Task::AwsConfig(config),
            Self::Completions { shell } => Task::Completions(shell),
            Self::Groups(command) => Task::Call(command.plan()),
            Self::Registrations(command) => Task::Call(command.plan()?),
            Self::Accounts(command) => Task::Call(command.plan()?),
            Self::Orphans(command) => Task::Call(command.plan()),
            Self::SourcePolicy(arguments) => Task::Call(arguments.plan()),
            Self::Decode(arguments) => Task::Call(arguments.plan()?),
            Self::RequiredPermissions(arguments) => Task::Call(arguments.plan()),
        })
    }
}

/// How much of a list.
#[derive(Debug, Args)]
pub struct Paging {
    /// Items of a page
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=100))]
    pub limit: Option<u8>,
    /// Go on where a page ended
    #[arg(long)]
    pub cursor: Option<String>,
    /// Follow the list to its end
    #[arg(long)]
    pub all: bool,
}

/// For what makes something.
#[derive(Debug, Args)]
pub struct Key {
    /// Make it once, however often this command runs with the same key within 24 hours
    #[arg(long, value_name = "KEY", value_parser = ids::idempotency_key)]
    pub idempotency_key: Option<String>,
}
