//! `rolecall login`.

use std::time::Duration;

use clap::Args;

use super::duration;

const EXAMPLES: &str = "Examples:
  $ rolecall login --api-url https://abc123.execute-api.eu-central-1.amazonaws.com
  $ rolecall login --context staging --api-url https://...
  $ rolecall login --no-browser";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Login {
    /// Print the address instead of opening a browser, and read the code that you paste
    #[arg(long)]
    pub no_browser: bool,
    /// How long to wait for the browser: 90s, 10m
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration::parse)]
    pub timeout: Duration,
}
