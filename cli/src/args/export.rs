//! `rolecall export`.

use std::path::PathBuf;

use clap::Args;

use super::Global;
use crate::ids::{self, Named};
use rolecall_client::{Request, calls, operator};

const EXAMPLES: &str = "Examples:
  $ rolecall export --format c7n-org --file accounts.yml
  $ rolecall export --format aws-config --access inventory --merge
  $ rolecall export --format c7n-org --operator --file every-tenant.yml
  $ rolecall export --format aws-config --via switch-role --group Production --source-profile work --merge";

const FORMATS: [&str; 9] = [
    "aws-config",
    "c7n-org",
    "prowler",
    "cloudquery",
    "steampipe",
    "yace",
    "backstage",
    "json",
    "csv",
];

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Export {
    /// Format
    #[arg(long, value_parser = FORMATS)]
    pub format: String,
    /// Only accounts of this group: its ID or its name
    #[arg(long, value_name = "GROUP", value_parser = ids::group_or_name)]
    group: Option<String>,
    /// Only accounts that have granted this access profile
    #[arg(long, value_name = "NAME")]
    access: Option<String>,
    /// Write to FILE instead of standard output
    #[arg(long, value_name = "FILE", conflicts_with = "merge")]
    pub file: Option<PathBuf>,
    /// Merge the profiles into FILE [default FILE: ~/.aws/config]
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    pub merge: Option<Option<PathBuf>>,
    /// Overwrite changes that were made by hand between this command's markers
    #[arg(long, requires = "merge")]
    pub force: bool,
    #[command(flatten)]
    profiles: Profiles,
}

/// Options of the formats that name AWS profiles.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of AWS profiles")]
struct Profiles {
    /// How the profiles get credentials: a program asks the hub for them, or people switch roles with their own
    #[arg(long, value_parser = ["credential-process", "switch-role"])]
    via: Option<String>,
    /// How the profiles are named, for example {name}-{access}. Also: {tenant}, {group}, {aws_account_id},
    /// {account_id}, {id}, {region}
    #[arg(long, value_name = "TEMPLATE")]
    profile_template: Option<String>,
    /// Region of every profile
    #[arg(long)]
    region: Option<String>,
    /// Program that prints credentials, with options [default: rolecall]
    #[arg(long, value_name = "PROGRAM")]
    command: Option<String>,
    /// Profile whose credentials switch to the roles [default: default]
    #[arg(long, value_name = "PROFILE")]
    source_profile: Option<String>,
    /// Allow sessions longer than an hour: the source profile has the keys of an IAM user
    #[arg(long)]
    source_is_user: bool,
    /// Name of your MFA device, usually your user name
    #[arg(long, value_name = "NAME")]
    mfa_device: Option<String>,
}

impl Export {
    pub fn named(&mut self) -> Vec<Named<'_>> {
        self.group.iter_mut().map(Named::Group).collect()
    }

    /// The profile whose credentials switch to the roles, if users switch roles.
    pub fn source_profile(&self) -> Option<&str> {
        let source = self.profiles.source_profile.as_deref();
        let switches = self.profiles.via.as_deref() == Some("switch-role");
        switches.then(|| source.unwrap_or("default"))
    }

    pub fn is_of_group(&self) -> bool {
        self.group.is_some()
    }

    /// Whether the file lists the accounts that it omits.
    pub fn has_comments(&self) -> bool {
        !matches!(self.format.as_str(), "json" | "csv")
    }

    /// The request of a tenant's user, or of an operator for one tenant or for all.
    pub fn request(&self, global: &Global) -> Request {
        let options = &self.profiles;
        let is_user = options.source_is_user.then_some("true");
        let call = match global.operator {
            false => calls::export_accounts(&self.format),
            true => operator::export_every_account(&self.format, global.tenant.as_deref()),
        };
        call.query("group_id", self.group.clone())
            .query("access", self.access.clone())
            .query("via", options.via.clone())
            .query("profile_template", options.profile_template.clone())
            .query("region", options.region.clone())
            .query("command", options.command.clone())
            .query("source_profile", options.source_profile.clone())
            .query("source_is_user", is_user)
            .query("mfa_device", options.mfa_device.clone())
            .into()
    }
}
