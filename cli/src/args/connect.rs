//! `rolecall connect`.

use std::time::Duration;

use clap::Args;

use super::registrations::NewRegistration;
use super::{ids, span};

#[derive(Debug, Args)]
pub struct Connect {
    /// The id of the group that the account joins
    #[arg(value_parser = ids::group, required_unless_present = "registration")]
    pub group: Option<String>,
    /// Follow this registration instead of starting one
    #[arg(
        long,
        value_name = "REGISTRATION",
        value_parser = ids::registration,
        conflicts_with_all = [
            "group", "name", "region", "report_by", "aws_account_id", "allow_duplicate", "with",
            "companions_file", "idempotency_key",
        ],
    )]
    pub registration: Option<String>,
    #[command(flatten)]
    pub wish: NewRegistration,
    /// Open the link in a browser; on a terminal only
    #[arg(long)]
    pub open: bool,
    /// How long to follow it: 90s, 10m, 2h
    #[arg(long, default_value = "1h", value_parser = span::parse)]
    pub timeout: Duration,
    /// Between two looks; for tests
    #[arg(long, hide = true, default_value_t = 3_000)]
    pub poll_ms: u64,
}
