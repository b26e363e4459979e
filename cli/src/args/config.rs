//! `rolecall aws-config`.

use std::path::PathBuf;

use clap::Args;

use super::groups::Group;
use crate::plan::Plan;
use crate::request::Request;

#[derive(Debug, Args)]
pub struct AwsConfig {
    #[command(flatten)]
    group: Group,
    /// The profile whose credentials switch to the roles (default: default)
    #[arg(long)]
    source_profile: Option<String>,
    /// The source profile holds an IAM user's keys, not a role's: sessions last as long as a role allows
    #[arg(long)]
    source_is_user: bool,
    /// The name of your MFA device, mostly your user name
    #[arg(long, value_name = "NAME")]
    mfa_device: Option<String>,
    /// The Region of every profile
    #[arg(long)]
    region: Option<String>,
    /// Merge the profiles into this file instead of printing them [default: ~/.aws/config]
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    pub write: Option<Option<PathBuf>>,
    /// Replace this command's own block even if its lines were changed by hand
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

    pub fn plan(&self) -> Plan {
        let is_user = self.source_is_user.then(|| "true".to_owned());
        let request = Request::get(format!("{}/aws-config", self.group.path()))
            .query("source_profile", self.source_profile.clone())
            .query("source_is_user", is_user)
            .query("mfa_device", self.mfa_device.clone())
            .query("region", self.region.clone());
        Plan::text(request)
    }
}
