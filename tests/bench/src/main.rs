//! The benchmarks. `make bench` runs `rolecall-bench functions` and `lists`, `make bench-fleet` `rolecall-bench fleet`,
//! `make bench-pages` `rolecall-bench pages`, and `make bench-cli` `rolecall-bench command-line`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use rolecall_bench::{cold, command_line, fleet, lists, pages};

#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    benchmark: Benchmark,
}

#[derive(Debug, Subcommand)]
enum Benchmark {
    /// Measure each function, and peers that do the same work
    Functions {
        /// Directory with the release builds
        #[arg(long)]
        release: PathBuf,
        #[command(flatten)]
        options: cold::Options,
    },
    /// Check fleets of simulated accounts with the real account-health and with boto3
    Fleet {
        /// Release build of account-health
        #[arg(long)]
        function: PathBuf,
        #[command(flatten)]
        options: fleet::Options,
    },
    /// Read pages of the operator's list of accounts in hubs of different sizes
    Lists {
        /// Directory with the release builds
        #[arg(long)]
        release: PathBuf,
        #[command(flatten)]
        options: lists::Options,
    },
    /// Load pages in Chromium, and a single-page application with the same contents
    Pages {
        /// Directory with the release builds
        #[arg(long)]
        release: PathBuf,
        #[command(flatten)]
        options: pages::Options,
    },
    /// Measure what the command line adds to the time that the network takes
    CommandLine {
        /// Release build of rolecall
        #[arg(long)]
        program: PathBuf,
        #[command(flatten)]
        options: command_line::Options,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    match Arguments::parse().benchmark {
        Benchmark::Functions { release, options } => cold::run(&release, &options).await?,
        Benchmark::Fleet { function, options } => fleet::run(&function, &options).await?,
        Benchmark::Lists { release, options } => lists::run(&release, &options).await?,
        Benchmark::Pages { release, options } => pages::run(&release, &options).await?,
        Benchmark::CommandLine { program, options } => {
            command_line::run(&program, &options).await?
        }
    }
    Ok(ExitCode::SUCCESS)
}
