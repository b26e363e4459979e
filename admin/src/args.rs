//! The command line's arguments.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use rolecall_domain::Timestamp;

use crate::exit::help;

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
    /// Publish the CloudFormation template from which customers create their stacks
    ///
    /// Renders the template for this hub, uploads it to a URL whose content never changes, and uses that URL
    /// in new registration links. Existing stacks are not changed. Publishing the same template again
    /// changes nothing. Your product's policy stays as it was published, unless you pass another one or
    /// --no-operator-policy.
    #[command(after_long_help = help())]
    PublishTemplate(PublishArgs),
    /// Publish events that the hub could not publish
    ///
    /// Publishes the events in the dead-letter queue of the hub's event publisher, in the order of each
    /// record's changes. Fix the cause first. Events that still can't be published stay in the queue.
    /// Consumers can receive an event twice, with the same id.
    #[command(after_long_help = help())]
    ReplayEvents(ReplayArgs),
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
pub struct PublishArgs {
    #[command(flatten)]
    pub hub: HubArgs,
    /// IAM policy document with the permissions that your product needs in customers' accounts [default: the
    /// policy in the published template]
    #[arg(long, value_name = "FILE")]
    pub operator_policy: Option<PathBuf>,
    /// Publish without a policy of your product, and so remove the one in the published template
    #[arg(long, conflicts_with = "operator_policy")]
    pub no_operator_policy: bool,
    /// If this template version was published with 20 policies, forget the one that was published first. Stacks
    /// that still have it fail their permission checks until they are updated
    #[arg(long)]
    pub drop_oldest_policy: bool,
    /// Show how the template differs from the published one, without publishing it
    #[arg(long)]
    pub dry_run: bool,
    /// Also write the rendered template to this file
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ReplayArgs {
    #[command(flatten)]
    pub hub: HubArgs,
    /// Publish all events since 15 minutes before this time from the table, instead of those in the queue
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub since: Option<Timestamp>,
    /// Publish only the events of this record (grp_..., reg_..., acc_..., stk_...) from the table
    #[arg(long, value_name = "ID")]
    pub record: Option<String>,
}

fn time(text: &str) -> Result<Timestamp, String> {
    text.parse()
        .map_err(|_| "expected a time such as 2026-11-28T12:00:00Z".to_owned())
}
