//! `rolecall aws-config`.

use std::path::PathBuf;

use clap::Args;

use super::ids::Group;
use crate::command::Command;
use rolecall_client::calls;

const EXAMPLES: &str = "Examples:
  $ rolecall aws-config grp_...
  $ rolecall aws-config grp_... --source-profile work --write";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct AwsConfig {
    #[command(flatten)]
    group: Group,
    /// Profile whose credentials switch to the roles [default: default]
    #[arg(long, value_name = "PROFILE")]
    source_profile: Option<String>,
    /// Allow sessions longer than an hour: the source profile has the keys of an IAM user
    #[arg(long)]
    source_is_user: bool,
    /// Name of your MFA device, usually your user name
    #[arg(long, value_name = "NAME")]
    mfa_device: Option<String>,
    /// Region of every profile
    #[arg(long)]
    region: Option<String>,
    /// Merge the profiles into FILE instead of printing them [default FILE: ~/.aws/config]
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    pub write: Option<Option<PathBuf>>,
    /// Overwrite changes that were made by hand between this command's markers
    #[arg(long, requires = "write")]
    pub force: bool,
}

impl AwsConfig {
    pub fn group_id(&self) -> &str {
        &self.group.group
    }

    pub fn source_profile(&self) -> &str {
        self.source_profile.as_deref().unwrap_or("default")
    }

    pub fn command(&self) -> Command {
        let is_user = self.source_is_user.then(|| "true".to_owned());
        let call = calls::get_aws_config(self.group_id())
            .query("source_profile", self.source_profile.clone())
            .query("source_is_user", is_user)
            .query("mfa_device", self.mfa_device.clone())
            .query("region", self.region.clone());
        Command::text(call)
    }
}
