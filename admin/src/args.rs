//! The command line's arguments.

pub mod users;

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand};
use rolecall_domain::Timestamp;

use crate::exit::help;
use users::UsersCommand;

/// Administer a Rolecall hub
///
/// Uses the AWS credentials in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. If they are
/// not set, or with --profile, the AWS CLI version 2 provides those of your profile, of IAM Identity Center or
/// of the machine. They must belong to the hub's account.
#[derive(Debug, Parser)]
#[command(version, after_long_help = help())]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Publish access profiles, a brand and workloads
    ///
    /// Optional: without it, links create a role that can only read itself and its stack. If a file has a
    /// mistake, every mistake is listed and nothing is published. Prints what changes. What you don't pass stays
    /// as it was published. New links use what is published. Stacks keep their access until the customer updates
    /// them; until then, checks of their accounts show how their access differs.
    #[command(after_long_help = help())]
    Publish(PublishArgs),
    /// Publish events that the hub could not publish
    ///
    /// Publishes the events in the dead-letter queue of the hub's event publisher, in the order of each
    /// record's changes. Fix the cause first. Events that still can't be published stay in the queue.
    /// Consumers can receive an event twice, with the same id.
    #[command(after_long_help = help())]
    ReplayEvents(ReplayArgs),
    /// Manage the users of the hub's user pool: their tenants, roles and sessions
    #[command(subcommand, after_long_help = help())]
    Users(UsersCommand),
}

/// Selects the hub.
#[derive(Debug, Args)]
pub struct HubArgs {
    /// Name of the hub's CloudFormation stack
    #[arg(long, value_name = "NAME", default_value = "rolecall")]
    pub stack_name: String,
    /// Home Region of the hub [default: AWS_REGION, AWS_DEFAULT_REGION or the profile's Region]
    #[arg(long)]
    pub region: Option<String>,
    /// Profile in your AWS configuration [default: AWS_PROFILE]
    #[arg(long)]
    pub profile: Option<String>,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").required(true).multiple(true).args(["access", "no_access", "brand", "workloads", "out"])))]
pub struct PublishArgs {
    #[command(flatten)]
    pub hub: HubArgs,
    /// File with the access profiles: what your product may do in customers' accounts (YAML or JSON)
    #[arg(long, value_name = "FILE")]
    pub access: Option<PathBuf>,
    /// Remove all access profiles
    #[arg(long, conflicts_with = "access")]
    pub no_access: bool,
    /// File with the brand: your product's name, contact, logo and color (YAML or JSON)
    #[arg(long, value_name = "FILE")]
    pub brand: Option<PathBuf>,
    /// File with the workloads: which programs get which profiles with their own tokens (YAML or JSON)
    #[arg(long, value_name = "FILE")]
    pub workloads: Option<PathBuf>,
    /// Check the files and print what would change, without publishing it
    #[arg(long)]
    pub dry_run: bool,
    /// Write the template of a link with the default access to this file
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ReplayArgs {
    #[command(flatten)]
    pub hub: HubArgs,
    /// Publish all events since 15 minutes before this time from the tables, instead of those in the queue
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub since: Option<Timestamp>,
    /// Publish only the events of this record (grp_..., reg_..., acc_..., stk_...) from the tables
    #[arg(long, value_name = "ID")]
    pub record: Option<String>,
}

fn time(text: &str) -> Result<Timestamp, String> {
    text.parse()
        .map_err(|_| "expected a time such as 2026-11-28T12:00:00Z".to_owned())
}
