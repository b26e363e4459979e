//! The benchmarks. `make bench` runs `rolecall-bench functions`, `make bench-fleet` `rolecall-bench fleet`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use rolecall_bench::{cold, fleet};

#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    benchmark: Benchmark,
}

#[derive(Debug, Subcommand)]
enum Benchmark {
    /// Starts and calls each function, and the same work as others write it.
    Functions {
        /// Where the release builds are.
        #[arg(long)]
        release: PathBuf,
        #[command(flatten)]
        options: cold::Options,
    },
    /// Re-verifies fleets of simulated accounts with the real account-health, and with boto3.
    Fleet {
        /// The release build of account-health.
        #[arg(long)]
        function: PathBuf,
        #[command(flatten)]
        options: fleet::Options,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    match Arguments::parse().benchmark {
        Benchmark::Functions { release, options } => cold::run(&release, &options).await?,
        Benchmark::Fleet { function, options } => fleet::run(&function, &options).await?,
    }
    Ok(ExitCode::SUCCESS)
}
