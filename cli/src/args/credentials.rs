//! `rolecall credentials` and `rolecall exec`.

use std::ffi::OsString;
use std::time::Duration;

use clap::Args;

use super::duration;
use crate::ids;
use rolecall_client::{Call, operator};
use serde_json::Value;

const CREDENTIALS_EXAMPLES: &str = "Examples:
  $ rolecall credentials acc_... --access inventory
  In ~/.aws/config, for every AWS SDK and tool:
    [profile shop]
    credential_process = rolecall credentials 222222222222 --access inventory";

const EXEC_EXAMPLES: &str = "Examples:
  $ rolecall exec 222222222222 --access inventory -- aws s3 ls
  $ rolecall exec Shop --access backup --duration 30m -- ./backup.sh
  $ rolecall exec Shop --access backup --renew -- ./takes-all-day.sh";

/// What the credentials are for.
#[derive(Debug, Args)]
pub struct Issue {
    /// Account: its ID, its AWS account ID or its name
    #[arg(value_parser = ids::account_or_name)]
    pub account: String,
    /// Access profile that the credentials are limited to
    #[arg(long, value_name = "PROFILE", value_parser = profile)]
    pub access: String,
    /// How long the credentials are valid, from 15m to 1h [default: 1h]
    #[arg(long, value_name = "DURATION", value_parser = validity)]
    duration: Option<Duration>,
    /// Added to the session's name, which the customer sees in CloudTrail
    #[arg(long, value_name = "NAME")]
    session_name: Option<String>,
}

/// The minimum validity with which clients can renew credentials in time, in seconds.
const LEAST_RENEWABLE: u64 = 1_800;

impl Issue {
    /// Whether the credentials are valid for too short a time to be renewed.
    pub fn is_short(&self) -> bool {
        let seconds = self.duration.map(|duration| duration.as_secs());
        seconds.is_some_and(|seconds| seconds < LEAST_RENEWABLE)
    }

    pub fn call(&self, account_id: &str) -> Call<Value> {
        let seconds = self.duration.map(|duration| duration.as_secs());
        let name = self.session_name.as_deref();
        operator::issue_credentials(&self.access, account_id, seconds, name)
    }
}

/// Print credentials for an account as JSON, for the AWS CLI's and SDKs' credential_process
#[derive(Debug, Args)]
#[command(after_help = CREDENTIALS_EXAMPLES)]
pub struct Credentials {
    #[command(flatten)]
    pub issue: Issue,
}

/// Run a command with credentials for an account
#[derive(Debug, Args)]
#[command(after_help = EXEC_EXAMPLES)]
pub struct Exec {
    #[command(flatten)]
    pub issue: Issue,
    /// AWS Region for the command [default: the account's]
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Renew the credentials while the command runs: serve them on a port of this machine, from which the AWS CLI
    /// and the SDKs read them. The command does not read ~/.aws
    #[arg(long)]
    pub renew: bool,
    /// Command, and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

fn profile(text: &str) -> Result<String, String> {
    let valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    match !text.is_empty() && text.chars().all(valid) {
        true => Ok(text.to_owned()),
        false => {
            Err("an access profile's name has lowercase letters, digits and hyphens".to_owned())
        }
    }
}

fn validity(text: &str) -> Result<Duration, String> {
    let duration = duration::parse(text)?;
    match (900..=3_600).contains(&duration.as_secs()) {
        true => Ok(duration),
        false => Err("credentials are valid for 15m to 1h".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{profile, validity};

    #[test]
    fn validity_is_15_minutes_to_an_hour() {
        for text in ["15m", "900s", "1h", "45m"] {
            assert!(validity(text).is_ok(), "{text}");
        }
        for text in ["14m", "2h", "0s", "x"] {
            assert!(validity(text).is_err(), "{text}");
        }
    }

    #[test]
    fn profile_can_not_change_the_path() {
        for text in ["", "..", "a/b", "A", "a b", "a%2fb"] {
            assert!(profile(text).is_err(), "{text}");
        }
        assert!(profile("volume-backup").is_ok());
    }
}
