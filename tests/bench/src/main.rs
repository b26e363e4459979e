//! The benchmarks. `make bench-fleet` runs `rolecall-bench fleet`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use rolecall_bench::fleet::{self, Options};

#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    benchmark: Benchmark,
}

#[derive(Debug, Subcommand)]
enum Benchmark {
    /// Re-verifies fleets of simulated accounts with the real account-health, and with boto3.
    Fleet {
        /// The release build of account-health.
        #[arg(long)]
        function: PathBuf,
        #[command(flatten)]
        options: Options,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let Benchmark::Fleet { function, options } = Arguments::parse().benchmark;
    fleet::run(&function, &options).await?;
    Ok(ExitCode::SUCCESS)
}
