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
    /// The Region of every profile
    #[arg(long)]
    region: Option<String>,
    /// Write it to this file, for the owner's eyes only, instead of printing it
    #[arg(long, value_name = "FILE")]
    pub write: Option<PathBuf>,
    /// Overwrite the file if there is one
    #[arg(long, requires = "write")]
    pub force: bool,
}

impl AwsConfig {
    pub fn plan(&self) -> Plan {
        let request = Request::get(format!("{}/aws-config", self.group.path()))
            .query("source_profile", self.source_profile.clone())
            .query("region", self.region.clone());
        Plan::text(request)
    }
}
