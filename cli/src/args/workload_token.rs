//! `workload-token`.

use std::path::PathBuf;

use clap::Args;

/// The validity that AWS STS accepts for a token, in seconds.
const LEAST: i64 = 60;
const MOST: i64 = 3600;

#[derive(Debug, Args)]
pub struct WorkloadToken {
    /// File for the token. It is replaced atomically, and only its owner can read it
    #[arg(long, value_name = "FILE")]
    pub file: PathBuf,
    /// Audience of the token, as the hub's operator published it
    #[arg(long, value_name = "AUDIENCE")]
    pub audience: String,
    /// Keep running, and renew the token before it expires
    #[arg(long)]
    pub watch: bool,
    /// How long the token is valid, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 3600,
          value_parser = clap::value_parser!(u32).range(LEAST..=MOST))]
    pub seconds: u32,
    /// AWS Region of the STS endpoint [env: AWS_REGION, AWS_DEFAULT_REGION]
    #[arg(long)]
    pub region: Option<String>,
}
